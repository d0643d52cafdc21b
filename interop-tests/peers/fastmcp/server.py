"""The reference surface as a server made with FastMCP (PyPI `fastmcp`).

Written the way its own documentation writes servers, with its defaults; `peer.py` runs it.
`client.py` is the other side; `README.md` says what it cannot do.
"""

import asyncio
from typing import Any

from fastmcp import Context, FastMCP
from fastmcp.exceptions import ToolError
from mcp_types import (
    CompletionArgument,
    CompletionContext,
    ElicitRequest,
    ElicitRequestFormParams,
    InputRequiredResult,
    PromptReference,
    ResourceTemplateReference,
)
from pydantic import BaseModel

SLOW_STEPS = 3
NAMES = ["Alice", "Alan", "Bob"]
MESSAGE = "Your name?"
MODERN_REVISION = "2026-07-28"

server = FastMCP("fastmcp-peer", version="1")
stopped = 0


class Sum(BaseModel):
    sum: int


class Echo(BaseModel):
    echo: dict[str, Any]


class Name(BaseModel):
    name: str


@server.tool
def add(a: int, b: int) -> Sum:
    """Adds two integers."""
    return Sum(sum=a + b)


@server.tool
def echo_any(payload: dict[str, Any]) -> Echo:
    """Gives the payload back."""
    return Echo(echo=payload)


@server.tool
def fail() -> str:
    """Always a tool error."""
    raise ToolError("boom")


@server.tool
async def slow(ms: int, context: Context) -> str:
    """Works for so many milliseconds, reporting three steps."""
    global stopped
    try:
        for step in range(1, SLOW_STEPS + 1):
            await context.report_progress(step, SLOW_STEPS, f"step {step}")
            await asyncio.sleep(ms / SLOW_STEPS / 1000)
    except asyncio.CancelledError:
        stopped += 1
        raise
    return "done"


@server.tool
def cancels() -> str:
    """How many slow calls were stopped by cancellation."""
    return str(stopped)


@server.tool
async def ask_name(context: Context) -> Any:
    """Asks the user for a name and greets."""
    # Each era has its own way: a modern client is asked in the result of the call.
    if context.request_context.protocol_version == MODERN_REVISION:
        answers = context.input_responses
        if answers is None:
            form = ElicitRequestFormParams(message=MESSAGE, requested_schema=Name.model_json_schema())
            return InputRequiredResult(input_requests={"name": ElicitRequest(params=form)})
        answer = answers["name"]
        action, name = answer.action, (answer.content or {}).get("name")
    else:
        answer = await context.elicit(MESSAGE, response_type=Name)
        action, name = answer.action, answer.data.name if answer.action == "accept" else None
    if action != "accept":
        raise ToolError("no name was given")
    return f"Hello, {name}!"


@server.tool
def big(n: int) -> str:
    """A text of n KiB."""
    return "x" * (n * 1024)


@server.resource("text://greeting", mime_type="text/plain")
def greeting() -> str:
    """A greeting."""
    return "héllo wörld ✓"


@server.resource("item://{id}")
def item(id: str) -> str:
    """An item by its id."""
    return f"item {id}"


@server.prompt
def greet(name: str) -> str:
    """Greets someone."""
    return f"Greet {name}"


@server.prompt("grüß 日本")
def greet_unicode(name: str) -> str:
    """The same under a name beyond ASCII."""
    return f"Greet {name}"


@server.completion
async def complete(
    ref: PromptReference | ResourceTemplateReference,
    argument: CompletionArgument,
    context: CompletionContext | None,
) -> list[str]:
    if isinstance(ref, PromptReference) and ref.name == "greet" and argument.name == "name":
        return [name for name in NAMES if name.startswith(argument.value)]
    return []
