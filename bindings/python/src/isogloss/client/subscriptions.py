"""Changes at a server, for whoever wants to hear of them, told in the way of the server's era.

A modern server is asked by a request that stays open (`listen`); a legacy one by `resources/subscribe`, once an
address however many want to hear of it, and tells of its lists in any case.
https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/subscriptions
https://modelcontextprotocol.io/specification/2025-11-25/server/resources#subscriptions
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from msgspec import UNSET

from ..changes import Updated
from ..error import ErrorKind, McpError
from ..protocol.methods import SUBSCRIBE, UNSUBSCRIBE
from ..protocol.revisions import Era
from ..protocol.types.jsonrpc import RequestId
from ..protocol.types.resources import SubscribeRequestParams, UnsubscribeRequestParams
from ..protocol.types.subscriptions import SubscriptionFilter
from .inbox import Inbox
from .listen import Listen
from .news import Change
from .session import ClientSession

ALL_LISTS: Final = SubscriptionFilter(
    prompts_list_changed=True, resources_list_changed=True, tools_list_changed=True
)


class Subscription(Inbox[Change]):
    """Changes as they come: `async for change in changes`. `missed` stands for all that was not heard.

    It ends with an McpError that says why nothing more will come.
    """

    listen: Listen | None = None
    """The request on which a modern server tells of them."""

    def __init__(self, wanted: SubscriptionFilter, *, hears_all: bool = False) -> None:
        super().__init__(lambda _: "missed")
        self._wanted = wanted
        self._hears_all = hears_all

    def hear(self, change: Change, to: RequestId | None) -> None:
        """Notes a change, if it is for this one."""
        if self._is_meant(change, to):
            self.put(change)

    def _is_meant(self, change: Change, to: RequestId | None) -> bool:
        """A server that names the subscription means it; one that does not may mean any."""
        if self._hears_all:
            return True
        if self.listen is not None and to is not None:
            return self.listen.named == to
        wanted = self._wanted
        match change:
            case "tools":
                return wanted.tools_list_changed is True
            case "resources":
                return wanted.resources_list_changed is True
            case "prompts":
                return wanted.prompts_list_changed is True
            case Updated(uri):
                return any(uri.startswith(watched) for watched in _uris(wanted))
        return True


@asynccontextmanager
async def subscribed(
    session: ClientSession, wanted: SubscriptionFilter, *, hears_all: bool = False
) -> AsyncIterator[Subscription]:
    """A subscription for as long as the block lasts; it may hear of what others have subscribed to, too.

    Raises McpError if the server does not tell of a resource that is wanted, or does not answer.
    """
    heard = Subscription(wanted, hears_all=hears_all)
    session.news.join(heard)
    open = _listened if session.revision.era is Era.MODERN else _watched
    try:
        async with open(session, wanted, heard):
            yield heard
    finally:
        session.news.leave(heard)
        heard.end()


@asynccontextmanager
async def _listened(
    session: ClientSession, wanted: SubscriptionFilter, heard: Subscription
) -> AsyncIterator[None]:
    listen = heard.listen = Listen(session, wanted, heard.end)
    try:
        honoured = _uris(await listen.open())
        for uri in _uris(wanted):
            if uri not in honoured:
                what = f"the server does not tell of changes of {uri}"
                raise McpError(ErrorKind.NEGOTIATION, what)
        yield
    finally:
        await listen.close()


@asynccontextmanager
async def _watched(
    session: ClientSession, wanted: SubscriptionFilter, _: Subscription
) -> AsyncIterator[None]:
    watching: list[str] = []
    try:
        for uri in _uris(wanted):
            await _watch(session, uri)
            watching.append(uri)
        yield
    finally:
        for uri in watching:
            # Whether the server hears of the end is nobody's concern any more.
            with suppress(McpError):
                await _unwatch(session, uri)


async def _watch(session: ClientSession, uri: str) -> None:
    """Begins to watch, for one more."""
    watched = session.news.watched
    session.to_tell_again[SUBSCRIBE.name] = lambda: _watch_again(session)
    async with session.news.turn:
        if uri not in watched:
            await session.call(SUBSCRIBE, SubscribeRequestParams(uri=uri))
        watched[uri] = watched.get(uri, 0) + 1


async def _unwatch(session: ClientSession, uri: str) -> None:
    """Ends it for one; for the last one the server is told."""
    watched = session.news.watched
    async with session.news.turn:
        watched[uri] -= 1
        if not watched[uri]:
            del watched[uri]
            await session.call(UNSUBSCRIBE, UnsubscribeRequestParams(uri=uri))


async def _watch_again(session: ClientSession) -> None:
    """Has a legacy server watch again what it watched, once it has forgotten its session."""
    async with session.news.turn:
        for uri in list(session.news.watched):
            await session.call(SUBSCRIBE, SubscribeRequestParams(uri=uri))


def _uris(wanted: SubscriptionFilter) -> list[str]:
    return [] if wanted.resource_subscriptions is UNSET else wanted.resource_subscriptions
