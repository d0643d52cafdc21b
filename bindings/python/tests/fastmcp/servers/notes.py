"""Notes: tools that write what resources give, and one that reads a resource of its own server."""

from isogloss import Context, Server

mcp = Server("Notes")

notes: dict[str, str] = {"shopping": "milk, bread"}


@mcp.tool
def write_note(title: str, text: str) -> str:
    """Keep a note."""
    notes[title] = text
    return f"Saved {title}."


@mcp.resource("notes://all")
def all_notes() -> list[str]:
    """The titles of all notes."""
    return sorted(notes)


@mcp.resource("notes://note/{title}", mime_type="text/markdown")
async def note(title: str) -> str:
    return f"# {title}\n\n{notes[title]}"


@mcp.tool
async def word_count(title: str, ctx: Context) -> int:
    """Count the words of a note."""
    result = await ctx.read_resource(f"notes://note/{title}")
    text = result.contents[0].content
    assert isinstance(text, str)
    return len(text.split())


@mcp.tool
async def describe(title: str, ctx: Context) -> str:
    """Say what sort of a thing a note is."""
    parts = await ctx.read_resource(f"notes://note/{title}")
    return f"{title}: {parts[0].mime_type}"


if __name__ == "__main__":
    mcp.run()
