"""Streamable HTTP, the server's side: both eras at one address, as an ASGI application without a framework.

What a request asks for is answered by the server; what serves HTTP is any ASGI server, or `serve`.
https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http
"""

import logging
from collections.abc import Sequence
from typing import Any, Final

from .. import jsonrpc
from ..connection import Offer
from ..error import ErrorCode, ErrorKind, McpError, protocol_error
from ..jsonrpc import Invalid, Message, Notification, Request
from ..protocol.limits import (
    MAX_BATCH,
    MAX_MESSAGE,
    MAX_SESSIONS,
    SESSION_IDLE,
    SSE_KEEP_ALIVE,
    SSE_RETRY,
)
from ..protocol.revisions import Era, Revision
from ..revision import known
from ..session import start
from .events import EventId, EventStore, InMemoryEvents
from .exchange import (
    Answer,
    Head,
    Receive,
    Refused,
    Scope,
    Send,
    bad,
    body_of,
    failed,
    not_allowed,
    require_json,
    status_of,
)
from .legacy import Caller, Legacy
from .mirror import params_of, require_agreement, revision_by, revision_of
from .modern import Way, disconnected, exchange
from .origins import Origins, exposed, preflight
from .outbox import Outbox
from .sessions import Sessions, Settings

__all__ = ["AsgiApp", "EventId", "EventStore", "InMemoryEvents"]

log = logging.getLogger("isogloss")

_TEXT: Final = [(b"content-type", b"text/plain; charset=utf-8")]


