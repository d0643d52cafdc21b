"""A server as a process: what passes between the two, and how it ends."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from isogloss import ErrorKind, McpError, connect
from isogloss.protocol.limits import MAX_MESSAGE
from tests.runtime.loop import in_loop

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, str(Path(__file__).with_name("surface.py"))]
ENV = {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}


@in_loop
async def test_a_command_is_started_used_and_ended() -> None:
    async with connect(command=COMMAND, env=ENV) as client:
        assert client.server.name == "surface"
        assert (await client.call_tool("add", {"a": 1})).structured_content == {"sum": 3}
        assert (await client.call_tool("count", {"text": "é" * 3_000_000})).structured_content == {
            "result": 3_000_000
        }


@in_loop
async def test_what_a_program_prints_is_kept_off_the_wire() -> None:
    async with connect(command=COMMAND, env=ENV, era="legacy") as client:
        assert (await client.call_tool("stray")).structured_content == {"result": "printed"}
        assert (await client.call_tool("add", {"a": 1})).structured_content == {"sum": 3}


@in_loop
async def test_a_server_that_dies_is_reported_with_its_status_and_last_words() -> None:
    async with connect(command=COMMAND, env=ENV) as client:
        with pytest.raises(
            McpError, match=r"^the server ended with status 3\nlast words$"
        ) as raised:
            await client.call_tool("leave", {"status": 3})
        assert raised.value.kind is ErrorKind.CLOSED
        with pytest.raises(McpError, match="the server ended with status 3"):
            await client.list_tools()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["/nonexistent/server"], "the server did not start"),
        (
            [sys.executable, "-c", "import sys; sys.exit('no such luck')"],
            "ended with status 1\nno such luck",
        ),
    ],
)
@in_loop
async def test_a_server_that_does_not_come_up_is_an_error(command: list[str], message: str) -> None:
    with pytest.raises(McpError, match=message) as raised:
        async with connect(command=command):
            pass
    assert raised.value.kind is ErrorKind.CLOSED


def exchange(*lines: bytes) -> list[Any]:
    """What a server answers to these lines before the end of its input."""
    done = subprocess.run(
        COMMAND, input=b"".join(lines), env=ENV, capture_output=True, timeout=20, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


META = b'{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}'


def call(id: int, arguments: bytes = b'{"a":1}') -> bytes:
    return (
        b'{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"_meta":%b,"name":"add","arguments":%b}}'
        % (id, META, arguments)
    )


def test_the_last_request_is_answered_even_without_a_newline() -> None:
    assert [answer["id"] for answer in exchange(call(1) + b"\n", call(2))] == [1, 2]


def test_hostile_lines_get_an_error_and_the_server_lives_on() -> None:
    deep = b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    answers = exchange(
        b"\x00\xff\n",
        b"[" * 500_000 + b"\n",
        call(2, deep) + b"\n",
        call(3, b'{"a":' + b"9" * 10_000 + b"}") + b"\n",
        b'{"jsonrpc":"2.0","id":4,"method":"x","params":{"y":"' + b"z" * MAX_MESSAGE + b'"}}\n',
        b"\r\n  \n",
        call(5) + b"\r\n",
    )
    assert [answer["id"] for answer in answers] == [None, None, 2, 3, 4, 5]
    assert [answer.get("error", {}).get("code") for answer in answers] == [
        -32700,
        -32700,
        -32602,
        None,
        -32600,
        None,
    ]
    assert answers[3]["result"]["isError"] is True
    assert answers[5]["result"]["structuredContent"] == {"sum": 3}


def test_many_requests_at_once_are_all_answered() -> None:
    answers = exchange(*(call(id) + b"\n" for id in range(5000)))
    assert sorted(answer["id"] for answer in answers) == list(range(5000))
