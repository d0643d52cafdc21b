"""What a tool gave as a value of a type, and the error of one that failed."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec import UNSET, Raw

from ..arguments import WrongArguments
from ..error import ErrorKind, McpError, said
from ..protocol.types.tools import CallToolResult
from ..wire.value import text_of

if TYPE_CHECKING:
    from ..schema import Reader

T = TypeVar("T")


class ToolFailed(McpError):
    """A tool that was called has failed; the message is what it says for the model."""

    def __init__(self, tool: str, result: CallToolResult) -> None:
        super().__init__(ErrorKind.TOOL, said(result) or f"the tool {tool} failed")
        self.result = result
        """The whole result."""


def value_of(tool: str, result: CallToolResult) -> Any:
    """The value that a result holds: its structured content, or where there is none its text as JSON.

    None where it has no content at all. What stands alone in a `result`, since it is no object, is taken
    out of it. Raises ToolFailed if the tool failed, McpError of kind `decode` if there is no such value.
    """
    text = _text_of(tool, result)
    value = None if text is None else msgspec.json.decode(text)
    return value["result"] if isinstance(value, dict) and value.keys() == {"result"} else value


def typed(tool: str, result: CallToolResult, output: type[T]) -> T:
    """The value, if it is of a type: as a whole, or what stands in its `result`.

    Raises what `value_of` does, and McpError of kind `decode` if it is not.
    """
    text = _text_of(tool, result) or b"null"
    inner = _inner(text)
    reader: Reader[T] = _reader_of(output)
    try:
        try:
            return reader.read(text)
        except WrongArguments:
            if inner is None:
                raise
            return reader.read(inner)
    except WrongArguments as error:
        raise _wrong(tool, str(error)) from None


def _text_of(tool: str, result: CallToolResult) -> bytes | Raw | None:
    if result.is_error is True:
        raise ToolFailed(tool, result)
    structured = text_of(result, "structured_content")
    if structured is not None:
        return structured
    if not result.content:
        return None
    text = said(result).encode()
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError:
        what = "it has no structured content, and its text is not JSON; call_tool gives it as it is"
        raise _wrong(tool, what) from None
    return text


class _Wrapped(msgspec.Struct):
    result: Raw | msgspec.UnsetType = UNSET


def _inner(text: bytes | Raw) -> bytes | None:
    try:
        inner = msgspec.json.decode(text, type=_Wrapped).result
    except msgspec.DecodeError:
        return None
    return None if inner is UNSET else bytes(inner)


def _reader_of(output: Any) -> "Reader[Any]":
    try:
        return _kept_reader(output)
    except TypeError:
        # A hint that cannot be told from another by its hash, or that is none: then this says so.
        return _reader(output)


def _reader(output: Any) -> "Reader[Any]":
    # Of no use to who asks for no type.
    from ..schema import Reader, schema_of
    from ..schema.annotations import understood

    hint = understood(output)
    return Reader(hint, schema_of(hint, held=True))


_kept_reader = lru_cache(maxsize=256)(_reader)
"""A program asks for few types, and for each again and again."""


def _wrong(tool: str, what: str) -> McpError:
    return McpError(ErrorKind.DECODE, f"the result of tool {tool}: {what}")
