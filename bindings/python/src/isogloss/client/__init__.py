"""A client: connects to a server as a process or in memory, finds what it speaks, and makes typed calls."""

import copy
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal, Protocol, TypeAlias, TypeVar, runtime_checkable

import msgspec
from msgspec import UNSET, Raw, UnsetType

from ..context import encode_params, read_result
from ..error import ErrorCode, ErrorKind, McpError
from ..jsonrpc import Notification, Request
from ..protocol.calls import ServerCalls
from ..protocol.handlers import Answer, ClientHandler, answer, take
from ..protocol.limits import PROBE_TIMEOUT, REQUEST_TIMEOUT
from ..protocol.methods import CALL_TOOL, DISCOVER, INITIALIZE, INITIALIZED_NOTIFICATION, Method
from ..protocol.revisions import Era, Revision, codec
from ..protocol.shapes import resolve
from ..protocol.types.base import PaginatedRequestParams, RequestMetaObject, RequestParams
from ..protocol.types.completion import CompleteRequestParams, CompletionArgument, CompletionContext
from ..protocol.types.lifecycle import (
    ClientCapabilities,
    DiscoverResult,
    Implementation,
    InitializeRequestParams,
    InitializeResult,
    ServerCapabilities,
)
from ..protocol.types.notifications import ProgressNotificationParams
from ..protocol.types.prompts import (
    GetPromptRequestParams,
    GetPromptResult,
    Prompt,
    PromptReference,
)
from ..protocol.types.resources import (
    ReadResourceRequestParams,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    ResourceTemplateReference,
)
from ..protocol.types.tools import CallToolRequestParams, CallToolResult, Tool
from ..revision import NEWEST_LEGACY, NEWEST_MODERN, best, known, nothing_in_common
from ..session import Outlet
from ..transport import Transport
from ..wire.shape import Record
from ..wire.value import Object
from .link import Link, OverTransport, Remote

T = TypeVar("T")
R = TypeVar("R")

EraMode: TypeAlias = Literal["auto", "legacy", "modern"]
"""How a client finds out what a server speaks: by asking, or not at all."""

OnProgress: TypeAlias = Callable[[ProgressNotificationParams], object]
"""Hears how far a call has got."""

_OWN = Implementation(name="isogloss", version="0.1.0")


@runtime_checkable
class InMemory(Protocol):
    """A server of this process."""

    def in_memory(self) -> Transport:
        """The client's end of a new connection to it."""
        ...


class _ResultType(msgspec.Struct, rename="camel"):
    result_type: Raw | UnsetType = UNSET


@asynccontextmanager
async def connect(
    target: InMemory | Transport | Remote | str | None = None,
    /,
    *,
    command: Sequence[str] | None = None,
    env: Mapping[str, str] | None = None,
    cwd: str | os.PathLike[str] | None = None,
    era: EraMode = "auto",
    revision: str | None = None,
    info: Implementation = _OWN,
    capabilities: ClientCapabilities | None = None,
    handler: "ClientHandler[Client] | None" = None,
    timeout: float = REQUEST_TIMEOUT,
    probe_timeout: float = PROBE_TIMEOUT,
) -> "AsyncIterator[Client]":
    """Connects to a server: an address, one of this process, a command to start, or whatever a transport leads to.

    An address is `https://example.com/mcp`, or `http(…)` with what its requests carry.

    `env` is added to the environment of a command. `era` forces an era; by default the client asks, and
    takes a server that does not answer within `probe_timeout` seconds for a legacy one. `revision` is
    what a legacy server is offered. `handler` answers what a legacy server asks and hears what a server
    tells; `capabilities` say what it can do. A call takes `timeout` seconds at most.

    Raises McpError if the server does not start or nothing is spoken by both.
    """
    offered = NEWEST_LEGACY if revision is None else known(revision)
    if offered is None or offered.era is not Era.LEGACY:
        raise ValueError(f"{revision} is no legacy revision")
    client = Client(
        _target(target, command, env, cwd),
        info=info,
        capabilities=capabilities or ClientCapabilities(),
        handler=handler or ClientHandler(),
        timeout=timeout,
    )
    try:
        await client._open(era, offered, probe_timeout)
        yield client
    finally:
        await client.close()


