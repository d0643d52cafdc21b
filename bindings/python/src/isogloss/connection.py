"""A server's end of one connection. Both eras meet on it: every request says which one it belongs to."""

import copy
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import msgspec
from msgspec import UNSET, Raw

from .changes import Change, Changes, Listener, TaskChanged, Updated
from .context import PROTOCOL_VERSION, Context, LegacyClient
from .error import ErrorCode, McpError, protocol_error
from .jsonrpc import Message, Notification, Request
from .lifespan import Lifespan, SetUp, within
from .mirrored import Mirrored
from .offered import ListOf, Offered, capabilities_of, not_found, offers_tasks
from .policy import Policy
from .protocol.handlers import Answer, MethodNotFound, ServerHandler, answer
from .protocol.limits import CACHE_TTL, MAX_COMPLETIONS, MAX_HANDSHAKE, MAX_TASKS, MAX_WATCHED
from .protocol.methods import (
    CALL_TOOL,
    GET_PROMPT,
    INITIALIZED_NOTIFICATION,
    READ_RESOURCE,
    RESOURCE_UPDATED_NOTIFICATION,
    UPDATE_TASK,
    Method,
)
from .protocol.revisions import Era, Revision
from .protocol.types.base import (
    EmptyResult,
    PaginatedRequestParams,
    RequestParams,
    Result,
)
from .protocol.types.completion import CompleteRequestParams, CompleteResult, Completion
from .protocol.types.lifecycle import (
    DiscoverResult,
    Implementation,
    InitializeRequestParams,
    InitializeResult,
    ServerCapabilities,
)
from .protocol.types.logging import SetLevelRequestParams
from .protocol.types.prompts import GetPromptRequestParams, ListPromptsResult
from .protocol.types.resources import (
    ListResourcesResult,
    ListResourceTemplatesResult,
    ReadResourceRequestParams,
    ReadResourceResult,
    SubscribeRequestParams,
    UnsubscribeRequestParams,
)
from .protocol.types.subscriptions import (
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
)
from .protocol.types.tools import CallToolRequestParams, CallToolResult, ListToolsResult
from .registry import CacheScope, Caching, Registry
from .revision import NEWEST_LEGACY, SUPPORTED, agreed, known, unsupported
from .rounds import Asked, Rounds
from .schema import Coercion
from .session import Outlet, Session, Way
from .signature import Signature
from .subscriptions import LIST_CHANGED, listen, require_watchable
from .transport import Transport
from .wire.value import text_of

if TYPE_CHECKING:
    from .claims import Claims
    from .middleware import Middleware
    from .protocol.types.tasks import (
        CancelTaskRequestParams,
        CancelTaskResult,
        GetTaskRequestParams,
        GetTaskResult,
        UpdateTaskRequestParams,
        UpdateTaskResult,
    )
    from .request_state import Seal
    from .tasks import TaskStore
    from .tasks.calls import Tasks

log = logging.getLogger("isogloss")

T = TypeVar("T")
U = TypeVar("U")

BATCHES = "2025-03-26"
"""The one revision that has batches."""

_UNCACHED: Caching = (0, "private")


class _Meta(msgspec.Struct, frozen=True):
    revision: Any = msgspec.field(default=UNSET, name=PROTOCOL_VERSION)


class _Params(msgspec.Struct):
    meta: _Meta = msgspec.field(default=_Meta(), name="_meta")
    asked: Any = msgspec.field(default=UNSET, name="protocolVersion")


_look = msgspec.json.Decoder(_Params).decode


