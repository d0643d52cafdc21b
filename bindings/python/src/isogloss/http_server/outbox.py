"""The events of one response: written while its client reads, with a comment now and then so that nobody
takes the connection for dead."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from ..protocol.limits import MAX_WAITING, WRITE_TIMEOUT
from ..sse import COMMENT


class Outbox:
    """What waits to be written to one client."""

    def __init__(self, on_closed: Callable[[], None] = lambda: None) -> None:
        """`on_closed` is called once, when everything has been written or the client has gone away."""
        self._on_closed = on_closed
        self._waiting: list[bytes] = []
        self._over = False
        self._closed = False
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    @property
    def is_open(self) -> bool:
        """Whether the client is still there, and the end is not."""
        return not self._over and not self._closed

    @property
    def is_full(self) -> bool:
        """Whether so much waits that nobody should add to it."""
        return len(self._waiting) >= MAX_WAITING

    def push(self, event: bytes) -> None:
        """Adds an event. After the end it does nothing."""
        if not self.is_open:
            return
        self._waiting.append(event)
        self._wake.set()
        if self.is_full:
            self._room.clear()

    async def drain(self) -> None:
        """Waits for room."""
        await self._room.wait()

    def end(self) -> None:
        """Nothing follows."""
        self._over = True
        self._wake.set()

    def close(self) -> None:
        """The client is gone, or has everything."""
        if self._closed:
            return
        self._closed = True
        self._waiting.clear()
        self._wake.set()
        self._room.set()
        self._on_closed()

    async def write(self, send: Callable[[Any], Awaitable[None]], keep_alive: float) -> None:
        """Writes what comes until its end, and a comment after so many seconds of silence.

        A client that takes nothing for too long is left.
        """
        try:
            while not self._closed:
                if self._waiting:
                    text = b"".join(self._waiting)
                    self._waiting.clear()
                    self._room.set()
                elif self._over:
                    break
                else:
                    text = await self._silence(keep_alive)
                if text:
                    async with asyncio.timeout(WRITE_TIMEOUT):
                        await send({"type": "http.response.body", "body": text, "more_body": True})
        except (TimeoutError, OSError):
            # It does not read, or is not there any more.
            return
        finally:
            self.close()
        await send({"type": "http.response.body", "body": b""})

    async def _silence(self, keep_alive: float) -> bytes:
        self._wake.clear()
        try:
            async with asyncio.timeout(keep_alive):
                await self._wake.wait()
        except TimeoutError:
            return COMMENT
        return b""
