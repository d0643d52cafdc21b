"""What is beside a server: a health check, the documents of its guard, and a program's own routes.

Each route says when it is added whether anybody may ask for it.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeAlias

from ..claims import Claims
from .exchange import JSON, Answer, Head, Receive, Scope, Send, not_allowed
from .origins import exposing

AsgiRoute: TypeAlias = Callable[[Scope, Receive, Send], Any]
"""An ASGI application that answers at a path."""

CLAIMS: Final = "isogloss.claims"
"""The member of a protected route's scope that says who asks."""

METHODS: Final = "GET, HEAD, POST, PUT, PATCH, DELETE"
"""What a page may use of a route."""

_TEXT: Final = [(b"content-type", b"text/plain; charset=utf-8")]
_ANY_PAGE: Final = [(b"access-control-allow-origin", b"*")]


class Route(NamedTuple):
    """Something of a program's own."""

    app: AsgiRoute
    is_protected: bool


class Site:
    """The paths beside a server."""

    def __init__(self, taken: set[str]) -> None:
        """`taken` are the server's own."""
        self._taken = {*taken, "/health"}
        self._documents: dict[str, bytes] = {}
        self.routes: dict[str, Route] = {}

    def document(self, path: str, text: str) -> None:
        """Adds JSON that anybody may read.

        Raises ValueError if the path is none, or something is there.
        """
        self._take(path)
        self._documents[path] = text.encode()

    def add(self, path: str, route: Route) -> None:
        """Adds a route.

        Raises ValueError if the path is none, or something is there.
        """
        self._take(path)
        self.routes[path] = route

    def _take(self, path: str) -> None:
        if not path.startswith("/"):
            raise ValueError(f"{path!r} is no path: it begins with a slash")
        if path in self._taken:
            raise ValueError(f"{path}: something is there already")
        self._taken.add(path)

    def answer(self, head: Head, path: str) -> Answer:
        """What is at a path that is no route: a check for probes, a document, or nothing."""
        document = self._documents.get(path)
        if document is not None:
            return _shown(head, document)
        if path != "/health":
            return Answer(404, _TEXT, b"not found")
        # Probes know addresses and no names.
        if head.method not in ("GET", "HEAD"):
            return not_allowed("GET, HEAD")
        return Answer(200, _TEXT, b"ok")


def _shown(head: Head, document: bytes) -> Answer:
    """Any page may read what tells how to get in."""
    methods = b"GET, HEAD, OPTIONS"
    if head.method == "OPTIONS":
        allowed = [
            (b"access-control-allow-methods", methods),
            (b"access-control-allow-headers", b"*"),
        ]
        return Answer(204, [*_ANY_PAGE, *allowed])
    if head.method not in ("GET", "HEAD"):
        return Answer(405, [*_ANY_PAGE, (b"allow", methods)])
    kept = (b"cache-control", b"public, max-age=300")
    return Answer(200, [*JSON, *_ANY_PAGE, kept], document)


async def answer_route(
    app: AsgiRoute,
    scope: Scope,
    body: bytes,
    receive: Receive,
    send: Send,
    *,
    claims: Claims | None,
    listed: str | None,
) -> None:
    """Has a route answer a request whose body has been read."""
    was_given = False

    async def replayed() -> Any:
        nonlocal was_given
        if was_given:
            return await receive()
        was_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def seen(message: Any) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *exposing(listed)]}
        await send(message)

    await app({**scope, CLAIMS: claims}, replayed, send if listed is None else seen)
