"""A client over HTTP: against our own server in every revision, and against servers that a test makes up."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from isogloss import (
    Client,
    Context,
    ErrorCode,
    ErrorKind,
    HttpTarget,
    McpError,
    Revision,
    Server,
    connect,
    form,
    http,
)
from isogloss.client import EraMode
from isogloss.protocol.limits import MAX_OPEN_CALLS
from isogloss.protocol.types import ElicitRequestFormParams, ElicitResult, TextContent
from isogloss.revision import NEWEST_MODERN

from .loop import in_loop, pass_time
from .scripted_http import (
    DONE,
    Heard,
    Reply,
    event,
    open_stream,
    raw,
    say,
    say_json,
    scripted,
    status,
    stream,
)
from .surface import mcp
from .web import served

STREAMABLE = [r.value for r in sorted(Revision) if r.value > "2025"]
ERAS: tuple[EraMode, ...] = ("modern", "legacy")


@asynccontextmanager
async def serving(server: Server = mcp) -> AsyncIterator[str]:
    async with served(server.asgi()) as web:
        yield f"http://127.0.0.1:{web.port}/mcp"


def speaking(target: str | HttpTarget, revision: str, **options: Any) -> Any:
    if revision == NEWEST_MODERN:
        return connect(target, era="modern", **options)
    return connect(target, era="legacy", revision=revision, **options)


async def fails(client: Client, name: str = "x", **options: Any) -> McpError:
    """The error of a call."""
    with pytest.raises(McpError) as caught:
        await client.call_tool(name, **options)
    return caught.value


def text_of(result: Any) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


# ---- our own server ----


@pytest.mark.parametrize("revision", STREAMABLE)
@in_loop
async def test_every_revision_is_spoken(revision: str) -> None:
    async with serving() as url, speaking(url, revision) as client:
        assert (client.revision, client.server.name) == (revision, "surface")
        assert len(await client.list_tools()) == 12
        assert text_of(await client.call_tool("add", {"a": 1, "b": 2})) == '{"sum":3}'
        assert (await fails(client, "none")).code == -32602
        assert (await client.read_resource("item://6/caf%C3%A9")).contents[0].uri.startswith("item")
        heard: list[float] = []
        await client.call_tool(
            "slow", {"steps": 3}, on_progress=lambda told: heard.append(told.progress)
        )
        assert heard == [1, 2, 3]
        await client.ping()


@in_loop
async def test_the_newest_common_revision_is_found() -> None:
    async with serving() as url, connect(url) as client:
        assert client.revision == "2026-07-28"


@dataclass
class Name:
    name: str


@pytest.mark.parametrize("revision", STREAMABLE[1:])
@in_loop
async def test_a_server_asks_in_either_era(revision: str) -> None:
    asking = Server("asking", "1")

    @asking.tool
    async def hello(context: Context) -> str:
        answer = await context.ask(form("Your name?", Name))
        return f"Hello, {answer.accepted().name}!"

    def zoe(_: ElicitRequestFormParams) -> ElicitResult:
        return ElicitResult(action="accept", content={"name": "Zoë"})

    async with serving(asking) as url, speaking(url, revision, on_elicit=zoe) as client:
        assert text_of(await client.call_tool("hello")) == '{"result":"Hello, Zoë!"}'


@pytest.mark.parametrize("era", ERAS)
@in_loop
async def test_more_calls_than_may_be_open_at_once_are_all_answered(era: EraMode) -> None:
    async with serving() as url, connect(url, era=era) as client:
        numbers = range(MAX_OPEN_CALLS + 40)
        calls = [client.call_tool("add", {"a": n, "b": 0}) for n in numbers]
        assert [text_of(result) for result in await asyncio.gather(*calls)] == [
            f'{{"sum":{n}}}' for n in numbers
        ]


@pytest.mark.parametrize("revision", STREAMABLE)
@in_loop
async def test_a_call_that_nobody_waits_for_is_cancelled_on_the_server(revision: str) -> None:
    began, ended = asyncio.Event(), asyncio.Event()
    slow = Server("slow", "1")

    @slow.tool
    async def wait() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with serving(slow) as url, speaking(url, revision) as client:
        call = asyncio.ensure_future(client.call_tool("wait"))
        await began.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await ended.wait()
        began.clear()
        ended.clear()
        late = asyncio.ensure_future(fails(client, "wait", timeout=3))
        await began.wait()
        pass_time(3)
        error = await late
        assert error.kind is ErrorKind.TIMEOUT
        assert str(error) == "no answer to tools/call within 3 s"
        await ended.wait()


@in_loop
async def test_a_server_is_reached_at_its_path_alone() -> None:
    async with serving() as url:
        with pytest.raises(McpError) as caught:
            async with connect(url.removesuffix("mcp") + "other"):
                pass
        assert caught.value.status == 404


# ---- the end ----


@in_loop
async def test_a_client_that_is_closed_ends_its_calls_and_its_session() -> None:
    def answer(heard: Heard) -> Reply:
        return heard.handshake() or open_stream()

    async with scripted(answer) as site:
        async with connect(site.url, era="legacy") as client:
            call = asyncio.ensure_future(client.call_tool("slow"))
            await site.wait("tools/call")
        with pytest.raises(McpError, match="the client was closed") as caught:
            await call
        assert caught.value.kind is ErrorKind.CLOSED
        (end,) = site.of("DELETE")
        assert end.headers["mcp-session-id"] == "s1"
        assert end.headers["mcp-protocol-version"] == "2025-11-25"
        assert (await fails(client)).kind is ErrorKind.CLOSED
        # Nothing is left that it has started.
        left = {task.get_coro() for task in asyncio.all_tasks()}
        assert not [coroutine for coroutine in left if "http_client" in repr(coroutine)]


# ---- eras ----

PROBES: dict[str, Callable[[Heard], Reply]] = {
    "an error": lambda heard: heard.error(200, -32601),
    "an error with a status": lambda heard: heard.error(404, -32601),
    "a status": lambda _: say(400, "text/html", "<h1>Bad Request: no session</h1>"),
    "nonsense": lambda _: say(200, "text/html", "hello"),
    "silence": lambda _: open_stream(),
    "the end": lambda _: raw(""),
}


@pytest.mark.parametrize("probe", PROBES)
@in_loop
async def test_a_legacy_server_is_found_whatever_it_says_to_the_probe(probe: str) -> None:
    def answer(heard: Heard) -> Reply | None:
        return PROBES[probe](heard) if heard.what == "server/discover" else heard.handshake()

    async with scripted(answer) as site, connect(site.url, probe_timeout=0.1) as client:
        assert client.revision == "2025-11-25"
        assert site.count("initialize") == 1


@in_loop
async def test_a_revision_that_is_refused_and_named_is_asked_for_once_more() -> None:
    def answer(heard: Heard) -> Reply | None:
        if site.count("server/discover") > 1:
            return heard.discovery()
        named = {"supported": ["2026-07-28"], "requested": "2026-07-28"}
        return heard.error(400, ErrorCode.UNSUPPORTED_VERSION, data=named)

    async with scripted(answer) as site, connect(site.url) as client:
        assert client.revision == "2026-07-28"
        assert site.count("server/discover") == 2


@pytest.mark.parametrize("code", [401, 403])
@in_loop
async def test_who_is_not_let_in_is_told_so_and_the_era_is_not_guessed(code: int) -> None:
    async with scripted(lambda _: say(code, "text/plain", "who\r\nare\0you?")) as site:
        with pytest.raises(McpError, match=r"who are you\?") as caught:
            async with connect(site.url):
                pass
        assert (caught.value.kind, caught.value.status) == (ErrorKind.HTTP, code)
        assert site.asked == ["server/discover"]


# ---- answers that are none ----


@in_loop
async def test_a_redirect_is_not_followed() -> None:
    to = status(307, Location="http://elsewhere.example/mcp?key=secret")
    async with scripted(lambda _: to) as site:
        with pytest.raises(McpError, match="redirects are not followed") as caught:
            async with connect(site.url, era="modern"):
                pass
        assert "http://elsewhere.example/mcp" in str(caught.value)
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize("streams", [False, True])
@in_loop
async def test_an_answer_that_is_too_long_fails_its_call_alone(streams: bool) -> None:
    def answer(heard: Heard) -> Reply:
        text = "x" * (100_000 if heard.name == "long" else 10)
        response = heard.response({**DONE, "content": [{"type": "text", "text": text}]})
        said = stream(event("1", response)) if streams else say_json(200, response)
        return heard.discovery() or said

    async with (
        scripted(answer) as site,
        connect(http(site.url, max_message=50_000), era="modern") as client,
    ):
        error = await fails(client, "long")
        assert error.kind is ErrorKind.DECODE
        assert "longer than the limit of 50000 bytes (max_message)" in str(error)
        assert text_of(await client.call_tool("short")) == "x" * 10


@in_loop
async def test_a_compressed_answer_is_refused() -> None:
    def answer(heard: Heard) -> Reply:
        assert heard.headers["accept-encoding"] == "identity"
        return heard.discovery() or say_json(200, "\x1f\x8b", Content_Encoding="gzip")

    async with scripted(answer) as site, connect(site.url, era="modern") as client:
        assert 'found "gzip"' in str(await fails(client))


OTHER = '{"jsonrpc":"2.0","id":"other","result":{}}'
BOTH = '{"jsonrpc":"2.0","id":2,"result":{},"error":{"code":1,"message":"x"}}'
HEAD = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n"
SAID = [
    raw("SSH-2.0-OpenSSH\r\n"),
    raw("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"),
    raw(HEAD + "Content-Length: 100\r\n\r\n{"),
    raw(HEAD + "Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
    say_json(200, ""),
    say_json(200, "[]"),
    say_json(200, "\0"),
    say_json(200, "[" * 10_000),
    say_json(200, OTHER),
    say_json(200, BOTH),
    say_json(200, '{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"x"}}'),
    say_json(200, '{"jsonrpc":"2.0","result":{}}'),
    say(200, "", "{}"),
    status(202),
    status(204),
    say(500, "text/plain", "é" * 100_000),
    say_json(418, OTHER),
    say_json(400, "[" * 100_000),
    stream(""),
    stream("data: {\n\n"),
    stream("id: \0\ndata: []\n\nevent: endpoint\ndata: /sse\n\n"),
    stream(f"data: {OTHER}\n\ndata: {BOTH}\n\n"),
]


@pytest.mark.parametrize("said", SAID)
@in_loop
async def test_whatever_a_server_says_a_call_ends_and_the_next_one_works(said: Reply) -> None:
    def answer(heard: Heard) -> Reply | None:
        if heard.name == "bad":
            return said
        return heard.discovery() or heard.result(DONE)

    async with scripted(answer) as site, connect(site.url, era="modern") as client:
        error = await fails(client, "bad")
        assert error.kind is not ErrorKind.TIMEOUT
        assert len(str(error)) < 1000
        await client.call_tool("good")
