"""Where a user comes back to on this machine: a port that listens for one visit, and takes nothing but its end.

https://www.rfc-editor.org/rfc/rfc8252.html#section-7.3
"""

import asyncio
from contextlib import suppress
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs

from ..protocol.limits import AUTH_FETCH_TIMEOUT, MAX_HEAD, MAX_REDIRECTS

_PATH: Final = "/callback"
_PAGE: Final = (
    b'<!doctype html><html lang="en"><meta charset="utf-8"><title>Back to the program</title>'
    b"<p>That was all here. You can close this page and go back to the program.</p></html>\n"
)
"""What the user sees: the same whatever happened, and nothing of what came."""

_HEADERS: Final = (
    "Content-Type: text/html; charset=utf-8\r\n"
    "Cache-Control: no-store\r\n"
    "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
    "Referrer-Policy: no-referrer\r\n"  # the address has the code in it
    f"Content-Length: {len(_PAGE)}\r\n"
    "Connection: close\r\n"
)


class Receiver:
    """The place. It listens from `listen` to `close`."""

    def __init__(self) -> None:
        self.state: str | None = None
        """What whoever is waited for comes back with; None as long as nobody is."""
        self._server: asyncio.Server | None = None
        self._back: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._serving: set[asyncio.Task[None]] = set()
        # Further connections wait: each is open for a bounded time.
        self._places = asyncio.Semaphore(MAX_REDIRECTS)

    async def listen(self, port: int) -> None:
        """Listens at this port, or at any free one if it is 0. Raises OSError if it cannot."""
        self._server = await asyncio.start_server(self._begin, "127.0.0.1", port, limit=MAX_HEAD)

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def redirect_uri(self) -> str:
        """Where users come back to."""
        return f"http://127.0.0.1:{self.port}{_PATH}"

    async def receive(self) -> str:
        """The address that the user comes back to with their state, once they have been sent the page.

        Whatever else comes is turned away, so that no page that guesses the port ends the visit.
        """
        return f"{self.redirect_uri}?{await self._back}"

    async def close(self) -> None:
        """Ends the listening. Whoever is still there came for nothing: who was waited for has seen the page."""
        if self._server is None:
            return
        self._server.close()
        for task in self._serving:
            task.cancel()
        if self._serving:
            await asyncio.wait(self._serving)
        await self._server.wait_closed()

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        query = None
        broken = (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)
        try:
            with suppress(*broken):
                async with self._places, asyncio.timeout(AUTH_FETCH_TIMEOUT):
                    query = await self._answer(reader, writer)
        except asyncio.CancelledError:
            # Nobody waits until the other side has read what was sent to it.
            writer.transport.abort()
            raise
        finally:
            writer.close()
        with suppress(*broken):
            async with asyncio.timeout(AUTH_FETCH_TIMEOUT):
                await writer.wait_closed()
        # Whether the page arrives is the browser's business, but not that it is sent.
        if query is not None and not self._back.done():
            self._back.set_result(query)

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> str | None:
        """Answers one request; gives its query if it is the one that is waited for."""
        head = await reader.readuntil(b"\r\n\r\n")
        method, _, rest = head.split(b"\r\n", 1)[0].decode("latin-1").partition(" ")
        path, _, query = rest.partition(" ")[0].partition("?")
        status = self._status(method, path, query)
        line = f"HTTP/1.1 {status.value} {status.phrase}\r\n{_HEADERS}\r\n"
        writer.write(line.encode() + (b"" if method == "HEAD" else _PAGE))
        await writer.drain()
        return query if status is HTTPStatus.OK else None

    def _status(self, method: str, path: str, query: str) -> HTTPStatus:
        if path != _PATH:
            return HTTPStatus.NOT_FOUND
        if method != "GET":
            return HTTPStatus.METHOD_NOT_ALLOWED
        try:
            states = parse_qs(query).get("state", [])
        except ValueError:  # too many fields
            states = []
        is_awaited = self.state is not None and self.state in states
        return HTTPStatus.OK if is_awaited else HTTPStatus.BAD_REQUEST
