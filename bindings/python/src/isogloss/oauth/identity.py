"""Who a client is to an authorization server: what a program knows of it, and how it proves it.

https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/client-registration
"""

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple, TypeAlias

import msgspec

from ..authority import Failure
from .metadata import AuthorizationServer
from .private_key import PrivateKey
from .refusal import quoted
from .secret import Secret, secret_of

BY_NOTHING: Final = "none"
BY_BASIC: Final = "client_secret_basic"
BY_POST: Final = "client_secret_post"
BY_KEY: Final = "private_key_jwt"

Assertion: TypeAlias = Callable[[str], Awaitable[str]]
"""A signed statement, of a platform about a workload, or of an identity provider about a user.

It is got each time that one is needed, and told for whom (the issuer).
"""


class ClientIdentity:
    """A client that an authorization server knows, since somebody registered it there.

    With the address of a document that says what it is as its `id`, it needs no registration. With neither
    a secret nor a key it proves nothing: a public client.
    """

    __slots__ = ("id", "issuer", "key", "secret")

    def __init__(
        self,
        id: str,
        *,
        issuer: str | None = None,
        secret: str | None = None,
        key: PrivateKey | None = None,
    ) -> None:
        """`issuer` is the authorization server that knows it. Name it wherever you can: without it, the first
        one that the protected server names is taken for it, and is shown the secret.

        `secret` proves who it is, in the header or the body, as the authorization server wants it; `key` by
        what it signs (private_key_jwt).
        """
        if not id:
            raise ValueError("client: expected an id, found none")
        self.id = id
        self.issuer = issuer
        self.secret = secret_of(secret)
        self.key = key

    def __repr__(self) -> str:
        return f"ClientIdentity({self.id!r}, issuer={self.issuer!r})"


class IdentityProvider:
    """An enterprise's identity provider, which decides what its people may use."""

    __slots__ = ("client", "id_token", "issuer", "token_endpoint")

    def __init__(
        self,
        issuer: str,
        *,
        client: ClientIdentity,
        id_token: str | Assertion,
        token_endpoint: str | None = None,
    ) -> None:
        """`client` is who the program is to the provider, `id_token` says that it signed the user in.

        With `token_endpoint` its metadata is not asked for.
        """
        if not issuer:
            raise ValueError("identity provider: expected an issuer, found none")
        self.issuer = issuer
        self.client = client
        self.id_token = hidden("ID token", id_token)
        self.token_endpoint = token_endpoint

    def __repr__(self) -> str:
        return f"IdentityProvider({self.issuer!r}, client={self.client!r})"


def hidden(what: str, given: str | Assertion) -> Secret | Assertion:
    """What was given as an assertion, never shown."""
    if not given:
        raise ValueError(f"{what}: expected one, found none")
    return Secret(given) if isinstance(given, str) else given


class ClientOf(NamedTuple):
    """A client of one authorization server."""

    id: str
    method: str
    secret: Secret | None = None
    key: PrivateKey | None = None
    given: bool = False
    """The program has it from elsewhere, and will have it again."""


def client_at(identity: ClientIdentity, server: AuthorizationServer) -> ClientOf:
    """An identity as a client of an authorization server, proving itself in a way that is taken there."""
    return ClientOf(
        identity.id, _method_at(identity, server), identity.secret, identity.key, given=True
    )


def _method_at(identity: ClientIdentity, server: AuthorizationServer) -> str:
    able = []
    if identity.key is not None:
        if server.authentication is None:
            return BY_KEY
        able.append(BY_KEY)
    if identity.secret is not None:
        able += [BY_BASIC, BY_POST]
    if not able:
        # Not everyone lists what proves nothing.
        return BY_NOTHING
    method = server.first_taken(able)
    if method is None:
        listed = quoted(", ".join(server.authentication or ()))
        raise Failure(
            f"{server.issuer}: the client can prove itself by {' or '.join(able)}, and "
            f"token_endpoint_auth_methods_supported has {listed}"
        )
    return method


class KeptClient(msgspec.Struct, frozen=True, omit_defaults=True):
    """A client as it is kept: what the program has anyway is not kept a second time."""

    id: str
    method: str
    secret: str | None = None
    given: bool = False

    @property
    def is_good(self) -> bool:
        """Whether it can be used."""
        return self.id != "" and self.method in (BY_NOTHING, BY_BASIC, BY_POST, BY_KEY)

    def client(self) -> ClientOf:
        """It as it was."""
        return ClientOf(self.id, self.method, secret_of(self.secret), None, self.given)


def kept_client(client: ClientOf) -> KeptClient:
    """What is kept of a client."""
    secret = None if client.given or client.secret is None else client.secret.reveal()
    return KeptClient(client.id, client.method, secret, client.given)
