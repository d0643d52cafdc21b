"""The legacy era over HTTP: sessions, streams that are resumed, batches."""

import asyncio
import json

import pytest

from isogloss import Context, Server, form
from tests.runtime.loop import in_loop
from tests.runtime.test_ask import Visitor
from tests.runtime.web import Web, served


def make() -> Server:
    mcp = Server("legacy web")
    mcp.cancelled = asyncio.Event()  # type: ignore[attr-defined]
    mcp.go = asyncio.Event()  # type: ignore[attr-defined]

    @mcp.tool
    def add(a: int, b: int) -> int:
        return a + b

    @mcp.tool
    async def greet(context: Context) -> str:
        return (await context.ask(form("Your name?", Visitor))).accepted().name

    @mcp.tool
    async def polled(context: Context) -> bool:
        closed = context.close_stream()
        context.log("info", "closed")
        return closed

    @mcp.tool
    async def wait(context: Context) -> str:
        context.log("info", "waiting")
        try:
            await mcp.go.wait()  # type: ignore[attr-defined]
        except asyncio.CancelledError:
            mcp.cancelled.set()  # type: ignore[attr-defined]
            raise
        return "done"

    return mcp


@in_loop
async def test_a_session_is_opened_used_and_ended() -> None:
    async with served(make().asgi()) as web:
        opened = await web.open()
        assert (await opened.json())["result"]["protocolVersion"] == "2025-11-25"
        assert (
            await web.post({"jsonrpc": "2.0", "method": "notifications/initialized"})
        ).status == 202
        answer = await (await web.call("add", a=1, b=2)).json()
        assert answer["result"]["structuredContent"] == {"result": 3}
        assert (await web.send("DELETE", web.session)).status == 204
        assert (await web.call("add", a=1, b=2)).status == 404


@pytest.mark.parametrize(
    ("headers", "status", "words"),
    [
        ({}, 400, "the Mcp-Session-Id header is missing"),
        ({"Mcp-Session-Id": "abc"}, 404, "initialize again"),
    ],
)
@in_loop
async def test_without_a_session_nothing_is_answered(
    headers: dict[str, str], status: int, words: str
) -> None:
    async with served(make().asgi()) as web:
        web.session = headers
        response = await web.call("add", a=1, b=2)
        assert response.status == status
        assert words in (await response.json())["error"]["message"]
        web.session = {}
        assert (await web.post({"jsonrpc": "2.0", "id": 1, "method": "ping"})).status == 200


@in_loop
async def test_another_version_than_the_session_has_is_refused() -> None:
    async with served(make().asgi()) as web:
        await web.open("2025-06-18")
        web.session["MCP-Protocol-Version"] = "2025-11-25"
        response = await web.call("add", a=1, b=2)
        assert response.status == 400
        assert "initialized with 2025-06-18" in (await response.json())["error"]["message"]


@in_loop
async def test_a_question_goes_out_on_the_stream_of_its_request() -> None:
    async with served(make().asgi()) as web:
        await web.open(elicitation={})
        response = await web.call("greet")
        asked = await response.event()
        assert asked["method"] == "elicitation/create"
        result = {"action": "accept", "content": {"name": "Zoë"}}
        taken = await web.post({"jsonrpc": "2.0", "id": asked["id"], "result": result})
        assert taken.status == 202
        assert (await response.event())["result"]["structuredContent"] == {"result": "Zoë"}
        assert await response.event() is None


@in_loop
async def test_a_stream_that_was_lost_is_resumed() -> None:
    mcp = make()
    async with served(mcp.asgi()) as web:
        await web.open()
        response = await web.call("wait")
        assert (await response.event())["method"] == "notifications/message"
        last = response.id
        web.leave()
        # A client that goes away cancels nothing.
        mcp.go.set()  # type: ignore[attr-defined]
        again = await web.get(last)
        assert (await again.event())["result"]["structuredContent"] == {"result": "done"}
        assert await again.event() is None
        stale = await web.get("9-9")
        assert stale.status == 400
        assert (await web.get("nonsense")).status == 400


