"""What makes calls short: values by their types, failures as errors, lists in pages, items that are wrong."""

import asyncio
import logging
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, TypedDict

import msgspec
import pydantic
import pytest

from isogloss import Context, ErrorKind, McpError, Meta, Server, ToolError, connect
from isogloss.client import EraMode, ToolFailed
from isogloss.protocol.limits import MAX_PAGES
from isogloss.protocol.types import (
    ProgressNotificationParams,
    TextContent,
    TextResourceContents,
)
from tests.runtime.loop import in_loop, pass_time
from tests.runtime.scripted import ScriptedServer
from tests.runtime.test_client_rounds import both_eras, calls


class Sum(TypedDict):
    sum: int


@dataclass
class SumClass:
    sum: int


class SumStruct(msgspec.Struct):
    sum: float


class SumModel(pydantic.BaseModel):
    sum: int


class Sky(Enum):
    SUN = "sun"
    SNOW = "snow"


class Alone(TypedDict):
    result: int


sums = Server("sums")
stopped: list[str] = []


@sums.tool
def add(a: int, b: int) -> Sum:
    return {"sum": a + b}


@sums.tool
def forecast() -> list[str]:
    return ["sun", "snow"]


@sums.tool
def twice() -> list[Sum]:
    return [{"sum": 1}, {"sum": 1}]


@sums.tool
def alone() -> Alone:
    return {"result": 7}


@sums.tool
def fail() -> str:
    raise ToolError("boom")


@sums.tool
def nothing() -> None:
    pass


@sums.tool
def said() -> TextContent:
    return TextContent(text="hello")


@sums.tool
async def slow(context: Context) -> None:
    context.progress(1)
    try:
        await asyncio.get_running_loop().create_future()
    except asyncio.CancelledError:
        stopped.append("slow")
        raise


@sums.resource("text://a")
def text() -> str:
    return "a"


NUMBERS = {"a": 2, "b": 3}


@both_eras
@in_loop
async def test_a_call_gives_a_value_of_the_type_that_is_asked_for(era: EraMode) -> None:
    async with connect(sums, era=era) as client:
        assert await client.call("add", NUMBERS) == {"sum": 5}
        assert (await client.call("add", NUMBERS, output=Sum))["sum"] == 5
        assert (await client.call("add", NUMBERS, output=SumClass)).sum == 5
        assert (await client.call("add", NUMBERS, output=SumStruct)).sum == 5.0
        assert (await client.call("add", NUMBERS, output=SumModel)).sum == 5
        assert await client.call("forecast", output=list[Sky]) == [Sky.SUN, Sky.SNOW]
        assert await client.call("forecast") == ["sun", "snow"]
        assert await client.call("twice", output=list[SumModel]) == [SumModel(sum=1)] * 2
        # What is wanted as a whole is not taken apart.
        assert await client.call("alone", output=Alone) == {"result": 7}
        assert await client.call("alone", output=int) == 7
        assert await client.call("nothing") is None


@in_loop
async def test_a_value_of_another_type_is_refused_with_all_that_is_wrong() -> None:
    class Other(TypedDict):
        sum: Annotated[int, Meta(ge=6)]
        more: str

    async with connect(sums) as client:
        with pytest.raises(McpError) as told:
            await client.call("add", NUMBERS, output=Other)
        assert told.value.kind is ErrorKind.DECODE
        assert str(told.value) == (
            "the result of tool add: sum: must be at least 6\nmore: required member is missing"
        )
        with pytest.raises(McpError, match="expected integer, found string"):
            await client.call("forecast", output=list[int])
        with pytest.raises(McpError, match="the result of tool add: more: Field required"):
            await client.call("add", NUMBERS, output=pydantic.create_model("Other", more=str))
        with pytest.raises(McpError, match="its text is not JSON; call_tool gives it as it is"):
            await client.call("said")
        assert (await client.call_tool("said")).content == [TextContent(text="hello")]


@both_eras
@in_loop
async def test_what_a_call_says_beside_its_arguments_reaches_the_tool(era: EraMode) -> None:
    mcp = Server("traced")

    @mcp.tool
    def tenant(context: Context) -> str:
        context.progress(1)
        return str(context.meta.extra["example.com/tenant"])

    told: list[float] = []
    async with connect(mcp, era=era) as client:
        beside = {"example.com/tenant": "a"}
        value = await client.call(
            "tenant", meta=beside, on_progress=lambda how_far: told.append(how_far.progress)
        )
    assert (value, told) == ("a", [1])


@in_loop
async def test_what_is_in_no_structured_content_is_read_from_the_text() -> None:
    block = {"type": "text", "text": '{"sum": 2.0}'}
    server = ScriptedServer(calls({"resultType": "complete", "content": [block]}))
    async with connect(server) as client:
        assert await client.call("add", output=SumClass) == SumClass(2)


