"""The mode `bench`: its two tools, the way the SDK's own documentation writes them."""

from typing import Any

from mcp.server.mcpserver import MCPServer

server = MCPServer("python-sdk-bench", version="1", log_level="ERROR")


@server.tool()
def add(a: int, b: int) -> int:
    """Adds two integers."""
    return a + b


@server.tool()
def echo(payload: dict[str, Any]) -> dict[str, Any]:
    """Gives the payload back."""
    return payload