class Connection:
    """Serves one client, whatever it speaks."""

    def __init__(self, offer: "Offer", transport: Transport, session_id: str | None = None) -> None:
        """`session_id` is that of a legacy session over HTTP."""
        self._offer = offer
        self._session_id = session_id
        self._session = Session(
            transport, self, on_end=self._ended, takes_batches=self._takes_batches
        )
        self._news: Listener | None = None
        self.legacy: LegacyClient | None = None
        """What a legacy client has settled; None before its `initialize`."""
        self._claims: Claims | None = None
        """Of who sends what is taken now."""

    async def run(self) -> None:
        """Serves until the connection ends.

        Raises McpError if it did not end in good order.
        """
        await self._session.run()

    def take(
        self, message: Message, way: Way | None = None, claims: "Claims | None" = None
    ) -> None:
        """Takes a message that did not come over the transport."""
        self._claims = claims
        self._session.take(message, way)

    def end(self, why: McpError) -> None:
        """Ends a connection that nobody runs."""
        self._session.end(why)

    def _takes_batches(self) -> bool:
        return self.legacy is not None and self.legacy.revision == BATCHES

    def _ended(self) -> None:
        self._offer.changes.end_of(self._session)

    def request(self, request: Request, outlet: Outlet) -> Answer[bytes]:
        """Answers a request in the revision that it belongs to."""
        revision, legacy = self._settle(request)
        if request.method != "initialize":
            return self._offer.answer(
                request, outlet, revision, legacy, self._claims, self._session_id
            )
        self.legacy, text = self._offer.initialize(request, outlet, revision)
        return text

    def notification(self, notification: Notification) -> Answer[None]:
        """Hears a notification. One thing concerns a server: that a client is ready to hear of changes."""
        client = self.legacy
        if notification.method != INITIALIZED_NOTIFICATION.name or client is None:
            return None
        if self._news is not None:
            self._news.end()

        def wants(change: Change) -> bool:
            return isinstance(change, str) or (
                isinstance(change, Updated) and change.uri in client.watched
            )

        self._news = self._offer.changes.listen(wants, self._session)
        return self._tell(self._news)

    async def _tell(self, news: Listener) -> None:
        while (change := await news.next()) is not None:
            if isinstance(change, Updated):
                text = msgspec.json.encode({"uri": change.uri})
                self._session.notify(RESOURCE_UPDATED_NOTIFICATION.name, text)
            elif isinstance(change, str):
                self._session.notify(LIST_CHANGED[change].name, None)
            await self._session.drain()

    def _settle(self, request: Request) -> tuple[Revision, LegacyClient | None]:
        """The revision of a request. One whose `_meta` names a revision is modern; any other is legacy."""
        params = look(request)
        date = params.meta.revision
        if isinstance(date, str):
            revision = known(date)
            if revision is None:
                raise unsupported(date)
            if revision.era is Era.MODERN:
                return revision, None
        if request.method == "initialize":
            return agreed(params.asked) if isinstance(params.asked, str) else NEWEST_LEGACY, None
        if self.legacy is not None:
            return self.legacy.revision, self.legacy
        if request.method == "ping":
            return NEWEST_LEGACY, None
        reason = "initialize first, or name a modern revision in params._meta"
        raise protocol_error(ErrorCode.INVALID_REQUEST, reason)


def look(request: Request) -> _Params:
    """What params say of their revision."""
    try:
        return _look(request.params or b"{}")
    except msgspec.DecodeError:
        return _Params()


def _report(method: str, revision: Revision, left_out: list[str]) -> None:
    if left_out:
        log.debug("left out of %s, as %s lacks it: %s", method, revision, ", ".join(left_out))


