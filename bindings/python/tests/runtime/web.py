"""A server on a socket of this machine, and a client of HTTP by hand."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
BOTH = "application/json, text/event-stream"


class Response:
    """What has come of a response; its events come by and by."""

    def __init__(self, status: int, headers: dict[str, str], reader: asyncio.StreamReader) -> None:
        self.status = status
        self.headers = headers
        self._reader = reader
        self.id: str | None = None
        """The id of the event that came last."""

    async def body(self) -> bytes:
        """All of it; for responses whose length is told."""
        return await self._reader.readexactly(int(self.headers.get("content-length", "0")))

    async def chunk(self) -> bytes:
        """The first part of a response whose length is not told."""
        return await self._reader.readexactly(int(await self._reader.readline(), 16))

    async def rest(self) -> bytes:
        """All that comes until the connection ends."""
        return await self._reader.read()

    async def json(self) -> Any:
        return json.loads(await self.body())

    async def line(self) -> str:
        """The next line; empty at the end of the response."""
        line = await self._reader.readline()
        return "" if line == b"0\r\n" else line.decode()

    async def event(self) -> Any:
        """The message of the next event that has one; None at the end."""
        while line := await self.line():
            if line.startswith("id: "):
                self.id = line[4:].strip()
            if line.startswith("data: ") and line != "data: \n":
                return json.loads(line[6:])
        return None


class Web:
    """A client."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.id = 0
        self.session: dict[str, str] = {}
        self._writers: list[asyncio.StreamWriter] = []

    async def send(
        self,
        method: str,
        headers: dict[str, str],
        body: bytes = b"",
        path: str = "/mcp",
        length: int | None = None,
    ) -> Response:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self._writers.append(writer)
        all = {"Host": f"127.0.0.1:{self.port}", **headers}
        if body or length is not None:
            all["Content-Length"] = str(len(body) if length is None else length)
        head = "".join(f"{name}: {value}\r\n" for name, value in all.items())
        writer.write(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
        status = int((await reader.readline()).split()[1])
        found = {}
        while (line := await reader.readline()).strip():
            name, _, value = line.decode().partition(":")
            found[name.lower()] = value.strip()
        return Response(status, found, reader)

    def leave(self) -> None:
        """Closes the connection of the last request."""
        self._writers.pop().close()

    async def post(self, message: Any, **headers: str) -> Response:
        all = {"Content-Type": "application/json", "Accept": BOTH, **self.session}
        all |= {name.replace("_", "-"): value for name, value in headers.items()}
        text = message if isinstance(message, bytes) else json.dumps(message).encode()
        return await self.send("POST", all, text)

    async def ask(
        self, method: str, headers: dict[str, str] | None = None, **params: Any
    ) -> Response:
        """A request of the modern era."""
        self.id += 1
        named = params.get("name", params.get("uri"))
        said = {"MCP_Protocol_Version": "2026-07-28", "Mcp_Method": method}
        if named is not None:
            said["Mcp_Name"] = named
        meta = {**META, **params.pop("_meta", {})}
        message = {"jsonrpc": "2.0", "id": self.id, "method": method}
        return await self.post(
            {**message, "params": {"_meta": meta, **params}}, **said, **(headers or {})
        )

    async def open(
        self,
        revision: str = "2025-11-25",
        headers: dict[str, str] | None = None,
        **capabilities: Any,
    ) -> Response:
        """Opens a legacy session, which later requests belong to."""
        self.session = headers or {}
        params = {
            "protocolVersion": revision,
            "capabilities": capabilities,
            "clientInfo": {"name": "web", "version": "1"},
        }
        message = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}
        response = await self.post(message)
        self.session = {
            "Mcp-Session-Id": response.headers["mcp-session-id"],
            "MCP-Protocol-Version": revision,
            **(headers or {}),
        }
        return response

    async def call(self, name: str, id: int | str = 1, **arguments: Any) -> Response:
        """A call of the legacy era."""
        params = {"name": name, "arguments": arguments}
        return await self.post(
            {"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params}
        )

    async def get(self, last: str | None = None) -> Response:
        headers = {"Accept": "text/event-stream", **self.session}
        if last is not None:
            headers["Last-Event-ID"] = last
        return await self.send("GET", headers)

    def close(self) -> None:
        for writer in self._writers:
            writer.close()


@asynccontextmanager
async def served(app: Any, port: int = 0) -> AsyncIterator[Web]:
    """Serves an application as long as the block runs; at any free port if that is 0."""
    config = uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1)
    async with running(uvicorn.Server(config), port) as web:
        yield web


@asynccontextmanager
async def running(server: uvicorn.Server, port: int = 0) -> AsyncIterator[Web]:
    """Runs a server as long as the block runs."""
    with socket.create_server(("127.0.0.1", port)) as bound:
        # What answers at once shall not wait for an acknowledgement; asyncio does this for its own sockets alone.
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        serving = asyncio.ensure_future(server.serve(sockets=[bound]))
        web = Web(bound.getsockname()[1])
        try:
            yield web
        finally:
            web.close()
            server.should_exit = True
            await serving
