"""Servers put together: two shops, mounted in a mall."""

from isogloss import Server

bakery = Server("Bakery")
florist = Server("Florist")
mcp = Server("Mall")


@bakery.tool
def bake(what: str, count: int = 1) -> str:
    """Bake something."""
    return f"{count} x {what}"


@bakery.resource("stock://flour")
def flour() -> str:
    return "20 kg"


@florist.tool
def bouquet(flowers: list[str]) -> str:
    """Tie a bouquet."""
    return " and ".join(flowers)


@florist.prompt
def card(name: str) -> str:
    """Words for a card."""
    return f"Write a card for {name}."


@mcp.tool
def opening_hours() -> dict[str, str]:
    """When the shops are open."""
    return {"bakery": "6-18", "florist": "9-17"}


mcp.mount(bakery, namespace="bakery")
mcp.mount(florist, namespace="florist")

if __name__ == "__main__":
    mcp.run(transport="stdio")
