"""Tools for what each modern request says by itself (capabilities, the log's level, headers), and for lists that change."""

from typing import Annotated

from isogloss import Context, Meta, Server, header
from isogloss.protocol.types import TextContent

from .content import offer_simple_text
from .prompts import offer_simple_prompt
from .questions import said
from .rounds import asked

Region = Annotated[str, Meta(description="Where; also in a header."), header("Region")]


def offer(mcp: Server) -> None:
    @mcp.tool
    async def test_missing_capability(context: Context) -> TextContent:
        """Needs the client's model."""
        await context.ask(said("Say something", 10))
        return TextContent(text="The client has a model.")

    @mcp.tool
    async def test_streaming_elicitation(context: Context) -> TextContent:
        """Asks the user."""
        ok = await asked(context, "go_on", "Shall it go on?", "ok", bool)
        return TextContent(text=f"It shall {'' if ok else 'not '}go on.")

    @mcp.tool
    def test_logging_tool(context: Context) -> TextContent:
        """Logs for whoever asked for it."""
        context.log("info", "for whoever asked for it")
        return TextContent(text="The log was written, if anybody asked for it.")

    @mcp.tool
    def test_trigger_tool_change() -> TextContent:
        """Offers a tool anew."""
        mcp.remove_tool("test_simple_text")
        offer_simple_text(mcp)
        return TextContent(text="The list of tools has changed.")

    @mcp.tool
    def test_trigger_prompt_change() -> TextContent:
        """Offers a prompt anew."""
        mcp.remove_prompt("test_simple_prompt")
        offer_simple_prompt(mcp)
        return TextContent(text="The list of prompts has changed.")

    @mcp.tool
    def test_x_mcp_header(region: Region = "nowhere") -> TextContent:
        """Has an argument that is also a header."""
        return TextContent(text=f"The region is {region}.")
