"""The official example messages: decoded and encoded they are the same JSON, whatever is added to them."""

import json
from pathlib import Path
from typing import Any

import pytest

from isogloss.protocol.revisions import definition
from tests.protocol.repository import EXAMPLES, files, read


def again(name: str, value: Any) -> Any:
    codec, revision = definition("2026-07-28", name)
    return json.loads(codec.encode(codec.decode(json.dumps(value).encode(), revision), revision))


@pytest.mark.parametrize(
    "path", files(EXAMPLES, "*/*.json"), ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_examples_survive(path: Path) -> None:
    value = read(path)
    assert again(path.parent.name, value) == value


def with_unknown_members(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: with_unknown_members(item) for name, item in value.items()} | {
            "x-unknown": {"a": [1]}
        }
    return [with_unknown_members(item) for item in value] if isinstance(value, list) else value


# Maps whose values are typed: a member that is added there is no unknown member, but a wrong value.
TYPED_MAPS = (
    "arguments",
    "experimental",
    "extensions",
    "inputRequests",
    "inputResponses",
    "content",
    "properties",
)


@pytest.mark.parametrize(
    "path", files(EXAMPLES, "*/*.json"), ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_unknown_members_survive_in_examples(path: Path) -> None:
    value = read(path)
    if path.parent.name in ("InputRequests", "InputResponses"):
        value = {name: with_unknown_members(item) for name, item in value.items()}
    else:
        value = with_unknown_members(value)

    def clean(value: Any, inside: str = "") -> Any:
        if isinstance(value, dict):
            kept = {name: clean(item, name) for name, item in value.items()}
            if inside in TYPED_MAPS:
                kept.pop("x-unknown", None)
            return kept
        return [clean(item) for item in value] if isinstance(value, list) else value

    value = clean(value)
    assert again(path.parent.name, value) == value
