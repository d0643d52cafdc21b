"""Tools from end to end: schemas by hand, results that are held, coercion, headers."""

import dataclasses
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, ClassVar

import msgspec
import pydantic
import pytest
from msgspec import Meta

from isogloss import UNSET, Context, Server, ToolError, header, image, text
from isogloss.protocol.types import CallToolResult

from .by_hand import Peer, text_of
from .loop import in_loop

VECTORS: dict[str, list[Any]] = json.loads(
    (Path(__file__).parents[4] / "spec" / "vectors" / "arguments.json").read_text()
)


def echo(schema: Any, **options: Any) -> Server:
    """A server with a tool that gives its arguments back."""
    mcp = Server("vectors", "1", **options)

    @mcp.tool("echo", input_schema=schema)
    def echo(arguments: dict[str, Any]) -> dict[str, Any]:
        return arguments

    return mcp


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log was told."""
    return [record.getMessage() for record in caplog.records if record.name == "isogloss"]


async def called(of: Server, given: str) -> tuple[str, bool]:
    """The text of a call's result, and whether that is an error."""
    peer = Peer(of)
    meta = json.dumps(peer.meta)
    params = f'{{"_meta":{meta},"name":"echo","arguments":{given}}}'
    peer.write(f'{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}')
    result = (await peer.next())["result"]
    return text_of(result), result.get("isError", False)


@in_loop
async def test_a_schema_by_hand_is_served_as_it_is_and_held() -> None:
    schema = {
        "type": "object",
        "$defs": {"name": {"type": "string", "minLength": 1}},
        "properties": {"city": {"$ref": "#/$defs/name"}},
        "required": ["city"],
        "unevaluatedProperties": False,
        "x-own": [1.50],
    }
    mcp = echo(schema)
    [tool] = (await Peer(mcp).ask("tools/list"))["tools"]
    assert tool["inputSchema"] == schema
    assert await called(mcp, '{"city":"Ulm"}') == ('{"city":"Ulm"}', False)
    wrong = "city: must have at least 1 characters\nday: unknown argument"
    assert await called(mcp, '{"city":"","day":1}') == (wrong, True)


@pytest.mark.parametrize("row", VECTORS["registration"], ids=lambda row: row["has"])
def test_a_schema_that_cannot_be_held_is_refused_when_it_is_offered(row: Any) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011
        echo(row["schema"])
    assert row["has"] in str(raised.value)


@in_loop
async def test_the_function_of_a_schema_by_hand_has_one_parameter_and_a_context() -> None:
    mcp = Server("s")
    schema = {"type": "object"}

    @mcp.tool("echo", input_schema=schema)
    async def both(context: Context, given: dict[str, Any]) -> str:
        return f"{context.method} {given['a']}"

    assert await called(mcp, '{"a":1.5}') == ('{"result":"tools/call 1.5"}', False)
    with pytest.raises(TypeError, match="two takes a, b: expected one parameter"):

        @mcp.tool(input_schema=schema)
        def two(a: int, b: int) -> None: ...


@in_loop
async def test_a_string_is_taken_for_what_it_spells_only_where_that_is_wanted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for table in VECTORS["coercion"]:
        reporting = echo(table["schema"], coercion="report")
        silent, off = echo(table["schema"], coercion="on"), echo(table["schema"])
        for row in table["rows"]:
            caplog.clear()
            text = row["taken"] or "\n".join(row["problems"])
            is_wrong = row["taken"] is None
            given, wrong = await called(reporting, row["given"])
            assert (given if is_wrong else json.loads(given), wrong) == (text if is_wrong else json.loads(text), is_wrong)  # fmt: skip
            mended = [] if is_wrong else row["mended"]
            assert told(caplog) == [f"the tool echo: arguments: {line}" for line in mended]
            caplog.clear()
            assert await called(silent, row["given"]) == (given, wrong)
            assert told(caplog) == []
            refused = await called(off, row["given"])
            assert refused[1] == (row["off"] is not None)
            if row["off"] is not None:
                assert refused[0] == "\n".join(row["off"])


@in_loop
async def test_coercion_is_for_declared_arguments_too(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "isogloss")
    mcp = Server("s", coercion="report")

    @mcp.tool("echo")
    def add(n: int, l: list[int], s: str = "", p: Annotated[str, Meta(pattern="^x")] = "x") -> int:  # noqa: E741  # fmt: skip
        assert s == "7"
        assert p == "x"
        return n + sum(l)

    assert await called(mcp, '{"n":"5","l":"[1,2]","s":"7"}') == ('{"result":8}', False)
    assert told(caplog) == [
        "the tool echo: arguments: n: taken as number, sent as string",
        "the tool echo: arguments: l: taken as array, sent as string",
    ]
    assert (await called(mcp, '{"n":"x","l":[]}'))[0] == "n: expected integer, found string"