class Offer:
    """What a server says of itself, what it has, and how it answers: a request in, the text of a result out."""

    def __init__(
        self,
        server: Any,
        info: Implementation,
        *,
        instructions: str | None,
        page_size: int,
        state_key: bytes | None,
        policy: Policy | None = None,
        coercion: Coercion = "off",
        cache_ttl: float = CACHE_TTL,
        cache_scope: CacheScope | None = None,
        set_up: SetUp | None = None,
        task_store: "TaskStore | None" = None,
        max_tasks: int = MAX_TASKS,
    ) -> None:
        self.server = server
        self.info = info
        self._seal = None if state_key is None else _seal(state_key)
        self.instructions = instructions
        self.page_size = page_size
        self.coercion: Coercion = coercion
        self.changes = Changes()
        self.registry = Registry(self.changes)
        self.offered = Offered(self.registry, policy)
        self.middleware: list[Middleware] = []
        self.lifespan = Lifespan(set_up, server)
        shared: CacheScope = "public" if policy is None else "private"
        self.caching: Caching = (round(cache_ttl * 1000), cache_scope or shared)
        """How long and by whom lists may be kept, and what the server says of itself."""
        self._task_store = task_store
        self._max_tasks = max_tasks
        self.has_tasks: Tasks | None = None
        """The tasks, if anything was ever asked of them."""
        self._answers = Answers(self)
        self._sign = Signature(info).sign

    @property
    def state(self) -> Any:
        """What the lifespan has set up."""
        return self.lifespan.state

    def within(self, work: Callable[[], Any], /) -> Any:
        """Does something once what the lifespan sets up is there."""
        return within(self.lifespan, work)

    async def read(self, uri: str, context: Context, /) -> list[Any]:
        """Reads a resource for a handler, as far as its client may."""
        return await self.offered.read(uri, copy.copy(context))

    @property
    def seal(self) -> "Seal":
        """What signs the state of requests. It is made when something is asked, and its library loaded."""
        if self._seal is None:
            self._seal = _seal(None)
        return self._seal

    @property
    def tasks(self) -> "Tasks":
        """The tasks of its tools. They are there once one is called or asked about."""
        if self.has_tasks is None:
            from .tasks.calls import Tasks

            self.has_tasks = Tasks(
                self._task_store,
                self._max_tasks,
                lambda task: self.changes.tell(TaskChanged(task)),
                self._admit,
                lambda: offers_tasks(self.registry),
                self.lifespan,
            )
        return self.has_tasks

    async def end_tasks(self, within: float) -> None:
        """Lets tasks finish for so many seconds, and cancels them then; those that wait for an answer at once."""
        if self.has_tasks is not None:
            await self.has_tasks.end(within)

    def _admit(self, tool: str, context: Context) -> None:
        """Raises McpError if a tool is there and not for a client."""
        if tool in self.registry.tools:
            self.offered.tool(tool, context)

    def capabilities(self) -> ServerCapabilities:
        """What clients may ask for: it follows from what was added."""
        return capabilities_of(self.registry)

    def offers(self, method: str, name: str, /) -> bool:
        """Whether there is the tool or the prompt that a method asks for."""
        is_tool = method == CALL_TOOL.name
        return (self.registry.tools if is_tool else self.registry.prompts).get(name) is not None

    def mirrored_of(self, tool: str) -> tuple[Mirrored, ...]:
        """The arguments of a tool that HTTP repeats in headers."""
        entry = self.registry.tools.get(tool)
        return () if entry is None else entry.mirrored

    def answer(
        self,
        request: Request,
        outlet: Outlet,
        revision: Revision,
        legacy: LegacyClient | None = None,
        claims: "Claims | None" = None,
        session_id: str | None = None,
    ) -> Answer[bytes]:
        """The text of a result, or what is awaited for it."""
        context = Context(outlet, request, revision, legacy, self, claims, session_id)
        if self.middleware or not self.lifespan.is_there:
            return self._answer_later(context)
        return self._answer(context, request, revision)

    def _answer(self, context: Context, request: Request, revision: Revision) -> Answer[bytes]:
        method = request.method
        left_out: list[str] = []
        params: Raw | bytes | None = request.params
        if self.has_tasks is not None and method == UPDATE_TASK.name:
            params = self.has_tasks.unread(params)
        text = answer(self._answers, context, method, params, revision, left_out)
        if not isinstance(text, bytes):
            return self._finished(text, method, revision, left_out)
        if left_out:
            _report(method, revision, left_out)
        return self._sign(text) if revision.era is Era.MODERN else text

    async def _finished(
        self, text: Awaitable[bytes], method: str, revision: Revision, left_out: list[str]
    ) -> bytes:
        result = await text
        _report(method, revision, left_out)
        return self._sign(result) if revision.era is Era.MODERN else result

    async def _answer_later(self, context: Context) -> bytes:
        await self.lifespan.begin()
        if not self.middleware:
            given = self._answer(context, context.request, context.revision)
            return given if isinstance(given, bytes) else await given
        from .middleware import answered_through

        text = await answered_through(self.middleware, self._answers, context)
        return self._sign(text) if context.revision.era is Era.MODERN else text

    def initialize(
        self, request: Request, outlet: Outlet, revision: Revision
    ) -> tuple[LegacyClient, bytes]:
        """Shakes hands with a legacy client: what it has settled, and the result as JSON."""
        if len(request.params or b"") > MAX_HANDSHAKE:
            reason = f"params: longer than the limit of {MAX_HANDSHAKE} bytes (max_handshake)"
            raise protocol_error(ErrorCode.INVALID_PARAMS, reason)
        context = Context(outlet, request, revision, None, self)
        text = answer(self._answers, context, request.method, request.params, revision)
        assert isinstance(text, bytes)
        assert context.legacy is not None
        return context.legacy, text


def _seal(key: bytes | None) -> "Seal":
    from .request_state import Seal

    return Seal(key)


