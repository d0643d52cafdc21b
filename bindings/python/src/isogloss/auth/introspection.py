"""Tokens that say nothing by themselves: their authorization server is asked, and its answer believed for a while.

https://www.rfc-editor.org/rfc/rfc7662.html
"""

import asyncio
import base64
import time
from collections.abc import Callable, Sequence
from typing import TypeAlias
from urllib.parse import quote

import httpx

from ..authority.address import checked
from ..authority.sender import Sender
from ..claims import Claims
from ..protocol.limits import (
    INTROSPECTION_CACHE,
    INTROSPECTION_CONCURRENCY,
    INTROSPECTION_LIFETIME,
    TOKEN_LEEWAY,
)
from .discovery import endpoint
from .payload import parsed, read
from .remembered import Finding, Remembered
from .token import fingerprint
from .verifier import TokenRefusal, TokenVerifier

_Identify: TypeAlias = Callable[[str], tuple[dict[str, str], str]]


class IntrospectionVerifier(TokenVerifier):
    """Asks the issuer about every token that it does not remember.

    Whom a token is meant for is looked at by the Protection.
    """

    def __init__(
        self,
        issuer: str,
        *,
        client_id: str,
        client_secret: str,
        secret_in_body: bool = False,
        endpoint: str | None = None,
        leeway: float = TOKEN_LEEWAY,
        lifetime: float = INTROSPECTION_LIFETIME,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`client_id` and `client_secret` are who asks.

        `secret_in_body` sends them in the body (`client_secret_post`) instead of the header
        (`client_secret_basic`). `endpoint` is where the issuer is asked; without it its metadata says so. Times are
        seconds: `leeway` is how far its clock may be from ours, `lifetime` how long an answer is believed: so long
        a revoked token still works, and 0 asks for every request. `transport` asks instead of the one that is built
        in, which trusts the certificates that come with httpx and uses no proxy.

        Raises ValueError if an address is wrong.
        """
        checked(*(("issuer", issuer) if endpoint is None else ("endpoint", endpoint)))
        self._issuer = issuer
        self._place = endpoint
        self._identify = _identifying(client_id, client_secret, secret_in_body)
        self._leeway = leeway
        self._sender = Sender(transport)
        self._remembered = Remembered(lifetime, INTROSPECTION_CACHE)
        self._turns = asyncio.Semaphore(INTROSPECTION_CONCURRENCY)
        self._discovering = asyncio.Lock()

    async def verify(self, token: str, /) -> Claims:
        key = fingerprint(token)
        found = self._remembered.get(key)
        if found is None:
            async with self._turns:
                # Somebody may have asked while this waited for its turn.
                found = self._remembered.get(key)
                if found is None:
                    found = self._understood(await self._ask(token))
                    self._remembered.put(key, found)
        if isinstance(found, str):
            raise TokenRefusal(found)
        return found

    async def _ask(self, token: str) -> bytes:
        place = await self._where()
        form = f"token={_form_encoded(token)}&token_type_hint=access_token"
        headers, body = self._identify(form)
        headers["content-type"] = "application/x-www-form-urlencoded"
        return await self._sender.ask("POST", place, headers, body.encode())

    async def _where(self) -> str:
        """The address that is asked. Whoever comes first looks for it."""
        async with self._discovering:
            if self._place is None:
                self._place = await endpoint(self._sender, self._issuer, "introspection_endpoint")
            return self._place

    def _understood(self, answer: bytes) -> Finding:
        try:
            said = parsed(answer)
            # Anything but a clear yes is a no.
            if said.get("active") is not True:
                return "the token is not active"
            claims = read(said, time.time(), self._leeway)
        except TokenRefusal as refusal:
            return str(refusal)
        if claims.issuer is not None and claims.issuer != self._issuer:
            return f"the token was not issued by {self._issuer}"
        return claims

    @property
    def issuers(self) -> Sequence[str]:
        return (self._issuer,)

    def __repr__(self) -> str:
        return f"<IntrospectionVerifier of {self._issuer}>"


def _identifying(client_id: str, client_secret: str, in_body: bool) -> _Identify:
    """What puts who asks into the header or the form of a question.

    It is a function so that nobody prints the secret by printing what a verifier holds.
    """
    id, secret = _form_encoded(client_id), _form_encoded(client_secret)
    if in_body:
        return lambda form: ({}, f"{form}&client_id={id}&client_secret={secret}")
    basic = base64.b64encode(f"{id}:{secret}".encode()).decode()
    return lambda form: ({"authorization": f"Basic {basic}"}, form)


def _form_encoded(text: str) -> str:
    """A text as application/x-www-form-urlencoded has it; a space becomes %20, which is read as one too."""
    return quote(text, safe="").replace("~", "%7E")
