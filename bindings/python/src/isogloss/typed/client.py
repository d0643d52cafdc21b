"""What the methods of a generated client call."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cached_property
from typing import Any, Final, Generic, ParamSpec, Self, TypedDict, TypeVar, Unpack

import msgspec
from msgspec import UNSET

from ..client import Client, ToolFailed
from ..client.session import OnProgress
from ..error import ErrorKind, McpError, said
from ..protocol.types.prompts import GetPromptResult
from ..protocol.types.resources import ReadResourceResult
from ..protocol.types.tools import CallToolResult
from ..wire.error import DecodeError
from ..wire.value import text_of
from .value import Json, read, write

P = ParamSpec("P")
T = TypeVar("T")


class _Calling(TypedDict, total=False):
    """What a call is told by its client."""

    on_progress: OnProgress | None
    """Hears how far it is."""

    timeout: float | None
    """How many seconds it may take, in the place of the client's own."""

    repeatable: bool
    """Whether it does no harm to make it twice. Unless it is said, that goes by the tool's hints."""

    meta: Mapping[str, Any] | None
    """What a tool's request says in its `_meta`."""


class CallOptions(_Calling, total=False):
    """What a call can be told beside its arguments."""

    extra: Mapping[str, Json]
    """Members of a tool's arguments that its method does not know."""


class Tool(Generic[T]):
    """A tool of a contract, which gives a `T`."""

    def __init__(
        self,
        item: str,
        arguments: Any = None,
        output: Any = None,
        *,
        wrapped: bool = False,
        repeatable: bool = False,
    ) -> None:
        """`item` is what the contract says of it, `arguments` the type of its arguments, `output` that of what it
        gives, which stands in the member `result` if it is `wrapped`; without an `output` it gives the whole result.
        """
        self._item = item
        self.arguments = arguments
        self._output = output
        self._wrapped = wrapped
        self.repeatable = repeatable
        self._rules: dict[str, Any] = {}

    @cached_property
    def definition(self) -> dict[str, Any]:
        """What the contract says of it."""
        told: dict[str, Any] = msgspec.json.decode(self._item)
        return told

    @property
    def name(self) -> str:
        """Its name."""
        name: str = self.definition["name"]
        return name

    def sent(self, arguments: Any) -> dict[str, Any]:
        """Its arguments as JSON.

        Raises McpError of kind `encode` that tells all that is wrong with them.
        """
        given: dict[str, Any] = write(arguments)
        try:
            self._require("inputSchema", "argument", msgspec.json.encode(given))
        except (DecodeError, TypeError) as error:
            what = f"the arguments of tool {self.name}: {error}"
            raise McpError(ErrorKind.ENCODE, what) from None
        return given

    def received(self, result: CallToolResult) -> T:
        """What it gave.

        Raises ToolFailed if it failed, McpError of kind `decode` if it is not what the contract says.
        """
        if result.is_error is True:
            raise ToolFailed(self.name, result)
        if self._output is None:
            return result  # type: ignore[return-value]
        structured = text_of(result, "structured_content")
        text = said(result).encode() if structured is None else bytes(structured)
        try:
            value = msgspec.json.decode(text)
            if self._wrapped and structured is None and not _has_result(value):
                # Its text is that of the value alone.
                value, text = {"result": value}, b'{"result":%b}' % text
            self._require("outputSchema", "member", text)
            given: T = read(self._output, value["result"] if self._wrapped else value)
        except (msgspec.DecodeError, DecodeError, KeyError, TypeError) as error:
            what = f"the result of tool {self.name}: {_told(error)}"
            raise McpError(ErrorKind.DECODE, what) from None
        return given

    def _require(self, member: str, noun: str, text: bytes) -> None:
        if member not in self._rules:
            from .rules import Rules

            what = f"{member} of tool {self.name}"
            self._rules[member] = Rules(self.definition.get(member, True), noun, what)
        self._rules[member].require(text)


def _has_result(value: Any) -> bool:
    return isinstance(value, dict) and "result" in value


def _told(error: Exception) -> str:
    if isinstance(error, DecodeError):
        return str(error)
    if isinstance(error, msgspec.DecodeError):
        return "it has no structured content, and its text is not JSON"
    return "expected an object with the member result"


class TypedClient:
    """What every generated client has beside its own methods."""

    def __init__(self, client: Client, **options: Unpack[CallOptions]) -> None:
        """`client` is a connection that is there; `options` are those of every call."""
        self.client: Final = client
        """The connection, with all that can be asked of any server."""
        self._extra = options.pop("extra", {})
        self._options: _Calling = options

    def with_options(self, **options: Unpack[CallOptions]) -> Self:
        """The same client, whose calls have other options: `await shop.with_options(timeout=5).order(1)`."""
        merged: CallOptions = {**self._options, "extra": self._extra, **options}
        return type(self)(self.client, **merged)

    async def _call(self, tool: Tool[T], /, **given: Any) -> T:
        """Calls a tool with members of its arguments; those that are `UNSET` are left out."""
        if tool.arguments is None:
            return await self._call_with(tool, self._extra)
        told = {name: value for name, value in given.items() if value is not UNSET}
        if self._extra:
            told["extra"] = {**told.get("extra", {}), **self._extra}
        return await self._call_with(tool, tool.arguments(**told))

    async def _call_with(self, tool: Tool[T], arguments: Any, /) -> T:
        """Calls a tool with its arguments as a whole."""
        sent = tool.sent(arguments)
        options: _Calling = {"repeatable": tool.repeatable, **self._options}
        return tool.received(await self.client.call_tool(tool.name, sent, **options))

    async def _read(self, uri: str, /) -> ReadResourceResult:
        """Reads a resource."""
        return await self.client.read_resource(uri, **self._waiting())

    async def _read_one(self, template: str, variables: Mapping[str, Any], /) -> ReadResourceResult:
        """Reads a resource of a template; variables that are `UNSET` are left out."""
        from .uri import expanded

        return await self._read(expanded(template, variables))

    async def _prompt(self, name: str, arguments: Mapping[str, Any], /) -> GetPromptResult:
        """Fills in a prompt; arguments that are `UNSET` are left out."""
        given = {name: value for name, value in arguments.items() if value is not UNSET}
        return await self.client.get_prompt(name, given, **self._waiting())

    def _waiting(self) -> "_Waiting":
        return {
            "timeout": self._options.get("timeout"),
            "on_progress": self._options.get("on_progress"),
        }


class _Waiting(TypedDict):
    timeout: float | None
    on_progress: OnProgress | None


def typed_connect(
    connect: Callable[P, AbstractAsyncContextManager[Client]], make: Callable[[Client], T]
) -> Callable[P, AbstractAsyncContextManager[T]]:
    """`connect` with a typed client of the connection, which takes the same: `async with connect(…) as shop`."""

    @asynccontextmanager
    async def connected(*args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
        async with connect(*args, **kwargs) as client:
            yield make(client)

    return connected
