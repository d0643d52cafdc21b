"""From the plain values that functions return to the results that the protocol has."""

from typing import TYPE_CHECKING, Any, Final, get_args

import msgspec
from msgspec import UNSET, Raw, structs

from .content import Media, block, contents, user
from .error import ErrorKind, McpError, ToolError
from .output import ANYTHING, Output, output_of, written_output
from .protocol import types
from .protocol.types.content import (
    AudioContent,
    BlobResourceContents,
    EmbeddedResource,
    ImageContent,
    ResourceLink,
    TextContent,
    TextResourceContents,
)
from .protocol.types.tools import CallToolResult
from .schema import foreign
from .wire.json import OBJECT

if TYPE_CHECKING:
    from .protocol.types.prompts import GetPromptResult

BLOCKS: Final = (TextContent, ImageContent, AudioContent, ResourceLink, EmbeddedResource)
SAID: Final = (*BLOCKS, Media)
_PLAIN: Final = frozenset({bool, dict, float, int, str})
CONTENTS: Final = (TextResourceContents, BlobResourceContents)

_encode: Final = msgspec.json.Encoder(enc_hook=foreign.encode).encode


def tool_result(value: Any, output: Output = ANYTHING) -> CallToolResult:
    """The result of a call: a result itself, content, nothing, or any value that has a JSON form.

    Texts among blocks of content are blocks of text. An object becomes the structured content, another value
    that of the member `result`; both also as text, for clients that know no other. Raises McpError if the
    value has no JSON form, or is not what the tool says that it gives.
    """
    # Most results are plain values, by their type alone.
    if type(value) not in _PLAIN:
        result = _said(value, output)
        if result is not None:
            return result
    try:
        text = _encode(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise McpError(ErrorKind.ENCODE, f"a tool's result: {error}") from error
    if output.hold is not None and type(value) is not output.sure:
        output.hold(text)
    if output.wraps or text[0] != OBJECT:
        text = b'{"result":%b}' % text
    return CallToolResult(content=[TextContent(text=text.decode())], structured_content=Raw(text))


def _said(value: Any, output: Output) -> CallToolResult | None:
    """The result of what is no plain value: None if it is one after all."""
    if value is None:
        return CallToolResult(content=[]) if output.hold is None else None
    if isinstance(value, CallToolResult):
        is_told = value.structured_content is not UNSET and value.is_error is not True
        if output.hold is not None and is_told and not output.wraps:
            output.hold(_encode(value.structured_content))
        return value
    if isinstance(value, SAID):
        return CallToolResult(content=[block(value)])
    if isinstance(value, list) and any(isinstance(item, SAID) for item in value):
        return CallToolResult(content=_blocks(value))
    return None


def _blocks(values: list[Any]) -> list[Any]:
    for value in values:
        if not isinstance(value, (str, *SAID)):
            what = f"content is blocks and texts, not {type(value).__name__}"
            raise McpError(ErrorKind.ENCODE, f"a tool's result: {what}")
    return [block(value) for value in values]


def failed(message: str) -> CallToolResult:
    """A result that tells the model what went wrong."""
    return CallToolResult(content=[TextContent(text=message)], is_error=True)


def failure(error: Exception) -> CallToolResult:
    """The same of an error: what it says, or the result that it was given."""
    if isinstance(error, ToolError) and error.result is not None:
        return structs.replace(error.result, is_error=True)
    return failed(str(error))


def output_of_tool(returned: Any, written: dict[str, Any] | None) -> Output:
    """What a tool gives: by a schema written by hand, else by the type that its function returns.

    Raises TypeError if the type has no JSON form, ValueError if the schema cannot be held.
    """
    if written is not None:
        return written_output(written)
    return ANYTHING if _is_content(returned) else output_of(returned)


def _is_content(of: Any) -> bool:
    if isinstance(of, type):
        return issubclass(of, (CallToolResult, *SAID))
    # What may be content has no schema, whatever else it may be.
    return any(_is_content(item) for item in get_args(of))


def resource_contents(value: Any, uri: str, mime_type: str | None) -> list[Any]:
    """What a resource holds: text, bytes, contents themselves, or any value that has a JSON form.

    Raises McpError if the value is none of these.
    """
    if isinstance(value, (str, bytes)):
        return [contents(uri, value, mime_type)]
    if isinstance(value, (bytearray, memoryview)):
        return [contents(uri, bytes(value), mime_type)]
    if isinstance(value, CONTENTS):
        return [value]
    if isinstance(value, list) and value and all(isinstance(item, CONTENTS) for item in value):
        return value
    try:
        text = _encode(value).decode()
    except (TypeError, ValueError, OverflowError) as error:
        raise McpError(ErrorKind.ENCODE, f"a resource: {error}") from error
    return [contents(uri, text, mime_type or "application/json")]


def prompt_result(value: Any, description: str | None) -> "GetPromptResult":
    """A prompt: what the user says (texts, content), messages, or the result itself.

    Raises McpError if the value is none of these.
    """
    if isinstance(value, types.GetPromptResult):
        return value
    said = value if isinstance(value, list) else [value]
    for one in said:
        if not isinstance(one, (str, types.PromptMessage, *SAID)):
            what = f"not {type(one).__name__}"
            raise McpError(
                ErrorKind.ENCODE,
                f"a prompt is texts, content, messages or a GetPromptResult, {what}",
            )
    messages = [one if isinstance(one, types.PromptMessage) else user(one) for one in said]
    return types.GetPromptResult(
        messages=messages, description=UNSET if description is None else description
    )
