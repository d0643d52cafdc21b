"""What HTTP repeats of a message in headers: their names, and texts as header values and back.

Which headers a message needs, and whether they agree with it, is for its sender and its receiver to see.
https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#request-metadata
"""

import base64
import re
from typing import Final

PROTOCOL_VERSION: Final = "mcp-protocol-version"
"""The revision of a request."""
METHOD: Final = "mcp-method"
"""The method of a request."""
NAME: Final = "mcp-name"
"""What a request is about: the name of a tool or a prompt, the address of a resource."""
PARAM: Final = "mcp-param-"
"""How the names of headers that repeat an argument of a tool begin."""
SESSION_ID: Final = "mcp-session-id"
"""A legacy session."""
LAST_EVENT_ID: Final = "last-event-id"
"""What a reader of a legacy stream has seen last."""

_BEFORE: Final = "=?base64?"
_BEHIND: Final = "?="
_STRANGE: Final = re.compile(r"[^\t -~]")


def encode_header(text: str) -> str:
    """A text as the value of a header: as it is, or in Base64 where a header could not carry it."""
    plain = _STRANGE.search(text) is None and "\t" not in text
    if plain and text.strip() == text and _enclosed(text) is None:
        return text
    return f"{_BEFORE}{base64.b64encode(text.encode()).decode()}{_BEHIND}"


def decode_header(value: str) -> str:
    """The text that the value of a header stands for.

    Raises ValueError that says what is wrong with it, to be read after the header's name.
    """
    strange = _STRANGE.search(value)
    if strange is not None:
        raise ValueError(
            f"byte {strange.start()} is 0x{ord(strange[0]):02x}: "
            f"expected visible ASCII, or Base64 as {_BEFORE}…{_BEHIND}"
        )
    encoded = _enclosed(value)
    if encoded is None:
        return value
    try:
        found = base64.b64decode(encoded, validate=True)
    except ValueError:
        found = b""
    # Bits that are left over are passed over by some readers and not by others.
    if base64.b64encode(found).decode() != encoded:
        raise ValueError("wrong Base64: expected the standard alphabet with its padding")
    try:
        return found.decode()
    except UnicodeDecodeError:
        raise ValueError("Base64 of what is not UTF-8") from None


def _enclosed(text: str) -> str | None:
    if len(text) < len(_BEFORE) + len(_BEHIND):
        return None
    if not (text.startswith(_BEFORE) and text.endswith(_BEHIND)):
        return None
    return text[len(_BEFORE) : -len(_BEHIND)]
