"""What a program sees of decoded values: unread JSON, unknown members, equality."""

import copy
import pickle
from typing import Any

import pytest
from msgspec import UNSET

from isogloss.wire.decoder import Decoder
from isogloss.wire.encoder import Encoder
from isogloss.wire.error import DecodeError
from tests.wire.invented import OLD, SHAPES, Letter, Note

decoder = Decoder(SHAPES["Letter"], SHAPES.__getitem__)
encoder = Encoder(SHAPES["Letter"], SHAPES.__getitem__)

TEXT = (
    b'{"anything":{"n": 1.50},"parts":[{"_meta":{"k":[1]},"text":"a","type":"note"}],"x":{"y": 2}}'
)


def decoded() -> Any:
    return decoder.decode(TEXT, OLD)


def test_json_is_read_when_it_is_looked_at_and_is_plain_python_then() -> None:
    letter = decoded()
    assert letter.anything == {"n": 1.5}
    assert type(letter.anything) is dict
    assert letter.anything is letter.anything
    assert letter.parts[0].meta["k"] == [1]
    assert letter.extra == {"x": {"y": 2}}
    assert type(letter.extra["x"]) is dict


def test_what_is_changed_in_json_is_what_is_written() -> None:
    letter = decoded()
    letter.anything["m"] = 2
    letter.extra = {**letter.extra, "z": 3}
    assert encoder.encode(letter, OLD) == (
        b'{"anything":{"n":1.5,"m":2},"parts":[{"_meta":{"k":[1]},"text":"a","type":"note"}],"x":{"y":2},"z":3}'
    )


def test_json_that_nobody_looked_at_keeps_its_spelling() -> None:
    assert b'"anything":{"n":1.50}' in encoder.encode(decoded(), OLD)


def test_values_are_equal_whether_they_were_read_or_not() -> None:
    read, unread = decoded(), decoded()
    assert read.anything
    assert read.extra
    assert read == unread
    assert unread == Letter(
        anything={"n": 1.5}, parts=[Note(meta={"k": [1]}, text="a")], extra={"x": {"y": 2}}
    )
    assert unread != Letter(
        anything={"n": 2}, parts=[Note(meta={"k": [1]}, text="a")], extra={"x": {"y": 2}}
    )
    assert unread != Letter(parts=[Note(text="a")])


def test_values_can_be_copied_and_shown() -> None:
    assert copy.copy(decoded()) == decoded()
    assert copy.deepcopy(decoded()) == decoded()
    assert pickle.loads(pickle.dumps(decoded())) == decoded()
    assert repr(Letter(parts=[])) == "Letter(parts=[])"
    assert '"n": 1.50' in repr(decoded())


def test_without_unknown_members_extra_is_empty_and_cannot_be_written_into() -> None:
    letter: Any = Letter(parts=[])
    assert letter.extra == {}
    with pytest.raises(TypeError):
        letter.extra["x"] = 1


def test_a_number_that_python_cannot_hold_is_refused_when_it_is_read() -> None:
    letter = decoder.decode(b'{"anything":[1e400],"parts":[]}', OLD)
    with pytest.raises(DecodeError, match="number out of range"):
        _ = letter.anything
    assert encoder.encode(letter, OLD) == b'{"anything":[1e400],"parts":[]}'


def test_absent_members_are_unset_and_constants_are_there() -> None:
    note = Note(text="a")
    assert note.meta is UNSET
    assert not note.meta
    assert note.type == "note"
