"""Serving over HTTP by uvicorn, with uvloop and httptools where they are installed."""

import socket
from collections.abc import Callable
from typing import Any

from ..protocol.limits import DRAIN_TIMEOUT, MAX_CONNECTIONS
from . import AsgiApp

try:
    import uvicorn
except ImportError as error:
    reason = "serving over HTTP needs uvicorn: install isogloss[http], or hand Server.asgi() to an ASGI server"
    raise ImportError(reason) from error


class _Uvicorn(uvicorn.Server):
    """Has those go who only listen for news before it waits for everybody else."""

    def __init__(self, config: uvicorn.Config, app: AsgiApp) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends: nothing more is accepted, and calls may finish within `drain_timeout`."""
        self._app.end_news()
        await super().shutdown(sockets)


def serve(
    app: AsgiApp, host: str, port: int, on_listening: Callable[[str], object] | None = None
) -> None:
    """Serves until the process is told to end."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.create_server((host, port), family=family, backlog=1024)
    # What answers at once shall not wait for an acknowledgement; asyncio does this for its own sockets alone.
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    app.listens_at(host)
    shown = f"[{host}]" if ":" in host else host
    with bound:
        if on_listening is not None:
            on_listening(f"http://{shown}:{bound.getsockname()[1]}/mcp")
        settings: dict[str, Any] = {"access_log": False, "log_level": "warning", "lifespan": "on"}
        config = uvicorn.Config(
            app,
            timeout_graceful_shutdown=round(DRAIN_TIMEOUT),
            limit_concurrency=MAX_CONNECTIONS,
            server_header=False,
            **settings,
        )
        _Uvicorn(config, app).run(sockets=[bound])
