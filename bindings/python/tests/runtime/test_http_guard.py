"""Who asks over HTTP: a guard in front of a server and of routes beside it, and what belongs to whom."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from isogloss import Context, Server, form
from isogloss.claims import Claims, Denied, Guard, InsufficientScope, RequestHead
from isogloss.http_server import CLAIMS, AsgiApp
from tests.runtime.loop import in_loop
from tests.runtime.test_ask import Visitor
from tests.runtime.web import META, Web, served

PAGE = "https://app.example"
CAN_ASK: dict[str, Any] = {"io.modelcontextprotocol/clientCapabilities": {"elicitation": {}}}


class ByName:
    """Lets in whoever names themselves; alice may write."""

    documents: Mapping[str, str] = {"/.well-known/who": '{"who":"you"}'}

    async def admit(self, head: RequestHead) -> Claims | None:
        await asyncio.sleep(0)
        names = head.headers("x-name")
        if len(names) != 1:
            raise Denied(401, "who are you?", [("WWW-Authenticate", f"Name at={head.path}")])
        if names[0] == "broken":
            raise RuntimeError("a secret")
        if names[0] == "nobody":
            return None
        scopes = frozenset({"write"} if names[0] == "alice" else ())
        client = next(iter(head.headers("x-client")), None)
        return Claims(issuer="here", subject=names[0], client_id=client, scopes=scopes)

    def lacks(self, _: RequestHead, scopes: Sequence[str]) -> Denied:
        return Denied(403, "ask for more", [("WWW-Authenticate", f"Name scope={' '.join(scopes)}")])


def guarded() -> Server:
    mcp = Server("guarded")

    @mcp.tool
    def whoami(context: Context) -> str:
        return "nobody" if context.claims is None else str(context.claims.subject)

    @mcp.tool
    async def hello(context: Context) -> str:
        return (await context.ask(form("Your name?", Visitor))).accepted().name

    @mcp.resource("note://write")
    def write(context: Context) -> str:
        if context.claims is None or "write" not in context.claims.scopes:
            raise InsufficientScope(["read", "write"])
        return "written"

    @mcp.resource("note://later")
    async def later(context: Context) -> str:
        await asyncio.sleep(0)
        return write(context)

    @mcp.resource("note://told")
    def told(context: Context) -> str:
        context.progress(1)
        return write(context)

    return mcp


def app(guard: Guard | None = None, **options: Any) -> AsgiApp:
    return guarded().asgi(guard=guard or ByName(), allowed_origins=[PAGE], **options)


async def answer(web: Web, name: str | None, **changed: str) -> tuple[int, Any]:
    named = {} if name is None else {"X_Name": name}
    response = await web.ask("tools/call", {**named, **changed}, name="whoami", arguments={})
    body = await response.json()
    said = body["error"]["message"] if "error" in body else body["result"]["structuredContent"]
    return response.status, said


@in_loop
async def test_a_guard_is_asked_before_anything_is_read() -> None:
    async with served(app()) as web:
        response = await web.send("POST", {"Content-Type": "text/plain"}, b"nonsense")
        assert response.status == 401
        assert response.headers["www-authenticate"] == "Name at=/mcp"
        assert (await response.json())["error"] == {"code": -32600, "message": "who are you?"}
        assert (await web.send("PUT", {})).status == 401
        # Where a request comes from is looked at before, and a browser's question answered.
        assert (await answer(web, None, Origin="https://evil.example"))[0] == 403
        asked = {"Origin": PAGE, "Access-Control-Request-Method": "POST"}
        assert (await web.send("OPTIONS", asked)).status == 204
        # A page sees why it was refused.
        response = await web.send("POST", {"Origin": PAGE})
        assert (response.status, response.headers["access-control-allow-origin"]) == (401, PAGE)
        assert await answer(web, "broken") == (500, "internal error")
        assert await answer(web, "bob") == (200, {"result": "bob"})
        assert await answer(web, "nobody") == (200, {"result": "nobody"})


async def read(web: Web, uri: str, name: str) -> Any:
    meta = {"progressToken": 1}
    return await web.ask("resources/read", {"X_Name": name}, uri=uri, _meta=meta)


@pytest.mark.parametrize("uri", ["note://write", "note://later"])
@in_loop
async def test_missing_scopes_are_a_status_in_both_eras(uri: str) -> None:
    message = {"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": {"uri": uri}}
    async with served(app()) as web:
        for revision in (None, "2025-03-26", "2025-11-25"):
            for name, status, words in (("bob", 403, "ask for more"), ("alice", 200, "written")):
                if revision is None:
                    response = await read(web, uri, name)
                else:
                    await web.open(revision, {"X-Name": name})
                    response = await web.post(message, X_Name=name)
                assert response.status == status
                assert words in (await response.body()).decode()
                if status == 403:
                    assert response.headers["www-authenticate"] == "Name scope=read write"


@in_loop
async def test_where_there_is_no_status_missing_scopes_are_an_error() -> None:
    words = "this needs an access token with the scopes: read write"
    message = {"jsonrpc": "2.0", "id": 1, "method": "resources/read"}
    async with served(app()) as web:
        response = await read(web, "note://told", "bob")
        assert response.status == 200
        assert (await response.event())["method"] == "notifications/progress"
        assert (await response.event())["error"] == {"code": -32600, "message": words}
        await web.open("2025-03-26", {"X-Name": "bob"})
        batch = [{**message, "params": {"uri": "note://write"}}]
        [said] = await (await web.post(batch, X_Name="bob")).json()
        assert said["error"] == {"code": -32600, "message": words}


@in_loop
async def test_missing_scopes_without_a_guard_are_a_status_too() -> None:
    async with served(guarded().asgi()) as web:
        response = await web.ask("resources/read", uri="note://write")
        assert response.status == 403
        assert "with the scopes: read write" in (await response.body()).decode()


@in_loop
async def test_a_session_is_of_who_opened_it() -> None:
    async with served(app()) as web:
        await web.open("2025-11-25", {"X-Name": "bob"})
        mine = dict(web.session)
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "whoami"}}
        for other in ({"X-Name": "eve"}, {"X-Name": "nobody"}, {"X-Name": "bob", "X-Client": "x"}):
            web.session = {**mine, **other}
            for response in (
                await web.post(call),
                await web.get(),
                await web.get("1-0"),
                await web.send("DELETE", web.session),
            ):
                assert response.status == 404
                assert "no such session" in (await response.body()).decode()
        web.session = {**mine, "X-Name": "bob"}
        said = await (await web.post(call)).json()
        assert said["result"]["structuredContent"] == {"result": "bob"}


@in_loop
async def test_a_state_is_of_who_was_asked() -> None:
    async with served(app()) as web:
        asked: dict[str, Any] = {"name": "hello", "arguments": {}, "_meta": CAN_ASK}
        response = await web.ask("tools/call", {"X_Name": "bob"}, **asked)
        state = (await response.json())["result"]["requestState"]
        asked["inputResponses"] = {"question-1": {"action": "accept", "content": {"name": "Zoë"}}}
        for name, words in (("eve", "was not given out"), ("nobody", "was not"), ("bob", "Zoë")):
            response = await web.ask("tools/call", {"X_Name": name}, requestState=state, **asked)
            said = json.dumps(await response.json(), ensure_ascii=False)
            assert words in said


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with what it is sent, and who sent it."""
    claims = scope[CLAIMS]
    message = await receive()
    assert not message["more_body"]
    who = b"" if claims is None else claims.subject.encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-who", who)]})
    await send({"type": "http.response.body", "body": message["body"]})


