"""Content: short ways to make it, and what becomes of what functions return."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from isogloss import (
    UNSET,
    Audio,
    Image,
    McpError,
    Server,
    assistant,
    audio,
    contents,
    embedded,
    image,
    link,
    message,
    text,
    user,
)
from isogloss.protocol.revisions import NEWEST, named_codec
from isogloss.protocol.types import GetPromptResult
from isogloss.values import prompt_result, resource_contents, tool_result


def sent(value: Any) -> Any:
    """A value as it goes over the wire."""
    name = type(value).__name__
    return msgspec.json.decode(named_codec(name).encode(value, NEWEST))


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (text("hi"), {"type": "text", "text": "hi"}),
        (image(b"hi", "image/png"), {"type": "image", "data": "aGk=", "mimeType": "image/png"}),
        (audio(b"hi", "audio/wav"), {"type": "audio", "data": "aGk=", "mimeType": "audio/wav"}),
        (Image(data=b"hi").block(), {"type": "image", "data": "aGk=", "mimeType": "image/png"}),
        (
            Audio(data=b"hi", format="MP3").block(),
            {"type": "audio", "data": "aGk=", "mimeType": "audio/mp3"},
        ),
        (contents("a://b", "x"), {"uri": "a://b", "mimeType": "text/plain", "text": "x"}),
        (
            contents("a://b", b"\xff"),
            {"uri": "a://b", "mimeType": "application/octet-stream", "blob": "/w=="},
        ),
        (
            embedded(contents("a://b", "x", "text/html")),
            {
                "type": "resource",
                "resource": {"uri": "a://b", "mimeType": "text/html", "text": "x"},
            },
        ),
        (link("a://b"), {"type": "resource_link", "uri": "a://b", "name": "a://b"}),
        (
            link("a://b", "b", size=3),
            {"type": "resource_link", "uri": "a://b", "name": "b", "size": 3},
        ),
        (user("hi"), {"role": "user", "content": {"type": "text", "text": "hi"}}),
        (assistant(text("ho")), {"role": "assistant", "content": {"type": "text", "text": "ho"}}),
        (
            message("ho", "assistant"),
            {"role": "assistant", "content": {"type": "text", "text": "ho"}},
        ),
        (
            user(Image(data=b"hi")),
            {"role": "user", "content": {"type": "image", "data": "aGk=", "mimeType": "image/png"}},
        ),
    ],
)
def test_content_is_made_in_a_word(made: Any, expected: Any) -> None:
    assert sent(made) == expected


def test_media_come_from_files(tmp_path: Path) -> None:
    path = tmp_path / "dot.gif"
    path.write_bytes(b"hi")
    assert sent(Image(path).block()) == {"type": "image", "data": "aGk=", "mimeType": "image/gif"}
    wrongs: list[Any] = [{}, {"path": path, "data": b""}]
    for wrong in wrongs:
        with pytest.raises(ValueError, match="expected either a path or data"):
            Image(**wrong)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, []),
        ([], ['{"result":[]}']),
        (["a", "b"], ['{"result":["a","b"]}']),
        (["a", text("b")], ["a", "b"]),
        (text("b"), ["b"]),
    ],
)
def test_what_a_tool_returns_becomes_content(value: Any, expected: list[str]) -> None:
    assert [getattr(block, "text", None) for block in tool_result(value).content] == expected


@pytest.mark.parametrize(
    ("value", "media", "expected"),
    [
        ("x", "text/plain", "x"),
        ({"a": [1]}, "application/json", '{"a":[1]}'),
        ([], "application/json", "[]"),
        (3, "application/json", "3"),
        (contents("b://c", "x", "text/html"), "text/html", "x"),
    ],
)
def test_what_a_resource_returns_becomes_contents(value: Any, media: str, expected: str) -> None:
    (one,) = resource_contents(value, "a://b", None)
    assert (one.mime_type, one.text) == (media, expected)


def test_what_a_prompt_returns_becomes_messages() -> None:
    whole = GetPromptResult(messages=[])
    assert prompt_result(whole, "about") is whole
    for value in ("a", ["a"], user("a"), [user("a")], text("a"), [text("a")]):
        result = prompt_result(value, "about")
        assert (sent(result)["messages"], result.description) == ([sent(user("a"))], "about")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: tool_result([text("a"), 3]), "content is blocks and texts, not int"),
        (lambda: resource_contents(object(), "a://b", None), "a resource: "),
        (lambda: prompt_result(3, None), "not int"),
    ],
)
def test_what_is_none_of_it_is_an_error_of_the_server(make: Any, message: str) -> None:
    with pytest.raises(McpError, match=message):
        make()


@pytest.mark.parametrize("returned", [Image, list[str | Image], Audio | None, None, Any])
def test_what_is_content_has_no_output_schema(returned: Any) -> None:
    def give() -> Any:
        raise NotImplementedError

    give.__annotations__["return"] = returned
    server = Server("content")
    server.tool(give)
    tool = server._offer.registry.tools.get("give")
    assert tool is not None
    assert tool.definition.output_schema is UNSET
