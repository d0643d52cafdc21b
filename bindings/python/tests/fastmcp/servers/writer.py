"""Writing: the client's model is asked, and prompts have several messages."""

from isogloss import Context, Server, message as Message  # noqa: N812
from isogloss.protocol.types import PromptMessage

mcp = Server("Writer")


@mcp.tool
async def summarize(text: str, ctx: Context) -> str:
    """Summarize a text."""
    response = await ctx.sample(
        f"Summarize in one line: {text}",
        system_prompt="You are brief.",
        temperature=0.2,
        max_tokens=100,
    )
    return response.text


@mcp.prompt(name="review", description="Review a piece of code.", tags={"code"})
def code_review(code: str) -> list[PromptMessage]:
    return [
        Message(f"Please review this:\n{code}"),
        Message("Gladly. What should I look for?", role="assistant"),
        Message("Anything that could go wrong."),
    ]


@mcp.prompt
async def translate(text: str, language: str = "German") -> list[str]:
    """Translate a text."""
    return [f"Translate into {language}:", text]


if __name__ == "__main__":
    mcp.run()
