"""What decoding means, table by table. Every row is decoded both ways: with msgspec, and by the reader."""

from typing import Any

import pytest

from isogloss.wire.decoder import Decoder
from isogloss.wire.encoder import Encoder
from isogloss.wire.error import DecodeError
from isogloss.wire.reader import Reader, parse
from tests.wire.invented import ALL, MID, NEW, OLD, SHAPES, Letter, Note, Picture

resolve = SHAPES.__getitem__
decoder = Decoder(SHAPES["Letter"], resolve)
encoder = Encoder(SHAPES["Letter"], resolve)


def decode(text: str | bytes, bit: int) -> Any:
    """The value, which both ways agree on."""
    data = text if isinstance(text, bytes) else text.encode()
    fast = decoder.decode(data, bit)
    assert fast == Reader(resolve, bit).read(SHAPES["Letter"], parse(data))
    return fast


def check(text: str | bytes, bit: int, path: str, message: str) -> None:
    data = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(DecodeError) as raised:
        decoder.decode(data, bit)
    assert (raised.value.path, raised.value.message) == (path, message)


def letter(members: str) -> str:
    return '{"parts":[],' + members + "}"


@pytest.mark.parametrize(
    ("text", "bit"),
    [
        ('{"parts":[]}', OLD),
        ('{"parts":[{"text":"hé\u2028llo","type":"note"}]}', OLD),
        ('{"parts":[{"_meta":{"a":[1.50,1e400,"x"]},"text":"","type":"note"}]}', OLD),
        ('{"parts":[{"data":"","mimeType":"m","type":"picture"}]}', MID),
        ('{"figures":{"a":{"radius":1.0},"b":{"side":3}},"parts":[]}', OLD),
        ('{"id":7,"kindTag":"k","parts":[]}', NEW),
        ('{"id":"7","parts":[]}', OLD),
        ('{"parts":[],"replyTo":{"parts":[],"replyTo":{"parts":[]}}}', MID),
        ('{"parts":[],"$schema":{"properties":{"a":{}},"type":"object","x":[{"y":1}]}}', OLD),
        ('{"parts":[],"table":{"a":{},"b":{"c":[null]}}}', OLD),
        ('{"anything":null,"parts":[],"ttl":null}', OLD),
        ('{"color":"red","parts":[],"tags":[]}', MID),
    ],
)
def test_what_is_known_is_decoded_and_encoded_to_the_same_text(text: str, bit: int) -> None:
    value = decode(text, bit)
    assert value.extra == {}
    assert encoder.encode(value, bit) == text.encode()


@pytest.mark.parametrize(
    ("text", "bit"),
    [
        ('{"parts":[],"x":{"y":[1.0,1e400]},"a":null}', OLD),
        (
            '{"parts":[{"text":"","type":"note","x":1},{"data":"","mimeType":"","type":"picture","x":2}]}',
            MID,
        ),
        ('{"figures":{"a":{"radius":1.0,"x":"y"}},"parts":[]}', OLD),
        ('{"parts":[],"replyTo":{"parts":[],"replyTo":{"parts":[],"x":1}}}', MID),
        ('{"parts":[],"urgent":"of a later revision, so not checked"}', OLD),
        ('{"parts":[],"^_~^_~^_~^_~^_~":{"x":1}}', OLD),
        ('{"parts":[],"extra":{"x":1}}', OLD),
    ],
)
def test_unknown_members_survive_at_every_depth(text: str, bit: int) -> None:
    value = decode(text, bit)
    assert encoder.encode(value, bit) == text.encode()
    assert encoder.encode(decode(text, bit), ALL & ~OLD & ~NEW) == text.encode()


