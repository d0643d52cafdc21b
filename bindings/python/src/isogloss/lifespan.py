"""What a server has set up while it serves: there before the first request is answered, gone at its end.

It begins and ends in one task of its own, as what it holds may ask for (task groups do).
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

SetUp = Callable[[Any], AbstractAsyncContextManager[Any]]
"""Makes what is entered at the beginning and left at the end; it gets the server, and gives the state."""


class Lifespan:
    """The state of a server, and how often it is held."""

    def __init__(self, set_up: SetUp | None, server: Any) -> None:
        self._set_up = set_up
        self._server = server
        self._task: asyncio.Task[None] | None = None
        self._begun: asyncio.Future[None] | None = None
        self._over: asyncio.Event | None = None
        self._held = 0
        self.others: list[Lifespan] = []
        """Those of mounted servers, which are held and end with this one."""
        self.state: Any = None
        self.is_there = set_up is None
        """Whether there is nothing to wait for."""

    async def begin(self) -> None:
        """Sets the state up if it is not there. One that fails is tried again by the next who asks.

        Raises what the set-up raises.
        """
        if self.is_there:
            return
        if self._task is None or self._task.done():
            self._over = asyncio.Event()
            self._begun = asyncio.get_running_loop().create_future()
            self._task = asyncio.ensure_future(self._live(self._begun, self._over))
        assert self._begun is not None
        # Whoever is cancelled meanwhile takes nobody else's state away.
        await asyncio.shield(self._begun)

    async def _live(self, begun: "asyncio.Future[None]", over: asyncio.Event) -> None:
        assert self._set_up is not None
        try:
            async with self._set_up(self._server) as state:
                self.state, self.is_there = state, True
                begun.set_result(None)
                try:
                    await over.wait()
                finally:
                    self.state, self.is_there = None, False
        except BaseException as error:
            if begun.done():
                raise
            if isinstance(error, asyncio.CancelledError):
                begun.cancel()
                raise
            begun.set_exception(error)

    def hold(self) -> None:
        """Somebody serves, and needs the state until `release`."""
        self._held += 1
        for other in self.others:
            other.hold()

    async def release(self) -> None:
        """Somebody serves no more; the last one tears the state down."""
        # One may have been mounted meanwhile.
        self._held = max(0, self._held - 1)
        try:
            if not self._held:
                await self._end()
        finally:
            for other in self.others:
                await other.release()

    async def end(self) -> None:
        """Tears the state down, and that of mounted servers.

        Raises what that raises.
        """
        try:
            await self._end()
        finally:
            for other in self.others:
                await other.end()

    async def _end(self) -> None:
        task, self._task = self._task, None
        if task is not None and self._over is not None:
            self._over.set()
            await task


def within(span: Lifespan, work: Callable[[], Any]) -> Any:
    """What is done once the state is there, now or later."""
    return work() if span.is_there else _later(span, work)


async def _later(span: Lifespan, work: Callable[[], Any]) -> Any:
    await span.begin()
    given = work()
    return await given if isinstance(given, Awaitable) else given
