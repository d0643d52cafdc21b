"""JSON text: its compact form and how deep it nests."""

import json
import random

import pytest

from isogloss.wire.json import compact, cut_below, deeper_than, kind_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (' { "a" : [ 1 , 2 ] } ', '{"a":[1,2]}'),
        ('"a b\\u00e9\\/\\u2028\\u007f"', '"a bé/\u2028\x7f"'),
        (
            '"\\u0008\\u0009\\u000A\\u000c\\u000D\\u0022\\u005C\\u001F"',
            '"\\b\\t\\n\\f\\r\\"\\\\\\u001f"',
        ),
        ('"\\ud83d\\uDE00"', '"😀"'),
        ('["\\\\", "\\\\u0041", "\\"  \\""]', '["\\\\","\\\\u0041","\\"  \\""]'),
        ("[1.50,1E5,-0]", "[1.50,1E5,-0]"),
        ('{"é ":" "}', '{"é ":" "}'),
    ],
)
def test_compact_text_has_no_needless_character(text: str, expected: str) -> None:
    assert compact(text.encode()) == expected.encode()
    assert compact(expected.encode()) == expected.encode()


def test_compact_text_means_the_same() -> None:
    chance = random.Random(7)
    alphabet = '"\\/\b\n\x00\x1f é\u2028😀ab [{,:'
    for _ in range(300):
        value = [
            "".join(chance.choices(alphabet, k=9)),
            {"k" + chance.choice(alphabet): [1.5, None]},
        ]
        text = json.dumps(
            value, ensure_ascii=chance.random() < 0.5, indent=chance.choice([None, 1])
        )
        assert json.loads(compact(text.encode())) == value


def depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


def random_value(chance: random.Random, levels: int) -> object:
    if levels == 0 or chance.random() < 0.3:
        return chance.choice(['[{"', "\\", "]}", "plain", 1])
    items = [random_value(chance, levels - 1) for _ in range(chance.randrange(4))]
    return items if chance.random() < 0.5 else {f'k"{i}[': item for i, item in enumerate(items)}


def test_depth_is_exact_whatever_strings_hold() -> None:
    chance = random.Random(11)
    for _ in range(400):
        value = random_value(chance, 7)
        text = json.dumps(value).encode()
        exact = depth(value)
        assert not deeper_than(exact, text)
        assert exact == 0 or deeper_than(exact - 1, text)
        for levels in range(exact):
            assert depth(json.loads(cut_below(levels, text))) == levels


def test_text_without_an_end_is_cut_before_it_gets_deep() -> None:
    assert cut_below(3, b"[" * 100) == b"[[[0"


def test_the_kind_is_seen_from_the_first_byte() -> None:
    kinds = {
        b"{}": "object",
        b"[]": "array",
        b'""': "string",
        b"true": "boolean",
        b"false": "boolean",
    }
    kinds |= {b"null": "null", b"-1": "number", b"0": "number"}
    assert {text: kind_of(text) for text in kinds} == kinds
