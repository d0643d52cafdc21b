"""Questions to the user: a text, a number, a choice, a form, a yes."""

from dataclasses import dataclass
from typing import Literal

from isogloss import Context, Server

mcp = Server("Survey")


@dataclass
class Address:
    street: str
    town: str
    floor: int = 0


@mcp.tool
async def introduce(ctx: Context) -> str:
    """Ask who it is."""
    name = await ctx.elicit("What is your name?", response_type=str)
    if name.action != "accept":
        return "Nice to meet you, stranger."
    age = await ctx.elicit("How old are you?", response_type=int)
    if age.action == "decline":
        return f"{name.data} keeps that a secret."
    return f"{name.data} is {age.data}."


@mcp.tool
async def order_tea(ctx: Context) -> str:
    """Ask for the sort and the size."""
    sort = await ctx.elicit("Which tea?", response_type=["green", "black"])
    size = await ctx.elicit("Which size?", Literal["small", "large"])
    return f"A {size.data} cup of {sort.data} tea."


@mcp.tool
async def deliver(ctx: Context) -> str:
    """Ask where to, and whether that is right."""
    result = await ctx.elicit(message="Where to?", response_type=Address)
    if result.action == "accept" and result.data is not None:
        sure = await ctx.elicit("Sure?", response_type=None)
        if sure.action == "accept":
            return f"On the way to {result.data.street}, {result.data.town}, floor {result.data.floor}."
    return "Then not."


if __name__ == "__main__":
    mcp.run()
