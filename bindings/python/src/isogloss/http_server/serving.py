"""Serving over HTTP by uvicorn, with uvloop and httptools where they are installed."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..protocol.limits import HEAD_TIMEOUT, WRITE_TIMEOUT
from . import AsgiApp

try:
    import uvicorn
    from uvicorn.protocols.http.auto import AutoHTTPProtocol
except ImportError as error:
    reason = "serving over HTTP needs uvicorn: install isogloss[http], or hand Server.asgi() to an ASGI server"
    raise ImportError(reason) from error


class _Connection(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """A connection that ends when its client takes nothing for `write_timeout`, whatever waits to be sent."""

    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    leaving: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        """Much waits for the client."""
        super().pause_writing()
        self.leaving = self.loop.call_later(WRITE_TIMEOUT, self.transport.abort)

    def resume_writing(self) -> None:
        """The client has taken some."""
        super().resume_writing()
        self._stay()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._stay()
        super().connection_lost(exc)

    def _stay(self) -> None:
        if self.leaving is not None:
            self.leaving.cancel()
            self.leaving = None


class _Uvicorn(uvicorn.Server):
    """Has those go who only listen for news before it waits for everybody else."""

    def __init__(self, config: uvicorn.Config, app: AsgiApp) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends: nothing more is accepted, and calls may finish within `drain_timeout`."""
        self._app.end_news()
        await super().shutdown(sockets)


def configured(app: AsgiApp, max_connections: int, drain_timeout: float) -> uvicorn.Server:
    """What serves an application."""
    settings: dict[str, Any] = {
        "access_log": False,
        "http": _Connection,
        # One more is accepted, to be told so.
        "limit_concurrency": max_connections + 1,
        "log_level": "warning",
        "lifespan": "on",
        "server_header": False,
        "timeout_graceful_shutdown": drain_timeout,
        # Longer than clients keep a connection that is idle, so that none sends on one that is just being closed.
        "timeout_keep_alive": HEAD_TIMEOUT,
    }
    return _Uvicorn(uvicorn.Config(app, **settings), app)


@contextmanager
def listening(
    app: AsgiApp, host: str, port: int, on_listening: Callable[[str], object] | None
) -> Iterator[list[socket.socket]]:
    """Listens; the application is told where, and so is `on_listening`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.create_server((host, port), family=family, backlog=1024)
    # What answers at once shall not wait for an acknowledgement; asyncio does this for its own sockets alone.
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    app.listens_at(host)
    shown = f"[{host}]" if ":" in host else host
    with bound:
        if on_listening is not None:
            on_listening(f"http://{shown}:{bound.getsockname()[1]}{app.path}")
        yield [bound]
