"""A server with one of each, for the tests of both sides. Started as a program it serves on its standard files."""

import asyncio
import os
import sys
from dataclasses import dataclass
from typing import Annotated, Any

from isogloss import Context, Meta, Server, ToolError, protocol_error
from isogloss.protocol.types import (
    CallToolResult,
    ElicitRequestFormParams,
    ElicitSchema,
    ImageContent,
    PromptMessage,
    StringSchema,
    TextContent,
)

mcp = Server("surface", "1.2", title="Surface", instructions="Be kind.", page_size=3)
begun: list[str] = []
stopped: list[str] = []


@dataclass
class Place:
    """Where something is."""

    name: str
    north: float = 0.0


@mcp.tool
def add(a: int, b: Annotated[int, Meta(ge=0, description="Not below zero.")] = 2) -> dict[str, int]:
    """Adds two integers."""
    return {"sum": a + b}


@mcp.tool()
async def where(name: str) -> Place:
    await asyncio.sleep(0)
    return Place(name)


@mcp.tool("count", title="Counter", description="Counts letters.")
def count_letters(text: str) -> int:
    return len(text)


@mcp.tool
def nothing() -> None:
    """Gives nothing."""


@mcp.tool
def picture() -> list[ImageContent | TextContent]:
    return [ImageContent(data="aGk=", mime_type="image/png"), TextContent(text="hi")]


@mcp.tool
def whole() -> CallToolResult:
    return CallToolResult(content=[], is_error=True, structured_content=[1])


@mcp.tool
def fail(how: str) -> Any:
    match how:
        case "tool":
            raise ToolError("boom")
        case "protocol":
            raise protocol_error(-32050, "not now", {"retry": True})
        case "odd":
            return object()
    raise RuntimeError("a secret")


@mcp.tool
async def slow(context: Context, steps: int) -> str:
    """Reports every step, then waits for ever if there are none."""
    begun.append("slow")
    try:
        for step in range(1, steps + 1):
            context.progress(step, steps, f"step {step}")
        if not steps:
            await asyncio.Event().wait()
    except asyncio.CancelledError:
        stopped.append("slow")
        raise
    return "done"


@mcp.tool
def about(context: Context) -> dict[str, Any]:
    """What the server knows of the request."""
    return {
        "revision": context.revision.value,
        "client": context.client.name if context.client else None,
        "elicitation": bool(context.capabilities.elicitation),
        "trace": context.meta.extra.get("trace"),
    }


@mcp.tool
async def ask(context: Context) -> str:
    answer = await context.calls.elicit(
        ElicitRequestFormParams(
            message="Your name?",
            requested_schema=ElicitSchema(properties={"name": StringSchema()}),
        )
    )
    return str(answer.content and answer.content["name"])


@mcp.tool
def stray() -> str:
    """Prints, as programs do, in three ways."""
    print("a stray line")
    sys.stdout.flush()
    os.write(1, b"another\n")
    os.system("echo a third")
    return "printed"


@mcp.tool
def leave(status: int) -> None:
    """Ends the process."""
    print("last words", file=sys.stderr, flush=True)
    os._exit(status)


@mcp.resource("text://greeting", mime_type="text/markdown", title="Greeting")
async def greeting() -> str:
    """Says hello."""
    return "héllo"


@mcp.resource("bytes://raw")
def raw() -> bytes:
    return b"\x00\xff"


@mcp.resource("item://{id}/{part}")
def item(id: int, part: str) -> str:
    """An item."""
    return f"{id + 1} {part}"


@mcp.prompt
def greet(name: Annotated[str, Meta(description="Whom.")], loud: bool = False) -> str:
    """Greets somebody."""
    return f"Greet {name}{'!' if loud else ''}"


@mcp.prompt("talk", title="Talk")
async def talk() -> list[PromptMessage]:
    return [
        PromptMessage(role="user", content=TextContent(text="Hi")),
        PromptMessage(role="assistant", content=TextContent(text="Ho")),
    ]


@mcp.completion("name", prompt="greet")
def names(value: str) -> list[str]:
    return [name for name in ("Alice", "Alan", "Bob") if name.startswith(value)]


@mcp.completion("part", template="item://{id}/{part}")
async def parts(value: str, given: dict[str, str]) -> list[str]:
    return [f"{given.get('id')}-{value}{i}" for i in range(120)]


if __name__ == "__main__":
    mcp.run()
