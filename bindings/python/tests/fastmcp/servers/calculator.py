"""Arithmetic: tools with defaults, choices, hints and failures."""

from typing import Literal

from isogloss import Server, ToolError

mcp = Server("Calculator", instructions="Use it for every sum, however small.")


@mcp.tool
def add(a: int, b: int = 1) -> int:
    """Add two numbers."""
    return a + b


@mcp.tool(
    name="round_off",
    description="Round a number to some digits.",
    tags={"numbers"},
    annotations={"readOnlyHint": True, "idempotentHint": True},
)
def round_number(value: float, digits: int = 0) -> float:
    return round(value, digits)


@mcp.tool()
def convert(amount: float, unit: Literal["km", "mi"]) -> dict[str, float]:
    """Convert a distance into the other unit."""
    return {"km": amount * 1.609} if unit == "mi" else {"mi": amount / 1.609}


@mcp.tool
def divide(a: float, b: float) -> float:
    """Divide one number by another."""
    if b == 0:
        raise ToolError("Division by zero is not allowed.")
    return a / b


if __name__ == "__main__":
    mcp.run()
