"""The reference surface, written the way a user of the SDK would write it."""

import asyncio
from typing import Annotated, Any, TypedDict

from isogloss import Context, Meta, Server, ToolError, form
from isogloss.protocol.types import CallToolResult, TextContent

SLOW_STEPS = 3

mcp = Server("isogloss-python", "0.1.0")
stopped = 0


class Sum(TypedDict):
    sum: int


class Name(TypedDict):
    name: str


class Echo(TypedDict):
    echo: dict[str, Any]


@mcp.tool
def add(
    a: Annotated[int, Meta(description="The first number.")],
    b: Annotated[int, Meta(description="The second number.")],
) -> Sum:
    """Adds two integers."""
    return {"sum": a + b}


@mcp.tool
def echo_any(payload: Annotated[dict[str, Any], Meta(description="Any object.")]) -> Echo:
    """Gives the payload back."""
    return {"echo": payload}


@mcp.tool
def fail() -> None:
    """Always fails."""
    raise ToolError("boom")


@mcp.tool
async def slow(
    ms: Annotated[int, Meta(ge=0, description="How long to work, in milliseconds.")],
    context: Context,
) -> TextContent:
    """Works for a while, in three steps."""
    global stopped
    try:
        for step in range(1, SLOW_STEPS + 1):
            context.progress(step, SLOW_STEPS, f"step {step}")
            await asyncio.sleep(ms / 1000 / SLOW_STEPS)
    except asyncio.CancelledError:
        stopped += 1
        raise
    return TextContent(text="done")


@mcp.tool
def cancels() -> TextContent:
    """Counts the slow calls that were stopped."""
    return TextContent(text=str(stopped))


@mcp.tool
async def ask_name(context: Context) -> CallToolResult:
    """Asks the user for a name, and greets."""
    name = (await context.ask(form("Your name?", Name))).accepted()["name"]
    return CallToolResult(content=[TextContent(text=f"Hello, {name}!")])


@mcp.tool
def big(
    n: Annotated[int, Meta(ge=0, description="How many times 1,024 characters.")],
) -> TextContent:
    """A long text."""
    return TextContent(text="x" * (n * 1024))


@mcp.resource("text://greeting", mime_type="text/plain")
def greeting() -> str:
    """A greeting."""
    return "héllo wörld ✓"


@mcp.resource("item://{id}")
def item(id: str) -> str:
    """An item by its id."""
    return f"item {id}"


def greet(name: Annotated[str, Meta(description="Whom to greet.")]) -> str:
    """Has somebody greeted."""
    return f"Greet {name}"


def names(value: str) -> list[str]:
    return [name for name in ("Alice", "Alan", "Bob") if name.startswith(value)]


for prompt in ("greet", "grüß 日本"):
    mcp.prompt(prompt)(greet)
    mcp.completion("name", prompt=prompt)(names)
