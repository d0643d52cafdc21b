"""Streamable HTTP, the client's side: a call is a POST of its own, answered with JSON or on a stream.

Here is where a server is and what every request to it carries; what asks it is imported when it is
connected to, and needs httpx: `isogloss[http-client]`.
https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http
"""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, urlsplit

from ..authorizer import Authorizer
from ..headers import LAST_EVENT_ID
from ..protocol.limits import MAX_MESSAGE

if TYPE_CHECKING:
    import httpx

    from ..session import Handler
    from .link import HttpLink

__all__ = ["HttpTarget", "http"]

_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE: Final = re.compile(r"[\t -~]*")
_OURS: Final = {
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "host",
    "transfer-encoding",
    LAST_EVENT_ID,
}
"""What the transport sets itself, besides what begins with `mcp-`."""


class HttpTarget:
    """A server at an address, for `connect`; made by `http`."""

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        authorizer: Authorizer | None,
        transport: "httpx.AsyncBaseTransport | None",
        max_message: int,
    ) -> None:
        parts = _checked(url)
        self.url = parts._replace(fragment="").geturl()
        """Its address. A fragment is sent to nobody."""
        self.shown = parts._replace(query="", fragment="").geturl()
        """Its address without the query, which may hold a key."""
        self.headers = _checked_headers(headers)
        self.authorizer = authorizer
        self.transport = transport
        self.max_message = max_message

    def __repr__(self) -> str:
        return f"http({self.shown!r})"

    def dial(self, handler: "Handler", timeout: float, anew: Callable[[], None]) -> "HttpLink":
        """A link to it. Nothing is sent yet.

        Raises ImportError if httpx is not installed.
        """
        try:
            from .link import HttpLink
        except ModuleNotFoundError as error:
            if error.name != "httpx":
                raise
            raise ImportError(
                "a client over HTTP needs httpx: install isogloss[http-client]"
            ) from error
        return HttpLink(self, handler, timeout, anew)


def http(
    url: str,
    *,
    headers: Mapping[str, str] = {},
    authorizer: Authorizer | None = None,
    transport: "httpx.AsyncBaseTransport | None" = None,
    max_message: int = MAX_MESSAGE,
) -> HttpTarget:
    """A server at an address, with what its requests carry: `connect(http("https://example.com/mcp", headers=…))`.

    `headers` are an API key, a tenant; what the protocol sets itself is refused. `authorizer` gives every
    request its credentials. `transport` sends the requests in the place of one of the client's own: with a
    proxy, other certificates, HTTP/2. It is left open for its owner to close, and proxies that the
    environment names are used by nobody who does not say so. An answer or an event of more than
    `max_message` bytes fails its call.

    Raises ValueError if the address or a header is wrong.
    """
    return HttpTarget(url, headers, authorizer, transport, max_message)


def _checked(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        # Without the address, which may hold a password.
        raise ValueError("no address of a server: its host or its port is wrong") from None
    if parts.username is not None or parts.password is not None:
        raise ValueError("an address with credentials: give them in a header instead")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(
            f"{url!r} is no address of a server: expected http:// or https:// and a host"
        )
    return parts


def _checked_headers(given: Mapping[str, str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in given.items():
        lower = name.lower()
        if not _NAME.fullmatch(name):
            expected = "letters, digits and other characters that a header's name has"
            raise ValueError(f"the header {name!r}: expected {expected}")
        if lower in _OURS or lower.startswith("mcp-"):
            raise ValueError(f"the header {name!r}: is set by the transport itself")
        if not _VALUE.fullmatch(value):
            raise ValueError(f"the header {name!r}: expected a value of visible ASCII and spaces")
        headers[lower] = value
    return headers
