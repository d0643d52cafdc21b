"""The modern era over HTTP: one request, one response."""

import asyncio
import json
from typing import Annotated, Any

import pytest

from isogloss import Context, Meta, Server, ToolError, form
from tests.runtime.loop import in_loop
from tests.runtime.test_ask import Visitor
from tests.runtime.web import BOTH, META, Web, served

mcp = Server("web")
cancelled = asyncio.Event()
entered = asyncio.Event()


@mcp.tool
def add(a: int, b: int) -> int:
    """Adds."""
    return a + b


@mcp.tool
async def later(context: Context, steps: int) -> str:
    """Tells how far it is."""
    for step in range(steps):
        context.progress(step + 1, steps)
        await asyncio.sleep(0)
    return "done"


@mcp.tool
async def wait() -> str:
    entered.set()
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        cancelled.set()
        raise
    return "never"


@mcp.tool
async def greet(context: Context) -> str:
    return (await context.ask(form("Your name?", Visitor))).accepted().name


@mcp.tool
def fail() -> None:
    raise ToolError("boom")


Region = Annotated[str, Meta(extra_json_schema={"x-mcp-header": "Region"})]
Zone = Annotated[int, Meta(extra_json_schema={"x-mcp-header": "Zone"})]


@mcp.tool("grüß")
def hello(region: Region, zone: Zone = 0) -> str:
    return f"{region} {zone}"


@in_loop
async def test_what_is_done_at_once_is_json() -> None:
    async with served(mcp.asgi()) as web:
        response = await web.ask("tools/call", name="add", arguments={"a": 1, "b": 2})
        assert (response.status, response.headers["content-type"]) == (200, "application/json")
        assert (await response.json())["result"]["structuredContent"] == {"result": 3}
        response = await web.ask("tools/call", name="later", arguments={"steps": 2})
        assert (await response.json())["result"]["structuredContent"] == {"result": "done"}


@in_loop
async def test_what_tells_something_streams() -> None:
    async with served(mcp.asgi()) as web:
        response = await web.ask(
            "tools/call", name="later", arguments={"steps": 2}, _meta={"progressToken": "t"}
        )
        assert response.headers["content-type"] == "text/event-stream"
        assert response.headers["x-accel-buffering"] == "no"
        said = [await response.event() for _ in range(3)]
        assert [message.get("method") for message in said] == ["notifications/progress"] * 2 + [
            None
        ]
        assert said[2]["result"]["structuredContent"] == {"result": "done"}
        assert await response.event() is None


@in_loop
async def test_what_takes_long_becomes_a_stream_with_comments() -> None:
    async with served(mcp.asgi(sse_keep_alive=0.01)) as web:
        response = await web.ask("tools/call", name="wait", arguments={})
        lines = [await response.line() for _ in range(8)]
        assert ":\n" in lines


@in_loop
async def test_a_client_that_goes_away_cancels() -> None:
    async with served(mcp.asgi()) as web:
        cancelled.clear()
        entered.clear()
        asking = asyncio.ensure_future(web.ask("tools/call", name="wait", arguments={}))
        await entered.wait()
        web.leave()
        await cancelled.wait()
        asking.cancel()
    async with served(mcp.asgi(sse_keep_alive=0.01)) as web:
        cancelled.clear()
        response = await web.ask("tools/call", name="wait", arguments={})
        await response.line()
        web.leave()
        await cancelled.wait()


@in_loop
async def test_questions_are_an_answer() -> None:
    can: dict[str, Any] = {"io.modelcontextprotocol/clientCapabilities": {"elicitation": {}}}
    async with served(mcp.asgi()) as web:
        response = await web.ask("tools/call", name="greet", arguments={}, _meta=can)
        asked = (await response.json())["result"]
        assert asked["resultType"] == "input_required"
        response = await web.ask(
            "tools/call",
            name="greet",
            arguments={},
            _meta=can,
            requestState=asked["requestState"],
            inputResponses={"question-1": {"action": "accept", "content": {"name": "Zoë"}}},
        )
        assert (await response.json())["result"]["structuredContent"] == {"result": "Zoë"}
        response = await web.ask("tools/call", name="greet", arguments={})
        assert (response.status, (await response.json())["error"]["code"]) == (400, -32021)


CALL: dict[str, Any] = {"name": "add", "arguments": {"a": 1, "b": 2}}


def message(method: str = "tools/call", **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 7, "method": method, "params": {"_meta": META, **params}}


SAID = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "add"}


