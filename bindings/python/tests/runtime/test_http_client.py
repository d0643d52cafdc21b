"""A client over HTTP: against our own server in every revision, and against servers that a test makes up."""

import asyncio
import ipaddress
import logging
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

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
from isogloss.authorizer import AnswerHead, SentHead
from isogloss.client import EraMode
from isogloss.protocol.limits import AUTH_ATTEMPTS, MAX_OPEN_CALLS
from isogloss.protocol.types import ElicitRequestFormParams, ElicitResult, TextContent
from isogloss.protocol.types.base import NotificationParams
from isogloss.revision import NEWEST_MODERN

from .loop import in_loop
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
        ended.clear()
        error = await fails(client, "wait", timeout=0.05)
        assert error.kind is ErrorKind.TIMEOUT
        assert str(error) == "no answer to tools/call within 0.05 s"
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


# ---- headers ----


def marking(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": schema}


LISTED = {
    **DONE,
    "ttlMs": 0,
    "cacheScope": "private",
    "tools": [
        {
            "name": "grüß",
            "inputSchema": marking({"region": {"type": "string", "x-mcp-header": "Region"}}),
        },
        {
            "name": "wrong",
            "inputSchema": marking({"n": {"type": "number", "x-mcp-header": "N"}}),
        },
    ],
}


def test_a_modern_request_repeats_itself_in_headers(caplog: pytest.LogCaptureFixture) -> None:
    def answer(heard: Heard) -> Reply | None:
        match heard.what:
            case "tools/list":
                return heard.result(LISTED)
            case "tools/call" if "mcp-param-region" not in heard.headers:
                # What a server says that wants the argument repeated.
                return heard.error(400, -32020)
            case "tools/call":
                return heard.result(DONE)
        return heard.discovery()

    @in_loop
    async def run() -> None:
        async with (
            scripted(answer) as site,
            connect(http(site.url, headers={"X-Tenant": "blue"})) as client,
        ):
            # Nobody has listed the tools: the client does, once it has to.
            for region in ("ä", "eu"):
                await client.call_tool("grüß", {"region": region})
            assert site.asked == [
                "server/discover",
                "tools/call",
                "tools/list",
                "tools/call",
                "tools/call",
            ]
            _, first, _, again, last = site.heard
            found = again.headers
            assert found["mcp-protocol-version"] == "2026-07-28"
            assert found["mcp-method"] == "tools/call"
            assert found["mcp-name"] == "=?base64?Z3LDvMOf?="
            assert found["mcp-param-region"] == "=?base64?w6Q=?="
            assert found["accept"] == "application/json, text/event-stream"
            assert found["content-type"] == "application/json"
            assert found["x-tenant"] == "blue"
            assert last.headers["mcp-param-region"] == "eu"
            # A request that is made again has an id of its own.
            assert first.body["id"] != again.body["id"]
            assert [tool.name for tool in await client.list_tools()] == ["grüß"]

    with caplog.at_level(logging.WARNING, "isogloss"):
        run()
    assert "left out the tool 'wrong': n: x-mcp-header is for a string" in caplog.text


@in_loop
async def test_a_tool_that_no_longer_marks_its_arguments_has_no_headers() -> None:
    marks = True

    def answer(heard: Heard) -> Reply | None:
        region = {"type": "string", **({"x-mcp-header": "Region"} if marks else {})}
        tool = {"name": "a", "inputSchema": marking({"region": region})}
        match heard.what:
            case "tools/list":
                return heard.result({**LISTED, "tools": [tool]})
            case "tools/call":
                return heard.result(DONE)
        return heard.discovery()

    async with scripted(answer) as site, connect(site.url) as client:
        for marks in (True, False):
            await client.list_tools()
            await client.call_tool("a", {"region": "eu"})
            assert ("mcp-param-region" in site.of("tools/call")[-1].headers) is marks


# ---- credentials ----


class Tokens:
    """Gives every request a token, and a better one once the first is refused."""

    def __init__(self, pause: float = 0) -> None:
        self.pause = pause
        self.n = 0

    async def authorize(self, request: SentHead, /) -> None:
        await asyncio.sleep(self.pause)
        self.pause = 0
        request.set_header("Authorization", f"Bearer t{self.n}")

    async def answered(self, _: SentHead, answer: AnswerHead, /) -> bool:
        self.n += answer.status == 401
        return answer.status == 401


@pytest.mark.parametrize(("good", "times"), [("Bearer t1", 2), ("none", AUTH_ATTEMPTS + 1)])
@in_loop
async def test_a_request_is_sent_again_with_better_credentials_within_bounds(
    good: str, times: int
) -> None:
    def answer(heard: Heard) -> Reply | None:
        return heard.discovery() if heard.headers["authorization"] == good else status(401)

    async with scripted(answer) as site, AsyncExitStack() as stack:
        connecting = stack.enter_async_context(connect(http(site.url, authorizer=Tokens())))
        if times == 2:
            await connecting
        else:
            with pytest.raises(McpError, match="refused 5 credentials in a row"):
                await connecting
        assert len(site.asked) == times


@in_loop
async def test_the_time_that_credentials_take_is_not_the_servers() -> None:
    async with scripted(lambda heard: heard.discovery() or open_stream()) as site:
        target = http(site.url, authorizer=Tokens(pause=0.3))
        async with connect(target, probe_timeout=0.2, timeout=0.1) as client:
            assert client.revision == "2026-07-28"
            assert (await fails(client)).kind is ErrorKind.TIMEOUT


@in_loop
async def test_credentials_that_cannot_be_had_fail_the_call() -> None:
    class Nobody(Tokens):
        async def authorize(self, _: SentHead, /) -> None:
            raise McpError(ErrorKind.AUTHORIZATION, "nobody is logged in")

    async with scripted(lambda heard: heard.discovery()) as site:
        with pytest.raises(McpError, match="nobody is logged in"):
            async with connect(http(site.url, authorizer=Nobody())):
                pass
        assert site.asked == []


# ---- targets ----


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("example.com/mcp", "is no address of a server"),
        ("ftp://example.com/mcp", "expected http:// or https://"),
        ("http:///mcp", "and a host"),
        ("https://me:secret@example.com/mcp", "an address with credentials"),
        ("http://me:secret@a:b/mcp", "no address of a server"),
    ],
)
def test_what_is_wrong_with_an_address_is_told_at_once(address: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as caught:
        http(address)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("two words", "x"), ("x-a", "line\nbreak"), ("Mcp-Session-Id", "x"), ("host", "x")],
)
def test_a_header_that_is_wrong_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"the header '{name}': "):
        http("http://127.0.0.1:1/mcp", headers={name: value})


