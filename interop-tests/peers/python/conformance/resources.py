"""Resources: text, bytes, a template, and one to be watched."""

import base64
import json

from isogloss import Server

from .media import PNG


def offer(mcp: Server) -> None:
    @mcp.resource("test://static-text", name="static-text")
    def static_text() -> str:
        """A text that stays as it is."""
        return "This is the content of the static text resource."

    @mcp.resource("test://static-binary", name="static-binary", mime_type="image/png")
    def static_binary() -> bytes:
        """An image that stays as it is."""
        return base64.b64decode(PNG)

    @mcp.resource("test://watched-resource", name="watched-resource")
    def watched() -> str:
        """One to be watched."""
        return "Watched resource content"

    @mcp.resource("test://template/{id}/data", name="template", mime_type="application/json")
    def template(id: str) -> str:
        """Data by their id."""
        return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})
