"""Prompts: with arguments, a resource, an image, and one that asks first."""

from typing import Annotated

from isogloss import Context, Meta, Server
from isogloss.protocol.types import (
    EmbeddedResource,
    ImageContent,
    PromptMessage,
    TextContent,
    TextResourceContents,
)

from .media import PNG
from .rounds import asked


def offer_simple_prompt(mcp: Server) -> None:
    """Offers the simplest of them, which is also offered anew."""

    @mcp.prompt
    def test_simple_prompt() -> str:
        """A text."""
        return "This is a simple prompt for testing."


def words(text: str) -> PromptMessage:
    return PromptMessage(role="user", content=TextContent(text=text))


def offer(mcp: Server) -> None:
    offer_simple_prompt(mcp)

    @mcp.prompt
    def test_prompt_with_arguments(
        arg1: Annotated[str, Meta(description="The first.")],
        arg2: Annotated[str, Meta(description="The second.")],
    ) -> str:
        """A text with arguments."""
        return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"

    @mcp.completion("arg1", prompt="test_prompt_with_arguments")
    def first(_: str) -> list[str]:
        return ["test", "testing"]

    @mcp.prompt("test_prompt_with_embedded_resource")
    def embedded(
        resourceUri: Annotated[str, Meta(description="Its address.")],  # noqa: N803
    ) -> list[PromptMessage]:
        """A text and a resource."""
        text = "Embedded resource content for testing."
        contents = TextResourceContents(uri=resourceUri, mime_type="text/plain", text=text)
        return [
            PromptMessage(role="user", content=EmbeddedResource(resource=contents)),
            words("Please process the embedded resource above."),
        ]

    @mcp.prompt
    def test_prompt_with_image() -> list[PromptMessage]:
        """A text and an image."""
        image = ImageContent(data=PNG, mime_type="image/png")
        return [
            PromptMessage(role="user", content=image),
            words("Please analyze the image above."),
        ]

    @mcp.prompt
    async def test_input_required_result_prompt(context: Context) -> str:
        """Asks for its context."""
        question = "What context should the prompt use?"
        found = await asked(context, "user_context", question, "context")
        return f"Use this context: {found}"
