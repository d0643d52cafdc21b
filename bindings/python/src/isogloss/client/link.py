"""How a client's messages get to its server, and the server's to it."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol

from msgspec import Raw

from ..context import done
from ..error import McpError
from ..protocol.methods import Method
from ..session import Handler, Session
from ..transport import Transport


class Link(Protocol):
    """A way to one server. What the server sends goes to the handler that the link was made with."""

    def call(
        self,
        method: Method,
        params: bytes | None,
        timeout: float | None,
        /,
        *,
        repeatable: bool | None = None,
    ) -> Awaitable[Raw]:
        """Sends a request and waits for its result, at most `timeout` seconds; None is without end.

        `repeatable` says whether it may be sent twice; None leaves that to the method.
        """
        ...

    def notify(self, method: Method, params: bytes | None, /) -> Awaitable[None]:
        """Sends a notification."""
        ...

    async def close(self) -> None:
        """Ends the connection. What waits for an answer fails."""
        ...


class Remote(Protocol):
    """A server that is reached in a way of its own."""

    def dial(self, handler: Handler, timeout: float, anew: Callable[[], None], /) -> Link:
        """A link to it; nothing is sent yet. `timeout` is for what has no limit of its own.

        `anew` is called when a session that the server had forgotten was opened anew.
        """
        ...


class OverTransport:
    """A link that is a session over a transport."""

    def __init__(
        self, transport: Transport, handler: Handler, on_end: Callable[[], None] | None = None
    ) -> None:
        """`on_end` is called when the connection has ended."""
        self._transport = transport
        self._session = Session(transport, handler, on_end=on_end)
        self._running = asyncio.ensure_future(self._session.run())

    def call(
        self,
        method: Method,
        params: bytes | None,
        timeout: float | None,
        /,
        *,
        repeatable: bool | None = None,  # noqa: ARG002, nothing is ever sent twice
    ) -> Awaitable[Raw]:
        """Sends a request and waits for its result."""
        return self._session.call(method.name, params, math.inf if timeout is None else timeout)

    def notify(self, method: Method, params: bytes | None, /) -> Awaitable[None]:
        """Sends a notification."""
        self._session.notify(method.name, params)
        return done()

    async def close(self) -> None:
        """Ends the connection, and a server that was started for it."""
        await self._transport.close()
        with suppress(McpError):
            await self._running
