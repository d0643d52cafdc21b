"""Async tests: each runs in a loop of its own, and never for long; what takes long is made to pass at once."""

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec

P = ParamSpec("P")

SECONDS = 20


def in_loop(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Makes an ordinary test of an async one."""
    return in_loop_within(SECONDS)(test)


def in_loop_within(
    seconds: float,
) -> Callable[[Callable[P, Coroutine[Any, Any, None]]], Callable[P, None]]:
    """The same for one that does much, on a machine that may be busy."""

    def made(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
        @functools.wraps(test)
        def run(*args: P.args, **kwargs: P.kwargs) -> None:
            async def bounded() -> None:
                async with asyncio.timeout(seconds):
                    await test(*args, **kwargs)

            asyncio.run(bounded())

        return run

    return made


class Clock:
    """That of a loop, and what was made to pass besides."""

    def __init__(self, time: Callable[[], float]) -> None:
        self._time = time
        self.passed = 0.0

    def __call__(self) -> float:
        return self._time() + self.passed


def pass_time(seconds: float) -> None:
    """Has the clock of the loop be so much later, so that whatever waits for that long does so no longer.

    It is called once what is to come before that has come, however long that took. All that is made to pass in a
    test is less than what a test may take.
    """
    loop = asyncio.get_running_loop()
    if not isinstance(loop.time, Clock):
        loop.time = Clock(loop.time)  # type: ignore[method-assign]
    loop.time.passed += seconds


async def silence(seconds: float) -> None:
    """Has so much time pass in which nothing comes. What waits for no longer than that has found it out afterwards."""
    pass_time(seconds)
    for _ in range(10):
        await asyncio.sleep(0)
