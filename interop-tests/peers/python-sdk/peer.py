"""The two modes of the Python SDK peer: `server`, and `client <stdio|http> <auto|legacy|modern> <command…|url>`."""

import asyncio
import sys

ERAS = ("auto", "legacy", "modern")

if __name__ == "__main__":
    if sys.argv[1:2] == ["server"]:
        from server import server

        server.run("stdio")
    elif sys.argv[1:2] == ["client"] and len(sys.argv) > 4 and sys.argv[3] in ERAS:
        import client

        sys.exit(asyncio.run(client.main(sys.argv[2], sys.argv[3], sys.argv[4:])))
    else:
        sys.exit("usage: peer.py server | client <stdio|http> <auto|legacy|modern> <command…|url>")
