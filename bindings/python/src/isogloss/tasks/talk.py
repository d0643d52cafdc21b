"""A task as its handler sees it: how far it has got, what it asks, and when it begins to be one.

Who keeps tasks, and who may ask about one, is not known here.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Self

from msgspec import Raw

from ..context import Context
from ..error import ErrorKind, McpError
from ..questions import Question
from ..rounds import Rounds
from ..session import Outlet
from ..telling import NOTHING_TOLD, Told


class _Asked(NamedTuple):
    question: Question[Any]
    answer: "asyncio.Future[Raw]"


class Talk(Rounds):
    """The side of a task that its handler has. Until it is a task, it is a call that is answered with questions."""

    def __init__(self, answers: Mapping[str, Raw]) -> None:
        super().__init__(answers)
        loop = asyncio.get_running_loop()
        self.message = ""
        """The handler's words about what it does."""
        self.on_change: Callable[[], None] = lambda: None
        """Is called when the handler has told or asked something."""
        self.wanted: asyncio.Future[None] = loop.create_future()
        """Done when it is to become a task."""
        self.begun: asyncio.Future[None] = loop.create_future()
        """Done when the call was answered with the task."""
        self._asked: dict[str, _Asked] = {}
        self._keys: set[str] = set()
        """Of all questions so far: none may come again."""
        self._over: McpError | None = None

    @property
    def is_task(self) -> bool:
        """Whether it is a task, or is just becoming one."""
        return self.wanted.done()

    def want(self) -> None:
        """Has it become a task."""
        if not self.wanted.done():
            self.wanted.set_result(None)

    def say(self, message: str) -> None:
        """Has the task say how far it has got."""
        if message and self._over is None:
            self.message = message
            self.on_change()

    async def answer(self, question: Question[Any], key: str | None) -> Raw:
        """The answer to a question, asked in the way that it is asked now.

        Raises TypeError if there was another question of the key, McpError if the task has ended.
        """
        if not self.is_task:
            return await super().answer(question, key)
        if self._over is not None:
            raise self._over
        key = self._next_key() if key is None else key
        if key in self._keys:
            raise TypeError(f"two questions with the key {key!r}")
        self._keys.add(key)
        answer: asyncio.Future[Raw] = asyncio.get_running_loop().create_future()
        self._asked[key] = _Asked(question, answer)
        self.on_change()
        try:
            return await answer
        finally:
            # One that nobody waits for any more is taken back.
            if self._asked.pop(key, None) is not None:
                self.on_change()

    @property
    def asked(self) -> dict[str, Question[Any]]:
        """The questions that wait for an answer."""
        return {key: asked.question for key, asked in self._asked.items()}

    def give(self, answers: Mapping[str, Raw]) -> None:
        """Answers questions that wait."""
        for key, given in answers.items():
            waiting = self._asked.pop(key, None)
            if waiting is not None and not waiting.answer.done():
                waiting.answer.set_result(given)
        self.on_change()

    def end(self, why: McpError) -> None:
        """Nothing is told or asked any more."""
        self._over = why
        self.on_change = lambda: None
        for asked in self._asked.values():
            if not asked.answer.done():
                asked.answer.set_exception(why)
                # Whoever asked may not wait any more.
                asked.answer.exception()
        self._asked.clear()


class TaskContext(Context):
    """The context of a call that may become a task."""

    __slots__ = ("_say", "talk")

    talk: Talk
    _say: Callable[[str], object]

    @classmethod
    def of(cls, context: Context, talk: Talk) -> Self:
        """That of a call."""
        within = cls(
            Detour(context.outlet),
            context.request,
            context.revision,
            context.legacy,
            context.home,
            context.claims,
            context.session_id,
        )
        within.rounds = within.talk = talk
        within._say = talk.say
        return within

    def progress(
        self, progress: float, total: float | None = None, message: str | None = None
    ) -> Told:
        """Tells how far the work has got: a task says the message."""
        if not self.talk.is_task:
            return super().progress(progress, total, message)
        if message:
            self._say(message)
        return NOTHING_TOLD

    async def begin_task(self) -> bool:
        """Makes the call a task; true once its client knows."""
        self.talk.want()
        await asyncio.shield(self.talk.begun)
        return True

    def ready_for_task(self) -> None:
        """Nothing more is to be asked before it is a task."""
        self.talk.want()

    def from_thread(self) -> Context:
        """The same for a function that runs in a thread."""
        there = super().from_thread()
        assert isinstance(there, TaskContext)
        loop, say = asyncio.get_running_loop(), self._say
        there._say = lambda message: loop.call_soon_threadsafe(say, message)
        return there


class Detour:
    """The way of a call that may become a task: once it is one it has no way to its client."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet: Outlet | None = outlet

    def leave(self) -> None:
        """It is a task now."""
        self._outlet = None

    def notify(self, method: str, params: bytes | None) -> None:
        """Sends a notification; of a task, lines of the log are dropped: nobody hears them."""
        if self._outlet is not None:
            self._outlet.notify(method, params)

    async def call(self, method: str, params: bytes | None, timeout: float | None = None) -> Raw:
        """Sends a request and waits for its result."""
        if self._outlet is None:
            raise McpError(ErrorKind.ENCODE, f"{method}: a task has no way to its client")
        return await self._outlet.call(method, params, timeout)

    async def drain(self) -> None:
        """Waits while too much is queued."""
        if self._outlet is not None:
            await self._outlet.drain()

    def hang_up(self) -> bool:
        """Closes the connection, if the client can come back for the rest."""
        return self._outlet is not None and self._outlet.hang_up()
