"""Asks authorization servers, within bounds. What goes wrong says which address, never what was sent to it."""

import asyncio
import ssl
from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx
import msgspec

from ..protocol.limits import AUTH_FETCH_TIMEOUT, MAX_AUTH_DOCUMENT
from .refusal import Failure


class Reply(NamedTuple):
    """An answer that was read to its end."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def is_good(self) -> bool:
        """Whether the status says yes."""
        return 200 <= self.status < 300

    @property
    def document(self) -> dict[str, Any] | None:
        """The JSON object that it is; None if it is none."""
        return json_object(self.body)


class Sender:
    """Sends questions, each over a connection of its own; through no proxy, following no redirects."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None) -> None:
        """`transport` sends in the place of the built-in one, and is left open."""
        self._given = transport
        self._trust: ssl.SSLContext | None = None

    async def send(
        self,
        method: str,
        address: str,
        headers: Mapping[str, str] = {},
        body: bytes | None = None,
    ) -> Reply:
        """The answer to a question, whatever its status. Raises Failure if there is none."""
        # The query may hold a key of the program's.
        shown = address.partition("?")[0]
        own = {"accept": "application/json", "accept-encoding": "identity", **headers}
        try:
            request = httpx.Request(
                method, address, headers=own, content=body, extensions={"timeout": {}}
            )
            async with asyncio.timeout(AUTH_FETCH_TIMEOUT):
                return await self._sent(request)
        except TimeoutError:
            why = f"no answer within {AUTH_FETCH_TIMEOUT:g} s (AUTH_FETCH_TIMEOUT)"
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            why = str(error) or type(error).__name__
        raise Failure(f"{shown}: {why}")

    async def _sent(self, request: httpx.Request) -> Reply:
        if self._given is not None:
            return await _answer(self._given, request)
        async with httpx.AsyncHTTPTransport(
            verify=self._trusted(request.url.scheme), trust_env=False
        ) as transport:
            return await _answer(transport, request)

    def _trusted(self, scheme: str) -> ssl.SSLContext:
        if scheme != "https":
            # Nobody to trust: loading the certificates takes 30 ms.
            return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self._trust is None:
            self._trust = httpx.create_ssl_context(trust_env=False)
        return self._trust


async def _answer(transport: httpx.AsyncBaseTransport, request: httpx.Request) -> Reply:
    response = await transport.handle_async_request(request)
    try:
        body = bytearray()
        async for piece in response.aiter_raw():
            body += piece
            if len(body) > MAX_AUTH_DOCUMENT:
                raise httpx.ReadError(
                    f"the answer is longer than MAX_AUTH_DOCUMENT ({MAX_AUTH_DOCUMENT} bytes)"
                )
        return Reply(response.status_code, response.headers, bytes(body))
    finally:
        await response.aclose()


def json_object(text: bytes) -> dict[str, Any] | None:
    """The JSON object that a text is; None if it is none."""
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
