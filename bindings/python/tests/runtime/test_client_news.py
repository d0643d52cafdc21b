"""What a server tells of its own, in both eras: changes, what is subscribed to, lines of its log."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from isogloss import Client, Context, ErrorKind, McpError, Server, connect
from isogloss.changes import Updated
from isogloss.client import Change, EraMode, LogMessage
from isogloss.protocol.limits import MAX_NEWS, RESUME_ATTEMPTS
from isogloss.transport import Incoming, Transport
from tests.runtime.loop import in_loop, pass_time
from tests.runtime.scripted import Said, ScriptedServer
from tests.runtime.test_client_rounds import both_eras

TOLD = "io.modelcontextprotocol/subscriptionId"
GREETING = "text://greeting"


def noted() -> Server:
    notes = Server("notes")

    @notes.tool
    def count() -> int:
        return 1

    for uri in (GREETING, "text://other"):

        @notes.resource(uri)
        def text() -> str:
            return "hello"

    return notes


def new_tool(notes: Server, name: str) -> None:
    @notes.tool(name)
    def new() -> int:
        return 1


async def following(changes: AsyncIterator[Change]) -> Change:
    async for change in changes:
        return change
    raise AssertionError("it has ended")


@both_eras
@in_loop
async def test_a_resource_that_is_subscribed_to_is_heard_of(era: EraMode) -> None:
    notes = noted()
    async with (
        connect(notes, era=era) as client,
        client.subscribe(GREETING) as greeting,
        client.subscribe("text://other") as other,
    ):
        for uri in ("text://none", GREETING, "text://other"):
            notes.resource_updated(uri)
        assert await following(greeting) == Updated(GREETING)
        assert await following(other) == Updated("text://other")


@both_eras
@in_loop
async def test_lists_that_change_are_heard_of_by_whoever_iterates_and_by_the_function(
    era: EraMode,
) -> None:
    notes = noted()
    heard: list[Change] = []
    seen: list[Change] = []
    async with connect(notes, era=era, on_change=heard.append) as client:
        async with client.subscribe_to_lists() as changes:
            new_tool(notes, "new")
            async for change in changes:
                seen.append(change)
                if len(seen) > 1:
                    break
                notes.resource("text://new")(lambda: "new")
        await client.call("count")
    assert seen == ["tools", "resources"]
    # A modern server tells it to both subscriptions.
    assert set(heard) == set(seen)


class Overheard(Transport):
    """A server in memory, and the methods that its client sends it."""

    def __init__(self, notes: Server) -> None:
        self.within = notes.in_memory()
        self.sent: list[bytes] = []

    def count(self, method: str) -> int:
        return sum(f'"method":"{method}"'.encode() in text for text in self.sent)

    async def receive(self) -> list[Incoming]:
        return await self.within.receive()

    def send(self, message: bytes) -> None:
        self.sent.append(message)
        self.within.send(message)

    async def drain(self) -> None:
        await self.within.drain()

    async def close(self) -> None:
        await self.within.close()


@pytest.mark.parametrize(
    ("era", "opens", "ends", "opened"),
    [
        ("legacy", "resources/subscribe", "resources/unsubscribe", 1),
        ("modern", "subscriptions/listen", "notifications/cancelled", 2),
    ],
)
@in_loop
async def test_whoever_closes_a_subscription_ends_it_and_no_other(
    era: EraMode, opens: str, ends: str, opened: int
) -> None:
    notes = noted()
    transport = Overheard(notes)
    async with connect(transport, era=era) as client, AsyncExitStack() as rest:
        async with client.subscribe(GREETING) as first:
            second = await rest.enter_async_context(client.subscribe(GREETING))
        # What is sent later comes later.
        await client.call("count")
        assert (transport.count(opens), transport.count(ends)) == (opened, opened - 1)
        notes.resource_updated(GREETING)
        assert await following(second) == Updated(GREETING)
        assert [change async for change in first] == []
        await rest.aclose()
        await client.call("count")
        assert transport.count(ends) == opened


@both_eras
@in_loop
async def test_a_subscription_ends_with_its_connection(era: EraMode) -> None:
    async with connect(noted(), era=era) as client, client.subscribe(GREETING) as greeting:
        await client.close()
        with pytest.raises(McpError, match="the connection has ended") as told:
            await following(greeting)
        assert told.value.kind is ErrorKind.CLOSED
        with pytest.raises(McpError):
            async with client.subscribe(GREETING):
                pass


@both_eras
@in_loop
async def test_a_server_that_goes_away_ends_it_too(era: EraMode) -> None:
    server = ScriptedServer(agreeing)
    async with connect(server, era=era) as client, client.subscribe("a://b") as changes:
        await server.close()
        with pytest.raises(McpError) as told:
            await following(changes)
        assert told.value.kind is ErrorKind.CLOSED


@pytest.mark.parametrize(
    ("era", "method"), [("legacy", "resources/subscribe"), ("modern", "subscriptions/listen")]
)
@in_loop
async def test_whoever_is_cancelled_does_not_wait_for_the_turn_of_others(
    era: EraMode, method: str
) -> None:
    silent = ScriptedServer(lambda message: [] if message["method"] == method else None)
    async with connect(silent, era=era) as client:

        async def watch(uri: str) -> None:
            async with client.subscribe(uri):
                raise AssertionError("nobody agreed to it")

        first = asyncio.create_task(watch("a://b"))
        await silent.wait_for(method)
        second = asyncio.create_task(watch("c://d"))
        await asyncio.sleep(0)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
    assert len(silent.all(method)) == 1


@in_loop
async def test_a_slow_reader_is_told_that_something_was_missed_and_goes_on() -> None:
    server = ScriptedServer()
    async with connect(server, era="legacy") as client, client.subscribe_to_lists() as changes:
        for _ in range(MAX_NEWS + 1):
            server.say(method="notifications/tools/list_changed")
        server.say(method="notifications/prompts/list_changed")
        seen = []
        async for change in changes:
            seen.append(change)
            if change == "prompts":
                break
    assert seen == ["missed", *["tools"] * (MAX_NEWS - 1), "prompts"]


def acknowledged(id: Any, uris: list[str]) -> dict[str, Any]:
    params = {"_meta": {TOLD: id}, "notifications": {"resourceSubscriptions": uris}}
    return {"method": "notifications/subscriptions/acknowledged", "params": params}


def ended(id: Any) -> dict[str, Any]:
    return {"id": id, "result": {"resultType": "complete", "_meta": {TOLD: id}}}


def updated(id: Any, uri: str) -> dict[str, Any]:
    return {
        "method": "notifications/resources/updated",
        "params": {"_meta": {TOLD: id}, "uri": uri},
    }


def agreeing(message: dict[str, Any]) -> Said:
    if message["method"] != "subscriptions/listen":
        return None
    return [acknowledged(message["id"], ["a://b"])]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            lambda _: [],
            r"^no answer to subscriptions/listen, which is to be acknowledged, within 5 s$",
        ),
        (
            lambda call: [{"id": call, "error": {"code": -32601, "message": "no"}}],
            r"^no \(-32601\)$",
        ),
        (lambda call: [ended(call)], "^the server has ended the subscription before it began$"),
        (
            lambda call: [acknowledged(call, [])],
            "^the server does not tell of changes of a://b$",
        ),
    ],
)
@in_loop
async def test_a_subscription_that_is_not_agreed_on_is_an_error_that_says_why(
    answer: Any, expected: str
) -> None:
    server = ScriptedServer(
        lambda m: answer(m["id"]) if m["method"] == "subscriptions/listen" else None
    )

    async def too_late() -> None:
        await server.wait_for("subscriptions/listen")
        pass_time(5)

    async with connect(server, timeout=5) as client:
        # Only where nothing comes is anything waited for in vain.
        waiting = asyncio.create_task(too_late()) if "within" in expected else None
        with pytest.raises(McpError, match=expected):
            async with client.subscribe("a://b"):
                pass
        if waiting is not None:
            await waiting


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("isogloss.client.listen.SSE_RETRY", 0)


@pytest.mark.usefixtures("at_once")
@in_loop
async def test_a_subscription_that_the_server_ends_is_opened_again_and_says_so() -> None:
    server = ScriptedServer(agreeing)
    async with connect(server) as client, client.subscribe("a://b") as changes:
        first = server.all("subscriptions/listen")[0]["id"]
        server.say(**ended(first))
        assert await following(changes) == "missed"
        second = (await server.wait_for("subscriptions/listen", 2))["id"]
        assert second != first
        # What is told to another subscription is not meant for this one.
        server.say(**updated(first, "a://b/old"))
        server.say(**updated(second, "a://b/new"))
        assert await following(changes) == Updated("a://b/new")


@pytest.mark.usefixtures("at_once")
@in_loop
async def test_a_server_that_ends_every_subscription_at_once_is_not_asked_for_ever() -> None:
    def say(message: dict[str, Any]) -> Said:
        if message["method"] != "subscriptions/listen":
            return None
        return [acknowledged(message["id"], ["a://b"]), ended(message["id"])]

    server = ScriptedServer(say)
    async with connect(server) as client, client.subscribe("a://b") as changes:
        for _ in range(RESUME_ATTEMPTS):
            assert await following(changes) == "missed"
        with pytest.raises(McpError) as told:
            await following(changes)
    assert str(told.value) == (
        "the server has ended the subscription; it was opened again 5 times in a row"
        " (resume_attempts)"
    )


@in_loop
async def test_a_legacy_server_that_has_forgotten_its_session_is_told_again() -> None:
    server = ScriptedServer()
    async with (
        connect(server, era="legacy", log_level="error") as client,
        client.subscribe("a://b") as changes,
    ):
        client._session.agreed_anew()
        assert await following(changes) == "missed"
    assert [len(server.all(m)) for m in ("resources/subscribe", "logging/setLevel")] == [2, 2]


@in_loop
async def test_a_function_that_fails_stops_nobody_from_hearing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    notes = noted()
    heard: list[Change] = []

    async def on_change(change: Change) -> None:
        heard.append(change)
        raise ValueError("no")

    async with (
        connect(notes, era="legacy", on_change=on_change) as client,
        client.subscribe_to_lists() as changes,
    ):
        for name in ("one", "two"):
            new_tool(notes, name)
            assert await following(changes) == "tools"
            await client.call("count")
    assert heard == ["tools", "tools"]
    assert caplog.messages == ["a listener failed"] * 2


@both_eras
@in_loop
async def test_a_function_that_hears_news_may_close_the_client(
    era: EraMode, caplog: pytest.LogCaptureFixture
) -> None:
    notes = noted()
    clients: list[Client] = []
    closed = asyncio.Event()

    async def on_change(_: Change) -> None:
        await clients[0].close()
        closed.set()

    async with connect(notes, era=era, on_change=on_change) as client:
        clients.append(client)
        new_tool(notes, "new")
        await closed.wait()
        with pytest.raises(McpError):
            await client.call("new")
    assert caplog.messages == []


@in_loop
async def test_a_server_that_tells_of_no_changes_is_a_server_all_the_same(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def say(message: dict[str, Any]) -> Said:
        if message["method"] != "subscriptions/listen":
            return None
        return [{"id": message["id"], "error": {"code": -32601, "message": "no"}}]

    with caplog.at_level(logging.WARNING, logger="isogloss"):
        async with connect(ScriptedServer(say), on_change=print):
            pass
    assert caplog.messages == ["the server does not tell of changes: no (-32601)"]


@asynccontextmanager
async def telling(era: EraMode, **how: Any) -> AsyncIterator[Client]:
    mcp = Server("telling")

    @mcp.tool
    def tell(context: Context) -> int:
        context.log("debug", "it began")
        context.log("warning", {"it": "happened"}, "here")
        return 1

    async with connect(mcp, era=era, **how) as client:
        yield client


@both_eras
@in_loop
async def test_lines_of_the_log_are_heard_from_the_level_that_was_asked_for(era: EraMode) -> None:
    heard: list[LogMessage] = []
    async with telling(era, on_log=heard.append) as client, client.log_messages() as lines:
        await client.call("tell")
        async for line in lines:
            assert (line.level, line.data, line.logger) == ("warning", {"it": "happened"}, "here")
            break
        await client.close()
        assert [line async for line in lines] == []
    assert [line.level for line in heard] == ["warning"]
    heard.clear()
    async with telling(era, on_log=heard.append, log_level="debug") as client:
        await client.call("tell")
    assert [line.level for line in heard] == ["debug", "warning"]


@both_eras
@in_loop
async def test_the_level_can_be_changed_while_the_client_lives(era: EraMode) -> None:
    async with telling(era, log_level="error") as client, client.log_messages() as lines:
        await client.call("tell")
        await client.set_log_level("warning")
        await client.call("tell")
        await client.set_log_level("debug")
        await client.call("tell")
        await client.close()
        assert [line.level async for line in lines] == ["warning", "debug", "warning"]


@in_loop
async def test_lines_that_a_slow_reader_loses_are_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = ScriptedServer()
    async with connect(server, era="legacy") as client, client.log_messages() as lines:
        for number in range(MAX_NEWS + 2):
            server.say(method="notifications/message", params={"level": "info", "data": number})
        # What is answered later was told before.
        await client.ping()
        await client.close()
        assert [line.data async for line in lines] == list(range(2, MAX_NEWS + 2))
    assert caplog.messages == ["2 lines of the server's log were lost (max_news)"]


@in_loop
async def test_a_modern_server_sends_no_lines_that_nobody_asked_for() -> None:
    server = ScriptedServer(lambda m: {"content": []} if m["method"] == "tools/call" else None)
    async with connect(server) as client:
        await client.call_tool("any")
    for message in server.heard:
        assert "io.modelcontextprotocol/logLevel" not in message["params"]["_meta"]
