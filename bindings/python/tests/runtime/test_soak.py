"""A server that runs for long: 100,000 calls, 1,000 legacy sessions that are ended and 1,000 that are abandoned, and
calls that clients go away from, leave memory and tasks as they were."""

import asyncio
import gc
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from isogloss import Server
from tests.runtime.in_process import Said, in_process
from tests.runtime.loop import in_loop_within
from tests.runtime.web import META

JSON = (b"content-type", b"application/json")
HELLO = json.dumps(
    {
        "jsonrpc": "2.0",
        "id": 0,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "soak", "version": "1"},
        },
    }
).encode()
PING = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'
WAIT = b'{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"wait"}}'


class Soaked:
    """A server that counts its handlers that run."""

    def __init__(self) -> None:
        self.running = 0
        self.begun = asyncio.Event()
        self.server = Server("soaked")
        self.server.tool(self.add)
        self.server.tool(self.later)
        self.server.tool(self.wait)

    def add(self, a: int) -> int:
        return a + 1

    async def later(self) -> str:
        self.running += 1
        await asyncio.sleep(0)
        self.running -= 1
        return "done"

    async def wait(self) -> None:
        self.running += 1
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.running -= 1


async def alive() -> tuple[int, int]:
    """What is alive: blocks of memory, and tasks."""
    for _ in range(3):
        # What the last calls have left is gone a turn later.
        await asyncio.sleep(0)
        gc.collect()
    return sys.getallocatedblocks(), len(asyncio.all_tasks())


async def require_level(rounds: Callable[[int], Awaitable[None]], few: int, many: int) -> None:
    """Runs something to get going, and then often: a block for every tenth of them would be more than may be left."""
    await rounds(few)
    blocks, tasks = await alive()
    await rounds(many)
    blocks_after, tasks_after = await alive()
    assert blocks_after < blocks + max(many // 10, 500), f"{blocks} before, {blocks_after} after"
    assert tasks_after <= tasks


@in_loop_within(120)
async def test_a_hundred_thousand_calls_leave_nothing_behind() -> None:
    soaked = Soaked()
    there = soaked.server.in_memory()
    together = 100
    texts = []
    for id in range(together):
        name, arguments = ("add", {"a": 1}) if id % 10 else ("later", {})
        params = {"_meta": META, "name": name, "arguments": arguments}
        message = {"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params}
        texts.append(json.dumps(message).encode())

    async def calls(count: int) -> None:
        for _ in range(count // together):
            for text in texts:
                there.send(text)
            answered = 0
            while answered < together:
                for answer in await there.receive():
                    assert isinstance(answer, bytes)
                    assert b'"result"' in answer
                    answered += 1

    await require_level(calls, 10_000, 100_000)
    assert soaked.running == 0
    await there.close()


@in_loop_within(120)
async def test_a_thousand_sessions_leave_nothing_behind_whether_ended_or_abandoned() -> None:
    soaked = Soaked()
    app = soaked.server.asgi(max_sessions=100)

    async def post(text: bytes, *headers: tuple[bytes, bytes], **more: Any) -> Said:
        return await in_process(
            app, "POST", [(b"host", b"localhost"), JSON, *headers], text, **more
        )

    async def opened() -> tuple[bytes, bytes]:
        session = (await post(HELLO)).headers[b"mcp-session-id"]
        named = (b"mcp-session-id", session)
        assert (await post(PING, named)).status == 200
        return named

    async def rounds(count: int) -> None:
        for _ in range(count):
            named = await opened()
            soaked.begun.clear()
            # One that would never end, and whose client stays.
            call = asyncio.ensure_future(post(WAIT, named, gone=asyncio.Event()))
            await soaked.begun.wait()
            ended = await in_process(app, "DELETE", [(b"host", b"localhost"), named])
            assert ended.status == 204
            assert (await call).status == 200
            assert (await post(PING, named)).status == 404
        for _ in range(count):
            await opened()

    # More than there is room for, so that those to come replace those that are there.
    await require_level(rounds, 200, 1000)
    assert soaked.running == 0
    app.close()


@in_loop_within(120)
async def test_calls_that_modern_clients_go_away_from_leave_nothing_behind() -> None:
    soaked = Soaked()
    app = soaked.server.asgi()
    params = {"_meta": META, "name": "wait"}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    text = json.dumps(message).encode()
    headers = [
        (b"host", b"localhost"),
        JSON,
        (b"mcp-protocol-version", b"2026-07-28"),
        (b"mcp-method", b"tools/call"),
        (b"mcp-name", b"wait"),
    ]

    async def rounds(count: int) -> None:
        for _ in range(count):
            gone = asyncio.Event()
            soaked.begun.clear()
            call = asyncio.ensure_future(in_process(app, "POST", headers, text, gone=gone))
            await soaked.begun.wait()
            gone.set()
            assert (await call).status == 0

    await require_level(rounds, 200, 1000)
    assert soaked.running == 0
