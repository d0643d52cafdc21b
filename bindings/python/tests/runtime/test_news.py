"""What a server tells that is no answer: changes of what it offers, to both eras, and lines of its log."""

from typing import Any

import pytest

from isogloss import Context, Server
from tests.runtime.loop import in_loop
from tests.runtime.test_ask import Hand


def changing() -> Server:
    mcp = Server("changing")

    @mcp.tool
    def first(context: Context) -> str:
        context.log("info", {"seen": 1}, "here")
        context.log("debug", "hidden")
        return "1"

    @mcp.resource("text://a")
    def text() -> str:
        return "a"

    return mcp


def more(mcp: Server) -> None:
    @mcp.tool
    def second() -> None: ...


@in_loop
async def test_a_legacy_client_hears_of_changes_once_it_is_ready() -> None:
    mcp = changing()
    hand = Hand({}, mcp)
    await hand.open("2025-11-25")
    hand.send(method="notifications/initialized")
    hand.send(id=1, method="resources/subscribe", params={"uri": "text://a"})
    assert (await hand.receive())["result"] == {}
    more(mcp)
    mcp.resource_updated("text://b")
    mcp.resource_updated("text://a")
    mcp.remove_tool("second")
    # Two changes of one list that wait are told once.
    assert (await hand.receive())["method"] == "notifications/tools/list_changed"
    updated = await hand.receive()
    assert (updated["method"], updated["params"]["uri"]) == (
        "notifications/resources/updated",
        "text://a",
    )
    hand.send(id=2, method="resources/unsubscribe", params={"uri": "text://a"})
    assert (await hand.receive())["id"] == 2
    mcp.resource_updated("text://a")
    mcp.remove_resource("text://a")
    assert (await hand.receive())["method"] == "notifications/resources/list_changed"


@in_loop
async def test_a_modern_client_hears_of_what_it_listens_for() -> None:
    mcp = changing()
    hand = Hand({}, mcp)
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    wanted = {
        "toolsListChanged": True,
        "promptsListChanged": True,
        "resourceSubscriptions": ["text://a"],
    }
    hand.send(
        id="s", method="subscriptions/listen", params={"_meta": meta, "notifications": wanted}
    )
    acknowledged = await hand.receive()
    assert acknowledged["params"] == {
        "_meta": {"io.modelcontextprotocol/subscriptionId": "s"},
        # There are no prompts.
        "notifications": {"resourceSubscriptions": ["text://a"], "toolsListChanged": True},
    }
    more(mcp)
    told = await hand.receive()
    assert told["method"] == "notifications/tools/list_changed"
    assert told["params"]["_meta"] == {"io.modelcontextprotocol/subscriptionId": "s"}
    mcp.resource_updated("text://a")
    assert (await hand.receive())["params"]["uri"] == "text://a"
    mcp._offer.changes.end()
    ended = (await hand.receive())["result"]
    assert ended["_meta"]["io.modelcontextprotocol/subscriptionId"] == "s"


@pytest.mark.parametrize(("level", "told"), [("info", 1), ("warning", 0), ("debug", 2)])
@in_loop
async def test_a_legacy_client_says_how_serious_a_line_has_to_be(level: str, told: int) -> None:
    hand = Hand({}, changing())
    await hand.open("2025-06-18")
    hand.send(id=1, method="logging/setLevel", params={"level": level})
    await hand.receive()
    hand.send(id=2, method="tools/call", params={"name": "first"})
    lines: list[Any] = []
    while "id" not in (message := await hand.receive()):
        lines.append(message["params"])
    assert len(lines) == told
    if told:
        assert lines[0] == {"data": {"seen": 1}, "level": "info", "logger": "here"}


@in_loop
async def test_a_modern_request_that_asks_for_no_lines_gets_none() -> None:
    assert "content" in await Hand({}, changing()).call("first")
