"""A server's end of one connection. Both eras meet on it: every request says which one it belongs to."""

import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import msgspec
from msgspec import UNSET, Raw

from .changes import Changes, Listener, Updated
from .context import PROTOCOL_VERSION, Context, LegacyClient
from .error import ErrorCode, McpError, protocol_error
from .jsonrpc import Message, Notification, Request
from .mirrored import Mirrored
from .protocol.handlers import Answer, ServerHandler, answer
from .protocol.limits import MAX_COMPLETIONS, MAX_HANDSHAKE, MAX_WATCHED
from .protocol.methods import (
    CALL_TOOL,
    GET_PROMPT,
    INITIALIZED_NOTIFICATION,
    READ_RESOURCE,
    RESOURCE_UPDATED_NOTIFICATION,
    Method,
)
from .protocol.revisions import Era, Revision
from .protocol.types.base import (
    EmptyResult,
    PaginatedRequestParams,
    RequestParams,
    Result,
    ResultMetaObject,
)
from .protocol.types.completion import CompleteRequestParams, CompleteResult, Completion
from .protocol.types.lifecycle import (
    DiscoverResult,
    Implementation,
    InitializeRequestParams,
    InitializeResult,
    PromptsCapability,
    ResourcesCapability,
    ServerCapabilities,
    ToolsCapability,
)
from .protocol.types.logging import SetLevelRequestParams
from .protocol.types.prompts import (
    GetPromptRequestParams,
    ListPromptsResult,
    PromptReference,
)
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
from .registry import Registry
from .revision import NEWEST_LEGACY, SUPPORTED, agreed, known, unsupported
from .rounds import Asked, Rounds
from .session import Outlet, Session, Way
from .subscriptions import LIST_CHANGED, listen, require_watchable
from .transport import Transport
from .wire.value import text_of

if TYPE_CHECKING:
    from .claims import Claims
    from .request_state import Seal

log = logging.getLogger("isogloss")

T = TypeVar("T")
U = TypeVar("U")


class _Meta(msgspec.Struct, frozen=True):
    revision: Any = msgspec.field(default=UNSET, name=PROTOCOL_VERSION)


class _Params(msgspec.Struct):
    meta: _Meta = msgspec.field(default=_Meta(), name="_meta")
    asked: Any = msgspec.field(default=UNSET, name="protocolVersion")


_look = msgspec.json.Decoder(_Params).decode


class Connection:
    """Serves one client, whatever it speaks."""

    def __init__(self, offer: "Offer", transport: Transport) -> None:
        self._offer = offer
        self._session = Session(transport, self, on_end=self._ended)
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

    def _ended(self) -> None:
        self._offer.changes.end_of(self._session)

    def request(self, request: Request, outlet: Outlet) -> Answer[bytes]:
        """Answers a request in the revision that it belongs to."""
        revision, legacy = self._settle(request)
        if request.method != "initialize":
            return self._offer.answer(request, outlet, revision, legacy, self._claims)
        self.legacy, text = self._offer.initialize(request, outlet, revision)
        return text

    def notification(self, notification: Notification) -> Answer[None]:
        """Hears a notification. One thing concerns a server: that a client is ready to hear of changes."""
        client = self.legacy
        if notification.method != INITIALIZED_NOTIFICATION.name or client is None:
            return None
        if self._news is not None:
            self._news.end()
        self._news = self._offer.changes.listen(
            lambda change: not isinstance(change, Updated) or change.uri in client.watched,
            self._session,
        )
        return self._tell(self._news)

    async def _tell(self, news: Listener) -> None:
        while (change := await news.next()) is not None:
            if isinstance(change, Updated):
                text = msgspec.json.encode({"uri": change.uri})
                self._session.notify(RESOURCE_UPDATED_NOTIFICATION.name, text)
            else:
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


async def _reported(
    text: Awaitable[bytes], method: str, revision: Revision, left_out: list[str]
) -> bytes:
    result = await text
    _report(method, revision, left_out)
    return result


def _report(method: str, revision: Revision, left_out: list[str]) -> None:
    if left_out:
        log.debug("left out of %s, as %s lacks it: %s", method, revision, ", ".join(left_out))


