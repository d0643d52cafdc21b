"""Tools that want a yes: the user is asked before one runs, in both eras, and nothing but a yes is one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final

from msgspec import Meta

from ..context import Context
from ..protocol.types.tools import CallToolResult
from ..questions import form
from ..values import failed

KEY: Final = "confirm"
"""The key of the question, and of its answer."""


@dataclass
class Confirmation:
    """What the user fills in."""

    confirm: Annotated[bool, Meta(description="Whether to go on.")]


async def confirmed(question: str, context: Context, run: Callable[[], Any]) -> Any:
    """What a tool gives once the user has confirmed it.

    Raises McpError or ToolError if the client cannot be asked.
    """
    answer = await context.ask(form(question, Confirmation), KEY)
    if answer.content is None or not answer.content.confirm:
        return refused()
    return run()


def refused() -> CallToolResult:
    """What a model is told whose user has not said yes."""
    return failed("the user did not confirm this; nothing was done")
