"""What a client shows for a token: what it is itself, or what somebody else says of it."""

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple, TypeAlias

from ..authority import Failure
from ..authority.address import checked
from .address import reachable
from .discovery import Discovery
from .dpop import Proofs
from .endpoint import Endpoint
from .identity import Assertion, ClientOf, IdentityProvider, client_at
from .metadata import AuthorizationServer
from .refusal import quoted
from .secret import Secret
from .setup import Setup
from .token import Granted

_EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
_JWT_BEARER: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_ID_JAG: Final = "urn:ietf:params:oauth:token-type:id-jag"
_ID_TOKEN: Final = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105


class Asking(NamedTuple):
    """What is asked of an authorization server."""

    setup: Setup
    resource: str
    server: AuthorizationServer
    scopes: list[str]
    proofs: Proofs | None
    """Of the key that the token is to be bound to."""
    bound: str | None
    """The authorization server that the program's client belongs to, where the program did not say."""

    def given(self) -> ClientOf | None:
        """The program's client, if it has one. One server's client is never shown to another."""
        identity = self.setup.identity
        if identity is None:
            return None
        own = identity.issuer or self.bound
        if own not in (None, self.server.issuer):
            raise Failure(
                f"the server wants tokens of {quoted(self.server.issuer)} now, and the client "
                f"{quoted(identity.id)} belongs to {quoted(str(own))}: register it there, and say so with "
                "the issuer of ClientIdentity"
            )
        return client_at(identity, self.server)

    def endpoint(self, client: ClientOf) -> Endpoint:
        """The token endpoint, as a client sees it."""
        server = self.server
        return Endpoint(self.setup.sender, server.token, server.issuer, client, self.proofs)

    async def said(self, given: Secret | Assertion, issuer: str) -> str:
        """What somebody says, for this issuer; without the line's end that files have."""
        if isinstance(given, Secret):
            return given.reveal().strip()
        async with self.setup.bounded("the assertion"):
            return (await given(issuer)).strip()

    async def shown(self, form: dict[str, str], scope: str) -> tuple[Granted, ClientOf]:
        """Asks with what there is to show, and without a user."""
        client = self.given()
        assert client is not None
        form = {**form, "resource": self.resource}
        if scope:
            form["scope"] = scope
        return await self.endpoint(client).ask(form), client


Grant: TypeAlias = Callable[[Asking], Awaitable[tuple[Granted, ClientOf]]]
"""How tokens are got: a token, and the client that it was given to."""


async def by_client(asking: Asking) -> tuple[Granted, ClientOf]:
    """The grant of a program that acts for itself."""
    return await asking.shown({"grant_type": "client_credentials"}, " ".join(asking.scopes))


def by_assertion(given: Secret | Assertion) -> Grant:
    """The grant of a program that shows what its platform says of it."""

    async def grant(asking: Asking) -> tuple[Granted, ClientOf]:
        statement = await asking.said(given, asking.server.issuer)
        form = {"grant_type": _JWT_BEARER, "assertion": statement}
        return await asking.shown(form, " ".join(asking.scopes))

    return grant


def by_enterprise(provider: IdentityProvider) -> Grant:
    """The grant of a program for whose user an identity provider decides.

    https://datatracker.ietf.org/doc/draft-ietf-oauth-identity-assertion-authz-grant/
    """

    async def grant(asking: Asking) -> tuple[Granted, ClientOf]:
        scope = " ".join(asking.scopes)
        said = await _exchanged(asking, provider, scope)
        # The enterprise may allow less than was asked for.
        allowed = scope if said.scope is None else said.scope
        form = {"grant_type": _JWT_BEARER, "assertion": said.access.reveal()}
        return await asking.shown(form, allowed)

    return grant


async def _exchanged(asking: Asking, provider: IdentityProvider, scope: str) -> Granted:
    """What the identity provider says of its user, for this authorization server."""
    endpoint = await _at_provider(asking.setup, provider)
    form = {
        "grant_type": _EXCHANGE,
        "requested_token_type": _ID_JAG,
        "audience": asking.server.issuer,
        "resource": asking.resource,
        "subject_token": await asking.said(provider.id_token, provider.issuer),
        "subject_token_type": _ID_TOKEN,
    }
    if scope:
        form["scope"] = scope
    answer = await endpoint.ask(form)
    if answer.issued_kind != _ID_JAG:
        place = endpoint.at.shown
        raise Failure(f"{place}: issued_token_type: expected {_ID_JAG}, found another one")
    return answer


async def _at_provider(setup: Setup, provider: IdentityProvider) -> Endpoint:
    """The token endpoint of an identity provider, and the program as its client."""
    by = checked("the identity provider's issuer", provider.issuer)
    if provider.token_endpoint is None:
        server = await Discovery(setup.sender).authorization_server(provider.issuer, by)
    else:
        # What it takes is not known then.
        token = reachable("token endpoint", provider.token_endpoint, by)
        server = AuthorizationServer(provider.issuer, token)
    client = client_at(provider.client, server)
    return Endpoint(setup.sender, server.token, provider.issuer, client)
