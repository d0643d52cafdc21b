"""From types to schemas, and from JSON to arguments with all that is wrong."""

import datetime
import decimal
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import msgspec
import pytest
from msgspec import Meta

from isogloss.arguments import WrongArguments
from isogloss.json_schema.words import distance, unknown
from isogloss.output import output_of
from isogloss.schema import Parameters, schema_of


class Color(StrEnum):
    RED = "red"
    BLUE = "blue"


class Size(Enum):
    SMALL = 1
    LARGE = 2


@dataclass
class Point:
    """A place."""

    x: int
    y: int = 0


class Options(TypedDict):
    deep: NotRequired[bool]
    colors: list[Color]


class Tree(msgspec.Struct):
    value: int
    children: "list[Tree]" = []


def everything(
    count: Annotated[int, Meta(ge=1, le=10, description="How many.")],
    ratio: Annotated[float, Meta(gt=0, lt=1)] = 0.5,
    name: Annotated[str, Meta(min_length=2, max_length=4, pattern="^[a-z]+$")] = "abc",
    color: Color = Color.RED,
    size: Size = Size.SMALL,
    mode: Literal["fast", "slow", 3] = "fast",
    point: Point | None = None,
    options: Options | None = None,
    tree: Tree | None = None,
    tags: Annotated[list[str], Meta(max_length=2)] = [],  # noqa: B006
    pair: tuple[int, str] = (1, "a"),
    table: dict[str, int] = {},  # noqa: B006
    flag: bool = False,
    anything: Any = None,
) -> None:
    pass


parameters = Parameters(everything)


def read(text: str) -> dict[str, Any]:
    return parameters.read(text.encode(), None)


def test_a_signature_is_a_schema() -> None:
    schema = parameters.schema
    assert schema["type"] == "object"
    assert schema["required"] == ["count"]
    assert schema["additionalProperties"] is False
    properties = schema["properties"]
    assert properties["count"] == {
        "description": "How many.",
        "maximum": 10,
        "minimum": 1,
        "type": "integer",
    }
    assert properties["mode"] == {"default": "fast", "enum": [3, "fast", "slow"]}
    assert properties["color"] == {"$ref": "#/$defs/Color", "default": "red"}
    assert schema["$defs"]["Color"] == {"enum": ["blue", "red"]}
    assert "title" not in schema["$defs"]["Point"]
    assert schema["$defs"]["Tree"]["properties"]["children"]["items"] == {"$ref": "#/$defs/Tree"}


def test_json_becomes_values_of_the_types() -> None:
    values = read(
        '{"count":2.0,"color":"blue","point":{"x":1},"tree":{"value":1,"children":[{"value":2.0}]}}'
    )
    assert (values["count"], type(values["count"])) == (2, int)
    assert values["color"] is Color.BLUE
    assert values["point"] == Point(1, 0)
    assert values["tree"].children[0].value == 2
    assert values["tags"] == []
    assert values["tags"] is not read('{"count":1}')["tags"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", "count: required member is missing"),
        ("[]", "expected object, found array"),
        ('{"count":11}', "count: must be at most 10"),
        ('{"count":1.5}', "count: expected integer, found number"),
        ('{"count":true}', "count: expected integer, found boolean"),
        ('{"count":1,"ratio":1}', "ratio: must be less than 1"),
        ('{"count":1,"name":"A"}', "name: must have at least 2 characters\nname: must match the pattern \"^[a-z]+$\""),
        ('{"count":1,"color":"green"}', 'color: expected one of "blue", "red", found "green"'),
        ('{"count":1,"size":3}', "size: expected one of 1, 2, found 3"),
        ('{"count":1,"mode":"medium"}', 'mode: expected one of "fast", "slow", 3, found "medium"'),
        ('{"count":1,"point":{"y":"a"}}', "point.y: expected integer, found string\npoint.x: required member is missing"),
        ('{"count":1,"point":7}', "point: expected object or null, found number"),
        ('{"count":1,"options":{"colors":["red","x"],"deep":1}}', 'options.colors[1]: expected one of "blue", "red", found "x"\noptions.deep: expected boolean, found number'),
        ('{"count":1,"tree":{"value":1,"children":[{}]}}', "tree.children[0].value: required member is missing"),
        ('{"count":1,"tags":["a","b",3]}', "tags[2]: expected string, found number\ntags: must have at most 2 items"),
        ('{"count":1,"pair":[1]}', "pair: must have at least 2 items"),
        ('{"count":1,"table":{"a":"b"}}', "table.a: expected integer, found string"),
        ('{"cuont":1,"Ratio":0.1,"zzzzz":0}', 'cuont: unknown argument, did you mean "count"?\nRatio: unknown argument, did you mean "ratio"?\nzzzzz: unknown argument\ncount: required member is missing'),
        ('{"count":1e400}', "count: integer out of range"),
    ],
)  # fmt: skip
def test_everything_that_is_wrong_is_told_with_its_path(text: str, expected: str) -> None:
    with pytest.raises(WrongArguments) as raised:
        read(text)
    assert str(raised.value) == expected


