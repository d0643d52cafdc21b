"""A request that is kept open, on which a modern server tells of changes.

When it breaks or the server ends it, it is made again, and then it is told that something may have been missed.
https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/subscriptions#opening-a-stream
"""

import asyncio
import logging
import math
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ..error import ErrorKind, McpError
from ..protocol.limits import RESUME_ATTEMPTS, SSE_RETRY
from ..protocol.methods import SUBSCRIPTIONS_LISTEN
from ..protocol.types.base import RequestMetaObject
from ..protocol.types.jsonrpc import RequestId
from ..protocol.types.subscriptions import SubscriptionFilter, SubscriptionsListenRequestParams
from .session import ClientSession

log = logging.getLogger("isogloss")


class _ServerEnded(McpError):
    """The server has ended the request in good order."""

    def __init__(self, how: str = "") -> None:
        super().__init__(ErrorKind.CLOSED, f"the server has ended the subscription{how}")


class Listen:
    """Such a request."""

    def __init__(
        self,
        session: ClientSession,
        wanted: SubscriptionFilter,
        on_end: Callable[[McpError], None],
    ) -> None:
        """`on_end` is told why it cannot be opened any more, once it was."""
        self.named: RequestId | None = None
        """What the server calls it now."""
        self._session = session
        self._wanted = wanted
        self._on_end = on_end
        self._opened: asyncio.Future[SubscriptionFilter] = (
            asyncio.get_running_loop().create_future()
        )
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> SubscriptionFilter:
        """Opens it, and gives what the server has agreed to tell. It is kept open until `close`.

        Raises McpError if the server says no, or nothing in time.
        """
        task = self._task = asyncio.create_task(self._keep_open())
        either: list[asyncio.Future[Any]] = [self._opened, task]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not self._opened.done():
            task.result()
        return self._opened.result()

    async def close(self) -> None:
        """Ends it; the server is told."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _keep_open(self) -> None:
        loop = asyncio.get_running_loop()
        again = 0
        while True:
            began = loop.time()
            why = await self._once()
            if not self._opened.done():
                self._opened.set_exception(why)
                return
            # One that was open for long is no sign that the next will not be.
            if loop.time() - began > self._session.timeout:
                again = 0
            if again == RESUME_ATTEMPTS:
                tried = f"it was opened again {again} times in a row (resume_attempts)"
                why = McpError(ErrorKind.CLOSED, f"{why}; {tried}")
            if again == RESUME_ATTEMPTS or not _may_be_reopened(why):
                self._on_end(why)
                return
            again += 1
            log.warning("a subscription is opened again: %s", why)
            await asyncio.sleep(SSE_RETRY)

    async def _once(self) -> McpError:
        """Makes the request, waits until it is agreed on and then until it ends; gives why."""
        session, news = self._session, self._session.news
        agreed = asyncio.get_running_loop().create_future()

        def note(named: RequestId, honoured: SubscriptionFilter) -> None:
            self.named = named
            agreed.set_result(None)
            if self._opened.done():
                news.tell("missed", named)
            else:
                self._opened.set_result(honoured)

        async with news.turn:
            news.expecting = note
            params = SubscriptionsListenRequestParams(
                meta=RequestMetaObject(), notifications=self._wanted
            )
            # It is made again here, where it is known that something was missed.
            call = session.call(SUBSCRIPTIONS_LISTEN, params, timeout=math.inf, repeatable=False)
            request = asyncio.ensure_future(call)
            late = True
            try:
                await asyncio.wait(
                    {request, agreed},
                    timeout=session.timeout,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                late = not request.done() and not agreed.done()
            finally:
                news.expecting = None
                if late:
                    request.cancel()
                    await asyncio.wait({request})
        if late:
            what = f"no answer to {SUBSCRIPTIONS_LISTEN.name}, which is to be acknowledged, within"
            return McpError(ErrorKind.TIMEOUT, f"{what} {session.timeout:g} s")
        try:
            await request
        except McpError as error:
            return error
        return _ServerEnded("" if agreed.done() else " before it began")


def _may_be_reopened(why: McpError) -> bool:
    """Whether it makes sense to ask again: not where there is no connection, nor where the server says no."""
    if why.kind == "http":
        return bool(getattr(why, "status", 0) >= 500)
    return isinstance(why, _ServerEnded) or why.kind in (
        "outcome_unknown",
        "unreachable",
        "timeout",
    )
