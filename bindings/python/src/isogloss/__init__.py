"""MCP servers and clients, typed from the protocol's own schemas and alike on the wire in four languages.

Names are imported when they are first asked for. The types of the protocol are in `isogloss.protocol.types`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from msgspec import UNSET, Meta, UnsetType

    from .client import Client, connect
    from .content import (
        Audio,
        Image,
        assistant,
        audio,
        contents,
        embedded,
        image,
        link,
        message,
        text,
        user,
    )
    from .context import Context
    from .error import ErrorCode, ErrorKind, McpError, ToolError, protocol_error
    from .policy import Item, Refuse
    from .protocol.calls import ClientCalls, ServerCalls
    from .protocol.handlers import ClientHandler, ServerHandler
    from .protocol.revisions import Era, Revision
    from .questions import (
        FormAnswer,
        Question,
        elicit,
        form,
        open_url,
        roots,
        sample,
    )
    from .server import Server
    from .transport import Transport

__all__ = [
    "UNSET",
    "Audio",
    "Client",
    "ClientCalls",
    "ClientHandler",
    "Context",
    "Era",
    "ErrorCode",
    "ErrorKind",
    "FormAnswer",
    "Image",
    "Item",
    "McpError",
    "Meta",
    "Question",
    "Refuse",
    "Revision",
    "Server",
    "ServerCalls",
    "ServerHandler",
    "ToolError",
    "Transport",
    "UnsetType",
    "assistant",
    "audio",
    "connect",
    "contents",
    "elicit",
    "embedded",
    "form",
    "image",
    "link",
    "message",
    "open_url",
    "protocol_error",
    "roots",
    "sample",
    "text",
    "user",
]

_MODULES = {
    "Audio": ".content",
    "Client": ".client",
    "ClientCalls": ".protocol.calls",
    "ClientHandler": ".protocol.handlers",
    "Context": ".context",
    "Era": ".protocol.revisions",
    "ErrorCode": ".error",
    "ErrorKind": ".error",
    "FormAnswer": ".questions",
    "Image": ".content",
    "Item": ".policy",
    "McpError": ".error",
    "Meta": "msgspec",
    "Question": ".questions",
    "Refuse": ".policy",
    "Revision": ".protocol.revisions",
    "Server": ".server",
    "ServerCalls": ".protocol.calls",
    "ServerHandler": ".protocol.handlers",
    "ToolError": ".error",
    "Transport": ".transport",
    "UNSET": "msgspec",
    "UnsetType": "msgspec",
    "assistant": ".content",
    "audio": ".content",
    "connect": ".client",
    "contents": ".content",
    "elicit": ".questions",
    "embedded": ".content",
    "form": ".questions",
    "image": ".content",
    "link": ".content",
    "message": ".content",
    "open_url": ".questions",
    "protocol_error": ".error",
    "roots": ".questions",
    "sample": ".questions",
    "text": ".content",
    "user": ".content",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULES[name], __name__), name)
    return value
