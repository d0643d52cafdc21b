"""MCP servers and clients, typed from the protocol's own schemas and alike on the wire in four languages.

Names are imported when they are first asked for. The types of the protocol are in `isogloss.protocol.types`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from msgspec import UNSET, Meta, UnsetType

    from .client import (
        Change,
        Client,
        InputRequired,
        LogMessage,
        ToolFailed,
        Updated,
        connect,
    )
    from .client.clients import Clients, connect_all
    from .client.config import parse_config, read_config
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
    from .http_client import HttpTarget, http
    from .mirrored import header
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
    "Change",
    "Client",
    "ClientCalls",
    "ClientHandler",
    "Clients",
    "Context",
    "Era",
    "ErrorCode",
    "ErrorKind",
    "FormAnswer",
    "HttpTarget",
    "Image",
    "InputRequired",
    "Item",
    "LogMessage",
    "McpError",
    "Meta",
    "Question",
    "Refuse",
    "Revision",
    "Server",
    "ServerCalls",
    "ServerHandler",
    "ToolError",
    "ToolFailed",
    "Transport",
    "UnsetType",
    "Updated",
    "assistant",
    "audio",
    "connect",
    "connect_all",
    "contents",
    "elicit",
    "embedded",
    "form",
    "header",
    "http",
    "image",
    "link",
    "message",
    "open_url",
    "parse_config",
    "protocol_error",
    "read_config",
    "roots",
    "sample",
    "text",
    "user",
]

_MODULES = {
    "Audio": ".content",
    "Change": ".client",
    "Client": ".client",
    "ClientCalls": ".protocol.calls",
    "ClientHandler": ".protocol.handlers",
    "Clients": ".client.clients",
    "Context": ".context",
    "Era": ".protocol.revisions",
    "ErrorCode": ".error",
    "ErrorKind": ".error",
    "FormAnswer": ".questions",
    "HttpTarget": ".http_client",
    "Image": ".content",
    "InputRequired": ".client",
    "Item": ".policy",
    "LogMessage": ".client",
    "McpError": ".error",
    "Meta": "msgspec",
    "Question": ".questions",
    "Refuse": ".policy",
    "Revision": ".protocol.revisions",
    "Server": ".server",
    "ServerCalls": ".protocol.calls",
    "ServerHandler": ".protocol.handlers",
    "ToolError": ".error",
    "ToolFailed": ".client",
    "Transport": ".transport",
    "UNSET": "msgspec",
    "UnsetType": "msgspec",
    "Updated": ".changes",
    "assistant": ".content",
    "audio": ".content",
    "connect": ".client",
    "connect_all": ".client.clients",
    "contents": ".content",
    "elicit": ".questions",
    "embedded": ".content",
    "form": ".questions",
    "header": ".mirrored",
    "http": ".http_client",
    "image": ".content",
    "link": ".content",
    "message": ".content",
    "open_url": ".questions",
    "parse_config": ".client.config",
    "protocol_error": ".error",
    "read_config": ".client.config",
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
