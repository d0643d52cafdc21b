"""Asks authorization servers, within bounds: of time, of what is read, and of where a question goes."""

import asyncio
import ssl
from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx
import msgspec

from ..protocol.limits import AUTH_FETCH_TIMEOUT, MAX_AUTH_DOCUMENT
from ..wire.json import MAX_DEPTH, deeper_than
from . import Failure


class Reply(NamedTuple):
    """An answer that was read to its end."""

    status: int
    reason: str
    headers: httpx.Headers
    body: bytes


class Sender:
    """Sends questions, each over a connection of its own; through no proxy, following no redirects."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """`transport` sends in the place of the built-in one, which trusts the certificates that come with httpx; it is left open."""
        self._given = transport
        self._trust: ssl.SSLContext | None = None

    async def ask(
        self, method: str, address: str, headers: Mapping[str, str] = {}, body: bytes | None = None
    ) -> bytes:
        """The JSON object that answers a question with HTTP 200. Raises Failure if none does."""
        reply = await self.send(method, address, headers, body)
        if reply.status != 200:
            found = f"{reply.status} {reply.reason}".rstrip()
            raise Failure(f"{shown(address)}: expected HTTP 200, found {found}")
        json_object(shown(address), reply.body)
        return reply.body

    async def get(self, address: str) -> dict[str, Any]:
        """The JSON object at an address. Raises Failure if there is none."""
        return json_object(shown(address), await self.ask("GET", address))

    async def send(
        self, method: str, address: str, headers: Mapping[str, str] = {}, body: bytes | None = None
    ) -> Reply:
        """The answer to a question, whatever its status. Raises Failure if there is none."""
        own = {"accept": "application/json", "accept-encoding": "identity", **headers}
        try:
            async with asyncio.timeout(AUTH_FETCH_TIMEOUT):
                request = httpx.Request(
                    method, address, headers=own, content=body, extensions={"timeout": {}}
                )
                return await self._sent(request)
        except TimeoutError:
            why = f"no answer within {AUTH_FETCH_TIMEOUT:g} s (AUTH_FETCH_TIMEOUT)"
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            why = str(error) or type(error).__name__
        raise Failure(f"{shown(address)}: {why}")

    async def _sent(self, request: httpx.Request) -> Reply:
        if self._given is not None:
            return await _reply(self._given, request)
        trust = self._trusted(request.url.scheme)
        async with httpx.AsyncHTTPTransport(verify=trust, trust_env=False) as transport:
            return await _reply(transport, request)

    def _trusted(self, scheme: str) -> ssl.SSLContext:
        if scheme != "https":
            # Nobody to trust: loading the certificates takes 30 ms.
            return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self._trust is None:
            self._trust = httpx.create_ssl_context(trust_env=False)
        return self._trust


async def _reply(transport: httpx.AsyncBaseTransport, request: httpx.Request) -> Reply:
    response = await transport.handle_async_request(request)
    stream = response.stream
    assert isinstance(stream, httpx.AsyncByteStream)
    try:
        body = bytearray()
        async for piece in stream:
            body += piece
            if len(body) > MAX_AUTH_DOCUMENT:
                limit = f"MAX_AUTH_DOCUMENT ({MAX_AUTH_DOCUMENT} bytes)"
                raise httpx.ReadError(f"the answer is longer than {limit}")
        return Reply(response.status_code, response.reason_phrase, response.headers, bytes(body))
    finally:
        await stream.aclose()


def json_object(address: str, text: bytes) -> dict[str, Any]:
    """The JSON object that this address answered with. Raises Failure if it is none."""
    try:
        text.decode()
    except UnicodeDecodeError:
        raise Failure(f"{address}: expected JSON, found no UTF-8") from None
    if deeper_than(MAX_DEPTH, text):
        raise Failure(f"{address}: invalid JSON: it nests deeper than {MAX_DEPTH} levels")
    try:
        found = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise Failure(f"{address}: invalid JSON: {error}") from None
    if not isinstance(found, dict):
        raise Failure(f"{address}: expected object, found {type(found).__name__}")
    return found


def shown(address: str) -> str:
    """An address as far as an error says it: its query may hold a key of the program's."""
    return address.partition("?")[0]