BOB = {"X-Name": "bob"}
FROM = {"Origin": PAGE}


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status", "words"),
    [
        ("GET", "/at/health", {}, b"", 404, "not found"),
        ("GET", "/health", {}, b"", 200, "ok"),
        ("GET", "/health", {"Host": "10.0.0.7:8080"}, b"", 200, "ok"),
        ("DELETE", "/health", {}, b"", 405, "GET, HEAD"),
        ("GET", "/.well-known/who", {"Host": "any.example"}, b"", 200, '{"who":"you"}'),
        ("POST", "/.well-known/who", {}, b"", 405, ""),
        ("OPTIONS", "/.well-known/who", FROM, b"", 204, ""),
        ("GET", "/mcp", BOB, b"", 404, "not found"),
        ("POST", "/at/mcp", {}, b"", 401, "who are you?"),
        ("POST", "/at/mcp/", {}, b"", 401, "who are you?"),
        ("POST", "/at//mcp", {}, b"", 404, "not found"),
        ("POST", "/at/mcp/more", BOB, b"", 404, "not found"),
        ("PUT", "/echo", {}, b"hello", 200, "hello"),
        ("PUT", "/echo", FROM, b"hello", 200, "hello"),
        ("PUT", "/echo", FROM, b"x" * 101, 413, "max_message"),
        ("PUT", "/echo", {"Host": "evil.example"}, b"", 403, "allowed_hosts"),
        ("OPTIONS", "/echo", {**FROM, "Access-Control-Request-Method": "PUT"}, b"", 204, ""),
        ("GET", "/ECHO", {}, b"", 404, "not found"),
        ("POST", "/me", {}, b"", 401, "who are you?"),
        ("POST", "/me", FROM, b"", 401, "who are you?"),
        ("POST", "/me", BOB, b"mine", 200, "mine"),
    ],
)
@in_loop
async def test_routes_are_public_or_protected_as_they_were_added(
    method: str, path: str, headers: dict[str, str], body: bytes, status: int, words: str
) -> None:
    made = app(path="/at/mcp", max_message=100)
    made.public("/echo", echo)
    made.protected("/me", echo)
    async with served(made) as web:
        response = await web.send(method, headers, body, path)
        assert response.status == status
        if words:
            # What a route says has the length that it says, or none.
            length = response.headers.get("content-length")
            said = await response.body() if length else (await response.chunk())
            assert words in said.decode()
        if "Origin" in headers:
            assert response.headers["access-control-allow-origin"] in (PAGE, "*")
        if path == "/me" and status == 200:
            assert response.headers["x-who"] == "bob"


