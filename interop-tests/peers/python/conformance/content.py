"""Tools that give every kind of content, and an error."""

from isogloss import Server, ToolError
from isogloss.protocol.types import (
    AudioContent,
    EmbeddedResource,
    ImageContent,
    TextContent,
    TextResourceContents,
)

from .media import PNG, WAV


def offer_simple_text(mcp: Server) -> None:
    """Offers the simplest of them, which is also offered anew."""

    @mcp.tool
    def test_simple_text() -> TextContent:
        """Gives a text."""
        return TextContent(text="This is a simple text response for testing.")


def offer(mcp: Server) -> None:
    offer_simple_text(mcp)

    @mcp.tool
    def test_image_content() -> ImageContent:
        """Gives an image."""
        return ImageContent(data=PNG, mime_type="image/png")

    @mcp.tool
    def test_audio_content() -> AudioContent:
        """Gives a sound."""
        return AudioContent(data=WAV, mime_type="audio/wav")

    @mcp.tool
    def test_embedded_resource() -> EmbeddedResource:
        """Gives a resource."""
        return EmbeddedResource(
            resource=TextResourceContents(
                uri="test://embedded-resource",
                mime_type="text/plain",
                text="This is an embedded resource content.",
            )
        )

    @mcp.tool
    def test_multiple_content_types() -> list[TextContent | ImageContent | EmbeddedResource]:
        """Gives a text, an image and a resource."""
        data = TextResourceContents(
            uri="test://mixed-content-resource",
            mime_type="application/json",
            text='{"test":"data","value":123}',
        )
        return [
            TextContent(text="Multiple content types test:"),
            ImageContent(data=PNG, mime_type="image/png"),
            EmbeddedResource(resource=data),
        ]

    @mcp.tool
    def test_error_handling() -> None:
        """Always fails."""
        raise ToolError("This tool intentionally returns an error for testing")
