"""Tools that tell how far they are, and one that closes its stream before it answers."""

import asyncio

from isogloss import Context, Server
from isogloss.protocol.types import TextContent

PAUSE = 0.05
RECONNECTION = 0.1


def offer(mcp: Server) -> None:
    @mcp.tool
    async def test_tool_with_progress(context: Context) -> TextContent:
        """Tells how far it is."""
        for done in (0, 50, 100):
            if done:
                await asyncio.sleep(PAUSE)
            context.progress(done, 100)
        return TextContent(text="All of it is done.")

    @mcp.tool
    async def test_tool_with_logging(context: Context) -> TextContent:
        """Logs what it does."""
        context.log("info", "Tool execution started")
        await asyncio.sleep(PAUSE)
        context.log("info", "Tool processing data")
        await asyncio.sleep(PAUSE)
        context.log("info", "Tool execution completed")
        return TextContent(text="Everything was logged.")

    @mcp.tool
    async def test_reconnection(context: Context) -> TextContent:
        """Has its client come back."""
        context.close_stream()
        await asyncio.sleep(RECONNECTION)
        return TextContent(text="The client came back for this.")
