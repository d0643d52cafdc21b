"""The way from a refused request to an authorization server.

First what the server says of itself, then what the authorization server does. A document that is wrong ends
it; only where none is found the next place is tried.
https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/authorization-server-discovery
"""

from typing import TYPE_CHECKING, Any, Final

from ..authority import Failure
from ..authority.address import Address, places
from .address import reachable
from .challenge import Challenge
from .metadata import (
    AuthorizationServer,
    Protected,
    read_authorization_server,
    read_protected,
    unsaid,
)
from .refusal import document_in

if TYPE_CHECKING:
    from ..authority.sender import Sender

_PROTECTED: Final = "oauth-protected-resource"


class Nothing(Failure):
    """Why a place has no document."""


class Discovery:
    """Looks for documents."""

    def __init__(self, sender: "Sender") -> None:
        self._sender = sender

    async def protected(self, server: Address, challenge: Challenge) -> Protected | None:
        """What the server says of itself; None if it says nothing anywhere."""
        named = challenge.resource_metadata
        if named:
            place = reachable("resource_metadata", named, server)
            document = await self._at(place.text)
            return read_protected(place.shown, document, server)
        root = f"{server.origin}/.well-known/{_PROTECTED}"
        try:
            where, document = await self._first([server.well_known(_PROTECTED), root])
        except Nothing:
            return None
        return read_protected(where, document, server)

    async def authorization_server(self, issuer: str, by: Address) -> AuthorizationServer:
        """What an issuer says of itself, whom somebody named who is at this address."""
        named = reachable("authorization_servers", issuer, by)
        try:
            where, document = await self._first(places(named))
        except Nothing as nothing:
            raise Failure(f"no metadata of {named.shown}: {nothing}") from None
        return read_authorization_server(where, document, issuer)

    async def own_authorization_server(self, server: Address) -> AuthorizationServer:
        """A server that has no metadata: it may be one of revision 2025-03-26, its own authorization server."""
        place = f"{server.origin}/.well-known/oauth-authorization-server"
        try:
            document = await self._at(place)
        except Nothing:
            return unsaid(server)
        return read_authorization_server(place, document, server.origin)

    async def _first(self, where: list[str]) -> tuple[str, dict[str, Any]]:
        """The first document of these places, and its place without the query."""
        why = []
        for place in dict.fromkeys(where):
            try:
                return place.partition("?")[0], await self._at(place)
            except Nothing as nothing:
                why.append(str(nothing))
        raise Nothing("; ".join(why))

    async def _at(self, place: str) -> dict[str, Any]:
        """The document at a place."""
        answer = await self._sender.send("GET", place)
        shown = place.partition("?")[0]
        if answer.status >= 500:
            raise Failure(f"{shown}: expected HTTP 200, found {answer.status} {answer.reason}")
        if answer.status != 200:
            raise Nothing(f"{shown}: found HTTP {answer.status} {answer.reason}")
        document = document_in(answer)
        if document is None:
            # Some servers answer a page to whatever they are asked.
            raise Nothing(f"{shown}: expected a JSON object")
        return document
