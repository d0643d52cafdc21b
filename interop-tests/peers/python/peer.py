"""The peer made with our own Python SDK: see README.md for how to run it by hand."""

import asyncio
import sys
from pathlib import Path

USAGE = "usage: peer.py codec | server | bench | client stdio auto|legacy|modern COMMAND …"
# The steps of a client, the same for every peer in Python.
sys.path.append(str(Path(__file__).parents[2] / "steps/python"))


def main(words: list[str]) -> None:
    match words:
        case ["codec"]:
            import codec_mode

            codec_mode.run()
        case ["server"]:
            from server import mcp

            mcp.run()
        case ["bench"]:
            from bench import mcp

            mcp.run()
        case ["client", "stdio", "auto" | "legacy" | "modern" as era, *command] if command:
            import client

            sys.exit(asyncio.run(client.run(era, command)))
        case _:
            sys.exit(USAGE)


if __name__ == "__main__":
    main(sys.argv[1:])
