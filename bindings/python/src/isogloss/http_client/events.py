"""A stream of events as it comes in, and where it can be resumed."""

import asyncio
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import httpx

from ..protocol.limits import SSE_RETRY, STREAM_LINGER
from ..sse import Event, EventParser, StreamItem
from ..transport import TooLong
from .broken import causes_of

_VISIBLE: Final = re.compile(r"[!-~]+")


class Place(NamedTuple):
    """Where a stream is resumed, and when."""

    last_event_id: str = ""
    """That of the last event; empty if there was none."""

    retry: float = SSE_RETRY
    """The seconds that the server wants to be left alone before."""


BEGINNING: Final = Place()
"""Before anything was read."""


class Events:
    """A stream that is read, from the beginning or as the continuation of another."""

    def __init__(self, response: httpx.Response, limit: int, before: Place) -> None:
        self._response = response
        self._pieces = response.aiter_raw()
        self._parser = EventParser(limit)
        self._before = before
        self._items: Iterator[StreamItem] = iter(())
        self.why: str | None = None
        """Why it broke off; None if it ended in good order, or has not."""

    async def next(self) -> bytes | TooLong | None:
        """The next message, or the beginning of one that is too long; None at the end.

        Events of other sorts are passed over, and those without data, which are there for their id.
        """
        while True:
            for item in self._items:
                if isinstance(item, TooLong):
                    return item
                if _is_message(item):
                    return item.data
            try:
                self._items = iter(self._parser.feed(await anext(self._pieces)))
            except StopAsyncIteration:
                return None
            except httpx.TransportError as cause:
                self.why = causes_of(cause)
                return None

    @property
    def place(self) -> Place:
        """Where it has come to. An id that no header can carry is none."""
        id, retry = self._parser.last_event_id, self._parser.retry
        return Place(
            id if _VISIBLE.fullmatch(id) else self._before.last_event_id,
            self._before.retry if retry is None else retry,
        )

    @property
    def has_moved(self) -> bool:
        """Whether it has come further than the stream that it continues."""
        return self.place.last_event_id != self._before.last_event_id

    async def close(self) -> None:
        """Closes it, which cancels what it belongs to in the modern era."""
        await self._response.aclose()

    async def linger(self) -> None:
        """Gives a stream whose answer is there time to end.

        A connection whose response was not read to its end is of no further use.
        """
        try:
            async with asyncio.timeout(STREAM_LINGER):
                async for _ in self._pieces:
                    pass
        except (TimeoutError, httpx.TransportError):
            pass
        finally:
            await self.close()


def _is_message(event: Event) -> bool:
    return event.kind == "message" and bool(event.data)
