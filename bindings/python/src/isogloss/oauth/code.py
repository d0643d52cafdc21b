"""A user is asked: the authorization code grant with PKCE, and what has to hold before a code is believed.

https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/index#authorization-flow-steps
"""

import hmac
from contextlib import AsyncExitStack
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode

from ..authority import Failure
from ..authority.address import checked
from .grant import Asking, Grant
from .identity import ClientOf, client_at
from .metadata import AuthorizationServer
from .refusal import quoted, quoted_error
from .registration import Registration, register
from .scopes import OFFLINE
from .secret import digest, drawn
from .setup import registration_key
from .token import Granted
from .user_agent import UserAgent, Visit


def by_user(agent: UserAgent) -> Grant:
    """The grant of a program whose user this agent asks."""

    async def grant(asking: Asking) -> tuple[Granted, ClientOf]:
        server = asking.server
        if server.authorization is None:
            raise Failure(f"the metadata of {server.issuer} names no authorization_endpoint")
        if not server.has_s256:
            raise Failure(
                f"{server.issuer}: code_challenge_methods_supported: expected S256: without it a code that "
                "is stolen is a token"
            )
        async with AsyncExitStack() as stack:
            async with asking.setup.bounded("a place to come back to"):
                visit = await stack.enter_async_context(agent.visit())
            return await _visited(asking, visit)

    return grant


class Visiting(NamedTuple):
    """What is remembered of a user until they are back."""

    server: AuthorizationServer
    client: ClientOf
    redirect_uri: str
    state: str
    verifier: str


async def _visited(asking: Asking, visit: Visit) -> tuple[Granted, ClientOf]:
    redirect_uri = visit.redirect_uri
    checked("redirect address", redirect_uri)
    client = await _client_for(asking, redirect_uri)
    visiting = Visiting(asking.server, client, redirect_uri, drawn(), drawn())
    async with asking.setup.bounded("the user's way back"):
        back = await visit.show(_address(asking, visiting))
    form = {
        "grant_type": "authorization_code",
        "code": code_in(back, visiting),
        "redirect_uri": redirect_uri,
        "code_verifier": visiting.verifier,
        "resource": asking.resource,
    }
    return await asking.endpoint(client).ask(form), client


async def _client_for(asking: Asking, redirect_uri: str) -> ClientOf:
    """The client that asks: the program's own, a document that says what it is, or one that is registered for it.

    https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/client-registration
    """
    setup, server = asking.setup, asking.server
    client = asking.given()
    if client is not None:
        return client
    if setup.document is not None and server.reads_client_documents:
        return client_at(setup.document, server)
    key = registration_key(server.issuer)
    known = await setup.kept(key, Registration)
    if known is not None and known.serves(redirect_uri):
        return known.client.client()
    if server.registration is None:
        hint = " or client_metadata" if server.reads_client_documents else ""
        raise Failure(
            f"{server.issuer}: clients cannot register themselves there: have one registered, and name it "
            f"with client{hint}"
        )
    made = await register(
        setup.sender, server, setup.client_name, redirect_uri, bound=asking.proofs is not None
    )
    await setup.keep(key, made)
    return made.client.client()


def _address(asking: Asking, visiting: Visiting) -> str:
    """Where the user is sent."""
    server = visiting.server
    assert server.authorization is not None
    query = {
        "response_type": "code",
        "client_id": visiting.client.id,
        "redirect_uri": visiting.redirect_uri,
        "state": visiting.state,
        "code_challenge": digest(visiting.verifier),
        "code_challenge_method": "S256",
        "resource": asking.resource,
    }
    if asking.proofs is not None:
        query["dpop_jkt"] = asking.proofs.thumbprint
    scopes = list(asking.scopes)
    if server.renews and OFFLINE in server.scopes:
        scopes.append(OFFLINE)
        # OpenID Connect gives it to users alone who were asked.
        query["prompt"] = "consent"
    if scopes:
        query["scope"] = " ".join(scopes)
    base = server.authorization.text
    return f"{base}{'&' if '?' in base else '?'}{urlencode(query)}"


def code_in(back: str, visiting: Visiting) -> str:
    """The code that the user came back with.

    Whoever sent them back has to be who they were sent to, before anything of what they say is looked at or
    shown.
    """
    query = back.strip().partition("?")[2].partition("#")[0]
    try:
        said = parse_qs(query, keep_blank_values=True)
    except ValueError:  # too many fields
        said = {}
    for name in ("state", "iss", "error", "error_description", "code"):
        if len(said.get(name, ())) > 1:
            raise Failure(f"the user came back with {name} twice")
    state, issuer = said.get("state", [""])[0], visiting.server.issuer
    if not hmac.compare_digest(state.encode(errors="replace"), visiting.state.encode()):
        raise Failure("the user came back with another state than they were sent with")
    if "iss" in said and said["iss"][0] != issuer:
        raise Failure(f"the user came back from another issuer (iss) than {quoted(issuer)}")
    if "iss" not in said and visiting.server.sends_iss:
        raise Failure(f"the user came back without iss, which {quoted(issuer)} says it sends")
    if "error" in said:
        description = said.get("error_description", [""])[0]
        raise Failure(quoted_error(said["error"][0], description))
    code = said.get("code", [""])[0]
    if not code:
        raise Failure("the user came back without a code")
    return code