class Offer:
    """What a server says of itself, what it has, and how it answers: a request in, the text of a result out."""

    def __init__(
        self,
        info: Implementation,
        instructions: str | None,
        page_size: int,
        state_key: bytes | None,
    ) -> None:
        self.info = info
        self._seal = None if state_key is None else _seal(state_key)
        self.instructions = instructions
        self.page_size = page_size
        self.changes = Changes()
        self.registry = Registry(self.changes)
        self._answers = Answers(self)

    @property
    def seal(self) -> "Seal":
        """What signs the state of requests. It is made when something is asked, and its library loaded."""
        if self._seal is None:
            self._seal = _seal(None)
        return self._seal

    def capabilities(self) -> ServerCapabilities:
        """What clients may ask for: it follows from what was added."""
        has = self.registry
        resources = ResourcesCapability(list_changed=True, subscribe=True)
        return ServerCapabilities(
            completions={} if has.completers else UNSET,
            logging={},
            prompts=PromptsCapability(list_changed=True) if has.prompts.was_used else UNSET,
            resources=resources if has.has_resources else UNSET,
            tools=ToolsCapability(list_changed=True) if has.tools.was_used else UNSET,
        )

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
    ) -> Answer[bytes]:
        """The text of a result, or what is awaited for it."""
        method, params = request.method, request.params
        context = Context(outlet, request.id, params, revision, legacy, claims)
        left_out: list[str] = []
        text = answer(self._answers, context, method, params, revision, left_out)
        if not isinstance(text, bytes):
            return _reported(text, method, revision, left_out)
        if left_out:
            _report(method, revision, left_out)
        return text

    def initialize(
        self, request: Request, outlet: Outlet, revision: Revision
    ) -> tuple[LegacyClient, bytes]:
        """Shakes hands with a legacy client: what it has settled, and the result as JSON."""
        if len(request.params or b"") > MAX_HANDSHAKE:
            reason = f"params: longer than the limit of {MAX_HANDSHAKE} bytes (max_handshake)"
            raise protocol_error(ErrorCode.INVALID_PARAMS, reason)
        context = Context(outlet, request.id, request.params, revision, None)
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
        return DiscoverResult(
            capabilities=self._offer.capabilities(),
            instructions=self._instructions(),
            meta=ResultMetaObject(server_info=self._offer.info),
            supported_versions=SUPPORTED,
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
        require_watchable("params.uri", params.uri)
        watched = context.legacy.watched if context.legacy is not None else set()
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
        return await listen(self._offer.changes, self._offer.registry, context, params)

    # ---- tools ----

    def list_tools(self, _: Context, params: PaginatedRequestParams) -> ListToolsResult:
        page, cursor = self._offer.registry.tools.page(_cursor(params), self._offer.page_size)
        return ListToolsResult(
            tools=[tool.definition for tool in page], next_cursor=cursor or UNSET
        )

    def call_tool(self, context: Context, params: CallToolRequestParams) -> Answer[Any]:
        tool = self._offer.registry.tools.get(params.name)
        if tool is None:
            raise protocol_error(ErrorCode.INVALID_PARAMS, f"unknown tool: {params.name}")
        text = text_of(params, "arguments")
        arguments = b"{}" if text is None else text
        if params.request_state is not UNSET or params.input_responses is not UNSET:
            self._resume(context, CALL_TOOL, params)
        result = tool.run(arguments, context)
        if type(result) is CallToolResult:
            return result
        return self._in_rounds(context, CALL_TOOL, params, result)

    # ---- resources ----

    def list_resources(self, _: Context, params: PaginatedRequestParams) -> ListResourcesResult:
        page, cursor = self._offer.registry.resources.page(_cursor(params), self._offer.page_size)
        resources: list[Any] = [resource.definition for resource in page]
        return ListResourcesResult(resources=resources, next_cursor=cursor or UNSET)

    def list_resource_templates(
        self, _: Context, params: PaginatedRequestParams
    ) -> ListResourceTemplatesResult:
        page, cursor = self._offer.registry.templates.page(_cursor(params), self._offer.page_size)
        templates: list[Any] = [entry.definition for _, entry in page]
        return ListResourceTemplatesResult(
            resource_templates=templates, next_cursor=cursor or UNSET
        )

    def read_resource(self, context: Context, params: ReadResourceRequestParams) -> Answer[Any]:
        found = self._offer.registry.find(params.uri)
        if found is None:
            legacy = context.revision.era is Era.LEGACY
            code = ErrorCode.RESOURCE_NOT_FOUND if legacy else ErrorCode.INVALID_PARAMS
            raise protocol_error(code, f"resource not found: {params.uri}", {"uri": params.uri})
        entry, variables = found
        self._resume(context, READ_RESOURCE, params)
        result = then(
            entry.read(params.uri, variables, context),
            lambda contents: ReadResourceResult(contents=contents),
        )
        return self._in_rounds(context, READ_RESOURCE, params, result)

    # ---- prompts ----

    def list_prompts(self, _: Context, params: PaginatedRequestParams) -> ListPromptsResult:
        page, cursor = self._offer.registry.prompts.page(_cursor(params), self._offer.page_size)
        prompts = [prompt.definition for prompt in page]
        return ListPromptsResult(prompts=prompts, next_cursor=cursor or UNSET)

    def get_prompt(self, context: Context, params: GetPromptRequestParams) -> Answer[Any]:
        prompt = self._offer.registry.prompts.get(params.name)
        if prompt is None:
            raise protocol_error(ErrorCode.INVALID_PARAMS, f"unknown prompt: {params.name}")
        self._resume(context, GET_PROMPT, params)
        filled = prompt.fill(params.arguments or {}, context)
        return self._in_rounds(context, GET_PROMPT, params, filled)

    def complete(self, _: Context, params: CompleteRequestParams) -> Answer[CompleteResult]:
        ref = params.ref
        name = ref.name if isinstance(ref, PromptReference) else ref.uri
        registry = self._offer.registry
        if not registry.has(ref.type, name):
            what = ref.type.removeprefix("ref/")
            raise protocol_error(ErrorCode.INVALID_PARAMS, f"params.ref: unknown {what} {name}")
        complete = registry.completers.get((ref.type, name, params.argument.name))
        if complete is None:
            return _completion([])
        others = params.context.arguments if params.context else UNSET
        return then(complete(params.argument.value, others or {}), _completion)

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
        return self._run(context, context.rounds, method, params, result)

    async def _run(
        self,
        context: Context,
        rounds: Rounds,
        method: Method,
        params: "Retriable",
        work: Awaitable[Any],
    ) -> Any:
        try:
            return await rounds.run(work)
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


def _completion(values: list[str]) -> CompleteResult:
    most = values[:MAX_COMPLETIONS]
    return CompleteResult(
        completion=Completion(values=most, total=len(values), has_more=len(values) > len(most))
    )


def _cursor(params: PaginatedRequestParams) -> str | None:
    return None if params.cursor is UNSET else params.cursor


def then(given: Answer[T], make: Callable[[T], U]) -> Answer[U]:
    """What is made of an answer, now or when it is there."""
    if not hasattr(type(given), "__await__"):
        return make(given)  # type: ignore[arg-type]

    async def later() -> U:
        return make(await given)  # type: ignore[misc]

    return later()
