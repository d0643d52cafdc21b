"""Calls that become tasks, and what clients ask about them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

import msgspec
from msgspec import UNSET, Raw

from ..context import Context
from ..error import ErrorCode, McpError, protocol_error
from ..protocol.handlers import Answer, MethodNotFound
from ..protocol.limits import MAX_WATCHED, REQUEST_TIMEOUT
from ..protocol.revisions import Era, named_codec
from ..protocol.types.tasks import (
    CancelTaskRequestParams,
    CancelTaskResult,
    CreateTaskResult,
    GetTaskRequestParams,
    UpdateTaskRequestParams,
    UpdateTaskResult,
)
from ..protocol.types.tools import CallToolResult
from ..session import start
from ..values import failed
from . import TASKS_EXTENSION, AsTask
from .running import Running
from .store import InMemory, StoredTask, TaskStore
from .talk import Detour, Talk, TaskContext
from .task import Beginning

if TYPE_CHECKING:
    from ..protocol.types.tasks import GetTaskResult

Run: TypeAlias = Callable[[Context], Answer[CallToolResult]]
"""Runs a tool, in a context."""

ALONE: Final = (
    "this tool runs as a task alone, which takes a client of revision 2026-07-28 or later with the "
    f"extension {TASKS_EXTENSION}"
)
"""What a legacy client is told by a tool that it cannot use."""


class Held(Protocol):
    """What a server has set up, which stays as long as somebody needs it."""

    def hold(self) -> None:
        """Somebody needs it until `release`."""
        ...

    async def release(self) -> None:
        """Somebody needs it no more."""
        ...


class Tasks:
    """The tasks of a server."""

    def __init__(
        self,
        store: TaskStore | None,
        most: int,
        tell: Callable[[str], None],
        admit: Callable[[str, Context], None],
        are_offered: Callable[[], bool],
        held: Held,
    ) -> None:
        """`tell` tells that the task of an id has changed, `admit` raises McpError if a tool is not for a client.

        A handler that runs in a task has what is `held`.
        """
        self._store = store or InMemory()
        self._running = Running(most)
        self._tell = tell
        self._admit = admit
        self._are_offered = are_offered
        self._held = held
        self.end = self._running.end
        self.close = self._running.close

    @property
    def count(self) -> int:
        """How many there are, those that have ended and are still kept among them."""
        return self._running.count

    # ---- calls ----

    def call(
        self, tool: str, how: AsTask, asks_first: bool, context: Context, run: Run
    ) -> CallToolResult | Awaitable[CallToolResult | CreateTaskResult] | None:
        """Calls a tool that may run as a task; None if it is to be called as any other.

        `asks_first` says that it asks by itself before its handler runs. Raises McpError if it has to be a task
        and cannot, Asked if it asks before it is one.
        """
        if not is_declared(context):
            if not how.required:
                return None
            if context.revision.era is Era.MODERN:
                raise _undeclared()
            # It has no extension to declare: the model is told.
            return failed(ALONE)
        if not self._running.take():
            if not how.required:
                return None
            what = "there is no room for another task (max_tasks); try again later"
            raise protocol_error(ErrorCode.INTERNAL_ERROR, what)
        talk = Talk({} if context.rounds is None else context.rounds.answers)
        context.rounds = talk
        if not how.later and not asks_first:
            talk.want()
        return self._called(tool, how, TaskContext.of(context, talk), run)

    async def _called(
        self, tool: str, how: AsTask, context: TaskContext, run: Run
    ) -> CallToolResult | CreateTaskResult:
        """Calls a tool in a place that was taken, which is given back unless the call becomes a task."""
        talk = context.talk
        handling: asyncio.Task[CallToolResult] | None = None
        is_ours, is_task = True, False
        try:
            given = run(context)
            if isinstance(given, CallToolResult):
                return given
            work = handling = start(talk.run(given))
            either: list[asyncio.Future[Any]] = [work, talk.wanted]
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            # What is done within the same turn is no task.
            await asyncio.sleep(0)
            if work.done():
                return work.result()
            is_ours = False
            task = await self._running.begin(self._beginning(tool, how, context, work))
            is_task = True
        finally:
            if is_ours:
                self._running.release()
            if not is_task and handling is not None and not handling.done():
                handling.cancel()
                await asyncio.wait({handling})
        assert isinstance(context.outlet, Detour)
        context.outlet.leave()
        self._held.hold()
        work.add_done_callback(lambda _: self._running.see_to(self._held.release()))
        talk.begun.set_result(None)
        return task.created()

    def _beginning(
        self,
        tool: str,
        how: AsTask,
        context: TaskContext,
        handling: "asyncio.Task[CallToolResult]",
    ) -> Beginning:
        return Beginning(
            owner=_owner_of(context),
            tool=tool,
            how=how,
            revision=context.revision,
            talk=context.talk,
            handling=handling,
            store=self._store,
            tell=self._tell,
        )

    # ---- what is asked about tasks ----

    async def get(self, context: Context, params: GetTaskRequestParams) -> "GetTaskResult":
        """The state of a task."""
        found = await self._find(params.task_id, context)
        text = _with(found.state, resultType=Raw(b'"complete"'))
        result: GetTaskResult = named_codec("GetTaskResult").decode(text, context.revision)
        return result

    async def cancel(self, context: Context, params: CancelTaskRequestParams) -> CancelTaskResult:
        """Cancels a task. One that has ended, or runs in another process, is left as it is."""
        await self._find(params.task_id, context)
        task = self._running.get(params.task_id)
        if task is not None:
            task.cancel("cancelled by the client")
            await task.kept()
        return CancelTaskResult()

    async def update(self, context: Context, params: UpdateTaskRequestParams) -> UpdateTaskResult:
        """Gives a task answers to its questions. Those that nobody asks are passed over.

        Raises McpError (invalid params) if an answer is none to its question, which then waits on.
        """
        found = await self._find(params.task_id, context)
        task = self._running.get(params.task_id)
        if task is None:
            if msgspec.json.decode(found.state)["status"] == "input_required":
                what = "the task runs in another process; requests about it are routed by the header Mcp-Name"
                raise protocol_error(ErrorCode.INTERNAL_ERROR, what)
            return UpdateTaskResult()
        asked, given = task.talk.asked, context.input_responses()
        answers = {key: answer for key, answer in given.items() if key in asked}
        for key, answer in answers.items():
            try:
                asked[key].answer(answer, context.revision)
            except McpError as error:
                what = f"params.inputResponses.{key}: {error.message}"
                raise protocol_error(ErrorCode.INVALID_PARAMS, what) from None
        if answers:
            task.talk.give(answers)
            await task.kept()
        return UpdateTaskResult()

    @staticmethod
    def unread(params: Raw | bytes | None) -> bytes:
        """Params of `tasks/update` without the answers, which are read once it is known what is asked."""
        try:
            members = msgspec.json.decode(params or b"{}", type=dict[str, Raw])
            msgspec.json.decode(members["inputResponses"], type=dict[str, Raw])
        except (msgspec.DecodeError, KeyError):
            return bytes(params or b"{}")
        return msgspec.json.encode(members | {"inputResponses": {}})

    # ---- news ----

    async def watched(self, ids: Any, context: Context) -> list[str]:
        """Those of the tasks that a subscription names which there are for this client.

        Raises McpError if the client has not declared the extension, or names too many.
        """
        place = "params.notifications.taskIds"
        if not isinstance(ids, list) or not all(isinstance(id, str) for id in ids):
            raise protocol_error(ErrorCode.INVALID_PARAMS, f"{place}: expected an array of strings")
        if not is_declared(context):
            raise _undeclared()
        if len(ids) > MAX_WATCHED:
            what = f"{place}: must have at most {MAX_WATCHED} items"
            raise protocol_error(ErrorCode.INVALID_PARAMS, what)
        known = []
        for id in dict.fromkeys(ids):
            try:
                await self._find(id, context)
            except (McpError, MethodNotFound):
                continue
            known.append(id)
        return known

    async def told(self, id: str, meta: dict[str, Any]) -> bytes | None:
        """How a task is, as a subscription is told; None if it is forgotten."""
        found = await self._stored(id)
        return None if found is None else _with(found.state, _meta=Raw(msgspec.json.encode(meta)))

    async def _find(self, id: str, context: Context) -> StoredTask:
        """A task of the one who asks.

        Raises McpError if there is none, it is another's, or the client has not declared the extension.
        """
        # A task outlives its tool.
        if not self.count and not self._are_offered():
            raise MethodNotFound(context.method)
        if not is_declared(context):
            raise _undeclared()
        found = await self._stored(id)
        # The same words for a task that there never was, that is forgotten, and that is another's.
        if found is None or found.owner != _owner_of(context):
            what = "unknown task: there is none of this id, or its time is over"
            raise protocol_error(ErrorCode.INVALID_PARAMS, what)
        # Who may not call the tool any more may not see what it gave either.
        self._admit(found.tool, context)
        return found

    async def _stored(self, id: str) -> StoredTask | None:
        async with asyncio.timeout(REQUEST_TIMEOUT):
            return await self._store.get(id)


def is_declared(context: Context) -> bool:
    """Whether a client has declared the extension."""
    if context.revision.era is Era.LEGACY:
        return False
    extensions = context.capabilities.extensions
    return extensions is not UNSET and TASKS_EXTENSION in extensions


def _undeclared() -> McpError:
    """That a client would have to declare the extension."""
    return protocol_error(
        ErrorCode.MISSING_CAPABILITY,
        f"the client has to declare the capability extensions.{TASKS_EXTENSION}",
        {"requiredCapabilities": {"extensions": {TASKS_EXTENSION: {}}}},
    )


def _owner_of(context: Context) -> str:
    """Whom a task belongs to: the principal, as its credentials name it; nobody without them."""
    if context.claims is None:
        return ""
    return msgspec.json.encode(context.claims.principal).decode()


def _with(state: str, **members: Raw) -> bytes:
    """The text of a state with members more."""
    return msgspec.json.encode(msgspec.json.decode(state, type=dict[str, Raw]) | members)
