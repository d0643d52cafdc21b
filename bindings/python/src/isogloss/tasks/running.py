"""The tasks of a server: those that run, by their ids, and how many there are and how much is kept of them."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

from ..error import ErrorCode, McpError, protocol_error
from ..protocol.limits import CHILD_GRACE, MAX_TASK_BYTES, MAX_TASK_RESULT
from .task import Beginning, Task

SHUT_DOWN: Final = "the server was shut down"
"""What a task says that ends with its server."""


class Running:
    """Those of one server."""

    def __init__(self, most: int) -> None:
        """`most` is how many there are at most."""
        self._most = most
        self._running: dict[str, Task] = {}
        self._all: set[Task] = set()
        """Those that are kept, however they are."""
        self._taken = 0
        """Places, of tasks and of calls that may become one."""
        self._bytes = 0
        """Of the results that are kept."""
        self._idle = asyncio.Event()
        self._work: set[asyncio.Task[None]] = set()

    @property
    def count(self) -> int:
        """How many are not forgotten yet, those that have ended among them."""
        return len(self._all)

    def take(self) -> bool:
        """Takes a place for one more; tells whether there was one."""
        if self._taken >= self._most:
            return False
        self._taken += 1
        return True

    def release(self) -> None:
        """Gives back a place that no task has."""
        self._taken -= 1

    async def begin(self, beginning: Beginning) -> Task:
        """Begins a task in a place that was taken. It is kept before anybody is told of it.

        Raises whatever its store does; then nothing is left of it, and the place is given back.
        """
        task = Task(beginning, self)
        self._all.add(task)
        self._running[task.id] = task
        try:
            await task.begin()
        except BaseException:
            self.see_to(task.remove())
            raise
        return task

    def get(self, id: str) -> Task | None:
        """The one of an id that runs here."""
        return self._running.get(id)

    async def end(self, within: float) -> None:
        """Lets those that run finish for so many seconds, and cancels them then.

        One that waits for an answer would wait in vain.
        """
        for task in list(self._running.values()):
            if task.talk.asked:
                task.cancel(SHUT_DOWN)
        await self._until_idle(within)
        for task in list(self._running.values()):
            task.cancel(SHUT_DOWN)
        await self._until_idle(CHILD_GRACE)

    async def close(self) -> None:
        """Ends all at once, and keeps none."""
        await self.end(0)
        for task in list(self._all):
            await task.remove()

    async def _until_idle(self, within: float) -> None:
        """Waits until nothing runs, for so many seconds at most."""
        self._idle.clear()
        if self._running and within > 0:
            try:
                async with asyncio.timeout(within):
                    await self._idle.wait()
            except TimeoutError:
                pass

    # ---- what tasks take part in ----

    def admit(self, size: int) -> None:
        """Makes room for a result of so many bytes, or raises the error that the task fails with."""
        if size > MAX_TASK_RESULT:
            limit = f"the limit of {MAX_TASK_RESULT} bytes (max_task_result)"
            raise _too_long(f"the result is longer than {limit}")
        if self._bytes + size > MAX_TASK_BYTES:
            limit = f"all are limited to {MAX_TASK_BYTES} bytes (max_task_bytes)"
            raise _too_long(f"there is no room for the result: {limit}")
        self._bytes += size

    def see_to(self, work: Coroutine[Any, Any, None]) -> None:
        """Does something that nobody waits for."""
        task = asyncio.ensure_future(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    def settled(self, task: Task) -> None:
        """It is kept how the task ended."""
        self._running.pop(task.id, None)
        if not self._running:
            self._idle.set()

    def forgotten(self, task: Task, size: int) -> None:
        """Nothing is kept of it any more, its result of so many bytes among it."""
        self.settled(task)
        if task in self._all:
            self._all.remove(task)
            self._bytes -= size
            self.release()


def _too_long(what: str) -> McpError:
    return protocol_error(ErrorCode.INTERNAL_ERROR, what)
