"""Client starts a server, and asks it for a forecast: python examples/client.py examples/weather.py."""

import asyncio
import sys

from isogloss import connect


async def main(server: str) -> None:
    async with connect(command=[sys.executable, server]) as client:
        print(await client.call("get_forecast", {"city": "Köln"}, output=str))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
