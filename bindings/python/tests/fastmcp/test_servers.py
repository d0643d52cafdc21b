"""Ten servers written as for FastMCP, but for their imports and a class name: each runs, and answers as it should.

What is common to both, and what is not, is told in docs/guide/python/fastmcp.md.
"""

import base64
import json
import socket
import subprocess
import sys
import time
import urllib.request
from typing import Any

import pytest

from tests.fastmcp.process import ENVIRONMENT, SERVERS, Era, accept, started, text_of

both_eras = pytest.mark.parametrize("era", ["modern", "legacy"])


@both_eras
def test_calculator(era: Era) -> None:
    with started("calculator", era) as client:
        tools = {tool["name"]: tool for tool in client.ask("tools/list")["tools"]}
        assert list(tools) == ["add", "round_off", "convert", "divide"]
        assert tools["add"]["description"] == "Add two numbers."
        assert tools["add"]["inputSchema"]["required"] == ["a"]
        assert tools["round_off"]["annotations"] == {"readOnlyHint": True, "idempotentHint": True}
        assert tools["convert"]["inputSchema"]["properties"]["unit"]["enum"] == ["km", "mi"]
        assert client.call("add", a=2)["structuredContent"] == {"result": 3}
        assert client.call("round_off", value=2.345, digits=1)["structuredContent"] == {
            "result": 2.3
        }
        assert client.call("convert", amount=1, unit="mi")["structuredContent"] == {"km": 1.609}
        failed = client.call("divide", a=1, b=0)
        assert (failed["isError"], text_of(failed)) == (True, "Division by zero is not allowed.")
        wrong = client.call("convert", amount=1, unit="ly")
        assert (wrong["isError"], text_of(wrong)) == (
            True,
            'unit: expected one of "km", "mi", found "ly"',
        )


def test_weather() -> None:
    with started("weather") as client:
        result = client.call("forecast", city="Oslo", days=2)
        assert result["structuredContent"]["result"] == ["day 1: -2 degrees", "day 2: -1 degrees"]
        assert client.told == [
            {"level": "info", "data": "Forecast for Oslo"},
            {"progressToken": 1, "progress": 1, "total": 2},
            {"progressToken": 1, "progress": 2, "total": 2},
        ]
        (template,) = client.ask("resources/templates/list")["resourceTemplates"]
        assert template["uriTemplate"] == "weather://{city}/current"
        (read,) = client.ask("resources/read", uri="weather://Rome/current")["contents"]
        assert (json.loads(read["text"]), read["mimeType"]) == (
            {"city": "Rome", "degrees": 14},
            "application/json",
        )
        prompt = client.ask(
            "prompts/get", name="packing_list", arguments={"city": "Rome", "nights": "3"}
        )
        assert text_of(prompt) == "I am going to Rome for 3 nights. What should I pack?"


def test_notes() -> None:
    with started("notes") as client:
        assert text_of(client.ask("resources/read", uri="notes://all")) == '["shopping"]'
        saved = client.call("write_note", title="plan", text="rest a while")
        assert saved["structuredContent"] == {"result": "Saved plan."}
        read = client.ask("resources/read", uri="notes://note/plan")["contents"][0]
        assert (read["text"], read["mimeType"]) == ("# plan\n\nrest a while", "text/markdown")
        assert client.call("word_count", title="plan")["structuredContent"] == {"result": 5}
        said = client.call("describe", title="plan")["structuredContent"]["result"]
        assert said == "plan: text/markdown"


def test_pictures() -> None:
    with started("pictures") as client:
        tools = client.ask("tools/list")["tools"]
        assert [tool.get("outputSchema") for tool in tools] == [None, None, None]
        (block,) = client.call("thumbnail", name="x")["content"]
        assert (block["type"], block["mimeType"]) == ("image", "image/png")
        assert base64.b64decode(block["data"]).endswith(b"...x")
        assert client.call("chime")["content"][0]["mimeType"] == "audio/wav"
        album = client.call("album", title="Dots")
        assert [block["type"] for block in album["content"]] == ["text", "image"]
        assert "structuredContent" not in album
        logo, about = client.ask("resources/list")["resources"]
        assert (logo["name"], logo["mimeType"], about["name"]) == ("Logo", "image/png", "about")
        (read,) = client.ask("resources/read", uri="pictures://logo")["contents"]
        assert base64.b64decode(read["blob"]).startswith(b"\x89PNG")


@both_eras
def test_survey(era: Era) -> None:
    with started("survey", era) as client:
        client.answers = [accept(value="Zoë"), accept(value=7)]
        assert text_of(client.call("introduce")) == '{"result":"Zoë is 7."}'
        field = client.asked[1]["requestedSchema"]["properties"]
        assert (client.asked[0]["message"], field) == (
            "What is your name?",
            {"value": {"type": "integer"}},
        )
        client.answers = [accept(value="Zoë"), {"action": "decline"}]
        assert "keeps that a secret" in text_of(client.call("introduce"))
        client.answers = [{"action": "cancel"}]
        assert "stranger" in text_of(client.call("introduce"))
        client.answers = [accept(value="green"), accept(value="large")]
        assert "A large cup of green tea." in text_of(client.call("order_tea"))
        client.answers = [accept(street="Main St", town="Ulm"), accept()]
        assert "Main St, Ulm, floor 0" in text_of(client.call("deliver"))
        client.answers = [accept(street="Main St", town="Ulm"), {"action": "decline"}]
        assert "Then not." in text_of(client.call("deliver"))