class AsgiApp:
    """A server over HTTP, with `/health` beside it: an ASGI application, made by `Server.asgi`."""

    def __init__(
        self,
        offer: Offer,
        path: str = "/mcp",
        *,
        allowed_hosts: Sequence[str] = (),
        allowed_origins: Sequence[str] = (),
        max_message: int = MAX_MESSAGE,
        stateless: bool = False,
        max_sessions: int = MAX_SESSIONS,
        session_idle: float = SESSION_IDLE,
        sse_keep_alive: float = SSE_KEEP_ALIVE,
        sse_retry: float = SSE_RETRY,
        event_store: EventStore | None = None,
    ) -> None:
        if not path.startswith("/"):
            raise ValueError(f"{path!r} is no path: it begins with a slash")
        self._offer = offer
        self._paths = {path, path.rstrip("/"), path.rstrip("/") + "/"}
        self._origins = Origins(allowed_hosts, allowed_origins)
        self._max_message = max_message
        self._keep_alive = sse_keep_alive
        self._methods = "POST" if stateless else "GET, POST, DELETE"
        self._sessions = None
        if not stateless:
            store = event_store or InMemoryEvents()
            settings = Settings(max_sessions, session_idle, sse_retry, store)
            self._sessions = Sessions(offer, settings)
        self._legacy = Legacy(offer, self._sessions, sse_keep_alive, self._methods)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, in any revision."""
        match scope["type"]:
            case "http":
                await self._http(scope, receive, send)
            case "lifespan":
                await self._lifespan(receive, send)
            case other:
                raise ValueError(f"{other}: this application speaks HTTP alone")

    def listens_at(self, address: str) -> None:
        """Lets the address in that the server listens at."""
        self._origins.listens_at(address)

    def end_news(self) -> None:
        """Has everybody go who only listens for news, as a server does that closes down."""
        self._offer.changes.end()
        if self._sessions is not None:
            self._sessions.end_news()

    def close(self) -> None:
        """Ends all that is open."""
        self.end_news()
        if self._sessions is not None:
            self._sessions.end_all()

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        span = self._offer.lifespan
        while (await receive())["type"] != "lifespan.shutdown":
            try:
                await span.begin()
            except Exception as error:
                log.error("the server's lifespan did not begin", exc_info=error)
                await send({"type": "lifespan.startup.failed", "message": "see the log"})
                return
            span.hold()
            await send({"type": "lifespan.startup.complete"})
        self.close()
        await span.release()
        await send({"type": "lifespan.shutdown.complete"})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = Head(scope)
        path: str = scope["path"]
        root: str = scope.get("root_path", "")
        # A framework that mounts the application leaves its prefix in the path, or takes it off.
        if root and path.startswith(root):
            path = path[len(root) :]
        if path not in self._paths:
            await _respond(_beside(head, path), head, receive, send, self._keep_alive)
            return
        listed: str | None = None

        async def respond(answer: Answer) -> None:
            await _respond(exposed(answer, listed), head, receive, send, self._keep_alive)

        try:
            listed = self._origins.admit(head)
            answer = preflight(head, listed, self._methods)
            if answer is None:
                await self._routed(head, receive, respond)
            else:
                await respond(answer)
        except Refused as refused:
            await respond(refused.answer)
        except McpError as error:
            if error.kind is not ErrorKind.PROTOCOL:
                raise
            await respond(failed(400, None, error))

    async def _routed(self, head: Head, receive: Receive, respond: Any) -> None:
        if head.method == "POST":
            await self._post(head, receive, respond)
            return
        if head.method in ("GET", "DELETE") and self._sessions is not None:
            named = known(revision_of(head))
            if named is None or named.era is Era.LEGACY:
                caller = Caller(head, named, receive, respond)
                if head.method == "GET":
                    await self._legacy.get(caller)
                else:
                    await self._legacy.delete(caller)
                return
        await respond(not_allowed(self._methods))

    async def _post(self, head: Head, receive: Receive, respond: Any) -> None:
        require_json(head)
        body = await body_of(receive, self._max_message)
        batch = jsonrpc.parse_batch(body)
        if batch is not None:
            await self._batch(Caller(head, None, receive, respond), batch)
            return
        message = jsonrpc.parse(body)
        if isinstance(message, Invalid):
            raise bad(message.id, message.error)
        if isinstance(message, Request):
            params = params_of(message)
            said = None if params.meta is None else params.meta.revision
            named = revision_by(head, said, message.id)
            if named is not None and named.era is Era.MODERN:
                try:
                    require_agreement(head, message, params, self._offer.mirrored_of)
                except McpError as error:
                    raise bad(message.id, error) from None
                await self._modern(message, named, receive, respond)
                return
        else:
            named = revision_by(head, None, None)
            if named is not None and named.era is Era.MODERN:
                await respond(_noted(message, named))
                return
        await self._legacy.message(Caller(head, named, receive, respond), message)

    async def _modern(
        self, request: Request, revision: Revision, receive: Receive, respond: Any
    ) -> None:
        def run(way: Way) -> Any:
            return self._offer.answer(request, way, revision)

        await exchange(request, run, status_of, self._keep_alive, receive, respond)

    async def _batch(self, caller: Caller, messages: list[Message]) -> None:
        named = revision_by(caller.head, None, None)
        if named is not None and named.era is Era.MODERN:
            why = f"revision {named} has no batches: send one message alone"
            raise bad(None, protocol_error(ErrorCode.INVALID_REQUEST, why))
        if not messages or len(messages) > MAX_BATCH:
            why = f"a batch has 1 to {MAX_BATCH} messages (max_batch), found {len(messages)}"
            raise bad(None, protocol_error(ErrorCode.INVALID_REQUEST, why))
        await self._legacy.batch(caller._replace(named=named), messages)


def _noted(message: Message, revision: Revision) -> Answer:
    """A modern message that is no request."""
    if isinstance(message, Notification):
        return Answer(202, [])
    why = f"revision {revision} has no questions to answer: send requests and notifications"
    raise bad(None, protocol_error(ErrorCode.INVALID_REQUEST, why))


def _beside(head: Head, path: str) -> Answer:
    """What is beside the server: a check for probes, which know addresses and no names."""
    if path != "/health":
        return Answer(404, _TEXT, b"not found")
    if head.method not in ("GET", "HEAD"):
        return not_allowed("GET, HEAD")
    return Answer(200, _TEXT, b"ok")


async def _respond(
    answer: Answer, head: Head, receive: Receive, send: Send, keep_alive: float
) -> None:
    body = answer.body
    if isinstance(body, Outbox):
        await _stream(answer, body, receive, send, keep_alive)
        return
    headers = answer.headers
    if answer.status != 204:
        headers = [*headers, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head.method == "HEAD" else body})


async def _stream(
    answer: Answer, outbox: Outbox, receive: Receive, send: Send, keep_alive: float
) -> None:
    """Writes a stream for as long as its client is there."""

    async def watch() -> None:
        await disconnected(receive)
        outbox.close()

    await send({"type": "http.response.start", "status": 200, "headers": answer.headers})
    watching = start(watch())
    try:
        await outbox.write(send, keep_alive)
    finally:
        watching.cancel()
