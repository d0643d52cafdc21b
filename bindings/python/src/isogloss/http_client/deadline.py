"""How long a call may take, over all its requests, streams and pauses, and what ends it before that."""

import asyncio
from collections.abc import Awaitable
from types import TracebackType
from typing import TypeVar

from ..error import ErrorKind, McpError

T = TypeVar("T")


class Deadline:
    """A block that is left when its time is over, or with the client, whatever it waits for."""

    def __init__(self, awaited: str, limit: float | None, open: set["Deadline"]) -> None:
        """`limit` is in seconds; None is without. It is one of `open` as long as the block runs."""
        self._awaited = awaited
        self._limit = limit
        self._open = open
        self._timer = asyncio.timeout(limit)
        self._why: McpError | None = None

    async def __aenter__(self) -> "Deadline":
        await self._timer.__aenter__()
        self._open.add(self)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.discard(self)
        try:
            await self._timer.__aexit__(kind, error, trace)
        except TimeoutError:
            raise self.why from None

    @property
    def is_over(self) -> bool:
        """Whether it was ended; whoever else cancels a task has not ended it."""
        return self._timer.expired()

    @property
    def why(self) -> McpError:
        """What ended it."""
        if self._why is not None:
            return self._why
        return McpError(
            ErrorKind.TIMEOUT, f"no answer to {self._awaited} within {self._limit or 0:g} s"
        )

    def end(self, why: McpError) -> None:
        """Ends it with this error."""
        if self._why is None and not self.is_over:
            self._why = why
            self._timer.reschedule(asyncio.get_running_loop().time())

    def unlimit(self) -> None:
        """Has it take as long as it likes from here on."""
        if self._why is None and not self.is_over:
            self._timer.reschedule(None)

    async def beside(self, work: Awaitable[T]) -> T:
        """Does something that has bounds of its own, and whose time is not the server's: a user who logs in."""
        when = self._timer.when()
        if when is None or self._why is not None:
            return await work
        loop = asyncio.get_running_loop()
        left = when - loop.time()
        self._timer.reschedule(None)
        try:
            return await work
        finally:
            if self._why is None and not self.is_over:
                self._timer.reschedule(loop.time() + left)
