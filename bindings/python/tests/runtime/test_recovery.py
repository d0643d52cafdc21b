"""What a client does about calls that are broken off: the rows of the table, each put to the test."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Unpack

import pytest
import uvicorn

from isogloss import Client, Context, ErrorCode, ErrorKind, McpError, Server, connect
from isogloss.client import EraMode
from isogloss.protocol.limits import CONNECT_PAUSE, MAX_MESSAGE, RESUME_ATTEMPTS, SSE_RETRY
from isogloss.protocol.recovery import ROWS, Failed
from isogloss.protocol.types import CallToolResult, TextContent
from isogloss.server import HttpOptions

from .loop import in_loop, pass_time
from .scripted_http import (
    DONE,
    OLD,
    Cut,
    Heard,
    Reply,
    Site,
    event,
    faulty,
    open_stream,
    say,
    say_json,
    scripted,
    status,
    stream,
    told,
)
from .web import served

ERAS: tuple[EraMode, ...] = ("modern", "legacy")


def test_every_row_is_put_to_the_test() -> None:
    # Here or in another file of tests: whoever adds a row adds a test, and then the row to this list.
    assert [(row.failed, row.sent, row.repeatable) for row in ROWS] == [
        (Failed.UNREACHABLE, None, None),
        (Failed.INTERRUPTED, None, True),
        (Failed.INTERRUPTED, None, False),
        (Failed.STREAM_ENDED, None, None),
        (Failed.SESSION_LOST, False, None),
        (Failed.SESSION_LOST, None, True),
        (Failed.SESSION_LOST, None, None),
        (Failed.HEADER_MISMATCH, None, None),
        (Failed.TOO_LARGE, None, None),
        (Failed.CHILD_EXITED, None, None),  # test_process.py
        (Failed.TIMED_OUT, None, None),
    ]


class Counting(Server):
    """A server that counts what it has done."""

    def __init__(self) -> None:
        super().__init__("counting", "1")
        self.done = 0

        @self.resource("text://read")
        def read() -> str:
            self.done += 1
            return "read"

        @self.tool
        def call(more: str = "") -> TextContent:
            self.done += 1
            return TextContent(text=f"called{more}")


@asynccontextmanager
async def serving(server: Server, **options: Unpack[HttpOptions]) -> AsyncIterator[str]:
    async with served(server.asgi(**options)) as web:
        yield f"http://127.0.0.1:{web.port}/mcp"


def text_of(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


async def fails(client: Client, name: str = "call", **options: Any) -> McpError:
    with pytest.raises(McpError) as caught:
        await client.call_tool(name, **options)
    return caught.value


def is_unknown(error: McpError, *texts: str) -> None:
    assert error.kind is ErrorKind.OUTCOME_UNKNOWN, error
    for text in (*texts, "whether tools/call was carried out is not known"):
        assert text in str(error)


# ---- connections ----


@in_loop
async def test_a_server_that_is_not_there_yet_is_waited_for_within_bounds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = bound.getsockname()[1]
    url = f"http://127.0.0.1:{port}/mcp"
    loop = asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(McpError) as caught:
        async with connect(url):
            pass
    assert caught.value.kind is ErrorKind.UNREACHABLE
    assert str(caught.value).startswith(url)
    # Two pauses, the second twice as long.
    assert loop.time() - began >= 3 * CONNECT_PAUSE
    # It comes while the client waits for the second time: its place is there at once, whenever it is ready itself.
    server = uvicorn.Server(uvicorn.Config(Counting().asgi(), log_level="error"))
    running: list[asyncio.Future[None]] = []

    def come() -> None:
        place = socket.create_server(("127.0.0.1", port))
        running.append(asyncio.ensure_future(server.serve(sockets=[place])))

    loop.call_later(CONNECT_PAUSE + 0.05, come)
    async with connect(url, era="modern") as client:
        assert client.server.name == "counting"
    server.should_exit = True
    await asyncio.gather(*running)


TIMES = [(Cut.BEFORE, 1), (Cut.DURING, 1), (Cut.AFTER, 2)]


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(("cut", "times"), TIMES)
@in_loop
async def test_what_may_be_repeated_is_sent_again_when_its_answer_is_lost(
    era: EraMode, cut: Cut, times: int
) -> None:
    counting = Counting()
    async with (
        serving(counting) as url,
        faulty(url, "resources/read", cut) as proxy,
        connect(proxy.url, era=era) as client,
    ):
        await client.read_resource("text://read")
        assert proxy.cuts == []
        assert counting.done == times


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(("cut", "times"), TIMES)
@in_loop
async def test_what_may_not_be_repeated_ends_with_an_outcome_that_is_unknown(
    era: EraMode, cut: Cut, times: int
) -> None:
    counting = Counting()
    async with (
        serving(counting) as url,
        faulty(url, "tools/call", cut, cut) as proxy,
        connect(proxy.url, era=era) as client,
    ):
        is_unknown(await fails(client))
        assert counting.done == times - 1
        # A caller that knows better says so.
        result = await client.call_tool("call", repeatable=True)
        assert text_of(result) == "called"
        assert proxy.cuts == []


@in_loop
async def test_what_breaks_twice_is_not_sent_a_third_time() -> None:
    counting = Counting()
    async with (
        serving(counting) as url,
        faulty(url, "resources/read", *[Cut.AFTER] * 3) as proxy,
        connect(proxy.url, era="modern") as client,
    ):
        with pytest.raises(McpError) as caught:
            await client.read_resource("text://read")
        assert caught.value.kind is ErrorKind.OUTCOME_UNKNOWN
        assert counting.done == 2


@pytest.mark.parametrize("code", [502, 504])
@in_loop
async def test_a_gateway_that_lost_the_answer_has_not_answered(code: int) -> None:
    def answer(heard: Heard) -> Reply:
        return heard.discovery() or say(code, "text/html", "<h1>upstream</h1>")

    async with scripted(answer) as site, connect(site.url, era="modern") as client:
        is_unknown(await fails(client), "upstream")
        with pytest.raises(McpError):
            await client.list_tools()
        assert (site.count("tools/call"), site.count("tools/list")) == (1, 2)


# ---- streams ----


@in_loop
async def test_a_legacy_stream_that_breaks_off_is_resumed_and_nothing_is_done_twice() -> None:
    waiting = Server("waiting", "1")
    go_on = asyncio.Event()
    begun = 0

    @waiting.tool
    async def wait(context: Context) -> TextContent:
        nonlocal begun
        begun += 1
        context.progress(1)
        await go_on.wait()
        return TextContent(text="done")

    async with (
        serving(waiting) as url,
        faulty(url, "tools/call", Cut.ANSWER) as proxy,
        connect(proxy.url, era="legacy") as client,
    ):
        heard: list[object] = []
        call = asyncio.ensure_future(client.call_tool("wait", on_progress=heard.append))
        await proxy.was_cut.wait()
        go_on.set()
        assert text_of(await call) == "done"
        assert (begun, len(heard)) == (1, 1)


@in_loop
async def test_a_modern_stream_that_breaks_off_is_not_asked_for_again() -> None:
    def answer(heard: Heard) -> Reply:
        progress = told("notifications/progress", progressToken=1, progress=1)
        return heard.discovery() or stream(event("1-1", progress))

    async with scripted(answer) as site, connect(site.url, era="modern") as client:
        is_unknown(await fails(client), "the stream ended before the answer")
        assert site.asked == ["server/discover", "tools/call"]


@in_loop
async def test_a_stream_that_brings_nothing_new_is_given_up() -> None:
    def answer(heard: Heard) -> Reply:
        return heard.handshake() or stream("id: 1-1\nretry: 1\ndata:\n\n")

    async with scripted(answer) as site, connect(site.url, era="legacy") as client:
        began = asyncio.get_running_loop().time()
        is_unknown(await fails(client), "(RESUME_ATTEMPTS)")
        # The server wants to be left alone for 1 ms.
        assert asyncio.get_running_loop().time() - began < RESUME_ATTEMPTS * SSE_RETRY
        assert len(site.resumed()) == RESUME_ATTEMPTS


@pytest.mark.parametrize("code", [400, 405])
@in_loop
async def test_a_stream_that_cannot_be_resumed_says_nothing_about_its_call(code: int) -> None:
    def answer(heard: Heard) -> Reply:
        if "last-event-id" in heard.headers:
            # As servers say it: with an error of JSON-RPC, which is none of the call's.
            error = {"code": -32000, "message": "no such event"}
            return say_json(code, {"jsonrpc": "2.0", "id": None, "error": error})
        return heard.handshake() or stream("id: 1-1\nretry: 1\ndata:\n\n")

    async with scripted(answer) as site, connect(site.url, era="legacy") as client:
        is_unknown(await fails(client), "no such event", "cannot be resumed")
        assert len(site.resumed()) == 1


# ---- sessions ----


@asynccontextmanager
async def forgetful(forgets: Callable[[Heard], bool]) -> AsyncIterator[Site]:
    """A legacy server that gives out s1 and s2, and forgets s1 where the test says."""
    opened = 0

    def answer(heard: Heard) -> Reply | None:
        nonlocal opened
        if heard.headers.get("mcp-session-id") == "s1" and forgets(heard):
            return say(404, "text/plain", "session not found")
        match heard.what:
            case "initialize":
                opened += 1
                return heard.opening(f"s{opened}")
            case "tools/list":
                return heard.result({"tools": []})
            case "tools/call":
                return heard.result({"content": []})
        return heard.handshake()

    async with scripted(answer) as site:
        yield site


def about_tools(heard: Heard) -> bool:
    return heard.what.startswith("tools/")


def asks(site: Site, initialized: int, called: int, listed: int) -> None:
    counts = [site.count(what) for what in ("initialize", "tools/call", "tools/list")]
    assert counts == [initialized, called, listed], site.asked


@in_loop
async def test_a_session_that_is_known_to_be_lost_is_opened_anew_before_anything_is_sent() -> None:
    async with (
        forgetful(lambda heard: heard.what == "GET") as site,
        connect(site.url, era="legacy") as client,
    ):
        await client.call_tool("call")
        asks(site, 2, 1, 0)
        assert site.of("tools/call")[0].headers["mcp-session-id"] == "s2"
        assert site.count("notifications/initialized") == 2
        # Its news are heard, too.
        sessions = [heard.headers["mcp-session-id"] for heard in site.of("GET")]
        assert sessions == ["s1", "s2"]


@in_loop
async def test_a_method_that_is_not_there_loses_no_session() -> None:
    def answer(heard: Heard) -> Reply:
        return heard.handshake() or heard.error(404, ErrorCode.METHOD_NOT_FOUND)

    async with scripted(answer) as site, connect(site.url, era="legacy") as client:
        assert (await fails(client)).code == ErrorCode.METHOD_NOT_FOUND
        asks(site, 1, 1, 0)


@in_loop
async def test_what_may_be_repeated_is_sent_in_a_new_session() -> None:
    async with forgetful(about_tools) as site, connect(site.url, era="legacy") as client:
        await client.list_tools()
        asks(site, 2, 0, 2)


@in_loop
async def test_a_new_session_is_opened_for_the_next_call_where_this_one_may_not_be_repeated() -> (
    None
):
    async with forgetful(about_tools) as site, connect(site.url, era="legacy") as client:
        is_unknown(await fails(client), "404 Not Found: session not found")
        asks(site, 2, 1, 0)
        await client.call_tool("call")
        asks(site, 2, 2, 0)


@in_loop
async def test_calls_that_lose_a_session_together_open_one_new_one() -> None:
    async with forgetful(about_tools) as site, connect(site.url, era="legacy") as client:
        await asyncio.gather(*(client.list_tools() for _ in range(5)))
        assert site.count("initialize") == 2


@in_loop
async def test_a_server_that_forgets_every_session_is_not_asked_for_ever() -> None:
    def answer(heard: Heard) -> Reply | None:
        return status(404) if about_tools(heard) else heard.handshake()

    async with scripted(answer) as site, connect(site.url, era="legacy") as client:
        with pytest.raises(McpError):
            await client.list_tools()
        asks(site, 2, 0, 2)


@in_loop
async def test_a_session_in_another_revision_is_none() -> None:
    opened = 0

    def answer(heard: Heard) -> Reply | None:
        nonlocal opened
        if about_tools(heard):
            return status(404)
        if heard.what == "initialize":
            opened += 1
            if opened > 1:
                return heard.result({**OLD, "protocolVersion": "2025-06-18"})
        return heard.handshake()

    async with scripted(answer) as site, connect(site.url, era="legacy") as client:
        with pytest.raises(McpError, match="connect again") as caught:
            await client.list_tools()
        assert caught.value.kind is ErrorKind.NEGOTIATION


@in_loop
async def test_our_own_server_that_was_started_anew_is_used_on() -> None:
    first, second = Counting(), Counting()
    async with AsyncExitStack() as stack:
        async with served(first.asgi()) as web:
            url = f"http://127.0.0.1:{web.port}/mcp"
            client = await stack.enter_async_context(connect(url, era="legacy"))
        async with served(second.asgi(), web.port):
            await client.list_tools()
            await client.call_tool("call")
            await client.close()
    assert (first.done, second.done) == (0, 1)


# ---- what a server refuses ----


@in_loop
async def test_a_call_whose_headers_are_refused_is_made_again_once() -> None:
    def answer(heard: Heard) -> Reply | None:
        match heard.what:
            case "tools/call":
                return heard.error(400, ErrorCode.HEADER_MISMATCH)
            case "tools/list":
                return heard.result({**DONE, "ttlMs": 0, "cacheScope": "private", "tools": []})
        return heard.discovery()

    async with scripted(answer) as site, connect(site.url, era="modern") as client:
        assert (await fails(client)).code == ErrorCode.HEADER_MISMATCH
        assert site.asked == ["server/discover", "tools/call", "tools/list", "tools/call"]


@pytest.mark.parametrize("era", ERAS)
@in_loop
async def test_a_message_that_the_server_does_not_take_fails_alone(era: EraMode) -> None:
    counting = Counting()
    async with (
        serving(counting, max_message=1000) as url,
        connect(url, era=era) as client,
    ):
        error = await fails(client, arguments={"more": "y" * 2000})
        assert (error.kind, error.status) == (ErrorKind.HTTP, 413)
        assert "send less, or raise its limit (max_message)" in str(error)
        await client.call_tool("call")
        assert counting.done == 1


@pytest.mark.parametrize("era", ERAS)
@in_loop
async def test_what_is_larger_than_usual_passes_where_both_sides_take_it(era: EraMode) -> None:
    mcp = Server("mirror")

    @mcp.tool
    def mirror(text: str) -> TextContent:
        return TextContent(text=text)

    text = "x" * MAX_MESSAGE
    most = 2 * MAX_MESSAGE
    async with serving(mcp, max_message=most) as url:
        async with connect(url, era=era, max_message=most) as client:
            assert text_of(await client.call_tool("mirror", {"text": text})) == text
        async with connect(url, era=era) as client:
            with pytest.raises(McpError, match="longer than the limit of 16777216 bytes"):
                await client.call_tool("mirror", {"text": text})


@in_loop
async def test_a_legacy_server_is_told_when_nobody_waits_any_more() -> None:
    def answer(heard: Heard) -> Reply:
        return heard.handshake() or open_stream()

    async with scripted(answer) as site, connect(site.url, era="legacy") as client:
        late = asyncio.ensure_future(fails(client, timeout=5))
        await site.wait("tools/call")
        pass_time(5)
        assert (await late).kind is ErrorKind.TIMEOUT
        heard = await site.wait("notifications/cancelled")
        (call,) = site.of("tools/call")
        assert heard.body["params"] == {
            "requestId": call.body["id"],
            "reason": "it took too long",
        }
