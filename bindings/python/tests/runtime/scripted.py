"""A server that says what a test wants it to say, in either era, and what it has heard."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from isogloss.transport import MemoryTransport, Transport, memory_pair

Said = dict[str, Any] | list[dict[str, Any]] | None
"""The members of a result, or whole messages one after the other; None leaves it to the default."""

CAN: dict[str, Any] = {
    "logging": {},
    "prompts": {"listChanged": True},
    "resources": {"listChanged": True, "subscribe": True},
    "tools": {"listChanged": True},
}
"""Everything."""

_DEFAULTS: dict[str, dict[str, Any]] = {
    "server/discover": {
        "supportedVersions": ["2026-07-28"],
        "capabilities": CAN,
        "cacheScope": "public",
        "ttlMs": 0,
    },
    "initialize": {
        "protocolVersion": "2025-11-25",
        "capabilities": CAN,
        "serverInfo": {"name": "old", "version": "1"},
    },
    "ping": {},
    "logging/setLevel": {},
    "resources/subscribe": {},
    "resources/unsubscribe": {},
}


class ScriptedServer:
    """Answers each message as a function says; it is a server of this process like any other."""

    def __init__(self, answer: Callable[[dict[str, Any]], Said] = lambda _: None) -> None:
        self.heard: list[dict[str, Any]] = []
        self._answer = answer
        self._there: MemoryTransport
        self._came = asyncio.Event()

    def in_memory(self) -> Transport:
        """The client's end of a connection."""
        here, self._there = memory_pair()
        here.served_by = asyncio.ensure_future(self._serve())
        return here

    def all(self, method: str) -> list[dict[str, Any]]:
        """What was heard with a method."""
        return [message for message in self.heard if message.get("method") == method]

    async def wait_for(self, method: str, count: int = 1) -> dict[str, Any]:
        """Waits until a method was heard so often; gives the last of them."""
        while len(self.all(method)) < count:
            self._came.clear()
            await self._came.wait()
        return self.all(method)[count - 1]

    def say(self, **message: Any) -> None:
        """Sends a message."""
        self._there.send(json.dumps({"jsonrpc": "2.0", **message}).encode())

    async def close(self) -> None:
        """Ends the connection."""
        await self._there.close()

    async def _serve(self) -> None:
        while batch := await self._there.receive():
            for text in batch:
                assert isinstance(text, bytes)
                message = json.loads(text)
                self.heard.append(message)
                self._came.set()
                said = self._answer(message)
                if said is None:
                    said = _DEFAULTS.get(message.get("method", ""))
                if isinstance(said, list):
                    for one in said:
                        self.say(**one)
                elif said is not None and "id" in message:
                    self.say(id=message["id"], result=said)
