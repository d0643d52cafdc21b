"""The mode `bench`: its two tools, as anybody would write them."""

from typing import Annotated, Any

from isogloss import Meta, Server

mcp = Server("isogloss-python-bench", "0.1.0")


@mcp.tool
def add(
    a: Annotated[int, Meta(description="The first number.")],
    b: Annotated[int, Meta(description="The second number.")],
) -> int:
    """Adds two integers."""
    return a + b


@mcp.tool
def echo(payload: Annotated[dict[str, Any], Meta(description="Any object.")]) -> dict[str, Any]:
    """Gives the payload back."""
    return payload
