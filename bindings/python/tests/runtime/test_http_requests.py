"""What a client's requests over HTTP carry, and where they go: headers, credentials, addresses, trust."""

import asyncio
import ipaddress
import logging
import ssl
import subprocess
import sys
from contextlib import AsyncExitStack
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
    ErrorKind,
    McpError,
    connect,
    http,
)
from isogloss.authorizer import AnswerHead, SentHead
from isogloss.client import EraMode
from isogloss.protocol.limits import AUTH_ATTEMPTS
from isogloss.protocol.types.base import NotificationParams

from .loop import in_loop, pass_time, silence
from .scripted_http import (
    DONE,
    Heard,
    Reply,
    open_stream,
    raw,
    scripted,
    status,
)
from .surface import mcp
from .web import served

ERAS: tuple[EraMode, ...] = ("modern", "legacy")


async def fails(client: Client) -> McpError:
    """The error of a call."""
    with pytest.raises(McpError) as caught:
        await client.call_tool("x")
    return caught.value


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
        await silence(self.pause)
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
        target = http(site.url, authorizer=Tokens(pause=6))
        async with connect(target, probe_timeout=5, timeout=5) as client:
            assert client.revision == "2026-07-28"
            late = asyncio.ensure_future(fails(client))
            await site.wait("tools/call")
            pass_time(5)
            assert (await late).kind is ErrorKind.TIMEOUT


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
    async with scripted(lambda heard: heard.discovery()) as proxy, served(mcp.asgi()) as web:
        url = f"http://127.0.0.1:{web.port}/mcp"
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