@both_eras
@in_loop
async def test_a_tool_that_fails_is_an_error_that_holds_the_result(era: EraMode) -> None:
    async with connect(sums, era=era) as client:
        with pytest.raises(ToolFailed, match="boom") as told:
            await client.call("fail", output=str)
        assert told.value.kind is ErrorKind.TOOL
        assert told.value.result.content == [TextContent(text="boom")]
        assert (await client.call_tool("fail")).is_error is True


@both_eras
@in_loop
async def test_a_call_has_its_time_and_is_cancelled_with_whoever_waits(era: EraMode) -> None:
    stopped.clear()
    async with connect(sums, era=era) as client:
        began = asyncio.Event()

        async def on_progress(_: ProgressNotificationParams) -> None:
            began.set()

        call = asyncio.create_task(client.call("slow", on_progress=on_progress, timeout=5))
        await began.wait()
        pass_time(5)
        with pytest.raises(McpError, match=r"no answer to tools/call within 5 s") as told:
            await call
        assert told.value.kind is ErrorKind.TIMEOUT
        began.clear()
        call = asyncio.create_task(client.call("slow", on_progress=on_progress))
        await began.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await client.ping()
    assert stopped == ["slow", "slow"]


@in_loop
async def test_every_call_names_what_it_waited_for() -> None:
    def silent(_: Any) -> list[dict[str, Any]]:
        return []

    async with connect(ScriptedServer(calls(silent)), era="modern") as client:
        for work, method in (
            (client.read_resource("a://b", timeout=0.01), "resources/read"),
            (client.get_prompt("p", timeout=0.01), "prompts/get"),
            (client.complete("a", "", prompt="p", timeout=0.01), "completion/complete"),
            (client.list_tools(timeout=0.01), "tools/list"),
            (client.list_resource_templates(timeout=0.01), "resources/templates/list"),
        ):
            with pytest.raises(McpError, match=f"no answer to {method} within 0.01 s"):
                await work


def tool(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "inputSchema": {"type": "object"}, **more}


def listed(tools: list[Any], **more: Any) -> dict[str, Any]:
    kept = {"ttlMs": 0, "cacheScope": "private"}
    return {"resultType": "complete", "tools": tools, **kept, **more}


@in_loop
async def test_a_page_is_asked_for_when_it_is_needed() -> None:
    def page(message: dict[str, Any]) -> dict[str, Any]:
        match message["params"].get("cursor"):
            case None:
                return listed([tool("a"), tool("b")], nextCursor="2")
            case "2":
                return listed([], nextCursor="3")
        return listed([tool("c")], nextCursor="3")

    pages = ScriptedServer(calls(page))
    async with connect(pages) as client:
        asked = [(tool.name, len(pages.all("tools/list"))) async for tool in client.tools()]
    assert asked == [("a", 1), ("b", 1), ("c", 3)]
    # A cursor that comes again is the end.
    assert len(pages.all("tools/list")) == 3


@in_loop
async def test_a_list_that_has_no_end_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("isogloss.client.pages.MAX_PAGES", 20)
    assert MAX_PAGES == 10_000
    count = iter(range(1000))
    endless = ScriptedServer(calls(lambda _: listed([], nextCursor=str(next(count)))))
    async with connect(endless) as client:
        with pytest.raises(McpError, match=r"the limit of 20 \(max_pages\)$"):
            await client.list_tools()
    assert len(endless.all("tools/list")) == 20


@in_loop
async def test_an_item_that_is_wrong_is_set_aside(caplog: pytest.LogCaptureFixture) -> None:
    def say(message: dict[str, Any]) -> dict[str, Any]:
        if message["method"] == "tools/list":
            return listed([tool("a"), {"name": "b"}, 7, tool("c", more=1)])
        kept = {"ttlMs": 0, "cacheScope": "public"}
        return {"resultType": "complete", "prompts": [{"name": 1}], **kept}

    with caplog.at_level(logging.WARNING, logger="isogloss"):
        async with connect(ScriptedServer(calls(say))) as client:
            assert [found.name for found in await client.list_tools()] == ["a", "c"]
            assert await client.list_prompts() == []
    assert caplog.messages == [
        'tools/list: tools[1] "b" is set aside: inputSchema: required member is missing',
        "tools/list: tools[2] is set aside: expected object, found number",
        "prompts/list: prompts[0] is set aside: name: expected string, found number",
    ]
    async with connect(ScriptedServer(calls(say)), strict=True) as client:
        with pytest.raises(McpError, match=r"tools\[1\].inputSchema: required member is missing"):
            await client.list_tools()


@in_loop
async def test_what_says_nothing_of_keeping_is_read_all_the_same() -> None:
    contents = [{"uri": "a://b", "text": "é"}]
    async with connect(ScriptedServer(calls({"contents": contents}))) as client:
        read = await client.read_resource("a://b")
    assert read.contents == [TextResourceContents(uri="a://b", text="é")]
    async with connect(ScriptedServer(calls({"contents": [{"uri": 1}]}))) as client:
        with pytest.raises(McpError, match="the result of resources/read: contents"):
            await client.read_resource("a://b")