class Answers(ServerHandler[Context]):
    """Answers what clients ask."""

    def __init__(self, offer: Offer) -> None:
        self._offer = offer

    def initialize(self, context: Context, params: InitializeRequestParams) -> InitializeResult:
        context.legacy = LegacyClient(context.revision, params)
        return InitializeResult(
            capabilities=self._offer.capabilities(),
            instructions=self._instructions(),
            protocol_version=context.revision.value,
            server_info=self._offer.info,
        )

    def discover(self, _: Context, _params: RequestParams) -> DiscoverResult:
        ttl, scope = self._offer.caching
        return DiscoverResult(
            capabilities=self._offer.capabilities(),
            instructions=self._instructions(),
            supported_versions=SUPPORTED,
            ttl_ms=ttl,
            cache_scope=scope,
        )

    def _instructions(self) -> Any:
        return UNSET if self._offer.instructions is None else self._offer.instructions

    def ping(self, _: Context, _params: RequestParams) -> EmptyResult:
        return Result()

    def set_level(self, context: Context, params: SetLevelRequestParams) -> EmptyResult:
        if context.legacy is not None:
            context.legacy.log_level = params.level
        return Result()

    # ---- news ----

    def subscribe(self, context: Context, params: SubscribeRequestParams) -> EmptyResult:
        if not self._offer.registry.has_resources or context.legacy is None:
            raise MethodNotFound(context.method)
        require_watchable("params.uri", params.uri)
        # What is not there for this client is as what is not there at all: nothing is ever told of it.
        if not self._offer.offered.tells_of(params.uri, context):
            return Result()
        watched = context.legacy.watched
        if params.uri not in watched and len(watched) >= MAX_WATCHED:
            reason = (
                f"a client can subscribe to at most {MAX_WATCHED} resources; unsubscribe from one"
            )
            raise protocol_error(ErrorCode.INVALID_PARAMS, reason)
        watched.add(params.uri)
        return Result()

    def unsubscribe(self, context: Context, params: UnsubscribeRequestParams) -> EmptyResult:
        if context.legacy is not None:
            context.legacy.watched.discard(params.uri)
        return Result()

    async def subscriptions_listen(
        self, context: Context, params: SubscriptionsListenRequestParams
    ) -> SubscriptionsListenResult:
        """Tells of changes until the client has enough or the server closes down."""
        offer = self._offer
        tasks = offer.tasks if "taskIds" in params.notifications.extra else None
        return await listen(offer.changes, offer.registry, offer.offered, context, params, tasks)

    # ---- tasks ----

    def get_task(self, context: Context, params: "GetTaskRequestParams") -> "Answer[GetTaskResult]":
        return self._tasks(context).get(context, params)

    def cancel_task(
        self, context: Context, params: "CancelTaskRequestParams"
    ) -> "Answer[CancelTaskResult]":
        return self._tasks(context).cancel(context, params)

    def update_task(
        self, context: Context, params: "UpdateTaskRequestParams"
    ) -> "Answer[UpdateTaskResult]":
        return self._tasks(context).update(context, params)

    def _tasks(self, context: Context) -> "Tasks":
        if self._offer.has_tasks is None and not offers_tasks(self._offer.registry):
            raise MethodNotFound(context.method)
        return self._offer.tasks

    # ---- lists ----

    def list_tools(self, context: Context, params: PaginatedRequestParams) -> ListToolsResult:
        tools, rest = self._page("tools", context, params)
        return ListToolsResult(tools=tools, **rest)

    def list_resources(
        self, context: Context, params: PaginatedRequestParams
    ) -> ListResourcesResult:
        resources, rest = self._page("resources", context, params)
        return ListResourcesResult(resources=resources, **rest)

    def list_resource_templates(
        self, context: Context, params: PaginatedRequestParams
    ) -> ListResourceTemplatesResult:
        templates, rest = self._page("templates", context, params)
        return ListResourceTemplatesResult(resource_templates=templates, **rest)

    def list_prompts(self, context: Context, params: PaginatedRequestParams) -> ListPromptsResult:
        prompts, rest = self._page("prompts", context, params)
        return ListPromptsResult(prompts=prompts, **rest)

    def _page(
        self, of: ListOf, context: Context, params: PaginatedRequestParams
    ) -> tuple[list[Any], dict[str, Any]]:
        """A part of a list, and what else its result says. A feature that was not declared is not there."""
        registry = self._offer.registry
        has_resources = of in ("resources", "templates") and registry.has_resources
        if not has_resources and not getattr(registry, of).was_used:
            raise MethodNotFound(context.method)
        cursor = None if params.cursor is UNSET else params.cursor
        page, after = self._offer.offered.page(of, cursor, self._offer.page_size, context)
        rest = {} if context.revision.era is Era.LEGACY else _cached(self._offer.caching)
        return page, {"next_cursor": after or UNSET, **rest}

    # ---- what is offered ----

    def call_tool(self, context: Context, params: CallToolRequestParams) -> Answer[Any]:
        tool = self._offer.offered.tool(params.name, context)
        text = text_of(params, "arguments")
        arguments = b"{}" if text is None else text
        if params.request_state is not UNSET or params.input_responses is not UNSET:
            self._resume(context, CALL_TOOL, params)
        if tool.task is not None:
            given = self._offer.tasks.call(
                params.name,
                tool.task,
                tool.asks_first,
                context,
                lambda context: tool.run(arguments, context),
            )
            if isinstance(given, CallToolResult):
                return given
            if given is not None:
                # What it asks before it is a task is asked as by any other call.
                assert context.rounds is not None
                return self._or_questions(context, context.rounds, CALL_TOOL, params, given)
        result = tool.run(arguments, context)
        if type(result) is CallToolResult:
            return result
        return self._in_rounds(context, CALL_TOOL, params, result)

    def read_resource(self, context: Context, params: ReadResourceRequestParams) -> Answer[Any]:
        is_legacy = context.revision.era is Era.LEGACY
        reading = self._offer.offered.reading(params.uri, context)
        if reading is None:
            raise not_found(params.uri, is_legacy)
        self._resume(context, READ_RESOURCE, params)
        rest = {} if is_legacy else _cached(reading.caching or _UNCACHED)
        result = then(
            reading.read(), lambda contents: ReadResourceResult(contents=contents, **rest)
        )
        return self._in_rounds(context, READ_RESOURCE, params, result)

    def get_prompt(self, context: Context, params: GetPromptRequestParams) -> Answer[Any]:
        prompt = self._offer.offered.prompt(params.name, context)
        self._resume(context, GET_PROMPT, params)
        filled = prompt.fill(params.arguments or {}, context)
        return self._in_rounds(context, GET_PROMPT, params, filled)

    def complete(self, context: Context, params: CompleteRequestParams) -> Answer[CompleteResult]:
        if not self._offer.registry.completes:
            raise MethodNotFound(context.method)
        completers = self._offer.offered.completers(params.ref, context)
        complete = completers.get(params.argument.name)
        if complete is None:
            return _completion([])
        others = params.context.arguments if params.context else UNSET
        return then(complete(params.argument.value, others or {}, context), _completion)

    # ---- questions ----

    def _resume(self, context: Context, method: Method, params: "Retriable") -> None:
        """Has the answers at hand that a modern client sends with a retry."""
        if params.request_state is UNSET and params.input_responses is UNSET:
            return
        answers: dict[str, Raw] = {}
        if params.request_state is not UNSET:
            answers = self._offer.seal.open(_bound(context, method, params), params.request_state)
        context.rounds = Rounds({**answers, **context.input_responses()})

    def _in_rounds(
        self, context: Context, method: Method, params: "Retriable", result: Answer[Any]
    ) -> Answer[Any]:
        """The result, or the questions that a handler of a modern request waits for."""
        if context.revision.era is Era.LEGACY or not hasattr(type(result), "__await__"):
            return result
        if context.rounds is None:
            context.rounds = Rounds({})
        work = context.rounds.run(result)
        return self._or_questions(context, context.rounds, method, params, work)

    async def _or_questions(
        self,
        context: Context,
        rounds: Rounds,
        method: Method,
        params: "Retriable",
        work: Awaitable[Any],
    ) -> Any:
        try:
            return await work
        except Asked:
            from .protocol.types.messages import InputRequiredResult

            return InputRequiredResult(
                input_requests={key: asked.request for key, asked in rounds.questions.items()},
                request_state=self._offer.seal.close(_bound(context, method, params), rounds.taken),
                result_type="input_required",
            )


Retriable: TypeAlias = CallToolRequestParams | GetPromptRequestParams | ReadResourceRequestParams
"""Params of requests that may be answered with questions."""


def _bound(context: Context, method: Method, params: Retriable) -> list[Any]:
    """What a state is good for: one request of one principal."""
    principal = None if context.claims is None else context.claims.principal
    if isinstance(params, ReadResourceRequestParams):
        return [principal, method.name, params.uri]
    arguments = None if params.arguments is UNSET else params.arguments
    return [principal, method.name, params.name, arguments]


def _completion(given: Iterable[str]) -> CompleteResult:
    values = list(given)
    most = values[:MAX_COMPLETIONS]
    return CompleteResult(
        completion=Completion(values=most, total=len(values), has_more=len(values) > len(most))
    )


def _cached(caching: Caching) -> dict[str, Any]:
    return {"ttl_ms": caching[0], "cache_scope": caching[1]}


def then(given: Answer[T], make: Callable[[T], U]) -> Answer[U]:
    """What is made of an answer, now or when it is there."""
    if not hasattr(type(given), "__await__"):
        return make(given)  # type: ignore[arg-type]

    async def later() -> U:
        return make(await given)  # type: ignore[misc]

    return later()
