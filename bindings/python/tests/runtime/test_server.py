"""A server seen from a client, in memory, in both eras."""

import asyncio
import json
from typing import Any

import pytest

from isogloss import UNSET, Client, ClientHandler, McpError, Revision, Server, connect
from isogloss.client import EraMode
from isogloss.protocol.types import (
    CallToolRequestParams,
    CallToolResult,
    ClientCapabilities,
    ElicitationCapability,
    ElicitRequestParams,
    ElicitResult,
    Implementation,
    ProgressNotificationParams,
    RequestMetaObject,
    TextContent,
)
from tests.runtime import surface
from tests.runtime.loop import in_loop, pass_time
from tests.runtime.surface import mcp

LEGACY = [revision.value for revision in Revision if revision.era == "legacy"]
ERAS: list[tuple[EraMode, str | None]] = [("modern", None), *(("legacy", date) for date in LEGACY)]
BOTH: list[tuple[EraMode, str | None]] = [("modern", None), ("legacy", None)]

every_revision = pytest.mark.parametrize(("era", "revision"), ERAS)
both_eras = pytest.mark.parametrize(("era", "revision"), BOTH)


def text_of(result: Any) -> str:
    return "".join(block.text for block in result.content if isinstance(block, TextContent))


@every_revision
@in_loop
async def test_a_tool_gets_typed_arguments_and_gives_plain_values(
    era: EraMode, revision: str | None
) -> None:
    async with connect(mcp, era=era, revision=revision) as client:
        result = await client.call_tool("add", {"a": 40})
        assert text_of(result) == '{"sum":42}'
        has_structure = client.revision >= Revision.V2025_06_18
        assert result.structured_content == ({"sum": 42} if has_structure else UNSET)
        assert not result.is_error
        assert text_of(await client.call_tool("where", {"name": "x"})) == '{"name":"x","north":0.0}'
        assert text_of(await client.call_tool("count", {"text": "abc"})) == '{"result":3}'
        assert (await client.call_tool("nothing")).content == []
        assert len((await client.call_tool("picture")).content) == 2


@both_eras
@in_loop
async def test_what_goes_wrong_is_told_in_the_right_way(era: EraMode, revision: str | None) -> None:
    async with connect(mcp, era=era, revision=revision) as client:
        wrong = await client.call_tool("add", {"a": "x", "c": 1, "b": -1})
        assert wrong.is_error
        assert text_of(wrong) == (
            'a: expected integer, found string\nc: unknown argument, did you mean "a"?\nb: must be at least 0'
        )
        failed = await client.call_tool("fail", {"how": "tool"})
        assert (failed.is_error, text_of(failed)) == (True, "boom")
        for call, code, message, data in (
            (client.call_tool("fail", {"how": "protocol"}), -32050, "not now", {"retry": True}),
            (client.call_tool("fail", {"how": "bug"}), -32603, "internal error", UNSET),
            (client.call_tool("fail", {"how": "odd"}), -32603, "internal error", UNSET),
            (client.call_tool("nope"), -32602, "unknown tool: nope", UNSET),
            (client.get_prompt("nope"), -32602, "unknown prompt: nope", UNSET),
            (
                client.get_prompt("greet"),
                -32602,
                "params.arguments.name: required member is missing",
                UNSET,
            ),
            (
                client.complete("x", "", prompt="nope"),
                -32602,
                "unknown prompt: nope",
                UNSET,
            ),
        ):
            with pytest.raises(McpError) as raised:
                await call
            assert (raised.value.code, raised.value.message, raised.value.data) == (
                code,
                message,
                data,
            )


@both_eras
@in_loop
async def test_everything_is_listed_over_all_pages(era: EraMode, revision: str | None) -> None:
    async with connect(mcp, era=era, revision=revision) as client:
        tools = {tool.name: tool for tool in await client.list_tools()}
        assert list(tools)[:3] == ["add", "where", "count"]
        assert len(tools) > 9
        assert tools["add"].description == "Adds two integers."
        assert tools["add"].input_schema["properties"]["b"]["description"] == "Not below zero."
        assert tools["count"].title == "Counter"
        assert (tools["where"].output_schema or {})["required"] == ["name"]
        assert (tools["count"].output_schema or {})["properties"] == {"result": {"type": "integer"}}
        assert tools["slow"].input_schema["required"] == ["steps"]
        assert tools["picture"].output_schema is UNSET
        assert [r.uri for r in await client.list_resources()] == ["text://greeting", "bytes://raw"]
        (template,) = await client.list_resource_templates()
        assert (template.uri_template, template.name) == ("item://{id}/{part}", "item")
        prompts = await client.list_prompts()
        assert [(p.name, p.description) for p in prompts] == [
            ("greet", "Greets somebody."),
            ("talk", UNSET),
        ]
        arguments = prompts[0].arguments or []
        assert [(a.name, a.required, a.description) for a in arguments] == [
            ("name", True, "Whom."),
            ("loud", False, UNSET),
        ]


