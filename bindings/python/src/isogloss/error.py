"""The errors of this package, and the codes of JSON-RPC."""

from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from .protocol.handlers import MethodNotFound
from .wire.error import DecodeError

if TYPE_CHECKING:
    from .protocol.types.tools import CallToolResult


class ErrorKind(StrEnum):
    """What went wrong."""

    TOOL = "tool"
    """A tool that failed, where its value was asked for."""

    SETUP = "setup"
    """A server that cannot be reached as it is described."""

    PROTOCOL = "protocol"
    """A JSON-RPC error: the other side's, or one that a handler raises to have it sent."""

    DECODE = "decode"
    """A message that is not what it should be."""

    ENCODE = "encode"
    """A value that the revision cannot express."""

    TIMEOUT = "timeout"
    """An answer that did not come in time."""

    CANCELLED = "cancelled"
    """A task that was cancelled, by whomever."""

    CLOSED = "closed"
    """A connection that has ended."""

    NEGOTIATION = "negotiation"
    """Two sides without a revision in common."""

    UNREACHABLE = "unreachable"
    """A server over HTTP that no connection leads to. Nothing was sent."""

    OUTCOME_UNKNOWN = "outcome_unknown"
    """A call that was broken off: the server may have carried it out, or not."""

    HTTP = "http"
    """A response of HTTP that says no; `status` is its status."""

    AUTHORIZATION = "authorization"
    """Credentials that could not be had."""


class ErrorCode(IntEnum):
    """The codes of JSON-RPC and of this protocol."""

    PARSE_ERROR = -32700
    INVALID_REQUEST = -32600
    METHOD_NOT_FOUND = -32601
    INVALID_PARAMS = -32602
    INTERNAL_ERROR = -32603
    RESOURCE_NOT_FOUND = -32002
    """A resource that is not there, in legacy revisions."""
    HEADER_MISMATCH = -32020
    """Headers of HTTP that say something else than the body."""
    MISSING_CAPABILITY = -32021
    """A capability that the client has not declared."""
    UNSUPPORTED_VERSION = -32022


class McpError(Exception):
    """The error of this package. `kind` tells what went wrong."""

    def __init__(
        self,
        kind: ErrorKind,
        message: str,
        *,
        code: int | None = None,
        data: Any = UNSET,
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.code = code
        """The code of a JSON-RPC error."""
        self.data = data
        """What else a JSON-RPC error says, as JSON; UNSET if nothing."""
        self.status = status
        """The status of a response of HTTP that says no."""

    def __str__(self) -> str:
        return self.message if self.code is None else f"{self.message} ({int(self.code)})"


class ToolError(Exception):
    """A tool failed, and its message is for the model, which may correct itself.

    Where a text does not say it all, it is given a whole result: with structured content, with several blocks.
    Any other exception of a tool is answered `internal error`, so that nothing leaks.
    """

    def __init__(self, what: "str | Exception | CallToolResult" = "") -> None:
        """`is_error` of a result is set when it is sent; no output schema says what a failure holds."""
        self.result: CallToolResult | None = None
        """The whole result, if it was given one."""
        if not isinstance(what, (str, Exception)):
            self.result, what = what, said(what)
        super().__init__(what)


def said(result: "CallToolResult") -> str:
    """The text of all blocks of text of a result, a line each."""
    from .protocol.types.content import TextContent

    return "\n".join(block.text for block in result.content if isinstance(block, TextContent))


def protocol_error(code: int, message: str, data: Any = UNSET) -> McpError:
    """An error that is sent to the other side as it is, if a handler raises it."""
    return McpError(ErrorKind.PROTOCOL, message, code=code, data=data)


def answerable(error: BaseException) -> McpError:
    """What is sent for an error. What is not meant for the other side becomes `internal error`."""
    match error:
        case McpError(kind=ErrorKind.PROTOCOL):
            return error
        case MethodNotFound():
            return protocol_error(ErrorCode.METHOD_NOT_FOUND, str(error))
        case DecodeError():
            said = DecodeError(error.message, "params", *error.keys)
            return protocol_error(ErrorCode.INVALID_PARAMS, str(said))
    return protocol_error(ErrorCode.INTERNAL_ERROR, "internal error")
