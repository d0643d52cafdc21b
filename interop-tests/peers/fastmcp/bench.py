"""The mode `bench`: its two tools, the way its own documentation writes them."""

from typing import Any

from fastmcp import FastMCP

server = FastMCP("fastmcp-bench", version="1")


@server.tool
def add(a: int, b: int) -> int:
    """Adds two integers."""
    return a + b


@server.tool
def echo(payload: dict[str, Any]) -> dict[str, Any]:
    """Gives the payload back."""
    return payload
