"""The ways in which a program gets tokens, and who decides in each: a user, nobody, a platform, an enterprise."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..protocol.limits import LOGIN_TIMEOUT
from .authorizer import Authorizer
from .code import by_user
from .grant import Grant, by_assertion, by_client, by_enterprise
from .identity import Assertion, ClientIdentity, IdentityProvider, hidden
from .setup import Setup
from .store import TokenStore
from .user_agent import UserAgent

if TYPE_CHECKING:
    import httpx


def authorization_code(
    server: str,
    agent: UserAgent,
    *,
    client: ClientIdentity | None = None,
    client_metadata: ClientIdentity | None = None,
    client_name: str = "MCP client",
    scopes: Sequence[str] = (),
    dpop: bool = False,
    store: TokenStore | None = None,
    login_timeout: float = LOGIN_TIMEOUT,
    transport: "httpx.AsyncBaseTransport | None" = None,
) -> Authorizer:
    """Has a user decide, who is asked by this agent.

    `client` is one that an authorization server knows already: it is used before all others, and only there.
    `client_metadata` is one whose ID is the address of a document of yours that says what it is, for
    authorization servers that read such documents: HTTPS, with a path. Otherwise the client registers itself;
    `client_name` is what users read then when they are asked to let it in.

    `scopes` are asked for from the first time on, besides those that the server asks for. `dpop` has all
    tokens bound to a key of the client, and takes no others; without it this is done where the server asks
    for it. `store` keeps tokens and registrations, by default as long as the program runs. A user, or what a
    program does in its own time, may take `login_timeout` seconds. `transport` asks authorization servers in
    the place of the built-in one, and is left open.

    Raises ValueError for what is wrong with any of it, and ImportError without `isogloss[oauth]`.
    https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/client-registration
    """
    setup = Setup(
        server,
        by_user(agent),
        client=client,
        client_metadata=client_metadata,
        client_name=client_name,
        scopes=scopes,
        dpop=dpop,
        store=store,
        login_timeout=login_timeout,
        transport=transport,
    )
    return Authorizer(setup)


def client_credentials(
    server: str,
    client: ClientIdentity,
    *,
    scopes: Sequence[str] = (),
    dpop: bool = False,
    store: TokenStore | None = None,
    login_timeout: float = LOGIN_TIMEOUT,
    transport: "httpx.AsyncBaseTransport | None" = None,
) -> Authorizer:
    """Has the program act for itself, as a client that the authorization server knows.

    The options are those of `authorization_code`.
    https://modelcontextprotocol.io/extensions/auth/oauth-client-credentials
    """
    return _without_user(server, client, by_client, scopes, dpop, store, login_timeout, transport)


def jwt_bearer(
    server: str,
    client: ClientIdentity,
    assertion: str | Assertion,
    *,
    scopes: Sequence[str] = (),
    dpop: bool = False,
    store: TokenStore | None = None,
    login_timeout: float = LOGIN_TIMEOUT,
    transport: "httpx.AsyncBaseTransport | None" = None,
) -> Authorizer:
    """Has the program act as what its platform says that it is (workload identity).

    It shows a signed statement of the platform's. Where that is refused it is not tried again, nor in another
    way. The options are those of `authorization_code`.
    https://www.rfc-editor.org/rfc/rfc7523.html#section-2.1
    """
    grant = by_assertion(hidden("assertion", assertion))
    return _without_user(server, client, grant, scopes, dpop, store, login_timeout, transport)


def enterprise(
    server: str,
    client: ClientIdentity,
    provider: IdentityProvider,
    *,
    scopes: Sequence[str] = (),
    dpop: bool = False,
    store: TokenStore | None = None,
    login_timeout: float = LOGIN_TIMEOUT,
    transport: "httpx.AsyncBaseTransport | None" = None,
) -> Authorizer:
    """Has an enterprise decide what its users may use: its identity provider is asked, and the user is not.

    The options are those of `authorization_code`.
    https://modelcontextprotocol.io/extensions/auth/enterprise-managed-authorization
    """
    grant = by_enterprise(provider)
    return _without_user(server, client, grant, scopes, dpop, store, login_timeout, transport)


def _without_user(
    server: str,
    client: ClientIdentity,
    grant: Grant,
    scopes: Sequence[str],
    dpop: bool,
    store: TokenStore | None,
    login_timeout: float,
    transport: "httpx.AsyncBaseTransport | None",
) -> Authorizer:
    """An authorizer of a program that is this client, and asks no user."""
    setup = Setup(
        server,
        grant,
        client=client,
        scopes=scopes,
        dpop=dpop,
        store=store,
        login_timeout=login_timeout,
        transport=transport,
    )
    return Authorizer(setup)
