"""Streams as a client over HTTP reads them: those that lead to an answer, and those that a legacy server tells
its news on."""

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from isogloss import Client, ClientHandler, McpError, connect, http
from isogloss.changes import Updated
from isogloss.protocol.limits import RESUME_ATTEMPTS
from isogloss.protocol.types import ElicitRequestFormParams, ElicitResult, TextContent
from isogloss.protocol.types.base import NotificationParams

from .loop import in_loop, silence
from .scripted_http import (
    DONE,
    Heard,
    Reply,
    Wire,
    event,
    in_parts,
    open_stream,
    say_json,
    scripted,
    status,
    stream,
    told,
)
from .test_http_legacy import make
from .web import served

CHANGED = event("", told("notifications/tools/list_changed"))


def said(text: str) -> dict[str, Any]:
    return {**DONE, "content": [{"type": "text", "text": text}]}


def text_of(result: Any) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


class Listens(ClientHandler[Client]):
    """Hears that the tools have changed."""

    def __init__(self) -> None:
        self.heard = asyncio.Event()

    def on_tool_list_changed(self, _: Client, __: NotificationParams) -> None:
        self.heard.set()


async def until(what: Callable[[], bool]) -> None:
    """Waits for what tells nobody that it happens."""
    while not what():
        await asyncio.sleep(0.005)


# ---- on the way to an answer ----


@in_loop
async def test_a_legacy_stream_that_ends_early_is_resumed_when_the_server_wants_it() -> None:
    id: Any = None

    def answer(heard: Heard) -> Reply | None:
        nonlocal id
        match heard.what, heard.headers.get("last-event-id"):
            case "tools/call", _:
                id = heard.body["id"]
                return stream("retry: 70\nid: 1-1\ndata:\n\n")
            case "GET", "1-1":
                return stream(event("1-2", told("notifications/x")))
            case "GET", "1-2":
                return stream(event("1-3", {"jsonrpc": "2.0", "id": id, "result": said("late")}))
        return heard.handshake()

    async with scripted(answer) as site, connect(site.url, era="legacy") as client:
        assert text_of(await client.call_tool("slow")) == "late"
        before, resumed = site.of("tools/call")[0], site.resumed()
        assert len(resumed) == 2
        for heard in resumed:
            assert heard.at - before.at >= 0.07
            assert heard.headers["mcp-session-id"] == "s1"
            before = heard


@in_loop
async def test_a_stream_goes_on_for_as_long_as_it_brings_something_new() -> None:
    more = 2 * RESUME_ATTEMPTS
    id: Any = None

    def answer(heard: Heard) -> Reply | None:
        nonlocal id
        if heard.what == "tools/call":
            id = heard.body["id"]
            return stream("id: 1-0\nretry: 1\ndata:\n\n")
        last = heard.headers.get("last-event-id")
        if last is None:
            return heard.handshake()
        n = int(last.removeprefix("1-"))
        if n < more:
            return stream(f"id: 1-{n + 1}\nretry: 1\ndata:\n\n")
        return stream(event("1-99", {"jsonrpc": "2.0", "id": id, "result": DONE}))

    async with scripted(answer) as site, connect(site.url, era="legacy") as client:
        await client.call_tool("slow")
        assert len(site.resumed()) == more + 1


@in_loop
async def test_the_answer_on_a_stream_is_the_one_with_the_id_of_the_request() -> None:
    def answer(heard: Heard) -> Reply | None:
        another = {"jsonrpc": "2.0", "id": "another", "result": said("not this")}
        nobodys = {
            "jsonrpc": "2.0",
            "id": None,
            "error": {"code": 1, "message": "about nothing else"},
        }
        ours = heard.response(said("this"))
        match heard.name:
            case "stream":
                return stream(event("1", another) + event("2", ours))
            case "batch":
                return say_json(200, [another, ours])
            case "nobody's":
                return stream(event("1", nobodys) + event("2", ours))
        return heard.discovery()

    async with scripted(answer) as site, connect(site.url, era="modern") as client:
        for name in ("stream", "batch"):
            assert text_of(await client.call_tool(name)) == "this"
        with pytest.raises(McpError, match="about nothing else"):
            await client.call_tool("nobody's")


LONG = "x" * 2000


@in_loop
async def test_an_event_that_is_too_long_fails_the_call_only_if_it_may_be_its_answer() -> None:
    def answer(heard: Heard) -> Reply | None:
        long: dict[str, Any] = {
            "notification": told("notifications/x", x=LONG),
            "another": {"jsonrpc": "2.0", "id": "another", "result": LONG},
            "ours": heard.response(LONG),
            "unknown": {"jsonrpc": "2.0", "result": LONG},
        }
        if heard.name not in long:
            return heard.discovery()
        return stream(event("", long[heard.name]) + event("", heard.response(DONE)))

    async with (
        scripted(answer) as site,
        connect(http(site.url, max_message=1000), era="modern") as client,
    ):
        for name in ("notification", "another"):
            await client.call_tool(name)
        for name in ("ours", "unknown"):
            with pytest.raises(McpError, match="longer than the limit of 1000 bytes"):
                await client.call_tool(name)