WRONG = [
    ("[]", OLD, "", "expected object, found array"),
    ('{"parts":{}}', OLD, "/parts", "expected array, found object"),
    ("{}", OLD, "/parts", "required member is missing"),
    ('{"parts":[]}', NEW, "/id", "required member is missing"),
    ('{"id":1,"parts":[]}', NEW, "/kindTag", "required member is missing"),
    ('{"parts":[{"text":1}]}', OLD, "/parts/0/type", "required member is missing"),
    ('{"parts":[{"text":1,"type":3}]}', OLD, "/parts/0/type", 'expected "note", found number'),
    ('{"parts":[{"type":"picture"}]}', OLD, "/parts/0/type", 'expected "note", found "picture"'),
    (
        '{"parts":[{"type":"x"}]}',
        MID,
        "/parts/0/type",
        'expected one of "note", "picture", found "x"',
    ),
    (
        '{"parts":[{"type":"picture","data":""}]}',
        MID,
        "/parts/0/mimeType",
        "required member is missing",
    ),
    (
        letter('"color":"violet"'),
        MID,
        "/color",
        'expected one of "blue", "green", "red", found "violet"',
    ),
    (letter('"color":"blue"'), OLD, "/color", 'expected one of "green", "red", found "blue"'),
    (letter('"color":[]'), OLD, "/color", 'expected one of "green", "red", found array'),
    (letter('"urgent":1'), MID, "/urgent", "expected boolean, found number"),
    (letter('"id":null'), OLD, "/id", "expected number or string, found null"),
    (letter('"tags":["1","2","3","4"]'), MID, "/tags", "must have at most 3 items"),
    (letter('"tags":["1",2]'), MID, "/tags/1", "expected string, found number"),
    (letter('"priority":-1'), MID, "/priority", "must be at least 0"),
    (letter('"priority":10'), MID, "/priority", "must be at most 9"),
    (letter('"priority":null'), MID, "/priority", "expected integer, found null"),
    (letter('"ttl":2.5'), OLD, "/ttl", "expected integer, found number"),
    (letter('"ttl":1e400'), OLD, "/ttl", "expected integer, found number"),
    (letter('"ttl":9223372036854775808'), OLD, "/ttl", "integer out of range"),
    (letter('"ttl":9007199254740993.0'), OLD, "/ttl", "integer out of range"),
    (letter('"ttl":1' + "0" * 9999), OLD, "/ttl", "integer out of range"),
    (letter('"id":18446744073709551616'), OLD, "/id", "integer out of range"),
    (letter('"id":1.5e400'), OLD, "/id", "number out of range"),
    (
        letter('"figures":{"a":{}}'),
        OLD,
        "/figures/a",
        'expected one of the members "radius", "side"',
    ),
    (letter('"figures":{"a/~":{"radius":11}}'), OLD, "/figures/a~1~0/radius", "must be at most 10"),
    (letter('"data":3'), MID, "/data", "expected object, found number"),
    (letter('"table":{"a":{},"b":3}'), OLD, "/table/b", "expected object, found number"),
    (
        letter('"$schema":{"properties":{"a":1},"type":"object"}'),
        OLD,
        "/$schema/properties/a",
        "expected object, found number",
    ),
    (letter('"$schema":{}'), OLD, "/$schema/type", "required member is missing"),
    (
        letter('"urgent":true,"replyTo":{"parts":[],"replyTo":{}}'),
        MID,
        "/replyTo/replyTo/parts",
        "required member is missing",
    ),
    (
        letter('"color":"' + "é" * 41 + '"'),
        MID,
        "/color",
        'expected one of "blue", "green", "red", found "' + "é" * 40 + '…"',
    ),
]


@pytest.mark.parametrize(("text", "bit", "path", "message"), WRONG)
def test_the_first_error_is_named_with_its_path(
    text: str, bit: int, path: str, message: str
) -> None:
    check(text, bit, path, message)


def test_errors_come_in_the_order_of_the_input_and_missing_members_last() -> None:
    check('{"urgent":1,"color":1}', MID, "/urgent", "expected boolean, found number")
    check('{"color":"red","urgent":1}', MID, "/urgent", "expected boolean, found number")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"parts":[],}',
        '{"parts":[]} x',
        '{"parts":[01]}',
        '{"parts":NaN}',
        '{"x":"\\ud800"}',
        '{"x":"\t"}',
    ],
)
def test_what_is_not_json_is_called_that(text: str) -> None:
    with pytest.raises(DecodeError, match=r"^invalid JSON") as raised:
        decoder.decode(text.encode(), OLD)
    assert raised.value.path == ""


@pytest.mark.parametrize(
    "text",
    [b'{"parts":[],"x":"\xff"}', b'{"parts":[],"\xff":1}', b'{"parts":[],"x":"\xed\xa0\x80"}'],
)
def test_text_that_is_not_utf_8_is_not_json(text: bytes) -> None:
    check(text, OLD, "", "invalid JSON: not UTF-8")


@pytest.mark.parametrize(
    ("member", "extra"), [("data", 0), ("x", 0), ("anything", 0), ("data", 5000), ("x", 90_000)]
)
def test_nesting_is_bounded_wherever_it_is(member: str, extra: int) -> None:
    most = "[" * 127 + "]" * 127
    decode(letter(f'"{member}":{most}'), OLD)
    deeper = "[" * (128 + extra) + "]" * (128 + extra)
    check(letter(f'"{member}":{deeper}'), OLD, f"/{member}" + "/0" * 127, "nesting deeper than 128")


def test_nesting_of_known_types_is_bounded_too() -> None:
    fits = '{"parts":[],"replyTo":' * 126 + '{"parts":[]}' + "}" * 126
    assert decode(fits, OLD) is not None
    deeper = '{"replyTo":' * 128 + "{}" + "}" * 128
    check(deeper, OLD, "/replyTo" * 128, "nesting deeper than 128")


def test_brackets_in_strings_do_not_nest() -> None:
    text = letter('"anything":["' + '[{\\"\\\\' * 300 + '"]')
    assert decode(text, OLD).anything == ['[{"\\' * 300]


def test_a_fraction_of_zero_is_an_integer() -> None:
    assert decode(letter('"ttl":2.0,"priority":3e0'), OLD) == Letter(parts=[], ttl=2, priority=3)


def test_of_a_name_given_twice_the_last_value_counts() -> None:
    assert decode('{"parts":7,"parts":[{"type":1,"type":"note","text":"a"}]}', OLD).parts == [
        Note(text="a")
    ]


def test_white_space_around_values_means_nothing() -> None:
    text = ' {"parts" : [ { "text" : "a" , "type" : "note", "_meta": { "b" : 1 } } ] } '
    value = decode(text, OLD)
    assert encoder.encode(value, OLD) == b'{"parts":[{"_meta":{"b":1},"text":"a","type":"note"}]}'


def test_a_union_gives_the_class_of_its_alternative() -> None:
    parts = decode(
        '{"parts":[{"text":"a","type":"note"},{"type":"picture","data":"","mimeType":""}]}', MID
    ).parts
    assert [type(part) for part in parts] == [Note, Picture]
