"""Limits and time-outs over HTTP, and how serving ends."""

import asyncio
import contextlib
import re

import pytest

from isogloss import Context, Server
from isogloss.http_server import EventId, InMemoryEvents, serving
from isogloss.http_server.exchange import body_of
from isogloss.protocol.limits import HEAD_TIMEOUT
from tests.runtime.loop import in_loop
from tests.runtime.web import Web, running, served

LOGGING = {"io.modelcontextprotocol/logLevel": "info"}


class Waiting:
    """A server with handlers that wait, and tell much."""

    def __init__(self) -> None:
        self.begun = asyncio.Semaphore(0)
        self.go = asyncio.Event()
        self.ended = asyncio.Event()
        self.told = 0
        self.server = Server("waiting")
        self.server.tool(self.wait)
        self.server.tool(self.tell)

    async def wait(self) -> str:
        self.begun.release()
        await self.go.wait()
        return "done"

    async def tell(self, context: Context) -> None:
        try:
            while True:
                self.told += 1
                await context.log("info", "x" * 50_000)
        finally:
            self.ended.set()


@in_loop
async def test_a_body_that_does_not_arrive_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(body_of.__globals__, "BODY_TIMEOUT", 0.02)
    headers = {"Content-Type": "application/json"}
    async with served(Waiting().server.asgi()) as web:
        for body in (b"", b"{"):
            response = await web.send("POST", headers, body, length=100)
            assert (response.status, response.headers["connection"]) == (408, "close")
            message = (await response.json())["error"]["message"]
            assert message == "the body did not arrive within 0.02 s (body_timeout)"


def test_a_connection_may_be_idle_for_longer_than_clients_keep_one() -> None:
    config = serving.configured(Waiting().server.asgi(), 10, 1).config
    assert config.timeout_keep_alive == HEAD_TIMEOUT > 90


@in_loop
async def test_what_is_announced_to_be_too_long_is_not_waited_for() -> None:
    headers = {"Content-Type": "application/json"}
    async with served(Waiting().server.asgi(max_message=1000)) as web:
        response = await web.send("POST", headers, b'{"id":7,', length=99_999_999)
        assert (response.status, response.headers["connection"]) == (413, "close")
        assert (await response.json())["id"] == 7
        # What has come whole has been read, so that the connection lives on.
        response = await web.send("POST", headers, b'{"id":7,' + b" " * 1000)
        assert (response.status, "connection" in response.headers) == (413, False)


@in_loop
async def test_who_tells_much_waits_for_its_reader_and_is_left_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("isogloss.http_server.outbox.WRITE_TIMEOUT", 0.1)
    monkeypatch.setattr("isogloss.http_server.serving.WRITE_TIMEOUT", 0.2)
    waiting = Waiting()
    async with running(serving.configured(waiting.server.asgi(), 10, 1)) as web:
        response = await web.ask("tools/call", name="tell", arguments={}, _meta=LOGGING)
        assert response.headers["content-type"] == "text/event-stream"
        # What fits into the buffers of the system and what waits is told, and not one message more.
        await waiting.ended.wait()
        assert waiting.told < 64 + 400
        # The connection ends, too, before all that waits has been taken.
        rest = b""
        with contextlib.suppress(ConnectionResetError):
            rest = await response.rest()
        assert len(rest) < waiting.told * 50_000


@in_loop
async def test_connections_beyond_the_limit_are_refused() -> None:
    waiting = Waiting()
    async with running(serving.configured(waiting.server.asgi(), 2, 1)) as web:
        calls = [asyncio.ensure_future(asked(web, "wait")) for _ in range(2)]
        for _ in calls:
            await waiting.begun.acquire()
        assert (await web.send("GET", {}, path="/health")).status == 503
        waiting.go.set()
        assert await asyncio.gather(*calls) == ["done", "done"]


async def asked(web: Web, name: str) -> str:
    response = await web.ask("tools/call", name=name, arguments={})
    said: str = (await response.json())["result"]["structuredContent"]["result"]
    return said


@in_loop
async def test_calls_finish_when_a_server_shuts_down_and_listeners_go() -> None:
    waiting = Waiting()
    app = waiting.server.asgi()
    server = serving.configured(app, 100, 10)
    async with running(server) as web:
        await web.open()
        news = await web.get()
        heard = await web.ask("subscriptions/listen", notifications={"toolsListChanged": True})
        assert (await heard.event())["method"] == "notifications/subscriptions/acknowledged"
        modern = asyncio.ensure_future(asked(web, "wait"))
        legacy = asyncio.ensure_future(web.call("wait"))
        for _ in range(2):
            await waiting.begun.acquire()
        server.should_exit = True
        assert await news.event() is None
        assert (await heard.event())["result"]["resultType"] == "complete"
        assert await heard.event() is None
        with pytest.raises(OSError, match="Connect"):
            await web.send("GET", {}, path="/health")
        waiting.go.set()
        assert await modern == "done"
        assert "done" in (await (await legacy).body()).decode()


@in_loop
async def test_calls_that_do_not_finish_are_left() -> None:
    waiting = Waiting()
    server = serving.configured(waiting.server.asgi(), 100, 0.05)
    async with running(server) as web:
        call = asyncio.ensure_future(web.ask("tools/call", name="wait", arguments={}))
        await waiting.begun.acquire()
        server.should_exit = True
        assert (await call).status == 500


@in_loop
async def test_the_oldest_events_make_room_for_new_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("isogloss.http_server.events.MAX_KEPT_EVENTS", 4)
    monkeypatch.setattr("isogloss.http_server.events.MAX_KEPT_BYTES", 30)
    store = InMemoryEvents()

    async def kept(session: str) -> list[int]:
        return [id.place for id, _ in await store.after(session, EventId(1, 0))]

    for place in range(1, 4):
        store.keep("one", EventId(1, place), b"x")
    store.keep("two", EventId(1, 1), b"x")
    store.keep("two", EventId(1, 2), b"x")
    assert (await kept("one"), await kept("two")) == ([2, 3], [1, 2])
    store.keep("two", EventId(1, 3), b"x" * 29)
    assert (await kept("one"), await kept("two")) == ([], [2, 3])
    store.keep("two", EventId(2, 1), b"x" * 31)
    assert await kept("two") == []
    store.keep("one", EventId(1, 9), b"x" * 30)
    store.forget("one")
    store.keep("two", EventId(1, 1), b"x" * 30)
    assert (await kept("one"), await kept("two")) == ([], [1])


def test_an_address_is_told() -> None:
    app = Waiting().server.asgi("/at/mcp")
    said: list[str] = []

    def stop(address: str) -> None:
        said.append(address)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        app.run(port=0, on_listening=stop)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/at/mcp", said[0])
