"""Questions of a server: answered by functions in both eras, asked again, or not answered and told so."""

import asyncio
import inspect
from typing import Any, Literal, TypedDict

import pytest

from isogloss import (
    Client,
    ClientHandler,
    Context,
    ErrorKind,
    McpError,
    Server,
    connect,
    form,
    open_url,
    roots,
    sample,
)
from isogloss.client import EraMode, InputRequired
from isogloss.protocol.limits import MAX_ROUNDS
from isogloss.protocol.types import (
    ClientCapabilities,
    CreateMessageRequestParams,
    CreateMessageResult,
    ElicitationCapability,
    ElicitRequestFormParams,
    ElicitRequestParams,
    ElicitRequestURLParams,
    ElicitResult,
    ListRootsRequestParams,
    ListRootsResult,
    Root,
    RootsCapability,
    SamplingMessage,
    TextContent,
    TextResourceContents,
)
from tests.runtime.loop import in_loop
from tests.runtime.scripted import Said, ScriptedServer

ERAS: list[EraMode] = ["legacy", "modern"]
both_eras = pytest.mark.parametrize("era", ERAS)


class Named(TypedDict):
    name: str


asking = Server("asking")


async def greeting(context: Context) -> str:
    name = (await context.ask(form("Your name?", Named))).accepted()["name"]
    places = await context.ask(roots())
    hi = SamplingMessage(role="user", content=TextContent(text="Greet."))
    said = await context.ask(sample(CreateMessageRequestParams(max_tokens=9, messages=[hi])))
    assert isinstance(said.content, TextContent)
    return f"{said.content.text} {name}, {len(places)} roots"


@asking.tool
async def greet(context: Context) -> TextContent:
    return TextContent(text=await greeting(context))


@asking.tool("open")
async def open_page(context: Context) -> TextContent:
    action = await context.ask(open_url("Log in.", "https://example.com/"))
    return TextContent(text=action)


@asking.resource("text://greeting")
async def text(context: Context) -> str:
    return await greeting(context)


@asking.prompt("greet")
async def letter(context: Context) -> str:
    return await greeting(context)


def on_elicit(asked: ElicitRequestFormParams) -> ElicitResult:
    assert asked.message == "Your name?"
    return ElicitResult(action="accept", content={"name": "Zoë"})


async def on_elicit_url(page: ElicitRequestURLParams) -> ElicitResult:
    return ElicitResult(action="accept" if page.url == "https://example.com/" else "cancel")


async def on_sample(_: CreateMessageRequestParams) -> CreateMessageResult:
    return CreateMessageResult(content=TextContent(text="Hello"), model="m", role="assistant")


def on_roots() -> list[Root]:
    return [Root(uri="file:///home")]


ZOE: dict[str, Any] = {
    "on_elicit": on_elicit,
    "on_elicit_url": on_elicit_url,
    "on_sample": on_sample,
    "on_roots": on_roots,
}


@both_eras
@in_loop
async def test_functions_answer_a_tool_a_resource_and_a_prompt(era: EraMode) -> None:
    expected = "Hello Zoë, 1 roots"
    async with connect(asking, era=era, **ZOE) as client:
        assert (await client.call_tool("greet")).content == [TextContent(text=expected)]
        [read] = (await client.read_resource("text://greeting")).contents
        assert isinstance(read, TextResourceContents)
        assert read.text == expected
        messages = (await client.get_prompt("greet")).messages
        assert messages[0].content == TextContent(text=expected)
        assert (await client.call_tool("open")).content == [TextContent(text="accept")]


@in_loop
async def test_a_client_says_that_it_can_do_what_there_is_a_function_for() -> None:
    server = ScriptedServer()
    said = ClientCapabilities(experimental={"a": {}})
    async with connect(server, capabilities=said, on_elicit_url=on_elicit_url, on_roots=on_roots):
        meta = server.heard[0]["params"]["_meta"]
    assert meta["io.modelcontextprotocol/clientCapabilities"] == {
        "elicitation": {"url": {}},
        "experimental": {"a": {}},
        "roots": {},
    }
    # What was said is the program's, and is left as it was.
    assert said == ClientCapabilities(experimental={"a": {}})


@in_loop
async def test_what_nobody_answers_is_not_asked_or_the_tool_fails() -> None:
    async with connect(asking, era="legacy", on_roots=on_roots) as client:
        assert (await client.call_tool("greet")).is_error is True
    async with connect(asking, era="modern", on_roots=on_roots) as client:
        with pytest.raises(McpError, match="has to declare the capability elicitation"):
            await client.call_tool("greet")


def question(**more: Any) -> dict[str, Any]:
    params = {"message": "Your name?", "requestedSchema": {"type": "object", "properties": {}}}
    asked = {"q": {"method": "elicitation/create", "params": params}}
    return {"resultType": "input_required", "inputRequests": asked, **more}


def calls(answer: Any) -> Any:
    """Answers what is no handshake: always the same, or what a function says."""

    def said(message: dict[str, Any]) -> Said:
        if message["method"] == "server/discover":
            return None
        answered: Said = answer(message) if inspect.isfunction(answer) else answer
        return answered

    return said


@in_loop
async def test_without_anybody_to_answer_the_questions_are_in_the_error() -> None:
    async with connect(ScriptedServer(calls(question(requestState="s")))) as client:
        with pytest.raises(InputRequired, match="asks for input, which this client does") as told:
            await client.call_tool("greet")
    assert told.value.kind is ErrorKind.DECODE
    assert list(told.value.result.input_requests or {}) == ["q"]
    assert told.value.result.request_state == "s"