@in_loop
async def test_a_query_is_sent_and_is_in_no_error() -> None:
    async with scripted(lambda _: raw("")) as site:
        target = http(site.url + "?key=secret#part")
        assert "secret" not in repr(target)
        with pytest.raises(McpError) as caught:
            async with connect(target, era="modern"):
                pass
        assert site.url in str(caught.value)
        assert "secret" not in str(caught.value)
        assert site.heard[0].path == "/mcp?key=secret"


@in_loop
async def test_proxies_of_the_environment_are_for_who_asks_for_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with scripted(lambda heard: heard.discovery()) as proxy, serving() as url:
        there = proxy.url.removesuffix("/mcp")
        monkeypatch.setenv("HTTP_PROXY", there)
        monkeypatch.setenv("ALL_PROXY", there)
        async with connect(url):
            assert proxy.heard == []
        async with (
            httpx.AsyncHTTPTransport(proxy=there) as transport,
            connect(http(url, transport=transport), era="modern"),
        ):
            assert proxy.heard[0].path == url


@pytest.mark.parametrize("era", ERAS)
@in_loop
async def test_calls_one_after_the_other_share_a_connection(era: EraMode) -> None:
    def answer(heard: Heard) -> Reply | None:
        match heard.what:
            case "tools/call":
                return heard.result(DONE)
            case "notifications/roots/list_changed":
                return status(202)
        return heard.handshake() if era == "legacy" else heard.discovery()

    async with scripted(answer) as site:
        async with connect(site.url, era=era) as client:
            for _ in range(10):
                await client.call_tool("x")
                if era == "legacy":
                    await client.calls.notify_roots_list_changed(NotificationParams())
        # Whether a legacy server has news to tell is asked beside everything else.
        assert site.connections <= 2


def certified(folder: Path) -> ssl.SSLContext:
    """A server's certificate that nobody vouches for but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a server of a test")])
    here = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([here]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate").write_bytes(certificate.public_bytes(Encoding.PEM))
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key").write_bytes(text)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate", folder / "key")
    return context


@in_loop
async def test_nothing_is_sent_to_a_server_that_cannot_be_trusted(tmp_path: Path) -> None:
    own = certified(tmp_path)
    async with scripted(lambda heard: heard.discovery(), own) as site:
        url = site.url.replace("http:", "https:")
        with pytest.raises(McpError, match="certificate") as caught:
            async with connect(url):
                pass
        assert caught.value.kind is ErrorKind.UNREACHABLE
        assert site.heard == []
        trust = ssl.create_default_context(cafile=str(tmp_path / "certificate"))
        async with (
            httpx.AsyncHTTPTransport(verify=trust) as transport,
            connect(http(url, transport=transport)) as client,
        ):
            assert client.revision == "2026-07-28"


def test_httpx_is_needed_by_nobody_else() -> None:
    code = """
import asyncio, sys
sys.modules["httpx"] = None
from isogloss import connect, http
http("http://127.0.0.1:1/mcp")
async def main():
    async with connect("http://127.0.0.1:1/mcp"):
        pass
asyncio.run(main())
"""
    root = Path(__file__).parents[2] / "src"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "install isogloss[http-client]" in done.stderr.splitlines()[-1]
