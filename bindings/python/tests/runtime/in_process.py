"""A request to an ASGI application without a socket."""

import asyncio
from typing import Any, NamedTuple


class Said(NamedTuple):
    """A response; its status is 0 if there was none."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes


async def in_process(
    app: Any,
    method: str,
    headers: list[tuple[bytes, bytes]],
    body: bytes = b"",
    path: str = "/mcp",
    gone: asyncio.Event | None = None,
) -> Said:
    """Asks, and goes away when `gone` is set; without it once the body was taken."""
    status, found, parts = 0, {}, []
    given = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        if given:
            return given.pop()
        if gone is not None:
            await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            found.update(message["headers"])
        else:
            parts.append(message["body"])

    scope = {"type": "http", "method": method, "path": path, "headers": headers, "root_path": ""}
    await app(scope, receive, send)
    return Said(status, found, b"".join(parts))
