"""What encoding means: the order of members, what a revision lacks, what it requires, what is kept."""

from typing import Any

import pytest
from msgspec import Raw, Struct

from isogloss.wire.encoder import Encoder
from isogloss.wire.error import EncodeError
from tests.wire.invented import MID, NEW, OLD, SHAPES, Circle, Letter, Note, Picture

encoder = Encoder(SHAPES["Letter"], SHAPES.__getitem__)


def encode(value: Any, bit: int) -> tuple[str, list[str]]:
    left_out: list[str] = []
    return encoder.encode(value, bit, left_out).decode(), left_out


@pytest.mark.parametrize("extra", [{}, {"x": 1}])
def test_what_the_revision_lacks_is_left_out_and_named_once(extra: dict[str, Any]) -> None:
    reply = Letter(parts=[], urgent=True)
    letter = Letter(
        parts=[Note(text="a"), Note(text="b", extra=extra)],
        urgent=True,
        reply_to=reply,
        kind_tag="k",
    )
    text, left_out = encode(letter, OLD)
    tail = ',"x":1' if extra else ""
    assert text == (
        '{"parts":[{"text":"a","type":"note"},{"text":"b","type":"note"'
        + tail
        + '}],"replyTo":{"parts":[]}}'
    )
    assert left_out == ["kindTag", "replyTo.urgent", "urgent"]
    assert letter.kind_tag == "k"
    assert letter.urgent is True


def test_a_required_member_that_is_not_set_is_an_error_with_its_path() -> None:
    letter = Letter(id=1, parts=[], reply_to=Letter(parts=[]))
    assert encode(letter, OLD) == ('{"id":1,"parts":[],"replyTo":{"parts":[]}}', [])
    with pytest.raises(EncodeError) as raised:
        encode(letter, NEW)
    assert str(raised.value) == "replyTo.id: required member is missing"


def test_a_required_member_with_a_default_is_filled_in_without_touching_the_value() -> None:
    letter = Letter(id=1, parts=[], reply_to=Letter(id=2, parts=[]))
    before = Letter(id=1, parts=[], reply_to=Letter(id=2, parts=[]))
    assert encode(letter, NEW)[0] == (
        '{"id":1,"kindTag":"letter","parts":[],"replyTo":{"id":2,"kindTag":"letter","parts":[]}}'
    )
    assert letter == before


def test_absent_empty_and_null_are_three_things() -> None:
    assert encode(Letter(parts=[]), OLD)[0] == '{"parts":[]}'
    assert (
        encode(Letter(parts=[], tags=[], ttl=None, figures={}), OLD)[0]
        == '{"figures":{},"parts":[],"tags":[],"ttl":null}'
    )


def test_an_unknown_member_with_a_known_name_is_dropped_if_that_was_written() -> None:
    letter = Letter(parts=[], extra={"parts": 1, "urgent": 2, "zeta": 3})
    assert encode(letter, OLD)[0] == '{"parts":[],"urgent":2,"zeta":3}'


def test_unknown_members_follow_the_known_ones_in_their_order() -> None:
    letter = Letter(
        parts=[Picture(data="", mime_type="", extra={"z": 1, "a": [Note(text="", extra={"n": 1})]})]
    )
    text = '{"parts":[{"data":"","mimeType":"","type":"picture","z":1,"a":[{"text":"","type":"note","n":1}]}]}'
    assert encode(letter, MID)[0] == text


@pytest.mark.parametrize("extra", [{}, {"x": 1}])
def test_only_what_must_be_escaped_is(extra: dict[str, Any]) -> None:
    note = Note(text='"\\/\b\t\n\f\r\x00\x1f\x7f\u2028é😀', extra=extra)
    text = encode(Letter(parts=[note]), OLD)[0]
    assert '"text":"\\"\\\\/\\b\\t\\n\\f\\r\\u0000\\u001f\x7f\u2028é😀"' in text


class Plain(Struct):
    width: int


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": (1, 2.5, None)}, '{"a":[1,2.5,null]}'),
        ([Plain(3), {"b": True}], '[{"width":3},{"b":true}]'),
        (Raw(b'{"ready":1}'), '{"ready":1}'),
        (2**70, "1180591620717411303424"),
    ],
)
def test_json_may_be_anything_that_has_a_json_form(value: Any, text: str) -> None:
    assert (
        encode(Letter(anything=value, parts=[]), OLD)[0] == '{"anything":' + text + ',"parts":[]}'
    )
    assert encode(Letter(anything=value, parts=[], extra={"x": 0}), OLD)[0] == (
        '{"anything":' + text + ',"parts":[],"x":0}'
    )


@pytest.mark.parametrize("value", [object(), "\ud800"])
def test_what_has_no_json_form_is_an_error_with_its_path(value: Any) -> None:
    with pytest.raises(EncodeError, match=r"^figures\.a\.radius: "):
        encode(Letter(parts=[], figures={"a": Circle(radius=value)}), OLD)


def test_a_class_derived_from_ours_is_written_like_ours() -> None:
    class Signed(Note, kw_only=True):
        pass

    text = '{"parts":[{"text":"a","type":"note"}]}'
    assert encode(Letter(parts=[Signed(text="a")]), OLD)[0] == text
