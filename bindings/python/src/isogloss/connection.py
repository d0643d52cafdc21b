"""A server's end of one connection. Both eras meet on it: every request says which one it belongs to."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias, TypeVar

import msgspec
from msgspec import UNSET, Raw

from .context import PROTOCOL_VERSION, Context
from .error import ErrorCode, protocol_error
from .jsonrpc import Notification, Request
from .protocol.handlers import Answer, ServerHandler, answer, take
from .protocol.methods import CALL_TOOL, GET_PROMPT, READ_RESOURCE, Method
from .protocol.revisions import NEWEST, Era, Revision
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
)
from .protocol.types.tools import CallToolRequestParams, ListToolsResult
from .registry import Registry
from .request_state import Seal
from .revision import NEWEST_LEGACY, SUPPORTED, agreed, known, unsupported
from .rounds import Asked, Rounds
from .session import Session
from .transport import Transport
from .wire.value import text_of

log = logging.getLogger("isogloss")

MOST_COMPLETIONS = 100
"""Values that the protocol allows in one answer."""

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
        self._session = Session(transport, self)
        self._handler = Handler(offer, self)
        self.legacy: tuple[Revision, InitializeRequestParams] | None = None
        """What a legacy client has settled; None before its `initialize`."""

    async def run(self) -> None:
        """Serves until the connection ends.

        Raises McpError if it did not end in good order.
        """
        await self._session.run()

    def request(self, request: Request) -> Answer[bytes]:
        """Answers a request in the revision that it belongs to."""
        revision, initialized = self._settle(request)
        context = Context(self._session, request.params, revision, initialized)
        left_out: list[str] = []
        text = answer(self._handler, context, request.method, request.params, revision, left_out)
        if not isinstance(text, bytes):
            return _reported(text, request.method, revision, left_out)
        _report(request.method, revision, left_out)
        return text

    def notification(self, notification: Notification) -> Answer[None]:
        """Hears a notification."""
        revision, initialized = self.legacy or (NEWEST, None)
        context = Context(self._session, notification.params, revision, initialized)
        return take(self._handler, context, notification.method, notification.params, revision)

    def _settle(self, request: Request) -> tuple[Revision, InitializeRequestParams | None]:
        """The revision of a request. One whose `_meta` names a revision is modern; any other is legacy."""
        try:
            params = _look(request.params or b"{}")
        except msgspec.DecodeError:
            params = _Params()
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
            return self.legacy
        if request.method == "ping":
            return NEWEST_LEGACY, None
        reason = "initialize first, or name a modern revision in params._meta"
        raise protocol_error(ErrorCode.INVALID_REQUEST, reason)


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
    """What a server says of itself, and what it has."""

    def __init__(
        self, info: Implementation, instructions: str | None, page_size: int, seal: Seal
    ) -> None:
        self.info = info
        self.seal = seal
        self.instructions = instructions
        self.page_size = page_size
        self.registry = Registry()

    def capabilities(self) -> ServerCapabilities:
        """What clients may ask for: it follows from what was added."""
        has = self.registry
        return ServerCapabilities(
            completions={} if has.completers else UNSET,
            prompts=PromptsCapability() if len(has.prompts) else UNSET,
            resources=ResourcesCapability() if len(has.resources) or len(has.templates) else UNSET,
            tools=ToolsCapability() if len(has.tools) else UNSET,
        )


class Handler(ServerHandler[Context]):
    """Answers what clients ask."""

    def __init__(self, offer: Offer, connection: Connection) -> None:
        self._offer = offer
        self._connection = connection

    def initialize(self, context: Context, params: InitializeRequestParams) -> InitializeResult:
        self._connection.legacy = (context.revision, params)
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
        self._resume(context, CALL_TOOL, params)
        return self._in_rounds(context, CALL_TOOL, params, tool.run(arguments, context))

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
            answers = self._offer.seal.open(_bound(method, params), params.request_state)
        context.rounds = Rounds({**answers, **context.input_responses()})

    def _in_rounds(
        self, context: Context, method: Method, params: "Retriable", result: Answer[Any]
    ) -> Answer[Any]:
        """The result, or the questions that a handler of a modern request waits for."""
        if context.revision.era is Era.LEGACY or not hasattr(type(result), "__await__"):
            return result
        if context.rounds is None:
            context.rounds = Rounds({})
        return self._run(context.rounds, method, params, result)

    async def _run(
        self, rounds: Rounds, method: Method, params: "Retriable", work: Awaitable[Any]
    ) -> Any:
        try:
            return await rounds.run(work)
        except Asked:
            from .protocol.types.messages import InputRequiredResult

            return InputRequiredResult(
                input_requests={key: asked.request for key, asked in rounds.questions.items()},
                request_state=self._offer.seal.close(_bound(method, params), rounds.taken),
                result_type="input_required",
            )


Retriable: TypeAlias = CallToolRequestParams | GetPromptRequestParams | ReadResourceRequestParams
"""Params of requests that may be answered with questions."""


def _bound(method: Method, params: Retriable) -> list[Any]:
    """What a state is good for: one request."""
    if isinstance(params, ReadResourceRequestParams):
        return [method.name, params.uri]
    return [method.name, params.name, None if params.arguments is UNSET else params.arguments]


def _completion(values: list[str]) -> CompleteResult:
    most = values[:MOST_COMPLETIONS]
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
