"""What a handler is told of its request besides its arguments, and what it tells the client meanwhile."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from isogloss import Context, Server
from isogloss.claims import Claims
from isogloss.telling import ClientLog, level_of
from isogloss.trace import TraceContext, is_traceparent, trace_context_in
from tests.runtime.by_hand import Peer, answered
from tests.runtime.loop import in_loop

VECTORS: Any = json.loads(
    (Path(__file__).parents[4] / "spec" / "vectors" / "trace.json").read_text()
)
PARENT = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"


@pytest.mark.parametrize("vector", VECTORS["traceparent"], ids=lambda vector: vector["text"])
def test_a_traceparent_is_taken_as_w3c_has_it(vector: dict[str, Any]) -> None:
    assert is_traceparent(vector["text"]) is vector["good"]


def hexadecimal(length: int) -> st.SearchStrategy[str]:
    return st.text("0123456789abcdef", min_size=length, max_size=length).filter(
        lambda s: s.strip("0")
    )


@given(
    hexadecimal(32),
    hexadecimal(16),
    st.integers(0, 255),
    st.integers(0, 54),
    st.sampled_from("gA \né"),
)
@settings(max_examples=200, deadline=None)
def test_every_whole_traceparent_is_taken_and_none_with_another_sign(
    trace: str, parent: str, flags: int, at: int, sign: str
) -> None:
    text = f"00-{trace}-{parent}-{flags:02x}"
    assert is_traceparent(text)
    assert not is_traceparent(text[:at] + sign + text[at + 1 :])


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        ({"traceparent": PARENT, "tracestate": "a=1", "baggage": "k=v"}, (PARENT, "a=1", "k=v")),
        ({"traceparent": "nonsense", "tracestate": "a=1", "baggage": "k=v"}, (None, None, "k=v")),
        ({"traceparent": 7, "baggage": "line\nbreak"}, (None, None, None)),
        (
            {"traceparent": PARENT, "tracestate": "x" * 8193, "baggage": "ключ=1"},
            (PARENT, None, None),
        ),
        ("no object", (None, None, None)),
    ],
)
def test_what_does_not_follow_the_formats_is_left_out(meta: Any, expected: Any) -> None:
    params = json.dumps({"_meta": meta}).encode()
    assert trace_context_in(params) == TraceContext(*expected)
    assert trace_context_in(None) == TraceContext()


@in_loop
async def test_a_handler_knows_what_it_answers_and_for_whom() -> None:
    server = Server("knows", "3")
    seen: list[Context] = []

    @server.tool
    def look(context: Context) -> None:
        seen.append(context)

    peer = Peer(server)
    peer.meta["traceparent"] = PARENT
    peer.send(id="a", method="tools/call", params={"_meta": peer.meta, "name": "look"})
    await peer.next()
    await peer.open("2025-11-25")
    await peer.legacy("tools/call", name="look", _meta={"traceparent": PARENT})
    await answered(server, "tools/call", Claims(subject="ann"), name="look")
    modern, legacy, known = seen
    assert [context.id for context in seen] == ["a", 3, 1]
    assert modern.method == "tools/call"
    assert modern.params["name"] == "look"
    assert [context.trace.traceparent for context in seen] == [PARENT, PARENT, None]
    assert (modern.claims, known.claims and known.claims.subject) == (None, "ann")
    assert (modern.state, modern.session_id, modern.uri) == (None, None, None)
    assert (legacy.server.name, legacy.server.version) == ("knows", "3")
    assert (legacy.request_id, legacy.fastmcp, legacy.lifespan_context) == ("3", server, None)


@in_loop
async def test_lines_of_the_standard_librarys_log_go_to_the_client() -> None:
    server = Server("logs")
    library = logging.getLogger("tests.some.library")
    library.setLevel(logging.DEBUG)

    @server.tool
    def work(context: Context) -> None:
        context.logger("work").debug("begins")
        handler = ClientLog(context.log, logging.WARNING)
        library.addHandler(handler)
        library.info("of no interest")
        library.warning("%d left", 3)
        library.removeHandler(handler)
        context.logger().critical("ends")

    peer = Peer(server)
    peer.meta["io.modelcontextprotocol/logLevel"] = "info"
    peer.send(id=1, method="tools/call", params={"_meta": peer.meta, "name": "work"})
    assert [(await peer.next()).get("params") for _ in range(3)] == [
        {"level": "warning", "data": "3 left", "logger": "tests.some.library"},
        {"level": "critical", "data": "ends", "logger": "server"},
        None,
    ]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (5, "debug"),
        (10, "debug"),
        (20, "info"),
        (25, "notice"),
        (30, "warning"),
        (40, "error"),
        (50, "critical"),
    ],
)
def test_levels_of_logging_are_levels_of_the_protocol(number: int, expected: str) -> None:
    assert level_of(number) == expected


@in_loop
async def test_a_handler_reads_resources_as_far_as_its_client_may() -> None:
    server = Server("reads", policy=lambda item, _: "hide" if "secret" in item.tags else "allow")
    server.resource("a://{name}")(lambda name: name.encode())
    server.resource("secret://x", tags=["secret"])(lambda: "")

    @server.resource("about://{name}")
    async def about(name: str, context: Context) -> str:
        parts = await context.read_resource(f"a://{name}")
        return f"{parts.contents[0].content!r} {parts[0].mime_type} {context.uri}"

    @server.tool
    async def steal(context: Context) -> None:
        await context.read("secret://x")

    peer = Peer(server)
    (read,) = (await peer.ask("resources/read", uri="about://x"))["contents"]
    assert read["text"] == "b'x' application/octet-stream about://x"
    assert (await peer.call("steal"))["message"] == "resource not found: secret://x"