@in_loop
async def test_what_is_mounted_takes_arguments_by_the_rules_of_the_server_that_answers() -> None:
    inner, outer = Server("inner"), Server("outer", coercion="on")

    @inner.tool("echo")
    def double(n: int) -> int:
        return 2 * n

    outer.mount(inner)
    assert await called(outer, '{"n":"2"}') == ('{"result":4}', False)
    assert await called(inner, '{"n":"2"}') == ("n: expected integer, found string", True)


class Sum(msgspec.Struct):
    sum: int


GIVEN: dict[str, tuple[Any, Any, Any]] = {
    "integer": (3, int, {"type": "integer"}),
    "text": ("sunny", str, {"type": "string"}),
    "list": (["a", "b"], list[str], {"type": "array", "items": {"type": "string"}}),
    "truth": (True, bool, {"type": "boolean"}),
    "object": (Sum(5), Sum, {"type": "object", "properties": {"sum": {"type": "integer"}}, "required": ["sum"]}),
    "nothing": (None, None, None),
}  # fmt: skip


@pytest.mark.parametrize("row", VECTORS["wrapping"], ids=lambda row: row["is"])
@pytest.mark.parametrize("by_hand", [False, True])
def test_plain_values_stand_in_an_object(row: Any, by_hand: bool) -> None:
    @in_loop
    async def check() -> None:
        value, returned, schema = GIVEN[row["is"]]
        mcp = Server("s")

        def give() -> Any:
            return value

        give.__annotations__["return"] = Any if by_hand else returned
        mcp.tool(give, output_schema=schema if by_hand else None)
        peer = Peer(mcp)
        [tool] = (await peer.ask("tools/list"))["tools"]
        assert tool.get("outputSchema") == row["outputSchema"]
        result = await peer.call("give")
        assert result.get("structuredContent") == row["content"]
        texts = [json.loads(one["text"]) for one in result["content"]]
        assert texts == ([] if row["content"] is None else [row["content"]])

    check()


class Reading(pydantic.BaseModel):
    place: Path
    degrees: float


def lies() -> int:
    return "three"  # type: ignore[return-value]


def lies_inside() -> list[Sum]:
    return [Sum("x")]  # type: ignore[arg-type]


def lies_of_nothing() -> str:
    return None  # type: ignore[return-value]


def lies_of_a_pattern() -> Annotated[str, Meta(pattern="^a")]:
    return "b"


def lies_of_a_number() -> float:
    return float("nan")


@pytest.mark.parametrize(
    ("function", "schema", "wrong"),
    [
        (lies, None, "expected integer, found string"),
        (lies_inside, None, "[0].sum: expected integer, found string"),
        (lies_of_nothing, None, "expected string, found null"),
        (lies_of_a_pattern, None, 'must match the pattern "^a"'),
        (lies_of_a_number, None, "expected number, found null"),
        (lies, {"enum": ["one", "two"]}, 'expected one of "one", "two", found "three"'),
    ],
)
def test_a_result_that_is_not_what_was_said_is_a_fault_of_the_server(
    function: Callable[..., Any], schema: Any, wrong: str, caplog: pytest.LogCaptureFixture
) -> None:
    @in_loop
    async def check() -> None:
        mcp = Server("s")
        mcp.tool(function, output_schema=schema)
        error = await Peer(mcp).call(function.__name__)
        assert (error["code"], error["message"]) == (-32603, "internal error")
        assert wrong in caplog.text

    check()


@in_loop
async def test_results_of_all_kinds_are_what_was_said() -> None:
    mcp = Server("s")

    @mcp.tool
    def model() -> Reading:
        return Reading(place=Path("/tmp"), degrees=21)

    @mcp.tool
    async def models() -> list[Reading]:
        return [Reading(place=Path("/a"), degrees=1)]

    @mcp.tool
    def either(of: int) -> Sum | int | None:
        values: list[Sum | int | None] = [Sum(1), 2, None]
        return values[of]

    @mcp.tool
    def whole() -> Annotated[float, "how warm"]:
        return 2

    @mcp.tool(output_schema={"type": "object", "required": ["sum"]})
    def ready(of: int) -> CallToolResult:
        if of == 0:
            raise ToolError("no")
        said = {"sum": 5} if of == 1 else {}
        return CallToolResult(content=[], structured_content=said)

    peer = Peer(mcp)
    tools = {tool["name"]: tool for tool in (await peer.ask("tools/list"))["tools"]}
    assert tools["model"]["outputSchema"]["properties"]["degrees"]["type"] == "number"
    assert (await peer.call("model"))["structuredContent"] == {"place": "/tmp", "degrees": 21}
    assert (await peer.call("models"))["structuredContent"]["result"][0]["place"] == "/a"
    # An object stands in the member, too, where others do.
    assert [(await peer.call("either", of=i))["structuredContent"] for i in range(3)] == [
        {"result": {"sum": 1}},
        {"result": 2},
        {"result": None},
    ]
    assert (await peer.call("whole"))["structuredContent"] == {"result": 2}
    assert (await peer.call("ready", of=0))["isError"] is True
    assert (await peer.call("ready", of=1))["structuredContent"] == {"sum": 5}
    assert (await peer.call("ready", of=2))["message"] == "internal error"


