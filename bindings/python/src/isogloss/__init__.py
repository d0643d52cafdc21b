"""MCP servers and clients, typed from the protocol's own schemas and alike on the wire in four languages.

Names are imported when they are first asked for. The types of the protocol are in `isogloss.protocol.types`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from msgspec import UNSET, Meta, UnsetType

    from .client import Client, connect
    from .context import Context
    from .error import ErrorCode, ErrorKind, McpError, ToolError, protocol_error
    from .http_client import HttpTarget, http
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
    "Client",
    "ClientCalls",
    "ClientHandler",
    "Context",
    "Era",
    "ErrorCode",
    "ErrorKind",
    "FormAnswer",
    "HttpTarget",
    "McpError",
    "Meta",
    "Question",
    "Revision",
    "Server",
    "ServerCalls",
    "ServerHandler",
    "ToolError",
    "Transport",
    "UnsetType",
    "connect",
    "elicit",
    "form",
    "http",
    "open_url",
    "protocol_error",
    "roots",
    "sample",
]

_MODULES = {
    "Client": ".client",
    "ClientCalls": ".protocol.calls",
    "ClientHandler": ".protocol.handlers",
    "Context": ".context",
    "Era": ".protocol.revisions",
    "ErrorCode": ".error",
    "ErrorKind": ".error",
    "FormAnswer": ".questions",
    "HttpTarget": ".http_client",
    "McpError": ".error",
    "Meta": "msgspec",
    "Question": ".questions",
    "Revision": ".protocol.revisions",
    "Server": ".server",
    "ServerCalls": ".protocol.calls",
    "ServerHandler": ".protocol.handlers",
    "ToolError": ".error",
    "Transport": ".transport",
    "UNSET": "msgspec",
    "UnsetType": "msgspec",
    "connect": ".client",
    "elicit": ".questions",
    "form": ".questions",
    "http": ".http_client",
    "open_url": ".questions",
    "protocol_error": ".error",
    "roots": ".questions",
    "sample": ".questions",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULES[name], __name__), name)
    return value
