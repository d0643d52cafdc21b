"""Multi round-trip requests: a handler of a modern request that asks is left where it waits.

The request is answered with its questions, and the retry runs the handler again with the answers at hand.
https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr
"""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Raw

if TYPE_CHECKING:
    from .questions import Question

T = TypeVar("T")


class Asked(Exception):
    """A handler waits for answers, and has been left."""


class Rounds:
    """The questions and answers of one request."""

    def __init__(self, answers: Mapping[str, Raw]) -> None:
        self.answers = answers
        """From this round and those before it."""
        self.taken: dict[str, Raw] = {}
        """The answers that the handler has had."""
        self.questions: dict[str, Question[Any]] = {}
        """What is still to be answered."""
        self._unnamed = 0
        self._task: asyncio.Task[Any] | None = None

    async def run(self, work: Awaitable[T]) -> T:
        """Runs a handler in this task.

        Raises Asked once it waits for answers: it is cancelled, as by a timeout.
        """
        task = self._task = asyncio.current_task()
        assert task is not None
        try:
            result = await work
        except asyncio.CancelledError:
            # Whoever cancels the request meanwhile has the last word.
            if not self.questions or task.uncancel() > 0:
                raise
            raise Asked from None
        finally:
            self._task = None
        return result

    async def answer(self, question: "Question[Any]", key: str | None) -> Raw:
        """The answer to a question; it waits for ever if there is none yet.

        Without a key it is the question's place: the same in every round, as long as the handler asks
        in the same order. Raises TypeError if there is another question of the key.
        """
        key = self._next_key() if key is None else key
        if key in self.taken or key in self.questions:
            raise TypeError(f"two questions with the key {key!r}")
        if key in self.answers:
            self.taken[key] = self.answers[key]
            return self.answers[key]
        loop = asyncio.get_running_loop()
        if not self.questions:
            # What is asked within the same turn goes out together.
            loop.call_soon(self._leave)
        self.questions[key] = question
        never: asyncio.Future[Raw] = loop.create_future()
        return await never

    def _next_key(self) -> str:
        self._unnamed += 1
        return f"question-{self._unnamed}"

    def _leave(self) -> None:
        if self._task is not None:
            self._task.cancel()
