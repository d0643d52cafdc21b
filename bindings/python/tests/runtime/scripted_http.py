"""A server over HTTP that says what a test says, and a proxy that breaks connections where a test says."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, TypeAlias
from urllib.parse import urlsplit

OLD = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "serverInfo": {"name": "old", "version": "1"},
}
DISCOVERY = {
    "supportedVersions": ["2026-07-28"],
    "capabilities": {"tools": {}},
    "ttlMs": 0,
    "cacheScope": "private",
    "resultType": "complete",
}
DONE = {"resultType": "complete", "content": []}


class Wire:
    """A connection, while a request on it is answered."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def write(self, text: str | bytes) -> None:
        self.writer.write(text.encode() if isinstance(text, str) else text)
        await self.writer.drain()

    async def gone(self) -> None:
        """Waits until the client has left."""
        await self.reader.read(1)


Reply: TypeAlias = Callable[[Wire], Awaitable[None]]
"""What is said to a request."""


def say(status: int, kind: str, body: str | bytes, **headers: str) -> Reply:
    data = body.encode() if isinstance(body, str) else body
    all = {"Content-Length": str(len(data)), **({"Content-Type": kind} if kind else {})}
    all |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = f"HTTP/1.1 {status} {_phrase(status)}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in all.items())

    async def reply(wire: Wire) -> None:
        await wire.write(f"{head}\r\n".encode() + data)

    return reply


def _phrase(status: int) -> str:
    with suppress(ValueError):
        return HTTPStatus(status).phrase
    return "Odd"


def say_json(status: int, body: Any, **headers: str) -> Reply:
    text = body if isinstance(body, str) else json.dumps(body)
    return say(status, "application/json", text, **headers)


def status(status: int, **headers: str) -> Reply:
    return say(status, "text/plain", "", **headers)


def stream(text: str) -> Reply:
    """A stream of this text, which ends."""
    return say(200, "text/event-stream", text)


def in_parts(*parts: str | asyncio.Event, stays: bool = False) -> Reply:
    """A stream of these texts, with the events waited for between them, that ends when its client leaves or
    all was said."""

    async def reply(wire: Wire) -> None:
        head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        await wire.write(head)
        for part in parts:
            if isinstance(part, asyncio.Event):
                await part.wait()
            else:
                data = part.encode()
                await wire.write(b"%x\r\n%b\r\n" % (len(data), data))
        if stays:
            await wire.gone()
        else:
            await wire.write("0\r\n\r\n")

    return reply


def open_stream(text: str = ":\n\n") -> Reply:
    """A stream that stays open."""
    return in_parts(text, stays=True)


def raw(text: str) -> Reply:
    """These bytes, whatever they are, and then the end of the connection."""

    async def reply(wire: Wire) -> None:
        await wire.write(text)
        wire.writer.close()

    return reply


def event(id: str, message: Any) -> str:
    text = message if isinstance(message, str) else json.dumps(message)
    return (f"id: {id}\n" if id else "") + f"data: {text}\n\n"


def told(method: str, **params: Any) -> dict[str, Any]:
    """A notification."""
    return {"jsonrpc": "2.0", "method": method, "params": params}


class Heard:
    """A request that came."""

    def __init__(self, method: str, path: str, headers: dict[str, str], text: bytes) -> None:
        self.method = method
        self.path = path
        self.headers = headers
        self.text = text.decode()
        self.at = asyncio.get_running_loop().time()
        self.body: dict[str, Any] = {}
        with suppress(ValueError):
            self.body = json.loads(text)

    @property
    def what(self) -> str:
        """The method of its message, or that of HTTP."""
        return str(self.body.get("method", self.method))

    @property
    def name(self) -> str:
        return str(self.body.get("params", {}).get("name", ""))

    def response(self, result: Any) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": self.body.get("id"), "result": result}

    def result(self, result: Any, **headers: str) -> Reply:
        return say_json(200, self.response(result), **headers)

    def error(self, status: int, code: int, **more: Any) -> Reply:
        error = {"code": code, "message": "no", **more}
        return say_json(status, {"jsonrpc": "2.0", "id": self.body.get("id"), "error": error})

    def opening(self, session: str) -> Reply:
        """The answer that opens a session."""
        return self.result(OLD, Mcp_Session_Id=session)

    def handshake(self) -> Reply | None:
        """What a legacy server says to everything that is needed to get going; None to anything else."""
        match self.what:
            case "server/discover":
                return self.error(400, -32600)
            case "initialize":
                return self.opening("s1")
            case "GET" if "last-event-id" not in self.headers:
                return status(405)
            case "notifications/initialized" | "notifications/cancelled":
                return status(202)
            case "DELETE":
                return status(200)
        return None

    def discovery(self) -> Reply | None:
        """What a modern server says to a probe; None to anything else."""
        return self.result(DISCOVERY) if self.what == "server/discover" else None


