"""An inventory over HTTP: sets, optional arguments, nested values, a class whose methods are tools."""

import sys
from dataclasses import dataclass, field
from enum import Enum

from isogloss import Server

mcp = Server("Inventory")


class Shelf(Enum):
    LEFT = "left"
    RIGHT = "right"


@dataclass
class Thing:
    name: str
    shelf: Shelf = Shelf.LEFT
    labels: list[str] = field(default_factory=list)


class Store:
    def __init__(self) -> None:
        self.things: dict[str, Thing] = {}

    def put(self, thing: Thing) -> int:
        """Put a thing away; tells how many there are."""
        self.things[thing.name] = thing
        return len(self.things)

    def find(self, label: str | None = None, shelf: Shelf | None = None) -> list[Thing]:
        """Find things by label, by shelf, or both."""
        return [
            thing
            for thing in self.things.values()
            if (label is None or label in thing.labels) and (shelf is None or thing.shelf is shelf)
        ]


store = Store()
mcp.tool(store.put)
mcp.tool(store.find, name="find_things")


@mcp.tool
def clear() -> None:
    """Throw everything away."""
    store.things.clear()


if __name__ == "__main__":
    mcp.run(transport="http", host="127.0.0.1", port=int(sys.argv[1]))
