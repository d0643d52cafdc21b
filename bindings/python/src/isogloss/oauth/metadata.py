"""The documents in which a protected server and an authorization server say what they are.

What has to hold before anything of them is used is checked here.
https://www.rfc-editor.org/rfc/rfc9728.html#section-2
https://www.rfc-editor.org/rfc/rfc8414.html#section-2
"""

import re
from typing import Any, Final, NamedTuple

from ..authority import Failure
from ..authority.address import Address, checked
from .address import address_in, reachable
from .refusal import quoted

_PLAIN: Final = re.compile(r"""[!$-?A-\[\]-~]+""")
"""Visible ASCII without `"`, `#`, `@` and backslashes."""


class Members:
    """The members of a document, each of the kind that it has to be; `null` counts as absent."""

    def __init__(self, place: str, document: dict[str, Any]) -> None:
        self.place = place
        self._document = document

    def value(self, name: str) -> Any:
        """A member as it is; None if it is absent."""
        return self._document.get(name)

    def text(self, name: str) -> str:
        """A member that is a string; empty if it is absent."""
        value = self._document.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self.wrong(name)
        return value

    def required(self, name: str) -> str:
        """A member that is a string, and has to be there."""
        if self._document.get(name) is None:
            raise self.wrong(name)
        return self.text(name)

    def texts(self, name: str) -> list[str] | None:
        """A member that is an array of strings; None if it is absent."""
        value = self._document.get(name)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self.wrong(name)
        return value

    def flag(self, name: str) -> bool:
        """A member that is true or false; absent ones are false."""
        value = self._document.get(name)
        if value is not None and not isinstance(value, bool):
            raise self.wrong(name)
        return bool(value)

    def endpoint(self, name: str, by: Address) -> Address | None:
        """A member that is an address; None if it is absent."""
        text = self.text(name)
        return reachable(name, text, by) if text else None

    def wrong(self, name: str) -> Failure:
        """That a member is not what it has to be."""
        return Failure(f"{self.place}: {name}: the member is missing or of another kind")


class Protected(NamedTuple):
    """What a protected server says of itself."""

    resource: str
    """As it stands: it is compared and sent letter by letter."""
    authorization_servers: list[str]
    scopes: list[str]
    wants_dpop: bool


def read_protected(place: str, document: dict[str, Any], server: Address) -> Protected:
    """Reads the document at this place, if it is about the server that is asked."""
    m = Members(place, document)
    found = Protected(
        resource=m.required("resource"),
        authorization_servers=m.texts("authorization_servers") or [],
        scopes=m.texts("scopes_supported") or [],
        wants_dpop=m.flag("dpop_bound_access_tokens_required"),
    )
    if not covers(found.resource, server):
        raise Failure(
            f"{place}: resource: expected {server.shown} or what its path begins with, found "
            f"{quoted(found.resource)}: a token for that is none for this server"
        )
    return found


def covers(resource: str, server: Address) -> bool:
    """Whether a resource is this server, or one that it is a part of.

    It has the same origin, and a path that leads to it, which counts as it stands.
    """
    found = address_in(resource) if _PLAIN.fullmatch(resource) else None
    if found is None or not found.is_of(server) or not server.path.startswith(found.bare_path):
        return False
    rest = server.path[len(found.bare_path) :]
    return rest[:1] in ("", "/") and found.query in ("", server.query)


class AuthorizationServer(NamedTuple):
    """What an authorization server says of itself, as far as a client goes by it."""

    issuer: str
    token: Address
    authorization: Address | None = None
    registration: Address | None = None
    scopes: tuple[str, ...] = ()
    grants: tuple[str, ...] | None = None
    """None where it does not say."""
    authentication: tuple[str, ...] | None = None
    """None where it does not say."""
    has_s256: bool = False
    sends_iss: bool = False
    reads_client_documents: bool = False
    has_dpop: bool = False

    @property
    def renews(self) -> bool:
        """Whether it renews tokens: what it does not say is taken for yes."""
        return self.grants is None or "refresh_token" in self.grants

    def first_taken(self, methods: list[str]) -> str | None:
        """The first of these ways to prove a client that it takes.

        A server that does not say takes client_secret_basic, as RFC 8414 has it.
        """
        taken = ("client_secret_basic",) if self.authentication is None else self.authentication
        return next((method for method in methods if method in taken), None)


def read_authorization_server(
    place: str, document: dict[str, Any], issuer: str
) -> AuthorizationServer:
    """Reads the document at this place, if it is this issuer's."""
    by = checked("issuer", issuer)
    m = Members(place, document)
    # Metadata of somebody else would send codes and tokens there.
    if (found := m.text("issuer")) != issuer:
        raise Failure(f"{place}: issuer: expected {quoted(issuer)}, found {quoted(found)}")
    grants = m.texts("grant_types_supported")
    authentication = m.texts("token_endpoint_auth_methods_supported")
    token = m.endpoint("token_endpoint", by)
    if token is None:
        raise Failure(f"{place}: token_endpoint: required member is missing")
    return AuthorizationServer(
        issuer=issuer,
        token=token,
        authorization=m.endpoint("authorization_endpoint", by),
        registration=m.endpoint("registration_endpoint", by),
        scopes=tuple(m.texts("scopes_supported") or ()),
        grants=None if grants is None else tuple(grants),
        authentication=None if authentication is None else tuple(authentication),
        has_s256="S256" in (m.texts("code_challenge_methods_supported") or ()),
        sends_iss=m.flag("authorization_response_iss_parameter_supported"),
        reads_client_documents=m.flag("client_id_metadata_document_supported"),
        has_dpop="ES256" in (m.texts("dpop_signing_alg_values_supported") or ()),
    )


def unsaid(server: Address) -> AuthorizationServer:
    """A server that says nothing of itself: one of revision 2025-03-26, which has its endpoints at fixed places.

    https://modelcontextprotocol.io/specification/2025-03-26/basic/authorization#fallbacks-for-servers-without-metadata-discovery
    """
    origin = server.origin
    return AuthorizationServer(
        issuer=origin,
        token=checked("token endpoint", f"{origin}/token"),
        authorization=checked("authorization endpoint", f"{origin}/authorize"),
        registration=checked("registration endpoint", f"{origin}/register"),
        authentication=("client_secret_basic", "client_secret_post", "none"),
        has_s256=True,  # that revision asks it of all
    )