class Site:
    """A server, and what it has heard."""

    def __init__(self, answer: Callable[[Heard], Reply | None]) -> None:
        self.url = ""
        self.heard: list[Heard] = []
        self.connections = 0
        self._answer = answer
        self._news = asyncio.Condition()

    @property
    def asked(self) -> list[str]:
        """What was asked, in order."""
        return [heard.what for heard in self.heard]

    def of(self, what: str) -> list[Heard]:
        return [heard for heard in self.heard if heard.what == what]

    def resumed(self) -> list[Heard]:
        """The requests for a stream's continuation."""
        return [heard for heard in self.of("GET") if "last-event-id" in heard.headers]

    def count(self, what: str) -> int:
        return len(self.of(what))

    async def wait(self, what: str) -> Heard:
        """Waits until something of this kind was asked."""
        async with self._news:
            await self._news.wait_for(lambda: self.count(what))
        return self.of(what)[0]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        wire = Wire(reader, writer)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                while not writer.is_closing() and (heard := await _request(reader)):
                    self.heard.append(heard)
                    async with self._news:
                        self._news.notify_all()
                    reply = self._answer(heard) or heard.error(404, -32601)
                    await reply(wire)
        finally:
            writer.close()


async def _request(reader: asyncio.StreamReader) -> Heard | None:
    line = (await reader.readline()).decode().split()
    if not line:
        return None
    headers = {}
    while (header := (await reader.readline()).decode().strip()) != "":
        name, _, value = header.partition(":")
        headers[name.lower()] = value.strip()
    text = await reader.readexactly(int(headers.get("content-length", "0")))
    return Heard(line[0], line[1], headers, text)


@asynccontextmanager
async def scripted(
    answer: Callable[[Heard], Reply | None], secure: ssl.SSLContext | None = None
) -> AsyncIterator[Site]:
    """A server as long as the block runs."""
    site = Site(answer)
    async with _listening(site.serve, secure) as port:
        site.url = f"http://127.0.0.1:{port}/mcp"
        yield site


@asynccontextmanager
async def _listening(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    secure: ssl.SSLContext | None = None,
) -> AsyncIterator[int]:
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(serve(reader, writer))
        tasks.add(task)

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=secure)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        failed = await asyncio.gather(*tasks, return_exceptions=True)
        for error in failed:
            if isinstance(error, Exception):
                raise error


# ---- a proxy ----


class Cut(Enum):
    """Where a connection breaks."""

    BEFORE = auto()
    """Nothing reaches the server."""
    DURING = auto()
    """Half of the request reaches the server."""
    AFTER = auto()
    """The server answers, and nothing of it reaches the client."""
    ANSWER = auto()
    """The answer breaks off behind its first event with an id."""


class Faulty:
    """A proxy. Requests that contain `what` are broken, one after the other, as long as there are cuts."""

    def __init__(self, server: str, what: str, cuts: list[Cut]) -> None:
        self._to = urlsplit(server)
        self._what = what.encode()
        self.cuts = cuts
        self.url = ""
        self.was_cut = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there = await asyncio.open_connection(self._to.hostname, self._to.port)
        back: asyncio.Future[None] | None = None
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                while request := await _bytes_of(reader):
                    if back is not None and back.done():
                        break
                    cut = self.cuts.pop(0) if self.cuts and self._what in request else None
                    if cut in (Cut.AFTER, Cut.ANSWER) and back is not None:
                        # What the server says from here on is looked at.
                        back.cancel()
                        await asyncio.wait([back])
                    if cut is not Cut.BEFORE:
                        half = len(request) // 2
                        there.write(request[:half] if cut is Cut.DURING else request)
                        await there.drain()
                    if cut is not None:
                        await self._break(cut, there_reader, writer)
                        break
                    if back is None:
                        back = asyncio.ensure_future(_copy(there_reader, writer))
        finally:
            if back is not None:
                back.cancel()
            there.close()
            writer.close()

    async def _break(
        self, cut: Cut, answer: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if cut is Cut.AFTER:
            await answer.read(1)
        elif cut is Cut.ANSWER:
            said = b""
            while b"id: " not in said or not said.endswith(b"\n\n\r\n"):
                said += await answer.read(65536)
            writer.write(said)
            await writer.drain()
        self.was_cut.set()


async def _bytes_of(reader: asyncio.StreamReader) -> bytes:
    """A request as it came; nothing at the end."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    return head + await reader.readexactly(length)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def faulty(server: str, what: str, *cuts: Cut) -> AsyncIterator[Faulty]:
    """A proxy in front of a server."""
    proxy = Faulty(server, what, list(cuts))
    async with _listening(proxy.serve) as port:
        proxy.url = f"http://127.0.0.1:{port}{urlsplit(server).path}"
        yield proxy
