"""Either side of a call is ended with SIGKILL: the other one knows, and nothing waits for ever."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from isogloss import ErrorKind, McpError, Server, connect
from tests.runtime.loop import in_loop
from tests.runtime.web import Web, served

ROOT = Path(__file__).parents[2]
ENV = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}

SERVER = """
import asyncio, os, sys
from isogloss import Server

server = Server("killed")
if len(sys.argv) > 2:
    # Held for as long as this process lives.
    held = os.open(sys.argv[2], os.O_WRONLY)

@server.tool
async def wait() -> None:
    with open(sys.argv[1], "w") as file:
        file.write(str(os.getpid()))
    await asyncio.Event().wait()
"""
OVER_STDIO = SERVER + "server.run()\n"
OVER_HTTP = SERVER + (
    "server.run(transport='http', port=0, on_listening=lambda at: print(at, flush=True))\n"
)
CLIENT = """
import asyncio, sys
from isogloss import connect

async def main() -> None:
    async with connect(command=[sys.executable, *sys.argv[1:]]) as client:
        await client.call_tool("wait")

asyncio.run(main())
"""


def fifo(folder: Path, name: str) -> str:
    """Something to hear through that another process has begun, or has ended."""
    path = str(folder / name)
    os.mkfifo(path)
    return path


async def heard(path: str) -> str:
    """All that is said there until its last writer ends."""
    return await asyncio.to_thread(Path(path).read_text)


@in_loop
async def test_a_server_over_stdio_is_killed(tmp_path: Path) -> None:
    begun = fifo(tmp_path, "begun")
    async with connect(command=[sys.executable, "-c", OVER_STDIO, begun], env=ENV) as client:
        call = asyncio.ensure_future(client.call_tool("wait"))
        os.kill(int(await heard(begun)), signal.SIGKILL)
        with pytest.raises(McpError, match="the server was ended by signal 9") as raised:
            await call
        assert raised.value.kind is ErrorKind.CLOSED


@in_loop
async def test_a_client_over_stdio_is_killed(tmp_path: Path) -> None:
    begun, lives = fifo(tmp_path, "begun"), fifo(tmp_path, "lives")
    client = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CLIENT, "-c", OVER_STDIO, begun, lives, env=ENV
    )
    ended = asyncio.ensure_future(heard(lives))
    await heard(begun)
    client.kill()
    await client.wait()
    # The server goes by itself.
    assert await ended == ""


@in_loop
async def test_a_server_over_http_is_killed(tmp_path: Path) -> None:
    begun = fifo(tmp_path, "begun")
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", OVER_HTTP, begun, env=ENV, stdout=asyncio.subprocess.PIPE
    )
    assert server.stdout is not None
    address = (await server.stdout.readline()).decode().strip()
    web = Web(int(address.removesuffix("/mcp").rpartition(":")[2]))
    call = asyncio.ensure_future(web.ask("tools/call", name="wait", arguments={}))
    await heard(begun)
    server.kill()
    await server.wait()
    with pytest.raises((IndexError, ConnectionResetError)):
        await call
    web.close()


ASK = """
import asyncio, sys
from tests.runtime.web import Web

async def main() -> None:
    await Web(int(sys.argv[1])).ask("tools/call", name="wait", arguments={})

asyncio.run(main())
"""


@in_loop
async def test_a_client_over_http_is_killed() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()
    own = Server("lives on")

    @own.tool
    async def wait() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    @own.tool
    def add(a: int, b: int) -> int:
        return a + b

    async with served(own.asgi()) as web:
        client = await asyncio.create_subprocess_exec(
            sys.executable, "-c", ASK, str(web.port), env=ENV
        )
        await begun.wait()
        client.kill()
        await client.wait()
        await ended.wait()
        response = await web.ask("tools/call", name="add", arguments={"a": 1, "b": 2})
        assert (await response.json())["result"]["structuredContent"] == {"result": 3}