@in_loop
async def test_a_question_that_nobody_answers_ends_the_call_and_says_which() -> None:
    async with connect(ScriptedServer(calls(question())), on_roots=on_roots) as client:
        with pytest.raises(McpError) as told:
            await client.call_tool("greet")
    assert str(told.value) == (
        'the result of tools/call asks for elicitation/create "q", which this client does not '
        "answer: method not found: elicitation/create"
    )


@in_loop
async def test_a_retry_is_the_same_request_under_another_id_with_answers_and_state() -> None:
    rounds = [
        question(requestState='sealed é"'),
        {"resultType": "input_required", "requestState": "two"},
        question(),
        {"resultType": "complete", "content": []},
    ]
    server = ScriptedServer(calls(lambda _: rounds.pop(0)))
    async with connect(server, **ZOE) as client:
        await client.call_tool("t", {"a": 1})
    asked = server.all("tools/call")
    answers = {"q": {"action": "accept", "content": {"name": "Zoë"}}}
    found = [(m["params"].get("inputResponses"), m["params"].get("requestState")) for m in asked]
    assert found == [(None, None), (answers, 'sealed é"'), (None, "two"), (answers, None)]
    for message in asked:
        params = message["params"]
        assert (params["name"], params["arguments"]) == ("t", {"a": 1})
        assert params["_meta"] == asked[0]["params"]["_meta"]
    assert len({message["id"] for message in asked}) == 4


@in_loop
async def test_a_server_that_asks_for_ever_is_left_after_the_rounds_of_the_limit() -> None:
    server = ScriptedServer(calls(question(requestState="again")))
    async with connect(server, **ZOE) as client:
        with pytest.raises(McpError, match=r"after 10 rounds \(max_rounds\)$"):
            await client.call_tool("t")
    assert len(server.all("tools/call")) == MAX_ROUNDS + 1


@in_loop
async def test_a_result_that_asks_for_nothing_is_wrong() -> None:
    server = ScriptedServer(calls({"resultType": "input_required"}))
    async with connect(server, **ZOE) as client:
        with pytest.raises(McpError, match="expected one of the members"):
            await client.call_tool("t")
    assert len(server.all("tools/call")) == 1


@in_loop
async def test_a_call_that_is_cancelled_does_not_wait_for_whoever_is_asked() -> None:
    asked = asyncio.Event()

    async def never(_: ElicitRequestFormParams) -> ElicitResult:
        asked.set()
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    async with connect(ScriptedServer(calls(question())), on_elicit=never) as client:
        call = asyncio.create_task(client.call_tool("t"))
        await asked.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call


@pytest.mark.parametrize(
    ("fill", "action", "expected"),
    [
        (True, "accept", {"name": "Zoë", "age": 30, "status": "on", "verified": False}),
        (False, "accept", {"name": "Zoë"}),
        (True, "decline", None),
    ],
)
@both_eras
@in_loop
async def test_a_form_is_given_its_defaults_where_the_client_is_told_so(
    era: EraMode, fill: bool, action: Literal["accept", "decline"], expected: Any
) -> None:
    properties = {
        "name": {"type": "string", "default": "John"},
        "age": {"type": "integer", "default": 30},
        "status": {"type": "string", "enum": ["on", "off"], "default": "on"},
        "verified": {"type": "boolean", "default": False},
        "other": {"type": "string"},
    }
    schema = {"type": "object", "properties": properties}
    params = {"message": "?", "requestedSchema": schema}
    answered: list[Any] = []

    def say(message: dict[str, Any]) -> Said:
        if "result" in message:
            answered.append(message["result"])
            [call] = server.all("tools/call")
            return [{"id": call["id"], "result": {"content": []}}]
        if message.get("method") != "tools/call":
            return None
        if era == "legacy":
            return [{"id": "q", "method": "elicitation/create", "params": params}]
        if "inputResponses" in message["params"]:
            answered.append(message["params"]["inputResponses"]["q"])
            return {"content": []}
        asked = {"q": {"method": "elicitation/create", "params": params}}
        return {"resultType": "input_required", "inputRequests": asked}

    def accept(_: ElicitRequestFormParams) -> ElicitResult:
        if action == "decline":
            return ElicitResult(action="decline")
        return ElicitResult(action="accept", content={"name": "Zoë"})

    server = ScriptedServer(say)
    async with connect(server, era=era, on_elicit=accept, fill_defaults=fill) as client:
        await client.call_tool("ask")
    assert answered[0].get("content") == expected


class Everything(ClientHandler[Client]):
    def elicit(self, _: Client, _params: ElicitRequestParams) -> ElicitResult:
        return ElicitResult(action="accept", content={"name": "Zoë"})

    async def list_roots(self, _: Client, _params: ListRootsRequestParams) -> ListRootsResult:
        return ListRootsResult(roots=[])


@both_eras
@in_loop
async def test_a_handler_answers_what_there_is_no_function_for(era: EraMode) -> None:
    can = ClientCapabilities(elicitation=ElicitationCapability(), roots=RootsCapability())
    async with connect(
        asking, era=era, capabilities=can, handler=Everything(), on_sample=on_sample
    ) as client:
        said = await client.call_tool("greet")
    assert said.content == [TextContent(text="Hello Zoë, 0 roots")]