@both_eras
def test_writer(era: Era) -> None:
    with started("writer", era) as client:
        said = {"type": "text", "text": "It rains."}
        client.answers = [{"role": "assistant", "model": "m", "content": said}]
        assert text_of(client.call("summarize", text="long")) == '{"result":"It rains."}'
        (question,) = client.asked
        assert (question["systemPrompt"], question["maxTokens"]) == ("You are brief.", 100)
        assert question["messages"][0]["content"]["text"] == "Summarize in one line: long"
        review = client.ask("prompts/get", name="review", arguments={"code": "x = 1"})
        roles = [message["role"] for message in review["messages"]]
        assert (roles, review["description"]) == (
            ["user", "assistant", "user"],
            "Review a piece of code.",
        )
        translate = client.ask("prompts/get", name="translate", arguments={"text": "Hi"})
        assert text_of(translate) == "Translate into German:\nHi"


def test_library() -> None:
    with started("library") as client:
        found = client.call("find_books", before=1850)["structuredContent"]
        assert found == {"result": [{"title": "Emma", "year": 1815}]}
        added = client.call("add_book", title="Momo", year=1973)
        assert added["structuredContent"] == {"title": "Momo", "year": 1973}
        (read,) = client.ask("resources/read", uri="library://statistics")["contents"]
        assert json.loads(read["text"]) == {"books": 3, "library": "Library"}


def test_mall() -> None:
    with started("mall") as client:
        tools = [tool["name"] for tool in client.ask("tools/list")["tools"]]
        assert tools == ["opening_hours", "bakery_bake", "florist_bouquet"]
        assert client.call("opening_hours")["structuredContent"]["bakery"] == "6-18"
        assert client.call("bakery_bake", what="bun")["structuredContent"] == {"result": "1 x bun"}
        tied = client.call("florist_bouquet", flowers=["a rose", "a lily"])
        assert tied["structuredContent"]["result"] == "a rose and a lily"
        assert text_of(client.ask("resources/read", uri="stock://bakery/flour")) == "20 kg"
        card = client.ask("prompts/get", name="florist_card", arguments={"name": "Ann"})
        assert text_of(card) == "Write a card for Ann."


@both_eras
def test_monitor(era: Era) -> None:
    with started("monitor", era) as client:
        tools = client.ask("tools/list")["tools"]
        assert [list(tool["inputSchema"].get("properties", {})) for tool in tools] == [["host"], []]
        assert client.call("check", host="a.example")["structuredContent"] == {"result": "down"}
        assert client.told == [
            {"level": "debug", "data": "Resolving a.example"},
            {"level": "info", "data": {"msg": "Checking a.example", "extra": {"port": 443}}},
            {"level": "warning", "data": "It answers slowly", "logger": "net"},
            {"level": "error", "data": "It does not answer"},
        ]
        about = client.call("whoami")["structuredContent"]
        assert (about["server"], about["client"]) == ("Monitor", "by hand")
        assert about["request"].isdecimal()
        (prompt,) = client.ask("prompts/list")["prompts"]
        assert [argument["name"] for argument in prompt["arguments"]] == ["host"]


def test_inventory() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, str(SERVERS / "inventory.py"), str(port)]
    with subprocess.Popen(command, env=ENVIRONMENT) as process:
        try:
            _wait_for(port)
            put = _post(port, "put", thing={"name": "lamp", "shelf": "left", "labels": ["light"]})
            assert put["structuredContent"] == {"result": 1}
            assert _post(port, "put", thing={"name": "rope", "shelf": "right"})
            lamp = {"name": "lamp", "shelf": "left", "labels": ["light"]}
            found = _post(port, "find_things", label="light")
            assert found["structuredContent"] == {"result": [lamp]}
            found = _post(port, "find_things", label="light", shelf="right")
            assert found["structuredContent"] == {"result": []}
            assert _post(port, "clear")["content"] == []
            assert _post(port, "find_things")["structuredContent"] == {"result": []}
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    """Waits until a process listens: it does not say when."""
    deadline = time.monotonic() + 15
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < deadline, "it does not listen"
            time.sleep(0.05)
        else:
            return


def _post(port: int, tool: str, **arguments: Any) -> Any:
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    params = {"_meta": meta, "name": tool, "arguments": arguments}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/mcp",
        data=json.dumps(message).encode(),
        headers={
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": "2026-07-28",
            "Mcp-Method": "tools/call",
            "Mcp-Name": tool,
        },
    )
    with urllib.request.urlopen(request, timeout=15) as response:
        return json.load(response)["result"]
