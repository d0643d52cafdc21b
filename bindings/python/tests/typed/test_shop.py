"""A generated client and a generated server of the shop meet, and each meets what was written by hand."""

import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Literal

import pytest

from isogloss import UNSET, Context, McpError, Server, ToolError, ToolFailed, UnsetType
from isogloss.protocol.types import CallToolResult, TextContent
from isogloss.protocol.types.content import TextResourceContents
from isogloss.typed import Offered
from tests.protocol.repository import ROOT
from tests.runtime.loop import in_loop
from tests.runtime.shop import mcp
from tests.typed.generated.shop import types
from tests.typed.generated.shop.client import connect
from tests.typed.generated.shop.server import Shop, server_of

GOLDEN = ROOT / "spec" / "fixtures" / "contract" / "shop.mcp.json"


class Corner(Shop):
    """A shop at the corner."""

    async def find_items(
        self,
        context: Context,
        query: str,
        *,
        kind: Literal["book", "film"] | UnsetType | None = UNSET,
        limit: int = 10,
    ) -> list[types.FindItemsOutputItem]:
        await context.progress(1, total=2)
        name = f"{query}, {kind or 'any'}, {limit}"
        return [types.FindItemsOutputItem(id=1, name=name, price=2, extra={"used": True})]

    async def order(
        self, context: Context, id: int, *, note: str | UnsetType | None = UNSET
    ) -> types.OrderOutput:
        if id == 0:
            raise ToolError("there is no such item")
        if id < 0:
            said = CallToolResult(content=[TextContent(text="no ids below 1")])
            said.structured_content = {"least": 1}
            raise ToolError(said)
        return types.OrderOutput(number=f"{id}: {'no note' if note is UNSET else note}")

    async def ping_shop(self, context: Context) -> str:
        return "here"

    async def read_hours(self, context: Context) -> str:
        return "9 to 5"

    async def read_item(self, context: Context, id: str) -> str:
        return json.dumps({"id": id, "uri": context.uri})

    async def prompt_advise(
        self, context: Context, for_whom: str, *, budget: str | UnsetType = UNSET
    ) -> str:
        return f"For {for_whom}, {'at any price' if budget is UNSET else budget}"


@in_loop
async def test_calls_are_typed_on_both_sides() -> None:
    async with connect(server_of(Corner())) as shop:
        (item,) = await shop.find_items("tea")
        assert (item.id, item.name, item.price) == (1, "tea, any, 10", 2)
        assert item.extra == {"used": True}
        (item,) = await shop.find_items("tea", kind="book", limit=3)
        assert item.name == "tea, book, 3"
        assert await shop.order(1) == types.OrderOutput(number="1: no note")
        assert await shop.order(1, note=None) == types.OrderOutput(number="1: None")
        assert await shop.ping_shop() == "here"


@in_loop
async def test_resources_templates_and_prompts_have_methods() -> None:
    async with connect(server_of(Corner())) as shop:
        (hours,) = (await shop.read_hours()).contents
        assert isinstance(hours, TextResourceContents) and hours.text == "9 to 5"
        (item,) = (await shop.read_item("a b/c")).contents
        assert isinstance(item, TextResourceContents)
        assert json.loads(item.text) == {"id": "a b/c", "uri": "shop://items/a%20b%2Fc"}
        for prompt, said in [
            (await shop.prompt_advise("Ada"), "For Ada, at any price"),
            (await shop.prompt_advise("Ada", budget="10"), "For Ada, 10"),
        ]:
            content = prompt.messages[0].content
            assert isinstance(content, TextContent) and content.text == said


@in_loop
async def test_wrong_arguments_are_told_before_they_are_sent() -> None:
    async with connect(server_of(Corner())) as shop:
        with pytest.raises(McpError) as caught:
            await shop.find_items("", limit=51)
        assert str(caught.value).startswith("the arguments of tool find_items: ")
        assert {line.split(":")[0] for line in str(caught.value).splitlines()[1:]} == {"limit"}
        # Who goes around the client is told the same by the server.
        result = await shop.client.call_tool("find_items", {"query": "a", "limit": "many"})
        assert result.is_error and "limit: " in str(result.content)


