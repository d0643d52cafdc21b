"""One request of HTTP and the head of its response, with credentials, without redirects."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final, Literal, TypeAlias

import httpx

from ..error import ErrorKind, McpError
from ..protocol.limits import AUTH_ATTEMPTS
from ..protocol.recovery import Failed
from ..wire.reader import quoted
from . import HttpTarget
from .broken import Broken, causes_of, interrupted
from .connections import Connections
from .deadline import Deadline

Verb: TypeAlias = Literal["POST", "GET", "DELETE"]

_ACCEPT: Final = {
    "POST": "application/json, text/event-stream",
    "GET": "text/event-stream",
    "DELETE": "application/json, text/event-stream",
}
_UNSENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
"""What happens before a request is written."""

_REFUSALS: Final = (401, 403)


class Sent:
    """A request that is about to be sent, as an authorizer sees it."""

    __slots__ = ("headers", "method", "url")

    def __init__(self, method: str, url: str, headers: dict[str, str]) -> None:
        self.method = method
        self.url = url
        self.headers = headers

    def set_header(self, name: str, value: str) -> None:
        """Sets a header."""
        self.headers[name.lower()] = value

    def header(self, name: str) -> str | None:
        """The value of a header."""
        return self.headers.get(name)


class Answered:
    """A response without its body, as an authorizer sees it."""

    __slots__ = ("_headers", "status")

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self._headers = response.headers

    def headers(self, name: str) -> list[str]:
        """All values of a header."""
        return self._headers.get_list(name)


class Sender:
    """Sends requests to one address."""

    def __init__(self, target: HttpTarget) -> None:
        """Raises ValueError if the address is none."""
        try:
            self._url = httpx.URL(target.url)
        except httpx.InvalidURL as error:
            raise ValueError(f"{target.shown!r} is no address of a server: {error}") from None
        self.shown = target.shown
        self.max_message = target.max_message
        self._target = target
        self._owned = None if target.transport else Connections(self._url.scheme == "https")
        self._transport = target.transport or self._owned

    async def close(self) -> None:
        """Closes its connections. A transport of somebody else's is left to them."""
        if self._owned is not None:
            await self._owned.aclose()

    async def send(
        self, verb: Verb, headers: Mapping[str, str], body: bytes | None, deadline: Deadline
    ) -> httpx.Response:
        """Sends a request until it is not refused for its credentials any more, or there are no better ones.

        The response is to be closed. Raises Broken if there is none, and McpError if it leads elsewhere.
        """
        # What is compressed could be far larger than it looks, and holds events back.
        own = {"accept": _ACCEPT[verb], "accept-encoding": "identity"}
        if body is not None:
            own["content-type"] = "application/json"
        all = {**self._target.headers, **own, **headers}
        authorizer = self._target.authorizer
        if authorizer is None:
            return await self._send(verb, all, body)
        for _ in range(AUTH_ATTEMPTS + 1):
            sent = Sent(verb, self._target.url, dict(all))
            await deadline.beside(authorizer.authorize(sent))
            response = await self._send(verb, sent.headers, body)
            try:
                again = await deadline.beside(authorizer.answered(sent, Answered(response)))
            except BaseException:
                await response.aclose()
                raise
            if not again or response.status_code not in _REFUSALS:
                return response
            await response.aclose()
        raise McpError(
            ErrorKind.HTTP,
            f"{self.shown} refused {AUTH_ATTEMPTS} credentials in a row, each said to be better "
            "(AUTH_ATTEMPTS)",
            status=401,
        )

    async def _send(
        self, verb: Verb, headers: Mapping[str, str], body: bytes | None
    ) -> httpx.Response:
        assert self._transport is not None
        # How long it may take is the deadline's to say: streams have no end.
        request = httpx.Request(
            verb, self._url, headers=headers, content=body, extensions={"timeout": {}}
        )
        try:
            response = await self._transport.handle_async_request(request)
        except _UNSENT as cause:
            error = McpError(ErrorKind.UNREACHABLE, f"{self.shown}: {causes_of(cause)}")
            error.__cause__ = cause
            raise Broken(Failed.UNREACHABLE, False, error) from None
        except httpx.LocalProtocolError as cause:
            raise McpError(ErrorKind.ENCODE, f"{self.shown}: {cause}") from cause
        except httpx.TransportError as cause:
            raise interrupted(f"{self.shown}: {causes_of(cause)}", cause) from None
        if response.is_redirect or 300 <= response.status_code < 400:
            await response.aclose()
            raise self._redirected(response)
        return response

    def _redirected(self, response: httpx.Response) -> McpError:
        to = response.headers.get("location", "").partition("?")[0].partition("#")[0]
        status = response.status_code
        return McpError(
            ErrorKind.HTTP,
            f"{self.shown} leads to {quoted(to[:200])} (HTTP {status}), and redirects are not followed: "
            "connect to that address if it is yours",
            status=status,
        )


async def discard(response: httpx.Response) -> None:
    """Closes a response that says yes and nothing else.

    A body that is empty is read to its end first: only then is the connection of further use.
    """
    if response.headers.get("content-length") == "0" or response.status_code == 204:
        with suppress(httpx.TransportError):
            async for _ in response.aiter_raw():
                pass
    await response.aclose()


def is_success(response: httpx.Response) -> bool:
    """Whether the status says yes."""
    return 200 <= response.status_code < 300


def is_of(response: httpx.Response, kind: str) -> bool:
    """Whether the body is of this kind."""
    found: str = response.headers.get("content-type", "")
    return found.partition(";")[0].strip().lower() == kind