@in_loop
async def test_a_stream_that_goes_on_after_its_answer_is_left() -> None:
    left = asyncio.Event()

    def answer(heard: Heard) -> Reply:
        async def reply(wire: Wire) -> None:
            await open_stream(event("1", heard.response(DONE)))(wire)
            left.set()

        return heard.discovery() or reply

    async with scripted(answer) as site, connect(site.url, era="modern") as client:
        await client.call_tool("x")
        await left.wait()


@in_loop
async def test_the_connection_of_a_stream_that_has_ended_is_used_again() -> None:
    def answer(heard: Heard) -> Reply:
        return heard.discovery() or in_parts(event("1", heard.response(DONE)))

    async with scripted(answer) as site, connect(site.url, era="modern") as client:
        for _ in range(20):
            await client.call_tool("x")
        # The next call may come before the client has seen the end.
        assert site.connections <= 10


# ---- what a server asks ----


def test_a_modern_server_is_not_answered_what_it_asks(caplog: pytest.LogCaptureFixture) -> None:
    @in_loop
    async def run() -> None:
        def answer(heard: Heard) -> Reply:
            question = {"jsonrpc": "2.0", "id": "q", "method": "ping"}
            both = event("", question) + event("1", heard.response(DONE))
            return heard.discovery() or stream(both)

        async with scripted(answer) as site, connect(site.url, era="modern") as client:
            await client.call_tool("x")
            assert site.asked == ["server/discover", "tools/call"]

    with caplog.at_level(logging.WARNING, "isogloss"):
        run()
    assert "only a legacy server may ask" in caplog.text


@in_loop
async def test_a_request_of_a_server_that_is_too_long_is_refused() -> None:
    def answer(heard: Heard) -> Reply:
        if heard.what != "tools/call":
            return heard.handshake() or status(202)
        question = {"jsonrpc": "2.0", "id": "q", "method": "ping", "params": {"x": LONG}}
        return stream(event("", question) + event("", heard.response(DONE)))

    async with (
        scripted(answer) as site,
        connect(http(site.url, max_message=1000), era="legacy") as client,
    ):
        await client.call_tool("x")
        refused = await site.wait("POST")
        assert refused.body["id"] == "q"
        assert "longer than the limit of 1000 bytes" in refused.text


@in_loop
async def test_a_server_cancels_what_it_asks() -> None:
    asked, ended = asyncio.Event(), asyncio.Event()
    question = {
        "jsonrpc": "2.0",
        "id": "q",
        "method": "elicitation/create",
        "params": {"message": "?", "requestedSchema": {"type": "object", "properties": {}}},
    }

    def answer(heard: Heard) -> Reply:
        if heard.what != "tools/call":
            return heard.handshake() or status(202)
        return in_parts(
            event("", question),
            asked,
            event("", told("notifications/cancelled", requestId="q")),
            ended,
            event("", heard.response(DONE)),
        )

    async def thinks(_: ElicitRequestFormParams) -> ElicitResult:
        asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        raise AssertionError

    async with scripted(answer) as site:
        async with connect(site.url, era="legacy", on_elicit=thinks) as client:
            await client.call_tool("x")
        assert site.count("POST") == 0  # it was not answered


@in_loop
async def test_a_question_of_a_call_that_nobody_waits_for_is_over() -> None:
    ended = asyncio.Event()

    async def thinks(_: ElicitRequestFormParams) -> ElicitResult:
        call.cancel()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        raise AssertionError

    async with (
        served(make().asgi()) as web,
        connect(f"http://127.0.0.1:{web.port}/mcp", era="legacy", on_elicit=thinks) as client,
    ):
        call = asyncio.create_task(client.call_tool("greet"))
        with pytest.raises(asyncio.CancelledError):
            await call
        await ended.wait()


# ---- news ----


@in_loop
async def test_what_a_legacy_server_tells_of_itself_is_heard() -> None:
    def answer(heard: Heard) -> Reply | None:
        if heard.what != "GET":
            return heard.handshake()
        assert heard.headers["accept"] == "text/event-stream"
        question = {"jsonrpc": "2.0", "id": "q", "method": "ping"}
        return open_stream(CHANGED + event("", question))

    listens = Listens()
    async with scripted(answer) as site, connect(site.url, era="legacy", handler=listens):
        await listens.heard.wait()
        # What it asks there is answered by POST.
        answered = await site.wait("POST")
        assert json.loads(answered.text) == {"jsonrpc": "2.0", "id": "q", "result": {}}
        assert answered.headers["mcp-session-id"] == "s1"


@in_loop
async def test_a_server_may_be_silent_for_long_on_its_own_stream() -> None:
    tell = asyncio.Event()

    def answer(heard: Heard) -> Reply | None:
        if heard.what == "GET":
            return in_parts(":\n\n", tell, CHANGED, stays=True)
        return heard.handshake()

    listens = Listens()
    async with (
        scripted(answer) as site,
        connect(site.url, era="legacy", handler=listens, timeout=5),
    ):
        await silence(6)
        tell.set()
        await listens.heard.wait()
        assert site.count("GET") == 1