@both_eras
@in_loop
async def test_resources_are_read_and_templates_get_their_variables(
    era: EraMode, revision: str | None
) -> None:
    async with connect(mcp, era=era, revision=revision) as client:
        (text,) = (await client.read_resource("text://greeting")).contents
        assert (getattr(text, "text", None), text.mime_type) == ("héllo", "text/markdown")
        (blob,) = (await client.read_resource("bytes://raw")).contents
        assert (getattr(blob, "blob", None), blob.mime_type) == ("AP8=", "application/octet-stream")
        (item,) = (await client.read_resource("item://6/a%20b")).contents
        assert (getattr(item, "text", None), item.uri) == ("7 a b", "item://6/a%20b")
        with pytest.raises(McpError, match=r"^params\.uri: id: expected integer, found string"):
            await client.read_resource("item://x/y")
        with pytest.raises(McpError, match=r"^resource not found: none://x") as raised:
            await client.read_resource("none://x")
        assert raised.value.code == (-32602 if era == "modern" else -32002)
        assert raised.value.data == {"uri": "none://x"}


@both_eras
@in_loop
async def test_prompts_are_filled_in_and_completed(era: EraMode, revision: str | None) -> None:
    async with connect(mcp, era=era, revision=revision) as client:
        result = await client.get_prompt("greet", {"name": "Ann", "loud": "true"})
        assert [(m.role, getattr(m.content, "text", None)) for m in result.messages] == [
            ("user", "Greet Ann!")
        ]
        assert [m.role for m in (await client.get_prompt("talk")).messages] == ["user", "assistant"]
        assert await client.complete("name", "Al", prompt="greet") == ["Alice", "Alan"]
        assert await client.complete("loud", "", prompt="greet") == []
        values = await client.complete(
            "part", "p", template="item://{id}/{part}", given={"id": "5"}
        )
        assert (len(values), values[0]) == (100, "5-p0")


@both_eras
@in_loop
async def test_progress_and_cancellation_reach_the_other_side(
    era: EraMode, revision: str | None
) -> None:
    async with connect(mcp, era=era, revision=revision) as client:
        seen: list[ProgressNotificationParams] = []
        result = await client.call_tool("slow", {"steps": 3}, on_progress=seen.append)
        assert text_of(result) == '{"result":"done"}'
        assert [(p.progress, p.total, p.message) for p in seen] == [
            (i, 3, f"step {i}") for i in (1, 2, 3)
        ]
        surface.stopped.clear()
        call = await slow_call(client)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await client.ping()
        assert surface.stopped == ["slow"]
        call = await slow_call(client, timeout=5)
        pass_time(5)
        with pytest.raises(McpError, match="no answer to tools/call within 5 s"):
            await call
        await client.ping()
        assert surface.stopped == ["slow", "slow"]


async def slow_call(client: Client, **options: Any) -> asyncio.Task[CallToolResult]:
    """A call that is being handled, and never ends by itself."""
    surface.begun.clear()
    call = asyncio.create_task(client.call_tool("slow", {"steps": 0}, **options))
    while not surface.begun:
        await asyncio.sleep(0)
    return call


class Zoe(ClientHandler[Client]):
    async def elicit(self, _: Client, params: ElicitRequestParams, /) -> ElicitResult:
        return ElicitResult(action="accept", content={"name": f"Zoë ({params.message})"})


@in_loop
async def test_a_legacy_client_can_be_asked() -> None:
    able = ClientCapabilities(elicitation=ElicitationCapability())
    async with connect(mcp, era="legacy", handler=Zoe(), capabilities=able) as client:
        assert text_of(await client.call_tool("ask")) == '{"result":"Zoë (Your name?)"}'
    async with connect(mcp, era="legacy") as client:
        with pytest.raises(McpError, match="method not found: elicitation/create"):
            await client.call_tool("ask")
    async with connect(mcp, era="modern", handler=Zoe()) as client:
        with pytest.raises(McpError, match="internal error"):
            await client.call_tool("ask")


@every_revision
@in_loop
async def test_a_handler_is_told_of_its_request(era: EraMode, revision: str | None) -> None:
    able = ClientCapabilities(elicitation=ElicitationCapability())
    info = Implementation(name="tester", version="1")
    async with connect(mcp, era=era, revision=revision, info=info, capabilities=able) as client:
        params = CallToolRequestParams(name="about", meta=RequestMetaObject(extra={"trace": [1]}))
        result: Any = await client.calls.call_tool(params)
        assert json.loads(text_of(result)) == {
            "revision": client.revision.value,
            "client": "tester",
            "elicitation": client.revision >= Revision.V2025_06_18,
            "trace": [1],
        }


@in_loop
async def test_a_server_says_what_it_is() -> None:
    for era in ("modern", "legacy"):
        async with connect(mcp, era=era) as client:
            assert (client.server.name, client.server.version, client.server.title) == (
                "surface",
                "1.2",
                "Surface",
            )
            assert client.instructions == "Be kind."
            assert client.capabilities.tools is not UNSET
            assert client.capabilities.completions == {}
            assert client.capabilities.logging == {}
    async with connect(Server("bare")) as client:
        assert client.capabilities.tools is UNSET
        assert client.instructions is None
        with pytest.raises(McpError):
            await client.call_tool("x")


def test_what_cannot_be_served_is_refused_when_it_is_added() -> None:
    server = Server("s")

    def good() -> int:
        return 1

    server.tool(good)
    with pytest.raises(ValueError, match="there is a tool 'good' already"):
        server.tool(good)
    with pytest.raises(ValueError, match="the function has no parameter 'id'"):
        server.resource("x://{id}")(good)
    with pytest.raises(ValueError, match="the parameter 'name' is no variable of the URI"):
        server.resource("x://1")(lambda name: name)
    with pytest.raises(ValueError, match="either a prompt or a template"):
        server.completion("x")
