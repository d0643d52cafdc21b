"""What a client hears of its server over HTTP: of ours in both eras, and on streams that break."""

import json

import pytest

from isogloss import connect
from isogloss.changes import Updated
from isogloss.client import EraMode

from .loop import in_loop
from .scripted_http import Heard, Reply, in_parts, scripted, status
from .test_client_news import acknowledged, following, new_tool, noted, updated
from .test_client_rounds import both_eras
from .web import served


@both_eras
@in_loop
async def test_changes_are_heard_of_over_http(era: EraMode) -> None:
    notes = noted()
    async with (
        served(notes.asgi()) as web,
        connect(f"http://127.0.0.1:{web.port}/mcp", era=era) as client,
        client.subscribe("text://greeting") as greeting,
        client.subscribe_to_lists() as lists,
    ):
        notes.resource_updated("text://greeting")
        assert await following(greeting) == Updated("text://greeting")
        new_tool(notes, "new")
        assert await following(lists) == "tools"
        assert await client.call("new") == 1


@pytest.mark.parametrize("breaks", ["stream", "503"])
@in_loop
async def test_a_stream_that_breaks_is_opened_again_and_it_is_told_that_something_was_missed(
    breaks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("isogloss.client.listen.SSE_RETRY", 0)
    opened = 0

    def answer(heard: Heard) -> Reply | None:
        nonlocal opened
        if heard.what != "subscriptions/listen":
            return heard.discovery()
        opened += 1
        if opened == 2 and breaks == "503":
            return status(503)
        id = heard.body["id"]
        said = [acknowledged(id, ["a://b"])]
        if opened > 1:
            said.append(updated(id, "a://b"))
        events = [f"data: {json.dumps({'jsonrpc': '2.0', **message})}\n\n" for message in said]
        return in_parts(*events, stays=opened > 1)

    async with (
        scripted(answer) as site,
        connect(site.url) as client,
        client.subscribe("a://b") as changes,
    ):
        assert await following(changes) == "missed"
        assert await following(changes) == Updated("a://b")
        assert site.count("subscriptions/listen") == (3 if breaks == "503" else 2)