@in_loop
async def test_a_stream_of_news_that_cannot_be_continued_is_begun_anew() -> None:
    begun = False

    def answer(heard: Heard) -> Reply | None:
        nonlocal begun
        if heard.what != "GET":
            return heard.handshake()
        if "last-event-id" in heard.headers:
            return status(400)
        if begun:
            return open_stream(CHANGED)
        begun = True
        return stream("id: 7\nretry: 1\ndata:\n\n")

    listens = Listens()
    async with scripted(answer) as site, connect(site.url, era="legacy", handler=listens):
        await listens.heard.wait()
        seen = [heard.headers.get("last-event-id") for heard in site.of("GET")]
        assert seen == [None, "7", None]


def test_a_stream_of_news_that_brings_nothing_is_given_up(
    caplog: pytest.LogCaptureFixture,
) -> None:
    @in_loop
    async def run() -> None:
        def answer(heard: Heard) -> Reply | None:
            return stream("retry: 1\n\n") if heard.what == "GET" else heard.handshake()

        async with scripted(answer) as site, connect(site.url, era="legacy"):
            await until(lambda: "nothing more is heard from the server" in caplog.text)
            assert site.count("GET") == RESUME_ATTEMPTS + 1

    with caplog.at_level(logging.WARNING, "isogloss"):
        run()


@in_loop
async def test_a_server_that_lets_nobody_listen_is_used_all_the_same() -> None:
    async with (
        scripted(lambda heard: heard.handshake() or heard.result(DONE)) as site,
        connect(site.url, era="legacy") as client,
    ):
        await client.call_tool("x")
        assert site.count("GET") == 1


@in_loop
async def test_connecting_waits_for_the_stream_of_news_and_not_for_long() -> None:
    def answer(heard: Heard) -> Reply | None:
        async def silent(wire: Wire) -> None:
            await wire.gone()

        return silent if heard.what == "GET" else heard.handshake()

    async with scripted(answer) as site:
        async with asyncio.timeout(5), connect(site.url, era="legacy") as client:
            assert client.revision == "2025-11-25"
        assert site.count("DELETE") == 1


# ---- subscriptions ----


def agreed(heard: Heard, *uris: str) -> str:
    """The agreement to a subscription, and what is told on it."""
    meta = {"io.modelcontextprotocol/subscriptionId": heard.body["id"]}
    acknowledged = told(
        "notifications/subscriptions/acknowledged",
        _meta=meta,
        notifications={"resourceSubscriptions": ["a://b"]},
    )
    changes = [told("notifications/resources/updated", uri=uri, _meta=meta) for uri in uris]
    return "".join(event("", message) for message in (acknowledged, *changes))


@in_loop
async def test_a_stream_of_news_that_breaks_is_opened_again() -> None:
    listens = 0

    def answer(heard: Heard) -> Reply | None:
        nonlocal listens
        if heard.what != "subscriptions/listen":
            return heard.discovery()
        listens += 1
        match listens:
            case 1:
                return stream(agreed(heard, "a://b/1"))
            case 2:
                return status(503)
        return open_stream(agreed(heard, "a://b/2"))

    async with (
        scripted(answer) as site,
        connect(site.url) as client,
        client.subscribe("a://b") as changes,
    ):
        heard = [await anext(changes) for _ in range(3)]
        assert heard == [Updated("a://b/1"), "missed", Updated("a://b/2")]
        # Each has an id of its own.
        ids = {request.body["id"] for request in site.of("subscriptions/listen")}
        assert len(ids) == 3


@in_loop
async def test_a_legacy_server_that_has_forgotten_its_session_is_asked_again() -> None:
    opened = 0

    def answer(heard: Heard) -> Reply | None:
        nonlocal opened
        match heard.what:
            case "initialize":
                opened += 1
                return heard.opening(f"s{opened}")
            case "tools/list" if heard.headers["mcp-session-id"] == "s1":
                return status(404)
            case "tools/list":
                return heard.result({"tools": []})
            case "resources/subscribe" | "resources/unsubscribe":
                return heard.result({})
        return heard.handshake()

    async with scripted(answer) as site, connect(site.url, era="legacy") as client:
        async with client.subscribe("a://b") as first, client.subscribe("a://b") as second:
            await client.list_tools()
            assert [await anext(first), await anext(second)] == ["missed", "missed"]
        sessions = [heard.headers["mcp-session-id"] for heard in site.of("resources/subscribe")]
        assert sessions == ["s1", "s2"]
        assert site.count("resources/unsubscribe") == 1


@in_loop
async def test_who_only_listens_does_so_for_as_long_as_the_server_tells() -> None:
    def answer(heard: Heard) -> Reply | None:
        if heard.what != "subscriptions/listen":
            return heard.discovery()
        return in_parts(
            agreed(heard), tell, agreed(heard, "a://b").partition("\n\n")[2], stays=True
        )

    tell = asyncio.Event()
    async with (
        scripted(answer) as site,
        connect(site.url, timeout=5) as client,
        client.subscribe("a://b") as changes,
    ):
        await silence(6)
        tell.set()
        assert await anext(changes) == Updated("a://b")
        assert site.count("subscriptions/listen") == 1
