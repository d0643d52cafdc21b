"""The corpus that the generator writes: messages of every type and revision, and what becomes of them."""

import json
from pathlib import Path
from typing import Any

import pytest

from isogloss.protocol.revisions import definition
from isogloss.protocol.shapes import resolve
from isogloss.wire.error import DecodeError
from isogloss.wire.reader import Reader, parse
from tests.protocol.repository import CORPUS, files, read


def outcome(schema: str, case: dict[str, Any]) -> dict[str, Any]:
    codec, revision = definition(schema, case["type"])
    try:
        return {
            "encoded": codec.encode(
                codec.decode(case["json"].encode(), revision), revision
            ).decode()
        }
    except DecodeError as error:
        return {"error": {"path": error.path, "message": error.message}}


def read_exactly(schema: str, case: dict[str, Any]) -> dict[str, Any]:
    """The same without msgspec's shortcut through the tables."""
    codec, revision = definition(schema, case["type"])
    reader = Reader(resolve, revision.bit)
    try:
        value = reader.read(codec.shape, parse(case["json"].encode()))
        return {"encoded": codec.encode(value, revision).decode()}
    except DecodeError as error:
        return {"error": {"path": error.path, "message": error.message}}


def is_expected(case: dict[str, Any], found: dict[str, Any]) -> bool:
    if case.get("error", {}).get("message") == "invalid JSON":
        error = found.get("error", {"path": None, "message": ""})
        return error["path"] == "" and str(error["message"]).startswith("invalid JSON")
    if "numbers" in case and "encoded" in found:
        return bool(json.loads(found["encoded"]) == json.loads(case["encoded"]))
    return found == {name: case[name] for name in ("encoded", "error") if name in case}


@pytest.mark.parametrize("path", files(CORPUS, "*.json"), ids=lambda path: path.stem)
def test_every_message_becomes_what_the_rules_say(path: Path) -> None:
    corpus = read(path)
    wrong = [
        (case, found)
        for case in corpus["cases"]
        for found in (outcome(corpus["revision"], case), read_exactly(corpus["revision"], case))
        if not is_expected(case, found)
    ]
    assert corpus["cases"]
    assert not wrong, wrong[:3]
