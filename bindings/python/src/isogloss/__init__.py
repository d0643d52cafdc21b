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
    from .protocol.calls import ClientCalls, ServerCalls
    from .protocol.handlers import ClientHandler, ServerHandler
    from .protocol.revisions import Era, Revision
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
    "McpError",
    "Meta",
    "Revision",
    "Server",
    "ServerCalls",
    "ServerHandler",
    "ToolError",
    "Transport",
    "UnsetType",
    "connect",
    "protocol_error",
]

_MODULES = {
    "Client": ".client",
    "ClientCalls": ".protocol.calls",
    "ClientHandler": ".protocol.handlers",
    "Context": ".context",
    "Era": ".protocol.revisions",
    "ErrorCode": ".error",
    "ErrorKind": ".error",
    "McpError": ".error",
    "Meta": "msgspec",
    "Revision": ".protocol.revisions",
    "Server": ".server",
    "ServerCalls": ".protocol.calls",
    "ServerHandler": ".protocol.handlers",
    "ToolError": ".error",
    "Transport": ".transport",
    "UNSET": "msgspec",
    "UnsetType": "msgspec",
    "connect": ".client",
    "protocol_error": ".error",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULES[name], __name__), name)
    return value
