"""Asking: a legacy client by requests of the server's own, a modern one by what it is answered."""

import asyncio
import json
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest

from isogloss import (
    Context,
    McpError,
    Meta,
    Server,
    elicit,
    form,
    open_url,
    roots,
    sample,
)
from isogloss.protocol.types import (
    CreateMessageRequestParams,
    ElicitRequestFormParams,
    ElicitSchema,
    SamplingMessage,
    TextContent,
)
from isogloss.request_state import Seal
from isogloss.transport import Incoming, Transport
from tests.runtime.loop import in_loop

CAN: dict[str, Any] = {"elicitation": {"form": {}, "url": {}}, "roots": {}, "sampling": {}}


@dataclass
class Visitor:
    name: Annotated[str, Meta(min_length=2, description="Whom to greet.")]
    mood: Literal["glad", "sad"] = "glad"


mcp = Server("asking")
begun: list[str] = []
left: list[str] = []


@mcp.tool
async def greet(context: Context) -> str:
    begun.append("greet")
    try:
        answer = await context.ask(form("Your name?", Visitor))
    except asyncio.CancelledError:
        left.append("greet")
        raise
    visitor = answer.accepted()
    return f"Hello, {visitor.name}, who is {visitor.mood}!"


@mcp.tool
async def both(context: Context) -> list[str]:
    places, said = await asyncio.gather(
        context.ask(roots(), "where"),
        context.ask(sample(CreateMessageRequestParams(max_tokens=9, messages=[HI])), "what"),
    )
    url = await context.ask(open_url("Log in.", "https://example.com/login"))
    assert isinstance(said.content, TextContent)
    return [places[0].uri, said.content.text, url]


@mcp.tool
async def twice(context: Context) -> str:
    await asyncio.gather(context.ask(roots(), "same"), context.ask(roots(), "same"))
    return "never"


@mcp.tool
async def raw(context: Context) -> str:
    schema = ElicitSchema(properties={})
    return (
        await context.ask(elicit(ElicitRequestFormParams(message="?", requested_schema=schema)))
    ).action


@mcp.prompt
async def letter(context: Context) -> str:
    return f"Write to {(await context.ask(form('Whom?', Visitor))).accepted().name}"


@mcp.resource("room://{number}")
async def room(number: int, context: Context) -> str:
    return f"{number}: {(await context.ask(form('Who?', Visitor))).accepted().name}"


HI = SamplingMessage(role="user", content=TextContent(text="hi"))


class Hand:
    """A client by hand, on one connection in either era."""

    def __init__(self, capabilities: dict[str, Any], of: Server = mcp) -> None:
        self.end: Transport = of.in_memory()
        self.capabilities = capabilities
        self.left: list[Incoming] = []
        self.id = 0

    async def receive(self) -> Any:
        while not self.left:
            self.left += await self.end.receive()
        text = self.left.pop(0)
        assert isinstance(text, bytes)
        return json.loads(text)

    def send(self, **message: Any) -> None:
        self.end.send(json.dumps({"jsonrpc": "2.0", **message}).encode())

    async def ask(self, method: str, **params: Any) -> Any:
        """A request of the modern era."""
        self.id += 1
        meta = {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": self.capabilities,
        }
        self.send(id=self.id, method=method, params={"_meta": meta, **params})
        answer = await self.receive()
        return answer.get("result", answer.get("error"))

    async def call(self, name: str, **params: Any) -> Any:
        return await self.ask("tools/call", name=name, arguments={}, **params)

    async def open(self, revision: str) -> None:
        """Opens a legacy session."""
        info = {"name": "c", "version": "1"}
        about = {
            "protocolVersion": revision,
            "capabilities": self.capabilities,
            "clientInfo": info,
        }
        self.send(id=0, method="initialize", params=about)
        await self.receive()


def accept(**content: Any) -> dict[str, Any]:
    return {"action": "accept", "content": content}


def text(result: Any) -> str:
    return str(result["content"][0]["text"])


@in_loop
async def test_a_modern_client_is_asked_by_its_result_and_comes_back() -> None:
    hand = Hand(CAN)
    begun.clear()
    left.clear()
    asked = await hand.call("greet")
    assert asked["resultType"] == "input_required"
    assert asked["inputRequests"] == {
        "question-1": {
            "method": "elicitation/create",
            "params": {
                "message": "Your name?",
                "mode": "form",
                "requestedSchema": {
                    "properties": {
                        "name": {
                            "description": "Whom to greet.",
                            "minLength": 2,
                            "type": "string",
                        },
                        "mood": {"default": "glad", "enum": ["glad", "sad"], "type": "string"},
                    },
                    "required": ["name"],
                    "type": "object",
                },
            },
        }
    }
    assert left == ["greet"]
    said = await hand.call(
        "greet",
        requestState=asked["requestState"],
        inputResponses={"question-1": accept(name="Zoë")},
    )
    assert text(said) == '{"result":"Hello, Zoë, who is glad!"}'
    assert begun == ["greet", "greet"]