@in_loop
async def test_a_handler_closes_its_stream_and_the_client_polls() -> None:
    async with served(make().asgi(sse_retry=0.5)) as web:
        await web.open()
        response = await web.call("polled")
        lines = [await response.line() for _ in range(5)]
        assert "retry: 500\n" in lines
        id = next(line[4:].strip() for line in lines if line.startswith("id: "))
        again = await web.get(id)
        assert (await again.event())["method"] == "notifications/message"
        assert (await again.event())["result"]["structuredContent"] == {"result": True}


@in_loop
async def test_only_a_notification_or_the_end_of_the_session_cancels() -> None:
    mcp = make()
    async with served(mcp.asgi()) as web:
        await web.open()
        cancelled: asyncio.Event = mcp.cancelled  # type: ignore[attr-defined]
        response = await web.call("wait", id="w")
        await response.event()
        note = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "w"}}
        await web.post(note)
        await cancelled.wait()
        assert await response.event() is None
        cancelled.clear()
        response = await web.call("wait", id="x")
        await response.event()
        await web.send("DELETE", web.session)
        await cancelled.wait()
        assert await response.event() is None


@in_loop
async def test_a_question_of_a_call_that_is_cancelled_is_withdrawn_on_its_stream() -> None:
    async with served(make().asgi()) as web:
        await web.open(elicitation={})
        response = await web.call("greet", id="g")
        asked = await response.event()
        note = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "g"}}
        await web.post(note)
        withdrawn = await response.event()
        assert withdrawn["method"] == "notifications/cancelled"
        assert withdrawn["params"]["requestId"] == asked["id"]
        assert await response.event() is None


@in_loop
async def test_news_goes_to_a_get_stream_or_waits_for_one() -> None:
    mcp = make()
    async with served(mcp.asgi()) as web:
        await web.open()
        await web.post({"jsonrpc": "2.0", "method": "notifications/initialized"})
        mcp.remove_tool("polled")
        response = await web.get()
        assert (await response.event())["method"] == "notifications/tools/list_changed"
        mcp.remove_tool("add")
        assert (await response.event())["method"] == "notifications/tools/list_changed"
        await web.send("DELETE", web.session)
        assert await response.event() is None


@in_loop
async def test_batches_are_of_one_revision() -> None:
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
    params = {"name": "add", "arguments": {"a": 1, "b": 1}}
    batch = [
        {**call, "params": params},
        {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 5}},
        {**call, "id": 2, "method": "initialize"},
        {"id": 3},
    ]
    async with served(make().asgi()) as web:
        await web.open("2025-03-26")
        answers = await (await web.post(batch)).json()
        assert sorted(answer["id"] for answer in answers) == [1, 2, 3]
        assert (await web.post(batch[1:2])).status == 202
        assert (await web.post([])).status == 400
        await web.open("2025-06-18")
        assert (await web.post(batch)).status == 400


@in_loop
async def test_a_stateless_server_keeps_nothing() -> None:
    async with served(make().asgi(stateless=True)) as web:
        info = {"protocolVersion": "2025-06-18", "capabilities": {}}
        about = {**info, "clientInfo": {"name": "c", "version": "1"}}
        opened = await web.post(
            {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": about}
        )
        assert "mcp-session-id" not in opened.headers
        web.session = {"MCP-Protocol-Version": "2025-06-18"}
        answer = await (await web.call("add", a=1, b=2)).json()
        assert answer["result"]["structuredContent"] == {"result": 3}
        refused = (await (await web.call("greet")).json())["result"]
        assert "cannot be asked" in json.dumps(refused)
        assert (await web.get()).status == 405


@in_loop
async def test_the_session_unused_for_longest_makes_room() -> None:
    async with served(make().asgi(max_sessions=2)) as web:
        others = [Web(web.port) for _ in range(3)]
        for other in others:
            await other.open()
        assert [(await other.call("add", a=1, b=1)).status for other in others] == [404, 200, 200]
        for other in others:
            other.close()


@in_loop
async def test_a_session_that_nobody_uses_ends() -> None:
    async with served(make().asgi(session_idle=0)) as web:
        await web.open()
        assert (await web.call("add", a=1, b=1)).status == 404
