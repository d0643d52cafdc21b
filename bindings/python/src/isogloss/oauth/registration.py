"""A client makes itself known to an authorization server that has never heard of it.

https://www.rfc-editor.org/rfc/rfc7591.html
"""

import time
from typing import TYPE_CHECKING, Any

import msgspec

from ..authority import Failure
from .address import address_in
from .identity import BY_BASIC, BY_NOTHING, BY_POST, KeptClient
from .metadata import AuthorizationServer, Members
from .refusal import document_in, quoted, refusal

if TYPE_CHECKING:
    from ..authority.sender import Reply, Sender

_METHODS = [BY_NOTHING, BY_BASIC, BY_POST]


class Registration(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A client that made itself known, as it is kept."""

    client: KeptClient
    redirect_uri: str
    """Where its users come back to."""
    expires_at: int = 0
    """In seconds after 1970; 0 for never."""

    def serves(self, redirect_uri: str) -> bool:
        """Whether it is good for this."""
        is_over = self.expires_at != 0 and self.expires_at <= time.time()
        return self.client.is_good and self.redirect_uri == redirect_uri and not is_over


async def register(
    sender: "Sender", server: AuthorizationServer, name: str, redirect_uri: str, *, bound: bool
) -> Registration:
    """Registers at the server's endpoint, with tokens that are bound to a key or not."""
    assert server.registration is not None
    method = server.first_taken(_METHODS)
    if method is None:
        raise Failure(
            f"{server.issuer}: a client that registers itself cannot prove itself in a way that is taken there"
        )
    wanted: dict[str, Any] = {
        "client_name": name,
        "redirect_uris": [redirect_uri],
        "grant_types": ["authorization_code"] + ["refresh_token"] * server.renews,
        "response_types": ["code"],
        "token_endpoint_auth_method": method,
        "application_type": _application_type(redirect_uri),
    }
    if bound:
        wanted["dpop_bound_access_tokens"] = True
    place = server.registration
    headers = {"content-type": "application/json"}
    answer = await sender.send("POST", place.text, headers, msgspec.json.encode(wanted))
    if answer.status not in (200, 201):
        why = refusal(place.shown, answer)
        raise Failure(
            f"the client cannot be registered with the redirect address {quoted(redirect_uri)}: {why}"
        )
    return read_registration(place.shown, answer, method, redirect_uri)


def read_registration(place: str, answer: "Reply", method: str, redirect_uri: str) -> Registration:
    """What the authorization server makes of a client that wants to prove itself by this method.

    What is wrong with it is told without its text: a secret may be in it.
    """
    m = Members(place, document_in(answer) or {})
    try:
        id, secret = m.required("client_id"), m.text("client_secret") or None
        named = m.text("token_endpoint_auth_method") or method
    except Failure:
        id, secret, named = "", None, method
    if not id:
        raise Failure(f"{place}: the answer is no registration")
    if named not in _METHODS:
        raise Failure(f"{place}: token_endpoint_auth_method: expected {method}, found another one")
    ends = m.value("client_secret_expires_at")
    # What is no time that anybody knows is taken for none.
    is_time = type(ends) in (int, float) and 0 < ends < 2**53
    return Registration(KeptClient(id, named, secret), redirect_uri, int(ends) if is_time else 0)


def _application_type(redirect_uri: str) -> str:
    """Whether its users come back to a program or to a site."""
    at = address_in(redirect_uri)
    is_site = at is not None and at.scheme in ("http", "https") and not at.is_loopback
    return "web" if is_site else "native"