FULL = CallToolResult(
    content=[text("only 4 seats are left"), text("on Friday"), image(b"hi", "image/png")],
    structured_content={"left": 4},
)


@pytest.mark.parametrize("kind", ["typed", "async", "by hand", "untyped", "task"])
@in_loop
async def test_a_tool_that_fails_may_say_more_than_a_text(kind: str) -> None:
    mcp = Server("seats")

    def book() -> Sum:
        raise ToolError(FULL)

    async def book_later() -> Sum:
        raise ToolError(FULL)

    def anything() -> Any:
        raise ToolError(FULL)

    match kind:
        case "typed":
            mcp.tool(book, name="book")
        case "async":
            mcp.tool(book_later, name="book")
        case "by hand":
            mcp.tool(book, name="book", output_schema={"type": "object", "required": ["sum"]})
        case "untyped":
            mcp.tool(anything, name="book")
        case "task":
            mcp.tool(book_later, name="book", task=True)
    result = await Peer(mcp).call("book")
    assert (result["isError"], result["structuredContent"]) == (True, {"left": 4})
    assert [block["type"] for block in result["content"]] == ["text", "text", "image"]
    # It is no success for having been given as one, and what was given is left as it was.
    assert FULL.is_error is UNSET


def test_the_error_of_a_tool_reads_as_what_it_says() -> None:
    error = ToolError(FULL)
    assert (str(error), error.result) == ("only 4 seats are left\non Friday", FULL)
    for said in ("no luck", ValueError("no luck")):
        error = ToolError(said)
        assert (str(error), error.result) == ("no luck", None)
    assert str(ToolError()) == ""


@dataclasses.dataclass(frozen=True)
class Stop:
    name: str = "here"
    city: str = dataclasses.field(kw_only=True)
    tags: list[str] = dataclasses.field(default_factory=list)
    before: "Stop | None" = None
    kind: ClassVar[str] = "stop"


class Route(msgspec.Struct):
    stops: list[Stop]


@in_loop
async def test_a_dataclass_that_goes_back_as_it_came_has_all_its_members() -> None:
    mcp = Server("stops")

    @mcp.tool
    def same(stop: Stop) -> Stop:
        return stop

    @mcp.tool
    def any_kind(stop: Stop) -> dict[str, Any]:
        return {"stop": stop, "own": vars(stop)}

    @mcp.tool
    def inside(route: Route, named: dict[str, tuple[Stop, ...]]) -> list[object]:
        return [route, named]

    def stop(city: str, before: Any = None) -> dict[str, Any]:
        return {"name": "here", "city": city, "tags": [], "before": before}

    peer = Peer(mcp)
    given: Any = {"city": "Oslo", "before": {"city": "Rome"}}
    expected = stop("Oslo", stop("Rome"))
    result = (await peer.call("same", stop=given))["structuredContent"]["result"]
    assert (result, list(result)) == (expected, list(expected))
    result = await peer.call("any_kind", stop=given)
    assert result["structuredContent"] == {"stop": expected, "own": expected}
    result = await peer.call("inside", route={"stops": [given]}, named={"a": [{"city": "Bonn"}]})
    assert result["structuredContent"]["result"] == [
        {"stops": [expected]},
        {"a": [stop("Bonn")]},
    ]


class Boxed(msgspec.Struct):
    size: int
    what: object = None


@in_loop
async def test_an_object_of_any_kind_is_any_value() -> None:
    mcp = Server("boxes")

    @mcp.tool
    def pack(what: object, more: dict[str, object]) -> dict[str, object]:
        return {"what": what, **more}

    @mcp.tool
    def box(box: Boxed) -> Boxed:
        return box

    @mcp.tool
    def wrong() -> Boxed:
        return Boxed(size="large", what=[1])  # type: ignore[arg-type]

    peer = Peer(mcp)
    tools = {tool["name"]: tool for tool in (await peer.ask("tools/list"))["tools"]}
    assert tools["pack"]["inputSchema"]["properties"] == {"what": {}, "more": {"type": "object"}}
    assert tools["pack"]["outputSchema"] == {"type": "object"}
    result = await peer.call("pack", what=[1, {}], more={"a": None})
    assert result["structuredContent"] == {"what": [1, {}], "a": None}
    result = await peer.call("box", box={"size": 1, "what": {"a": [2]}})
    assert result["structuredContent"] == {"size": 1, "what": {"a": [2]}}
    assert (await peer.call("wrong"))["message"] == "internal error"


@in_loop
async def test_an_argument_may_be_repeated_by_a_header() -> None:
    mcp = Server("s")

    @mcp.tool
    def route(region: Annotated[str, header("Region"), "Where."]) -> str:
        return region

    [tool] = (await Peer(mcp).ask("tools/list"))["tools"]
    assert tool["inputSchema"]["properties"]["region"] == {
        "type": "string",
        "description": "Where.",
        "x-mcp-header": "Region",
    }
    with pytest.raises(ValueError, match="x-mcp-header is for a string, an integer or a boolean"):

        @mcp.tool
        def no(region: Annotated[list[str], header("Region")]) -> None: ...
