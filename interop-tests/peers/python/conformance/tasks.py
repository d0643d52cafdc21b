"""Tools that run as tasks, and one that never does: jobs that are done at once, later, badly, or not before the user has
said something.
"""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from isogloss import Context, ErrorCode, Meta, Server, ToolError, form, protocol_error
from isogloss.protocol.types import TextContent
from isogloss.tasks import AsTask

from .rounds import asked


@dataclass
class Approval:
    name: str
    confirm: bool


def offer(mcp: Server) -> None:
    @mcp.tool
    def greet(name: str) -> TextContent:
        """Greets at once."""
        return TextContent(text=f"Hello, {name}!")

    @mcp.tool(task=True)
    async def slow_compute(seconds: Annotated[int, Meta(ge=0)], label: str = "it") -> TextContent:
        """Takes so many seconds."""
        await asyncio.sleep(seconds)
        return TextContent(text=f"computed {label} in {seconds} s")

    @mcp.tool(task=AsTask(required=True))
    async def failing_job() -> None:
        """Fails after a second."""
        await asyncio.sleep(1)
        raise ToolError("the job failed")

    @mcp.tool(task=True)
    async def protocol_error_job() -> None:
        """Cannot be done."""
        await asyncio.sleep(0.1)
        raise protocol_error(ErrorCode.INTERNAL_ERROR, "the job cannot be done")

    @mcp.tool(task=True)
    async def confirm_delete(filename: str, context: Context) -> TextContent:
        """Deletes, once confirmed."""
        sure = await asked(context, "confirm", f"Delete {filename}?", "confirm", bool)
        return TextContent(text=f"{'deleted' if sure else 'kept'} {filename}")

    @mcp.tool(task=True)
    async def multi_input(context: Context) -> TextContent:
        """Asks two things at once."""
        answers = await asyncio.gather(
            *(
                context.ask(form(f"Does the {one} approve?", Approval), one)
                for one in ("owner", "auditor")
            )
        )
        owner, auditor = (answer.accepted() for answer in answers)
        both = "approved" if owner.confirm and auditor.confirm else "refused"
        return TextContent(text=f"{both} by {owner.name} and {auditor.name}")

    @mcp.tool(task=AsTask(required=True, later=True))
    async def test_tool_with_task(context: Context) -> TextContent:
        """Asks for a name, then goes on as a task."""
        name = await asked(context, "user_name", "What is your name?", "name")
        await context.begin_task()
        await asyncio.sleep(0.1)
        return TextContent(text=f"Hello, {name}!")