@in_loop
async def test_questions_go_out_together_and_in_rounds() -> None:
    hand = Hand(CAN)
    first = await hand.call("both")
    assert sorted(first["inputRequests"]) == ["what", "where"]
    answers = {
        "where": {"roots": [{"uri": "file:///a"}]},
        "what": {"role": "assistant", "model": "m", "content": {"type": "text", "text": "ho"}},
    }
    second = await hand.call("both", requestState=first["requestState"], inputResponses=answers)
    assert second["inputRequests"]["question-1"]["params"]["url"] == "https://example.com/login"
    # The answers of the first round are in the state of the second.
    last = await hand.call(
        "both",
        requestState=second["requestState"],
        inputResponses={"question-1": {"action": "accept"}},
    )
    assert last["structuredContent"] == {"result": ["file:///a", "ho", "accept"]}


@in_loop
async def test_prompts_and_resources_ask_too() -> None:
    hand = Hand(CAN)
    answers = {"question-1": accept(name="Bob")}
    for method, params in (
        ("prompts/get", {"name": "letter"}),
        ("resources/read", {"uri": "room://7"}),
    ):
        asked = await hand.ask(method, **params)
        assert asked["resultType"] == "input_required", method
        state = asked["requestState"]
        said = await hand.ask(method, **params, requestState=state, inputResponses=answers)
        assert "Bob" in json.dumps(said)


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ({"action": "decline"}, "the user declined to answer"),
        ({"action": "cancel"}, "the user cancelled the question"),
        (accept(name="Z"), "content.name: must have at least 2 characters"),
        (accept(), "content.name: required member is missing"),
        (accept(name="Zoë", mood="mad"), 'content.mood: expected one of "glad", "sad"'),
        ({"action": "maybe"}, 'action: expected one of "accept", "cancel", "decline"'),
    ],
)
@in_loop
async def test_answers_are_checked(answer: dict[str, Any], found: str) -> None:
    said = await Hand(CAN).call("greet", inputResponses={"question-1": answer})
    assert found in json.dumps(said, ensure_ascii=False).replace('\\"', '"')


@in_loop
async def test_a_client_that_cannot_is_not_asked() -> None:
    modern = await Hand({"elicitation": {"url": {}}}).call("greet")
    assert (modern["code"], modern["data"]) == (
        -32021,
        {"requiredCapabilities": {"elicitation": {}}},
    )
    no_page = await Hand({"elicitation": {}, "roots": {}, "sampling": {}}).call(
        "both",
        inputResponses={
            "where": {"roots": [{"uri": "file:///a"}]},
            "what": {"role": "assistant", "model": "m", "content": {"type": "text", "text": "ho"}},
        },
    )
    assert no_page["data"] == {"requiredCapabilities": {"elicitation": {"url": {}}}}
    legacy = Hand({})
    await legacy.open("2025-11-25")
    legacy.send(id=1, method="tools/call", params={"name": "greet"})
    answer = (await legacy.receive())["result"]
    assert answer["isError"]
    assert text(answer) == "the client cannot be asked: it has not declared elicitation"


@in_loop
async def test_a_legacy_client_is_asked_by_a_request() -> None:
    hand = Hand(CAN)
    await hand.open("2025-06-18")
    hand.send(id=1, method="tools/call", params={"name": "greet"})
    asked = await hand.receive()
    assert asked["method"] == "elicitation/create"
    # Members that the revision lacks are not sent.
    assert "mode" not in asked["params"]
    hand.send(id=asked["id"], result=accept(name="Zoë", mood="sad"))
    assert text((await hand.receive())["result"]) == '{"result":"Hello, Zoë, who is sad!"}'

    hand.send(id=2, method="tools/call", params={"name": "greet"})
    asked = await hand.receive()
    hand.send(id=asked["id"], error={"code": -1, "message": "not today"})
    answer = (await hand.receive())["result"]
    assert (answer["isError"], text(answer)) == (
        True,
        "the client did not answer: not today (-1)",
    )


@in_loop
async def test_two_questions_have_two_keys() -> None:
    assert (await Hand(CAN).call("twice"))["message"] == "internal error"


@in_loop
async def test_a_state_is_good_for_its_request_alone() -> None:
    hand = Hand(CAN)
    state = (await hand.call("greet"))["requestState"]
    answers = {"question-1": accept(name="Zoë")}
    for name, changed in (
        ("both", state),
        ("greet", state[:-1] + ("A" if state[-1] != "A" else "B")),
        ("greet", "AAAA"),
        ("greet", "é"),
    ):
        refused = await hand.call(name, requestState=changed, inputResponses=answers)
        assert (refused["code"], refused["message"].split(":")[0]) == (
            -32602,
            "params.requestState",
        )
    other = Hand(CAN, Server("other"))
    assert (await other.call("greet", requestState=state))["code"] == -32602


def test_a_state_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    seal = Seal(bytes(32))
    now = 1000.0
    monkeypatch.setattr("isogloss.request_state.time.time", lambda: now)
    state = seal.close(["a"], {})
    assert Seal(bytes(32)).open(["a"], state) == {}
    now += 601
    with pytest.raises(McpError, match="too old"):
        seal.open(["a"], state)
    with pytest.raises(ValueError, match="expected 32 bytes, found 3"):
        Seal(b"abc")


def test_what_is_no_form_is_refused() -> None:
    @dataclass
    class Deep:
        within: Visitor

    with pytest.raises(TypeError, match="Deep is no form"):
        form("?", Deep)
