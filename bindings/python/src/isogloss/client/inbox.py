"""What was told and not taken yet, as an async iterator. It is bounded: a slow reader loses the oldest."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, Self, TypeVar

from ..error import McpError
from ..protocol.limits import MAX_NEWS

T = TypeVar("T")


class Inbox(Generic[T]):
    """Takes what is told, and gives it out one after the other."""

    def __init__(self, instead: Callable[[int], T | None]) -> None:
        """`instead` is told how many were lost, and what it gives goes first."""
        self._instead = instead
        self._items: deque[T] = deque()
        self._lost = 0
        self._ended = False
        self._error: McpError | None = None
        self._wake = asyncio.Event()

    def put(self, item: T) -> None:
        """Notes something, unless it has ended."""
        if self._ended:
            return
        self._items.append(item)
        if len(self._items) > MAX_NEWS:
            self._items.popleft()
            self._lost += 1
        self._wake.set()

    def end(self, error: McpError | None = None) -> None:
        """Nothing more will come. What is there is given out; then the error is raised, if there is one."""
        if not self._ended:
            self._ended, self._error = True, error
            self._wake.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        while not self._items and not self._ended:
            self._wake.clear()
            await self._wake.wait()
        if self._lost:
            lost, self._lost = self._lost, 0
            instead = self._instead(lost)
            if instead is not None:
                return instead
        if self._items:
            return self._items.popleft()
        if self._error is not None:
            raise self._error
        raise StopAsyncIteration
