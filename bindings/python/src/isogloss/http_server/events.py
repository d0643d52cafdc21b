"""Events of legacy streams, kept for clients that lose their connection and come back with `Last-Event-ID`.

https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#resumability-and-redelivery
"""

import re
from abc import ABC, abstractmethod
from collections import OrderedDict
from typing import Final, NamedTuple

from ..protocol.limits import MAX_KEPT_BYTES, MAX_KEPT_EVENTS

_ID: Final = re.compile(r"(\d{1,15})-(\d{1,15})", re.ASCII)


class EventId(NamedTuple):
    """Which of a session's streams an event is on, and its place there, from 1 on."""

    stream: int
    place: int

    def __str__(self) -> str:
        return f"{self.stream}-{self.place}"


def read_event_id(text: str) -> EventId | None:
    """An id as it was written; None if it was not."""
    found = _ID.fullmatch(text)
    return EventId(int(found[1]), int(found[2])) if found else None


class EventStore(ABC):
    """Where events are kept. A store may lose some: a client that comes back for one that is gone is told so."""

    @abstractmethod
    def keep(self, session: str, id: EventId, message: bytes) -> None:
        """Keeps a message of a session."""

    @abstractmethod
    async def after(self, session: str, id: EventId) -> list[tuple[EventId, bytes]]:
        """The messages that came after this one on its stream, in order.

        If some of them are gone, only those after the gap, or none.
        """

    @abstractmethod
    def forget(self, session: str) -> None:
        """Forgets a session, which has ended."""


class InMemoryEvents(EventStore):
    """The store of a server that is told no other. The oldest events make room for new ones."""

    def __init__(self) -> None:
        self._sessions: dict[str, dict[EventId, bytes]] = {}
        self._order: OrderedDict[tuple[str, EventId], int] = OrderedDict()
        self._size = 0

    def keep(self, session: str, id: EventId, message: bytes) -> None:
        self._sessions.setdefault(session, {})[id] = message
        self._order[session, id] = len(message)
        self._size += len(message)
        while len(self._order) > MAX_KEPT_EVENTS or self._size > MAX_KEPT_BYTES:
            (owner, oldest), size = self._order.popitem(last=False)
            self._size -= size
            events = self._sessions[owner]
            del events[oldest]
            if not events:
                del self._sessions[owner]

    async def after(self, session: str, id: EventId) -> list[tuple[EventId, bytes]]:
        events = self._sessions.get(session, {})
        return [
            (event, message)
            for event, message in events.items()
            if event.stream == id.stream and event.place > id.place
        ]

    def forget(self, session: str) -> None:
        for id in self._sessions.pop(session, {}):
            self._size -= self._order.pop((session, id))