@in_loop
async def test_a_tool_that_fails_raises() -> None:
    async with connect(server_of(Corner())) as shop:
        with pytest.raises(ToolFailed, match="there is no such item"):
            await shop.order(0)
        with pytest.raises(ToolFailed, match="no ids below 1") as caught:
            await shop.order(-1)
        assert caught.value.result.structured_content == {"least": 1}


@in_loop
async def test_options_go_with_a_view_of_the_client() -> None:
    heard: list[float] = []
    async with connect(server_of(Corner())) as shop:
        slow = shop.with_options(on_progress=lambda progress: heard.append(progress.progress))
        await slow.find_items("tea")
        await shop.find_items("tea")
    assert heard == [1]


@in_loop
async def test_a_server_by_hand_is_called_by_the_same_client() -> None:
    async with connect(mcp) as shop:
        assert [item.name for item in await shop.find_items("m", limit=1)] == ["Emma"]
        assert (await shop.order(2, note="soon")).number == "2-soon"


@in_loop
async def test_a_result_that_is_not_what_the_contract_says_is_told_with_its_path() -> None:
    wrong = Server("wrong")
    found: object = [{"id": "1", "name": "a", "price": 1.5}]
    wrong.tool(lambda query: {"result": found}, name="find_items")  # noqa: ARG005
    async with connect(wrong) as shop:
        with pytest.raises(
            McpError, match=r"the result of tool find_items: result\[0\]\.id: "
        ) as caught:
            await shop.find_items("a")
        assert "integer" in str(caught.value) and "string" in str(caught.value)
        # An integer may be written with a fraction that is none, and members may be new.
        found = [{"id": 1.0, "name": "a", "price": 1, "new": [1]}]
        (item,) = await shop.find_items("a")
        assert item == types.FindItemsOutputItem(id=1, name="a", price=1, extra={"new": [1]})
        assert type(item.id) is int


@pytest.mark.skipif(not GOLDEN.exists(), reason="the repository is not here")
def test_a_generated_server_offers_what_the_contract_says() -> None:
    golden, own = json.loads(GOLDEN.read_text()), json.loads(server_of(Corner()).contract())
    assert own == golden
    assert server_of(Corner()).contract() == GOLDEN.read_text()


def test_a_new_server_says_of_itself_all_that_the_contract_does() -> None:
    about = {
        "server": {
            "name": "s",
            "version": "1",
            "title": "",
            "description": "A server.",
            "icons": [{"src": "https://example.com/a.png", "sizes": ["48x48"], "of": "somebody"}],
            "websiteUrl": "https://example.com",
            "configuration": {"a": [1.5, None]},
        },
        "instructions": "",
    }
    told = json.loads(Offered(None, json.dumps(about)).server.contract())
    assert {"server": told["server"], "instructions": told["instructions"]} == about


@in_loop
async def test_where_a_server_is_not_what_its_contract_says_is_told_when_it_begins(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = server_of(Corner())
    server.tool(lambda: "new", name="fresh")
    server.tool(lambda: "other", name="ping_shop", replace=True)
    server.remove_resource("shop://hours")
    with caplog.at_level(logging.WARNING, "isogloss"):
        async with connect(server) as shop:
            await shop.order(1)
    told = [record.getMessage() for record in caplog.records]
    assert [line.partition(": its hash")[0] for line in told] == [
        "shop: tool 'fresh' is not in the contract",
        "shop: tool 'ping_shop' has changed",
        "shop: resource 'shop://hours' of the contract is not offered",
    ]


def test_a_method_that_is_missing_is_told() -> None:
    class Empty(Shop):
        pass

    with pytest.raises(TypeError, match="find_items"):
        Empty()  # type: ignore[abstract]


def test_a_generated_server_takes_nothing_of_a_client() -> None:
    program = "import sys, tests.typed.generated.shop.server\nprint(*sys.modules)\nassert 'isogloss.typed.server' in sys.modules"
    package = Path(__file__).parents[2]
    env = {"PYTHONPATH": f"{package / 'src'}:{package}"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=env, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    unused = {
        "isogloss.client",
        "isogloss.json_schema",
        "isogloss.typed.client",
        "isogloss.typed.uri",
    }
    assert loaded & unused == set()
