"""From the plain values that functions return to the results that the protocol has."""

import base64
from collections.abc import Callable
from typing import Any, Final, TypeAlias, get_args, get_origin

import msgspec
from msgspec import UNSET, Raw

from .error import ErrorKind, McpError
from .protocol.types.content import (
    AudioContent,
    BlobResourceContents,
    EmbeddedResource,
    ImageContent,
    ResourceLink,
    TextContent,
    TextResourceContents,
)
from .protocol.types.prompts import GetPromptResult, PromptMessage
from .protocol.types.tools import CallToolResult
from .schema import schema_of
from .wire.encoder import as_text
from .wire.json import OBJECT

BLOCKS: Final = (TextContent, ImageContent, AudioContent, ResourceLink, EmbeddedResource)
CONTENTS: Final = (TextResourceContents, BlobResourceContents)

_encode: Final = msgspec.json.Encoder(enc_hook=as_text).encode

Result: TypeAlias = Callable[[Any], CallToolResult]


def tool_result(value: Any) -> CallToolResult:
    """The result of a call: a result itself, content, nothing, or any value that has a JSON form.

    An object becomes the structured content, another value that of the member `result`; both also
    as text, for clients that know no other. Raises McpError if the value has no JSON form.
    """
    if value is None:
        return CallToolResult(content=[])
    if isinstance(value, CallToolResult):
        return value
    if isinstance(value, BLOCKS):
        return CallToolResult(content=[value])
    if isinstance(value, list) and value and all(isinstance(item, BLOCKS) for item in value):
        return CallToolResult(content=value)
    try:
        text = _encode(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise McpError(ErrorKind.ENCODE, f"a tool's result: {error}") from error
    if text[0] != OBJECT:
        text = b'{"result":%b}' % text
    return CallToolResult(content=[TextContent(text=text.decode())], structured_content=Raw(text))


def failed(message: str) -> CallToolResult:
    """A result that tells the model what went wrong."""
    return CallToolResult(content=[TextContent(text=message)], is_error=True)


def output_schema(of: Any) -> dict[str, Any] | None:
    """The schema of the structured content that a function of this return type makes.

    None if there is none, or if nothing is known of it. Raises TypeError if the type has no JSON form.
    """
    if of in (None, type(None), Any, Raw) or _is_content(of):
        return None
    schema = schema_of(of)
    if not schema:
        return None
    if schema.get("type") == "object":
        return schema
    wrapped: dict[str, Any] = {
        "type": "object",
        "properties": {"result": schema},
        "required": ["result"],
    }
    if "$defs" in schema:
        wrapped["$defs"] = schema.pop("$defs")
    return wrapped


def _is_content(of: Any) -> bool:
    if isinstance(of, type):
        return issubclass(of, (CallToolResult, *BLOCKS))
    if get_origin(of) is list:
        return all(_is_content(item) for item in get_args(of))
    alternatives = [item for item in get_args(of) if item is not type(None)]
    return bool(alternatives) and all(_is_content(item) for item in alternatives)


def resource_contents(value: Any, uri: str, mime_type: str | None) -> list[Any]:
    """What a resource holds: text, bytes, or contents themselves.

    Raises McpError if the value is none of these.
    """
    if isinstance(value, str):
        return [TextResourceContents(uri=uri, text=value, mime_type=mime_type or "text/plain")]
    if isinstance(value, (bytes, bytearray)):
        blob = base64.b64encode(value).decode()
        return [
            BlobResourceContents(
                uri=uri, blob=blob, mime_type=mime_type or "application/octet-stream"
            )
        ]
    if isinstance(value, CONTENTS):
        return [value]
    if isinstance(value, list) and all(isinstance(item, CONTENTS) for item in value):
        return value
    raise McpError(
        ErrorKind.ENCODE, f"a resource is text, bytes or contents, not {type(value).__name__}"
    )


def prompt_result(value: Any, description: str | None) -> GetPromptResult:
    """A prompt: text of the user, messages, or the result itself.

    Raises McpError if the value is none of these.
    """
    if isinstance(value, GetPromptResult):
        return value
    if isinstance(value, str):
        value = PromptMessage(role="user", content=TextContent(text=value))
    messages = value if isinstance(value, list) else [value]
    if not all(isinstance(message, PromptMessage) for message in messages):
        raise McpError(ErrorKind.ENCODE, "a prompt is text, messages or a GetPromptResult")
    return GetPromptResult(
        messages=messages, description=UNSET if description is None else description
    )
