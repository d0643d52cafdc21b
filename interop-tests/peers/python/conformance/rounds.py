"""Tools that ask under a name, several things at once, and again and again: in the modern era each round is a request."""

import asyncio
from typing import Any

import msgspec

from isogloss import UNSET, Context, Server, form, roots
from isogloss.protocol.types import TextContent

from .questions import said, text_of


async def asked(context: Context, key: str, message: str, name: str, of: type = str) -> Any:
    """Asks for one thing; what was answered, unless the user did not."""
    fields = msgspec.defstruct("Fields", [(name, of)])
    return getattr((await context.ask(form(message, fields), key)).accepted(), name)


def offer(mcp: Server) -> None:
    tool = mcp.tool

    @tool("test_input_required_result_elicitation", description="Asks for a name.")
    async def elicitation(context: Context) -> TextContent:
        name = await asked(context, "user_name", "What is your name?", "name")
        return TextContent(text=f"Hello, {name}!")

    @tool("test_input_required_result_sampling", description="Asks the model.")
    async def sampling(context: Context) -> TextContent:
        question = said("What is the capital of France?", 100)
        answer = text_of(await context.ask(question, "capital_question"))
        return TextContent(text=f"The model says: {answer}")

    @tool("test_input_required_result_list_roots", description="Asks for the roots.")
    async def list_roots(context: Context) -> TextContent:
        found = await context.ask(roots(), "client_roots")
        return TextContent(text=f"The roots are {', '.join(root.uri for root in found)}")

    # The state is the SDK's, which refuses one that it did not sign: the tools have nothing to do for it.
    @tool("test_input_required_result_request_state", description="Asks, with a state.")
    @tool("test_input_required_result_tampered_state", description="Asks, with a signed state.")
    async def confirmed(context: Context) -> TextContent:
        ok = await asked(context, "confirm", "Please confirm", "ok", bool)
        return TextContent(text=f"state-ok: {'' if ok else 'not '}confirmed")

    @tool("test_input_required_result_multiple_inputs", description="Asks three things at once.")
    async def multiple_inputs(context: Context) -> TextContent:
        name, greeting, found = await asyncio.gather(
            asked(context, "user_name", "What is your name?", "name"),
            context.ask(said("Generate a greeting", 50), "greeting"),
            context.ask(roots(), "client_roots"),
        )
        return TextContent(text=f"{text_of(greeting)} {name}, with {len(found)} roots")

    @tool("test_input_required_result_multi_round", description="Asks twice.")
    async def multi_round(context: Context) -> TextContent:
        name = await asked(context, "step1", "What is your name?", "name")
        color = await asked(context, "step2", "What is your favorite color?", "color")
        return TextContent(text=f"{name} likes {color}.")

    @tool("test_input_required_result_capabilities", description="Asks whom it can.")
    async def capabilities(context: Context) -> TextContent:
        if context.capabilities.elicitation is not UNSET:
            name = await asked(context, "user_name", "What is your name?", "name")
            return TextContent(text=f"The user is {name}.")
        answer = await context.ask(said("Make up a name", 50), "made_up_name")
        return TextContent(text=f"The model made up {text_of(answer)}.")