def _target(
    target: InMemory | Transport | Remote | str | None,
    command: Sequence[str] | None,
    env: Mapping[str, str] | None,
    cwd: str | os.PathLike[str] | None,
) -> Transport | Remote:
    if (target is None) == (command is None):
        raise TypeError("connect() takes either a server or a command")
    if command is not None:
        from ..child import ChildTransport

        return ChildTransport(command, env, cwd)
    assert target is not None
    if isinstance(target, str):
        from ..http_client import http

        return http(target)
    return target.in_memory() if isinstance(target, InMemory) else target


class Client:
    """A connection to a server, made by `connect`."""

    def __init__(
        self,
        target: Transport | Remote,
        *,
        info: Implementation,
        capabilities: ClientCapabilities,
        handler: "ClientHandler[Client]",
        timeout: float,
    ) -> None:
        self._link: Link = (
            OverTransport(target, self)
            if isinstance(target, Transport)
            else target.dial(self, timeout, self._anew)
        )
        self._timeout = timeout
        self._info = info
        self._own_capabilities = capabilities
        self._handler = handler
        self._listeners: dict[object, OnProgress] = {}
        self._tokens = 0
        self.calls = ServerCalls(self)
        """Every call that the protocol has, with its params."""
        self.revision = NEWEST_MODERN
        """The revision that both sides speak."""
        self.server = Implementation(name="", version="")
        """What the server says of itself."""
        self.capabilities = ServerCapabilities()
        """What the server can do."""
        self.instructions: str | None = None
        """How the server says it is used well, if it does."""

    async def close(self) -> None:
        """Ends the connection. A server that was started for it is ended, too."""
        await self._link.close()

    # ---- tools ----

    async def list_tools(self) -> list[Tool]:
        """All tools of the server."""
        return await self._all(self.calls.list_tools, lambda page: page.tools)

    async def call_tool(
        self,
        name: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        on_progress: OnProgress | None = None,
        timeout: float | None = None,
        repeatable: bool = False,
    ) -> CallToolResult:
        """Calls a tool. A tool that failed says so in `is_error` of the result.

        `repeatable` says that it does no harm to call it twice, where an answer was lost on its way.
        Cancelling the task that waits cancels the call on the server, too.
        """
        params = CallToolRequestParams(
            name=name, arguments=UNSET if arguments is None else dict(arguments)
        )
        outcome = await self._request(CALL_TOOL, params, timeout, on_progress, repeatable)
        return _complete(outcome, CallToolResult, "tools/call")

    # ---- resources ----

    async def list_resources(self) -> list[Resource]:
        """All resources of the server."""
        return await self._all(self.calls.list_resources, lambda page: page.resources)

    async def list_resource_templates(self) -> list[ResourceTemplate]:
        """All resource templates of the server."""
        return await self._all(
            self.calls.list_resource_templates, lambda page: page.resource_templates
        )

    async def read_resource(self, uri: str) -> ReadResourceResult:
        """Reads a resource."""
        outcome = await self.calls.read_resource(ReadResourceRequestParams(uri=uri))
        return _complete(outcome, ReadResourceResult, "resources/read")

    # ---- prompts ----

    async def list_prompts(self) -> list[Prompt]:
        """All prompts of the server."""
        return await self._all(self.calls.list_prompts, lambda page: page.prompts)

    async def get_prompt(
        self, name: str, arguments: Mapping[str, str] | None = None
    ) -> GetPromptResult:
        """Fills in a prompt."""
        given = UNSET if arguments is None else dict(arguments)
        outcome = await self.calls.get_prompt(GetPromptRequestParams(name=name, arguments=given))
        return _complete(outcome, GetPromptResult, "prompts/get")

    async def complete(
        self,
        argument: str,
        value: str,
        *,
        prompt: str | None = None,
        template: str | None = None,
        given: Mapping[str, str] | None = None,
    ) -> list[str]:
        """Suggestions for an argument of a prompt, or a variable of a resource template."""
        if prompt is not None:
            ref: PromptReference | ResourceTemplateReference = PromptReference(name=prompt)
        elif template is not None:
            ref = ResourceTemplateReference(uri=template)
        else:
            raise TypeError("an argument belongs to either a prompt or a template")
        params = CompleteRequestParams(
            argument=CompletionArgument(name=argument, value=value),
            ref=ref,
            context=UNSET if given is None else CompletionContext(arguments=dict(given)),
        )
        return (await self.calls.complete(params)).completion.values

    async def ping(self) -> None:
        """Checks that the server is there. A modern one is asked to describe itself instead."""
        if self.revision.era is Era.MODERN:
            await self.calls.discover(RequestParams())
        else:
            await self.calls.ping(RequestParams())

    async def _all(
        self,
        page: Callable[[PaginatedRequestParams], Awaitable[R]],
        items: Callable[[R], list[T]],
    ) -> list[T]:
        found: list[T] = []
        cursors: set[object] = set()
        cursor: str | UnsetType = UNSET
        while cursor not in cursors:
            cursors.add(cursor)
            result: Any = await page(PaginatedRequestParams(cursor=cursor))
            found += items(result)
            cursor = result.next_cursor
            if cursor is UNSET:
                break
        return found

    # ---- a Caller, for the typed calls ----

    def call(self, method: Method, params: Object | None) -> Awaitable[Any]:
        """Sends a request and waits for its result."""
        return self._request(method, params)

    def notify(self, method: Method, params: Object | None) -> Awaitable[None]:
        """Sends a notification."""
        return self._link.notify(method, encode_params(method, params, self.revision))

    async def _request(
        self,
        method: Method,
        params: Object | None,
        timeout: float | None = None,
        on_progress: OnProgress | None = None,
        repeatable: bool = False,
    ) -> Any:
        meta = RequestMetaObject()
        if on_progress is not None:
            self._tokens += 1
            meta.progress_token = self._tokens
            self._listeners[self._tokens] = on_progress
        try:
            text = self._params(method, params, meta)
            limit = self._timeout if timeout is None else timeout
            result = await self._link.call(method, text, limit, repeatable=repeatable)
        finally:
            if on_progress is not None:
                self._listeners.pop(meta.progress_token, None)
        if self.revision.era is Era.MODERN:
            result = _with_result_type(result)
        return read_result(method, result, self.revision)

    def _params(
        self, method: Method, params: Object | None, meta: RequestMetaObject
    ) -> bytes | None:
        """Params as JSON, with what `_meta` must say."""
        own = getattr(params, "meta", UNSET)
        if own is not UNSET:
            meta.extra = own.extra
            for name in ("client_capabilities", "client_info", "log_level", "progress_token"):
                if getattr(meta, name) is UNSET:
                    setattr(meta, name, getattr(own, name, UNSET))
        if self.revision.era is Era.MODERN:
            meta.protocol_version = self.revision.value
            meta.client_info = self._info
            meta.client_capabilities = self._own_capabilities
        elif meta == RequestMetaObject():
            return encode_params(method, params, self.revision)
        if params is None:
            said = codec(RequestMetaObject).encode(meta, self.revision)
            encode_params(method, None, self.revision)
            return b'{"_meta":%b}' % said
        return encode_params(method, self._with_meta(params, meta), self.revision)

    def _with_meta(self, params: Object, meta: RequestMetaObject) -> Object:
        shape = resolve(type(params).__name__)
        assert isinstance(shape, Record)
        copied: Any = copy.copy(params)
        member = shape.named.get("_meta")
        if member is not None and member.revs & self.revision.bit:
            copied.meta = meta
        else:
            # Older schemas have it with requests as such, not with each of them.
            said = codec(RequestMetaObject).encode(meta, self.revision)
            copied.extra = {"_meta": Raw(said), **params.extra}
        result: Object = copied
        return result

    # ---- what the server sends ----

    def request(self, request: Request, _: Outlet) -> Answer[bytes]:
        """Answers the server."""
        if request.method == "ping":
            return b"{}"
        return answer(self._handler, self, request.method, request.params, self.revision)

    def notification(self, notification: Notification) -> Answer[None]:
        """Hears the server."""
        if notification.method == "notifications/progress":
            params = codec(ProgressNotificationParams).decode(
                notification.params or b"{}", self.revision
            )
            listener = self._listeners.get(params.progress_token)
            if listener is not None:
                listener(params)
                return None
        return take(self._handler, self, notification.method, notification.params, self.revision)

    def _anew(self) -> None:
        """A session that the server had forgotten was opened anew: what it told meanwhile was missed."""

    # ---- finding a revision ----

    async def _open(self, era: EraMode, offered: Revision, probe_timeout: float) -> None:
        match era:
            case "legacy":
                await self._initialize(offered)
            case "modern":
                await self._discover(None)
            case "auto":
                try:
                    await self._discover(probe_timeout)
                except McpError as error:
                    if not _is_from_server(error):
                        raise
                    await self._open_legacy(offered, silent=error.kind is ErrorKind.TIMEOUT)

    async def _open_legacy(self, offered: Revision, *, silent: bool) -> None:
        try:
            await self._initialize(offered)
        except McpError as error:
            if not silent or error.code != ErrorCode.UNSUPPORTED_VERSION:
                raise
            # It was modern after all, and slow to start.
            await self._discover(None)

    async def _discover(self, probe_timeout: float | None) -> None:
        """Asks in the newest revision, and again in the best that the server names, if that is another."""
        try:
            result = await self._probe(NEWEST_MODERN, probe_timeout)
        except McpError as error:
            if error.code != ErrorCode.UNSUPPORTED_VERSION or not isinstance(error.data, dict):
                raise
            theirs = error.data.get("supported", [])
            other = best(Era.MODERN, theirs)
            if other is None or other is NEWEST_MODERN:
                raise nothing_in_common(theirs) from error
            result = await self._probe(other, probe_timeout)
        revision = best(Era.MODERN, result.supported_versions)
        if revision is None:
            raise nothing_in_common(result.supported_versions)
        self.revision = revision
        if result.meta is not UNSET and result.meta.server_info is not UNSET:
            self.server = result.meta.server_info
        self._take_greeting(result)

    async def _probe(self, revision: Revision, probe_timeout: float | None) -> DiscoverResult:
        self.revision = revision
        result: DiscoverResult = await self._request(DISCOVER, RequestParams(), probe_timeout)
        return result

    async def _initialize(self, offered: Revision) -> None:
        self.revision = offered
        params = InitializeRequestParams(
            capabilities=self._own_capabilities,
            client_info=self._info,
            protocol_version=offered.value,
        )
        text = encode_params(INITIALIZE, params, offered)
        raw = await self._link.call(INITIALIZE, text, self._timeout)
        date = msgspec.json.decode(raw, type=_Greeting).revision
        revision = known(date)
        if revision is None or revision.era is Era.MODERN:
            raise nothing_in_common([str(date)])
        # The answer is read in the revision that it names.
        self.revision = revision
        result: InitializeResult = read_result(INITIALIZE, raw, revision)
        self.server = result.server_info
        self._take_greeting(result)
        await self._link.notify(INITIALIZED_NOTIFICATION, None)

    def _take_greeting(self, result: DiscoverResult | InitializeResult) -> None:
        self.capabilities = result.capabilities
        self.instructions = None if result.instructions is UNSET else result.instructions


def _is_from_server(error: McpError) -> bool:
    """Whether an error is what a server of another era may make of a question: silence, or an answer that is none.

    That there is no server, or that it lets nobody in, says nothing about its era.
    """
    if error.kind is ErrorKind.HTTP:
        return error.status not in (401, 403)
    return error.kind not in (
        ErrorKind.CLOSED,
        ErrorKind.ENCODE,
        ErrorKind.UNREACHABLE,
        ErrorKind.AUTHORIZATION,
    )


class _Greeting(msgspec.Struct):
    revision: Any = msgspec.field(default=None, name="protocolVersion")


def _with_result_type(result: Raw) -> Raw:
    """A result that does not say what it is, is complete."""
    try:
        if msgspec.json.decode(result, type=_ResultType).result_type is not UNSET:
            return result
    except msgspec.DecodeError:
        return result
    rest = bytes(result)[1:].lstrip()
    return Raw(b'{"resultType":"complete"' + (rest if rest[:1] == b"}" else b"," + rest))


def _complete(outcome: object, wanted: type[T], method: str) -> T:
    if isinstance(outcome, wanted):
        return outcome
    raise McpError(ErrorKind.PROTOCOL, f"the server wants input before it answers {method}")
