"""Results that are kept: for how long, how many, and what news makes of them."""

import asyncio
import json
from typing import Any

import pytest
from msgspec import Raw

from isogloss import Server, connect
from isogloss.changes import Updated
from isogloss.client import Change
from isogloss.client.cache import MAY_BE_KEPT, Cache, Key
from isogloss.protocol.limits import MAX_CACHED, MAX_CACHED_BYTES, MAX_CACHED_TTL
from tests.runtime.loop import in_loop
from tests.runtime.scripted import Said, ScriptedServer
from tests.runtime.test_client_calls import tool
from tests.runtime.test_client_rounds import ZOE, calls, question


class Kept:
    """A cache with a clock that the test sets."""

    def __init__(self) -> None:
        self.now = 0.0
        self.cache = Cache(lambda: self.now)

    def has(self, name: str) -> bool:
        return self.cache.find(key(name)) is not None

    def put(self, name: str, ttl_ms: Any, size: int = 0) -> None:
        text = json.dumps({"tools": [], "ttlMs": ttl_ms, "x": "x" * size})
        self.cache.keep(key(name), Raw(text.encode()), self.cache.drops)


def key(name: str, method: str = "tools/list") -> Key:
    return Key(method, json.dumps({"cursor": name}).encode())


def test_what_has_been_there_for_longest_makes_room() -> None:
    kept = Kept()
    for i in range(MAX_CACHED):
        kept.put(str(i), 1000)
    assert kept.has("0")
    kept.put("one more", 1000)
    assert [kept.has("0"), kept.has("1"), kept.has("one more")] == [False, True, True]
    half = MAX_CACHED_BYTES // 2
    kept.put("half", 1000, half)
    kept.put("the other half", 1000, half)
    assert [kept.has("1"), kept.has("half"), kept.has("the other half")] == [False, False, True]
    kept.put("too large", 1000, 2 * half)
    assert [kept.has("too large"), kept.has("the other half")] == [False, True]


def test_what_is_over_makes_room_first() -> None:
    kept = Kept()
    kept.put("long", 1000)
    for i in range(1, MAX_CACHED):
        kept.put(str(i), 10)
    kept.now = 0.01
    kept.put("one more", 1000)
    assert [kept.has("long"), kept.has("one more")] == [True, True]


def test_a_result_is_kept_as_long_as_its_server_lets_it_and_never_longer_than_the_limit() -> None:
    kept = Kept()
    kept.put("short", 1000)
    kept.put("for ever", 1e12)
    kept.now = 0.999
    assert kept.has("short")
    kept.now = 1.0
    assert not kept.has("short")
    kept.now = MAX_CACHED_TTL - 0.001
    assert kept.has("for ever")
    kept.now = MAX_CACHED_TTL
    assert not kept.has("for ever")


@pytest.mark.parametrize("ttl", [0, -1, "60", True, None, {}])
def test_what_is_no_time_keeps_nothing(ttl: Any) -> None:
    kept = Kept()
    kept.put("a", ttl)
    assert not kept.has("a")


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ("tools", "-+++++"),
        ("prompts", "+-++++"),
        ("resources", "++----"),
        (Updated("a://b/part"), "++++-+"),
        ("missed", "------"),
    ],
)
def test_each_kind_of_news_drops_its_own(change: Change, left: str) -> None:
    methods = ["tools/list", "prompts/list", "resources/list", "resources/templates/list"]
    keys = [Key(method, b"{}") for method in methods]
    keys += [Key("resources/read", json.dumps({"uri": uri}).encode()) for uri in ("a://b", "c://d")]
    assert {key.method for key in keys} == MAY_BE_KEPT
    cache = Cache()
    for one in keys:
        cache.keep(one, Raw(b'{"ttlMs":60000}'), cache.drops)
    cache.heed(change)
    assert "".join("-" if cache.find(one) is None else "+" for one in keys) == left


def listed(member: str, ttl_ms: Any, *items: Any) -> dict[str, Any]:
    kept = {"ttlMs": ttl_ms, "cacheScope": "private"}
    return {"resultType": "complete", member: list(items), **kept}


@in_loop
async def test_what_may_be_kept_is_asked_for_once_and_what_must_not_again() -> None:
    def say(message: dict[str, Any]) -> Said:
        match message["method"]:
            case "tools/list":
                return listed("tools", 60_000)
            case "prompts/list":
                return listed("prompts", 0)
            case "resources/read":
                return listed("contents", 60_000)
        return {"resultType": "complete", "content": [], "ttlMs": 60_000, "cacheScope": "public"}

    server = ScriptedServer(calls(say))
    async with connect(server) as client:
        for _ in range(2):
            await client.list_tools()
            await client.list_prompts()
            await client.call_tool("t")
            await client.read_resource("a://b")
        counts = [
            len(server.all(method))
            for method in ("tools/list", "prompts/list", "tools/call", "resources/read")
        ]
        assert counts == [1, 2, 2, 1]
        client.forget()
        await client.list_tools()
        assert len(server.all("tools/list")) == 2


@in_loop
async def test_what_is_kept_is_not_changed_by_whoever_got_it() -> None:
    server = ScriptedServer(calls(listed("tools", 60_000, tool("a"))))
    async with connect(server) as client:
        (await client.list_tools())[0].name = "changed"
        assert [found.name for found in await client.list_tools()] == ["a"]
    assert len(server.all("tools/list")) == 1


@in_loop
async def test_a_program_may_want_nothing_to_be_kept() -> None:
    server = ScriptedServer(calls(listed("tools", 60_000)))
    async with connect(server, cache=False) as client:
        await client.list_tools()
        await client.list_tools()
    assert len(server.all("tools/list")) == 2


@in_loop
async def test_what_was_answered_to_questions_is_not_kept() -> None:
    def say(message: dict[str, Any]) -> Said:
        return (
            listed("contents", 60_000)
            if "inputResponses" in message["params"]
            else question(ttlMs=60_000)
        )

    server = ScriptedServer(calls(say))
    async with connect(server, **ZOE) as client:
        for _ in range(2):
            await client.read_resource("a://b")
    assert len(server.all("resources/read")) == 4


@in_loop
async def test_news_drops_what_it_is_about_and_what_was_asked_for_before_it() -> None:
    def say(message: dict[str, Any]) -> Said:
        match message["method"]:
            case "tools/list":
                return listed("tools", 60_000)
            case "resources/read":
                return listed("contents", 60_000)
        # The list that is on its way is older than the news.
        changed = {"method": "notifications/prompts/list_changed"}
        return [changed, {"id": message["id"], "result": listed("prompts", 60_000)}]

    server = ScriptedServer(calls(say))
    async with connect(server) as client:
        for _ in range(2):
            await client.list_prompts()
            await client.list_tools()
            await client.read_resource("a://b")
    counts = [
        len(server.all(method)) for method in ("prompts/list", "tools/list", "resources/read")
    ]
    assert counts == [2, 1, 1]


@in_loop
async def test_the_lists_of_our_server_are_kept_until_it_tells_of_a_change() -> None:
    growing = Server("growing")

    @growing.tool
    def old() -> int:
        return 1

    changed = asyncio.Event()
    async with connect(growing, on_change=lambda _: changed.set()) as client:
        assert len(await client.list_tools()) == 1

        @growing.tool
        def new() -> int:
            return 1

        await changed.wait()
        assert len(await client.list_tools()) == 2
