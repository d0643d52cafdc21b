"""Tools that give every kind of content, and an error; and one whose schema is written by hand."""

from typing import Any, Final

from isogloss import Server, ToolError
from isogloss.protocol.types import (
    AudioContent,
    EmbeddedResource,
    ImageContent,
    TextContent,
    TextResourceContents,
)

from .media import PNG, WAV

CONTACT: Final = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}
"""A schema with keywords that are rarely seen: it has to be listed as it is."""


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

    @mcp.tool("json_schema_2020_12_tool", input_schema=CONTACT)
    def takes_contact(contact: dict[str, Any]) -> TextContent:
        """Takes a contact."""
        return TextContent(text=f"The contact is {contact.get('name', 'nobody')}.")