def test_what_only_a_type_knows_is_told_in_our_form() -> None:
    def pay(amount: decimal.Decimal, blob: bytes = b"", day: datetime.date | None = None) -> None:
        pass

    wanted = Parameters(pay)
    with pytest.raises(WrongArguments) as raised:
        wanted.read(b'{"amount":"x","blob":"\xc3\xa4","day":"tomorrow"}', None)
    assert str(raised.value).splitlines() == [
        "day: must have the format date",
        "amount: invalid decimal string",
        "blob: invalid base64 encoded string",
    ]
    assert wanted.read(b'{"amount":"1.5","day":"2026-07-28"}', None) == {
        "amount": decimal.Decimal("1.5"),
        "blob": b"",
        "day": datetime.date(2026, 7, 28),
    }


def test_texts_are_read_into_what_a_parameter_is() -> None:
    def item(id: int, name: str) -> None:
        pass

    wanted = Parameters(item)
    assert wanted.read_texts({"id": "7", "name": "8"}, None) == {"id": 7, "name": "8"}
    with pytest.raises(WrongArguments, match=r"^id: expected integer, found string$"):
        wanted.read_texts({"id": "x", "name": "8"}, None)


def test_parameters_without_a_name_in_json_are_refused() -> None:
    def positional(a: int, /) -> None:
        pass

    def many(*items: int) -> None:
        pass

    for function in (positional, many):
        with pytest.raises(TypeError, match="has no name in JSON"):
            Parameters(function)
    with pytest.raises(TypeError):
        schema_of(complex)


@pytest.mark.parametrize(
    ("returned", "expected"),
    [
        (None, None),
        (Any, None),
        (
            int,
            {
                "type": "object",
                "properties": {"result": {"type": "integer"}},
                "required": ["result"],
            },
        ),
        (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
    ],
)
def test_what_a_function_returns_is_a_schema_of_an_object(returned: Any, expected: Any) -> None:
    assert output_of(returned).schema == expected


def test_definitions_of_a_result_stay_at_the_top() -> None:
    schema = output_of(list[Point]).schema
    assert schema is not None
    assert schema["properties"]["result"]["items"] == {"$ref": "#/$defs/Point"}
    assert list(schema["$defs"]) == ["Point"]
    # A type that holds itself cannot be put inside.
    assert schema_of(Tree)["$ref"] == "#/$defs/Tree"


def test_the_nearest_name_is_proposed_if_it_is_near() -> None:
    assert distance("cuont", "count") == 1
    assert distance("", "abc") == 3
    assert unknown("argument", "dya", ["day", "days"]) == 'unknown argument, did you mean "day"?'
    assert unknown("argument", "x", ["y"]) == 'unknown argument, did you mean "y"?'
    assert unknown("argument", "city", ["q"]) == "unknown argument"