async def nothing(scope: Any, receive: Any, send: Any) -> None:
    """Answers nothing."""


def test_a_site_that_is_wrong_is_not_made() -> None:
    open_to_all = guarded().asgi()
    with pytest.raises(ValueError, match="/admin is protected, and nothing checks who asks"):
        open_to_all.protected("/admin", nothing)
    for path in ("/mcp", "/mcp/", "/health"):
        with pytest.raises(ValueError, match=f"{path}: something is there already"):
            open_to_all.public(path, nothing)
    with pytest.raises(ValueError, match="'status' is no path: it begins with a slash"):
        open_to_all.public("status", nothing)
    with pytest.raises(ValueError, match="something is there already"):
        app().protected("/.well-known/who", nothing)
    with pytest.raises(ValueError, match="something is there already"):
        app(path="/.well-known/who")


@in_loop
async def test_it_is_mounted_in_starlette() -> None:
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Mount, Route

    mcp = guarded()
    inner = mcp.asgi("/mcp", guard=ByName())
    inner.public("/version", PlainTextResponse("7"))
    own = Route("/own", lambda _: PlainTextResponse("own"))
    whole = Starlette(routes=[own, Mount("/tools", inner)])
    async with served(whole) as web:
        assert (await web.send("GET", {}, path="/own")).status == 200
        assert (await web.send("GET", {}, path="/tools/health")).status == 200
        assert (await web.send("GET", {}, path="/tools/version")).status == 200
        assert (await web.send("PUT", {}, path="/tools/mcp")).status == 401
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": META}}
        headers = {
            "Content-Type": "application/json",
            "MCP-Protocol-Version": "2026-07-28",
            "Mcp-Method": "tools/list",
        }
        response = await web.send(
            "POST", {**headers, **BOB}, json.dumps(message).encode(), "/tools/mcp"
        )
        assert response.status == 200
        evil = {**headers, **BOB, "Origin": "https://evil.example"}
        response = await web.send("POST", evil, json.dumps(message).encode(), "/tools/mcp")
        assert response.status == 403
