"""Pictures and files: bytes, images in results, and content of several sorts at once."""

from isogloss import Audio, Image, Server

mcp = Server("Pictures")

DOT = b"\x89PNG\r\n\x1a\n..."


@mcp.tool
def thumbnail(name: str) -> Image:
    """A small picture."""
    return Image(data=DOT + name.encode(), format="png")


@mcp.tool
def chime() -> Audio:
    """A sound."""
    return Audio(data=b"RIFF", format="wav")


@mcp.tool
def album(title: str) -> list[str | Image]:
    """A title and the picture that belongs to it."""
    return [title, Image(data=DOT, format="png")]


@mcp.resource("pictures://logo", name="Logo", mime_type="image/png", tags={"brand"})
def logo() -> bytes:
    return DOT


@mcp.resource("pictures://about")
def about() -> str:
    """What this is."""
    return "One logo, no cats."


if __name__ == "__main__":
    mcp.run()
