"""Which revision is spoken: a server that takes both eras, and a client that finds out."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from isogloss import ErrorKind, McpError, Revision, connect
from isogloss.client import EraMode
from isogloss.transport import MemoryTransport, memory_pair
from tests.runtime.loop import in_loop
from tests.runtime.surface import mcp

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}


class Hand:
    """A client by hand."""

    def __init__(self) -> None:
        self.end = mcp.in_memory()
        self.id = 0

    async def ask(self, method: str, params: dict[str, Any] | None = None) -> Any:
        self.id += 1
        message: dict[str, Any] = {"jsonrpc": "2.0", "id": self.id, "method": method}
        if params is not None:
            message["params"] = params
        self.end.send(json.dumps(message).encode())
        (text,) = await self.end.receive()
        assert isinstance(text, bytes)
        answer = json.loads(text)
        assert answer["id"] == self.id
        return answer.get("result", answer.get("error"))


def opening(date: str) -> dict[str, Any]:
    return {
        "protocolVersion": date,
        "capabilities": {},
        "clientInfo": {"name": "c", "version": "1"},
    }


@in_loop
async def test_both_eras_meet_on_one_connection() -> None:
    hand = Hand()
    refused = await hand.ask("tools/list")
    assert (refused["code"], refused["message"]) == (
        -32600,
        "initialize first, or name a modern revision in params._meta",
    )
    assert await hand.ask("ping") == {}
    assert (await hand.ask("tools/list", {"_meta": META}))["resultType"] == "complete"
    assert (await hand.ask("initialize", opening("2025-06-18")))["protocolVersion"] == "2025-06-18"
    assert "resultType" not in await hand.ask("tools/list")
    assert (await hand.ask("tools/list", {"_meta": META}))["ttlMs"] == 60_000
    await hand.end.close()


@pytest.mark.parametrize(
    ("asked", "agreed"),
    [
        ("2024-11-05", "2024-11-05"),
        ("2025-11-25", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
        ("1999", "2025-11-25"),
    ],
)
@in_loop
async def test_initialize_is_answered_with_a_legacy_revision(asked: str, agreed: str) -> None:
    hand = Hand()
    assert (await hand.ask("initialize", opening(asked)))["protocolVersion"] == agreed
    await hand.end.close()


@in_loop
async def test_a_revision_that_we_lack_is_answered_with_those_we_have() -> None:
    hand = Hand()
    error = await hand.ask(
        "tools/list", {"_meta": {**META, "io.modelcontextprotocol/protocolVersion": "2099-01-01"}}
    )
    assert error["code"] == -32022
    assert error["data"] == {
        "requested": "2099-01-01",
        "supported": sorted(map(str, Revision), reverse=True),
    }
    await hand.end.close()


@in_loop
async def test_what_a_request_lacks_is_told_with_its_path() -> None:
    hand = Hand()
    only = {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}
    error = await hand.ask("tools/call", {"_meta": only, "name": "add"})
    assert error["code"] == -32602
    assert error["message"] == (
        "params._meta.io.modelcontextprotocol/clientCapabilities: required member is missing"
    )
    assert (await hand.ask("tools/call", {"_meta": META, "name": 3}))["message"] == (
        "params.name: expected string, found number"
    )
    assert (await hand.ask("ping", {"_meta": META}))["code"] == -32601
    assert (await hand.ask("no/such", {"_meta": META}))["message"] == "method not found: no/such"
    await hand.end.close()


Answers = Callable[[dict[str, Any]], dict[str, Any] | None]


async def serve(end: MemoryTransport, answers: Answers, heard: list[str]) -> None:
    """A server by hand: what `answers` gives is sent, nothing if it gives None."""
    while batch := await end.receive():
        for text in batch:
            assert isinstance(text, bytes)
            message = json.loads(text)
            heard.append(message["method"])
            answer = answers(message) if "id" in message else None
            if answer is not None:
                end.send(json.dumps({"jsonrpc": "2.0", "id": message["id"], **answer}).encode())


def legacy(message: dict[str, Any]) -> dict[str, Any] | None:
    if message["method"] == "initialize":
        date = message["params"]["protocolVersion"]
        info = {"name": "old", "version": "1"}
        return {"result": {"protocolVersion": date, "capabilities": {}, "serverInfo": info}}
    return None


def discovered(dates: list[str]) -> dict[str, Any]:
    return {
        "result": {
            "supportedVersions": dates,
            "capabilities": {},
            "resultType": "complete",
            "ttlMs": 0,
            "cacheScope": "private",
        }
    }


def discover(answer: dict[str, Any] | None) -> Answers:
    return lambda message: answer if message["method"] == "server/discover" else legacy(message)


@pytest.mark.parametrize(
    "answers",
    [
        legacy,
        discover({"error": {"code": -32601, "message": "no"}}),
        discover({"error": {"code": 0, "message": "no"}}),
        discover(discovered(["2025-06-18"])),
        discover({"result": {}}),
        discover(
            {
                "error": {
                    "code": -32022,
                    "message": "no",
                    "data": {"supported": ["2025-06-18"], "requested": "x"},
                }
            }
        ),
    ],
)
@in_loop
async def test_a_client_falls_back_to_initialize(answers: Answers) -> None:
    here, there = memory_pair()
    heard: list[str] = []
    serving = asyncio.ensure_future(serve(there, answers, heard))
    async with connect(here, probe_timeout=0.05) as client:
        assert client.revision == Revision.V2025_11_25
        assert client.server.name == "old"
    await serving
    assert heard[0] == "server/discover"
    assert heard[-2:] == ["initialize", "notifications/initialized"]


@in_loop
async def test_a_modern_server_that_is_slow_to_start_is_found_all_the_same() -> None:
    here, there = memory_pair()
    heard: list[str] = []

    def answers(message: dict[str, Any]) -> dict[str, Any] | None:
        if message["method"] == "initialize":
            return {"error": {"code": -32022, "message": "this server is modern"}}
        return discovered(["2026-07-28"]) if "initialize" in heard else None

    serving = asyncio.ensure_future(serve(there, answers, heard))
    async with connect(here, probe_timeout=0.05) as client:
        assert client.revision == Revision.V2026_07_28
    await serving
    assert heard == ["server/discover", "initialize", "server/discover"]


@in_loop
async def test_a_forced_era_asks_for_nothing_else() -> None:
    for era, expected in (("legacy", "initialize"), ("modern", "server/discover")):
        here, there = memory_pair()
        heard: list[str] = []
        answers = discover(discovered(["2026-07-28", "2025-11-25"]))
        serving = asyncio.ensure_future(serve(there, answers, heard))
        async with connect(here, era=era):  # type: ignore[arg-type]
            assert heard[0] == expected
        await serving
        assert ("initialize" in heard) is (era == "legacy")


INFO = {"name": "x", "version": "1"}


@pytest.mark.parametrize(
    ("era", "answers"),
    [
        ("modern", discover(discovered(["2099-01-01"]))),
        ("modern", discover(discovered(["2025-11-25"]))),
        (
            "legacy",
            lambda _: {
                "result": {"protocolVersion": "1999", "capabilities": {}, "serverInfo": INFO}
            },
        ),
        ("legacy", lambda _: {"result": {}}),
    ],
)
@in_loop
async def test_without_a_common_revision_there_is_no_connection(
    era: EraMode, answers: Answers
) -> None:
    here, there = memory_pair()
    serving = asyncio.ensure_future(serve(there, answers, []))
    with pytest.raises(McpError, match="no revision in common: the server speaks") as raised:
        async with connect(here, era=era):
            pass
    assert raised.value.kind is ErrorKind.NEGOTIATION
    await serving


@in_loop
async def test_a_result_that_does_not_say_what_it_is_is_complete() -> None:
    here, there = memory_pair()

    def answers(message: dict[str, Any]) -> dict[str, Any] | None:
        if message["method"] == "server/discover":
            return discovered(["2026-07-28"])
        return {"result": {"content": []}}

    serving = asyncio.ensure_future(serve(there, answers, []))
    async with connect(here) as client:
        assert (await client.call_tool("x")).result_type == "complete"
        with pytest.raises(
            McpError, match=r"the result of tools/list: cacheScope: required member is missing"
        ):
            await client.list_tools()
    await serving
