"""A protected MCP server on this machine, clients that get themselves tokens for it, and a user who says yes."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, TypeAlias

import httpx
import pytest

from isogloss import ErrorKind, McpError, Server, connect, http
from isogloss.client import EraMode
from isogloss.oauth import Authorizer, MemoryStore, Unattended, authorization_code
from isogloss.protocol.types import TextContent

from .oauth_server import BACK, Authority, authority
from .web import served

PREFIXED = "/.well-known/oauth-protected-resource/mcp"
ROOT = "/.well-known/oauth-protected-resource"
NEEDS = {"write": "notes:write", "burn": "notes:burn"}

mcp = Server("notes", "1.0.0")


@mcp.tool
def read() -> list[TextContent]:
    """Reads a note."""
    return [TextContent(text="a note")]


@mcp.tool
def write() -> list[TextContent]:
    """Writes one."""
    return [TextContent(text="written")]


@mcp.tool
def burn() -> list[TextContent]:
    """Burns all."""
    return [TextContent(text="burnt")]


class Head(NamedTuple):
    """A request to the MCP server."""

    method: str
    authorization: str | None
    proof: str
    tool: str | None


class Says(NamedTuple):
    """A refusal, with the header that says why, and the nonce for the next proof."""

    status: int
    challenge: str
    nonce: str = ""


Judge: TypeAlias = Callable[[Head], Says | None]


class Guarded:
    """An MCP server behind a check of tokens. What tests change are its attributes."""

    def __init__(self) -> None:
        self.origin = self.url = ""
        self.documents: dict[str, Any] = {}
        self.asked: list[str] = []
        """The documents that were asked for."""
        self.without = 0
        """How many requests had no token."""
        self.challenge = "Bearer"
        self.judge: Judge = lambda head: None if head.authorization else Says(401, self.challenge)
        self._serves = mcp.asgi()

    def names(self, issuer: str, path: str = PREFIXED) -> None:
        """Says whose tokens it takes."""
        self.documents[path] = {"resource": self.url, "authorization_servers": [issuer]}

    def takes(self, one: Authority) -> None:
        """Takes the tokens of an authorization server for itself, for what they allow."""
        self.names(one.issuer)

        def judge(head: Head) -> Says | None:
            token = (head.authorization or "").removeprefix("Bearer ")
            stands = one.tokens.get(token)
            metadata = f'resource_metadata="{self.origin}{PREFIXED}"'
            if stands is None or stands.resource != self.url:
                return Says(401, f'Bearer scope="notes:read", {metadata}')
            scope = NEEDS.get(head.tool or "", "notes:read")
            if scope not in stands.scope.split():
                error = 'error="insufficient_scope"'
                return Says(403, f'Bearer {error}, scope="{scope}", {metadata}')
            return None

        self.judge = judge

    def places(self) -> list[str]:
        """The documents that were asked for since the last time."""
        asked, self.asked = self.asked, []
        return asked

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        if scope["path"] != "/mcp":
            self.asked.append(scope["path"])
            await self._tell(self.documents.get(scope["path"]), send)
            return
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        message = await receive()
        body = message.get("body", b"")
        tool = json.loads(body).get("params", {}).get("name") if body else None
        head = Head(scope["method"], headers.get("authorization"), headers.get("dpop", ""), tool)
        self.without += head.authorization is None
        says = self.judge(head)
        if says is not None:
            more = [(b"www-authenticate", says.challenge.encode())]
            if says.nonce:
                more.append((b"dpop-nonce", says.nonce.encode()))
            await _say(send, says.status, b"", more)
            return

        async def again() -> Any:
            nonlocal message
            one, message = message, None
            return await receive() if one is None else one

        await self._serves(scope, again, send)

    async def _tell(self, document: Any, send: Any) -> None:
        if document == "broken":
            await _say(send, 503, b"")
        elif document is None:
            await _say(send, 404, b"")
        else:
            text = document if isinstance(document, str) else json.dumps(document)
            await _say(send, 200, text.encode())


async def _say(send: Any, status: int, body: bytes, more: Any = ()) -> None:
    headers = [(b"content-length", b"%d" % len(body)), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def guarded() -> AsyncIterator[Guarded]:
    """One that says nothing of itself and takes any token."""
    one = Guarded()
    async with served(one) as web:
        one.origin = f"http://127.0.0.1:{web.port}"
        one.url = f"{one.origin}/mcp"
        yield one


@asynccontextmanager
async def both(**changes: Any) -> AsyncIterator[tuple[Authority, Guarded]]:
    """An authorization server, and a server that takes its tokens."""
    async with authority(**changes) as a, guarded() as g:
        g.takes(a)
        yield a, g


async def sent_on(address: str) -> str:
    """Where the user is sent from this address."""
    async with httpx.AsyncClient(trust_env=False) as browser:
        response = await browser.get(address)
        assert response.status_code == 302, response.text
        return response.headers["location"]


def yes() -> Unattended:
    """A user who says yes."""
    return Unattended(BACK, sent_on)


def desk(g: Guarded, **options: Any) -> Authorizer:
    """A client of a guarded server, whose user says yes."""
    return authorization_code(g.url, yes(), client_name="Desk", **options)


async def call(url: str, authorizer: Authorizer, tool: str, era: EraMode = "modern") -> str:
    """Connects a client, and calls a tool: what it says."""
    async with connect(http(url, authorizer=authorizer), era=era) as client:
        (content,) = (await client.call_tool(tool)).content
        assert isinstance(content, TextContent)
        return content.text


async def reads(g: Guarded, authorizer: Authorizer, tool: str = "read") -> None:
    """Checks that a tool may be called."""
    expected = {"read": "a note", "write": "written", "burn": "burnt"}
    found = await call(g.url, authorizer, tool)
    assert found == expected[tool]


async def stays(g: Guarded, authorizer: Authorizer, status: int, tool: str = "read") -> None:
    """Checks that a refusal stands."""
    with pytest.raises(McpError) as caught:
        await call(g.url, authorizer, tool)
    assert (caught.value.kind, caught.value.status) == (ErrorKind.HTTP, status)


async def why(g: Guarded, authorizer: Authorizer, expected: str, tool: str = "read") -> str:
    """How a call fails for want of a token."""
    with pytest.raises(McpError) as caught:
        await call(g.url, authorizer, tool)
    return told(caught.value, expected)


def told(error: McpError, expected: str) -> str:
    """Checks that an error is about authorization, and what it says."""
    assert error.kind is ErrorKind.AUTHORIZATION
    assert expected in str(error)
    return str(error)


async def age(store: MemoryStore, url: str, *, is_over: bool) -> None:
    """Has the token that is kept for a server be due; and over, if told so."""
    key = f"token {url}"
    text = await store.load(key)
    assert text is not None
    kept = json.loads(text)
    assert kept["dueAt"] and kept["expiresAt"]
    kept["dueAt"] = 1970
    if is_over:
        kept["expiresAt"] = 1970
    await store.save(key, json.dumps(kept))


class Request:
    """A request as an authorizer sees it."""

    def __init__(self, url: str) -> None:
        self.method = "POST"
        self.url = url
        self.sent: dict[str, str] = {}

    def set_header(self, name: str, value: str, /) -> None:
        self.sent[name] = value

    def header(self, name: str, /) -> str | None:
        return self.sent.get(name)


class Refused:
    """Its refusal."""

    status = 401

    def __init__(self, challenge: str = "") -> None:
        self._challenge = challenge

    def headers(self, name: str, /) -> list[str]:
        return [self._challenge] if name == "www-authenticate" and self._challenge else []
