"""Batches of revision 2025-03-26 over a connection, as text on the wire."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from isogloss import Context, McpError, Server
from isogloss.batch import messages_of
from tests.runtime.by_hand import Peer, text_of
from tests.runtime.loop import in_loop


@in_loop
async def test_a_batch_of_2025_03_26_is_answered_together_and_in_order() -> None:
    server = Server("batches")
    first = asyncio.Event()

    @server.tool(name="first")
    async def waits() -> str:
        await first.wait()
        return "first"

    @server.tool
    def second(context: Context) -> str:
        context.progress(1)
        first.set()
        return "second"

    @server.tool
    async def never() -> None:
        await asyncio.Event().wait()

    def call(id: int, name: str, **more: Any) -> dict[str, Any]:
        params = {"name": name, **more}
        return {"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params}

    peer = Peer(server)
    await peer.open("2025-03-26")
    cancel = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 30}}
    token = {"progressToken": 1}
    batch = [
        call(10, "first"),
        call(30, "never"),
        cancel,
        {"id": 4},
        call(20, "second", _meta=token),
    ]
    peer.write(json.dumps(batch))
    assert (await peer.next())["method"] == "notifications/progress"
    answers = await peer.next()
    assert [one["id"] for one in answers] == [10, 4, 20]
    assert [text_of(one["result"]) for one in answers if "result" in one] == [
        '{"result":"first"}',
        '{"result":"second"}',
    ]
    peer.write('[{"jsonrpc":"2.0","method":"notifications/initialized"}]')
    assert await peer.legacy("ping") == {}, "a batch of nothing to answer is not answered"


@pytest.mark.parametrize(
    ("revision", "batch", "code", "message"),
    [
        (
            "2025-06-18",
            "[{}]",
            -32600,
            "expected object, found array: only revision 2025-03-26 has",
        ),
        ("2025-03-26", "[]", -32600, "expected a batch of 1 to 100 messages, found 0 (max_batch)"),
        ("2025-03-26", f"[{'{},' * 100}{{}}]", -32600, "messages, found 101 (max_batch)"),
        ("2025-03-26", "[{}", -32700, "invalid JSON"),
    ],
)
@in_loop
async def test_a_batch_is_refused_as_a_whole(
    revision: str, batch: str, code: int, message: str
) -> None:
    peer = Peer(Server("batches"))
    await peer.open(revision)
    peer.write(batch)
    refused = await peer.next()
    assert (refused["id"], refused["error"]["code"]) == (None, code)
    assert message in refused["error"]["message"]


@given(st.binary(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_that_begins_as_a_batch_is_one_or_refused(rest: bytes) -> None:
    with suppress(McpError):
        messages = messages_of(b"[" + rest, is_agreed=True)
        assert 0 < len(messages) <= 100