@pytest.mark.parametrize(
    ("changed", "body", "status", "code", "words"),
    [
        ({"Mcp-Name": None}, message(**CALL), 400, -32020, "mcp-name: required header is missing"),
        ({"Mcp-Name": "sub"}, message(**CALL), 400, -32020, 'mcp-name is "sub", and the body'),
        ({"Mcp-Method": "tools/list"}, message(**CALL), 400, -32020, "mcp-method is"),
        ({"MCP-Protocol-Version": None}, message(**CALL), 400, -32020, "required header"),
        ({"MCP-Protocol-Version": "2025-11-25"}, message(**CALL), 400, -32020, "the body says"),
        ({"MCP-Protocol-Version": "2030-01-01"}, {}, 400, -32600, "jsonrpc"),
        ({"Mcp-Method": "no/such", "Mcp-Name": None}, message("no/such"), 404, -32601, "no/such"),
        (
            {},
            {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": CALL},
            400,
            -32602,
            "params._meta: required member is missing",
        ),
        ({"Content-Type": "text/plain"}, message(**CALL), 415, -32600, "Content-Type"),
        ({"Content-Encoding": "gzip"}, message(**CALL), 415, -32600, "Content-Encoding"),
        ({"Accept": "application/json"}, message(**CALL), 406, -32600, "Accept"),
        ({"Accept": "*/*"}, message(**CALL), 200, None, ""),
        ({"Host": "evil.example"}, message(**CALL), 403, -32600, "allowed_hosts"),
        ({"Origin": "https://evil.example"}, message(**CALL), 403, -32600, "allowed_origins"),
        ({"Origin": "http://localhost:9"}, message(**CALL), 200, None, ""),
        (
            {"Mcp-Name": "=?base64?Z3LDvMOf?="},
            message(name="grüß", arguments={"region": "eu"}),
            400,
            -32020,
            "mcp-param-region: required header is missing",
        ),
        (
            {"Mcp-Name": "=?base64?Z3LDvMOf?=", "Mcp-Param-Region": "us"},
            message(name="grüß", arguments={"region": "eu"}),
            400,
            -32020,
            'mcp-param-region is "us", and the body says "eu"',
        ),
        (
            {"Mcp-Name": "=?base64?Z3LDvMOf?=", "Mcp-Param-Region": "eu", "Mcp-Param-Zone": "4.0"},
            message(name="grüß", arguments={"region": "eu", "zone": 4}),
            200,
            None,
            "",
        ),
        ({"Mcp-Name": "=?base64?Z3L?="}, message(**CALL), 400, -32020, "wrong Base64"),
    ],
)
@in_loop
async def test_headers_and_body_say_the_same(
    changed: dict[str, str | None], body: Any, status: int, code: int | None, words: str
) -> None:
    wanted = {"Content-Type": "application/json", "Accept": BOTH, **SAID, **changed}
    headers = {name: value for name, value in wanted.items() if value is not None}
    async with served(mcp.asgi()) as web:
        response = await web.send("POST", headers, json.dumps(body).encode())
        answer = await response.json()
    assert (response.status, answer.get("error", {}).get("code")) == (status, code)
    if words:
        assert words in answer["error"]["message"]


@in_loop
async def test_bodies_have_a_limit_and_the_connection_says_which() -> None:
    async with served(mcp.asgi(max_message=300)) as web:
        long = message(name="add", arguments={"a": 1, "b": 2, "c": "x" * 300})
        response = await web.post(long, MCP_Protocol_Version="2026-07-28")
        answer = await response.json()
        assert (response.status, answer["id"]) == (413, 7)
        assert "limit of 300 bytes (max_message)" in answer["error"]["message"]
        for body, code in ((b"{", -32700), (b"7", -32600), (b"\xff", -32700)):
            response = await web.post(body)
            answer = await response.json()
            assert (response.status, answer["error"]["code"], "id" in answer) == (400, code, False)


@in_loop
async def test_a_page_of_a_listed_origin_may_ask() -> None:
    origin = "https://app.example"
    async with served(mcp.asgi(allowed_origins=[origin], allowed_hosts=["mcp.example"])) as web:
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        response = await web.send("OPTIONS", asked)
        assert response.status == 204
        assert response.headers["access-control-allow-origin"] == origin
        response = await web.ask("tools/call", {"Origin": origin, "Host": "mcp.example"}, **CALL)
        assert (response.status, response.headers["vary"]) == (200, "origin")


@in_loop
async def test_what_is_beside_the_server() -> None:
    async with served(mcp.asgi()) as web:
        for method, path, status in (
            ("GET", "/health", 200),
            ("POST", "/health", 405),
            ("GET", "/other", 404),
            ("PUT", "/mcp", 405),
        ):
            response = await web.send(
                method, {"Host": "probe"} if path == "/health" else {}, path=path
            )
            assert response.status == status, path
        assert response.headers["allow"] == "GET, POST, DELETE"


@in_loop
async def test_it_can_be_mounted_under_a_prefix() -> None:
    inner = mcp.asgi("/mcp")

    async def mounted(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope = {**scope, "root_path": "/api"}
        await inner(scope, receive, send)

    async with served(mounted) as web:
        assert (await web.send("GET", {}, path="/api/health")).status == 200
        assert (await web.send("PUT", {}, path="/api/mcp")).status == 405


@in_loop
async def test_a_subscription_streams_until_the_server_closes_down() -> None:
    own = Server("own")
    own.tool(add)
    app = own.asgi()
    async with served(app) as web:
        wanted = {"toolsListChanged": True}
        response = await web.ask("subscriptions/listen", notifications=wanted)
        said = await response.event()
        assert said["method"] == "notifications/subscriptions/acknowledged"
        own.tool(fail)
        assert (await response.event())["method"] == "notifications/tools/list_changed"
        app.close()
        assert (await response.event())["result"]["resultType"] == "complete"
        assert await response.event() is None


@in_loop
async def test_notifications_are_taken_and_batches_are_not() -> None:
    async with served(mcp.asgi()) as web:
        named = {"MCP_Protocol_Version": "2026-07-28"}
        note = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}
        assert (await web.post(note, **named)).status == 202
        response = await web.post([note], **named)
        assert "has no batches" in (await response.json())["error"]["message"]


async def many(web: Web) -> None:
    for _ in range(20):
        response = await web.ask("tools/call", name="add", arguments={"a": 1, "b": 1})
        assert response.status == 200


@in_loop
async def test_calls_at_once_are_all_answered() -> None:
    async with served(mcp.asgi()) as web:
        await asyncio.gather(*(many(web) for _ in range(10)))
