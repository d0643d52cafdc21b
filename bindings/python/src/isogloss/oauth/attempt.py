"""One attempt at another token: the old one renewed, or asked for anew where the server says."""

from enum import Enum, auto
from typing import NamedTuple

from ..authority import Failure
from ..authority.address import Address
from .challenge import Challenge
from .discovery import Discovery
from .endpoint import Endpoint
from .grant import Asking
from .known import Known
from .metadata import AuthorizationServer
from .refusal import Refusal
from .scopes import union, wanted
from .setup import registration_key
from .token import Held, Origin, Token, token_of


class Reason(Enum):
    """Why another token is needed."""

    ENDS = auto()
    MISSING = auto()
    REFUSED = auto()
    LACKING = auto()
    """The server wants more scopes."""


class Need(NamedTuple):
    """Another token than the one that was seen."""

    why: Reason
    seen: Held | None
    challenge: Challenge | None = None
    """None where it ends."""


class _Place(NamedTuple):
    """Where a token is to be had."""

    resource: str
    server: AuthorizationServer
    scopes: list[str]
    dpop: bool = False
    guessed: bool = False
    """Nobody named it."""


class Attempt:
    """One attempt."""

    def __init__(self, known: Known, need: Need) -> None:
        self._known = known
        self._setup = known.setup
        self._discovery = Discovery(known.setup.sender)
        self._need = need

    async def run(self) -> None:
        """Gets another token. Raises why there is none."""
        known, seen = self._known, self._need.seen
        if self._need.why is Reason.ENDS and seen is not None and await self._renewed_early(seen):
            return
        challenge = known.challenge = self._need.challenge or known.challenge
        if challenge is None:
            # Where another one is to be had is for the server to say, once it is asked without.
            known.current = None
            return
        # Where tokens are to be had may have changed, which a refusal is the sign of.
        at = await self._discover(challenge)
        known.asked = at.server
        if self._need.why is Reason.REFUSED and seen is not None and seen.is_renewable:
            is_same = (seen.token.issuer, seen.token.resource) == (at.server.issuer, at.resource)
            if is_same and await self._renewed(seen.token):
                return
        await self._ask(at, challenge)

    async def _renewed_early(self, seen: Held) -> bool:
        """Renews a token that ends soon. One that cannot be renewed just now is used as long as it lasts."""
        try:
            return await self._renewed(seen.token)
        except Exception:
            if seen.token.is_over:
                raise
            return True

    async def _renewed(self, old: Token) -> bool:
        """Renews a token; False if there is nothing to renew any more."""
        if old.refresh is None:
            return False
        server = await self._issuer(old.issuer)
        proofs = self._known.proofs_for(old.bound)
        endpoint = Endpoint(self._setup.sender, server.token, server.issuer, old.client, proofs)
        form = {
            "grant_type": "refresh_token",
            "refresh_token": old.refresh.reveal(),
            "resource": old.resource,
        }
        try:
            answer = await endpoint.ask(form)
        except Refusal as refusal:
            if not (refusal.is_of_grant or refusal.is_of_client):
                raise
            await self._unregister(refusal, server.issuer)
            return False
        # What is not given anew is still good.
        answer = answer._replace(refresh=answer.refresh or old.refresh)
        origin = Origin(old.requested, old.issuer, old.resource, old.client)
        token = token_of(answer, old.bound, origin, server.token.shown)
        if answer.scope is None:
            token = token.allowing(old.granted)
        await self._known.put(token, renewed=True)
        return True

    async def _ask(self, at: _Place, challenge: Challenge) -> None:
        """Asks for a token, with what the program has to show."""
        known, seen = self._known, self._need.seen
        before = union(known.requested, () if seen is None else seen.token.granted)
        scopes = union(wanted(before, challenge.scopes, at.scopes), self._setup.scopes)
        is_bound = self._setup.dpop or at.dpop or challenge.wants_dpop
        issuer = at.server.issuer
        if is_bound and not at.server.has_dpop:
            raise Failure(
                f"{issuer}: dpop_signing_alg_values_supported: expected ES256, since tokens are to be bound "
                "to a key"
            )
        proofs = known.proofs_for(is_bound)
        asking = Asking(self._setup, at.resource, at.server, scopes, proofs, known.bound)
        try:
            answer, client = await self._setup.grant(asking)
        except Failure as failure:
            await self._unregister(failure, issuer)
            if at.guessed:
                raise Failure(
                    f"it names no authorization server, and is none itself: {failure}"
                ) from None
            raise
        origin = Origin(scopes, issuer, at.resource, client)
        token = token_of(answer, is_bound, origin, at.server.token.shown)
        await known.put(token, renewed=False)

    async def _unregister(self, failure: Failure, issuer: str) -> None:
        """Forgets a registration that is worth nothing any more, so that the next attempt makes another."""
        if isinstance(failure, Refusal) and failure.is_of_client:
            await self._setup.keep(registration_key(issuer), None)

    async def _discover(self, challenge: Challenge) -> _Place:
        """Finds out where a token is to be had."""
        server: Address = self._setup.server
        found = await self._discovery.protected(server, challenge)
        if found is None:
            own = await self._discovery.own_authorization_server(server)
            return _Place(self._setup.spelling, own, [], guessed=True)
        if not found.authorization_servers:
            raise Failure("authorization_servers: expected at least one, found none")
        issuer = self._known.own_issuer
        if issuer is None or issuer not in found.authorization_servers:
            issuer = found.authorization_servers[0]
        named = await self._discovery.authorization_server(issuer, server)
        return _Place(found.resource, named, found.scopes, found.wants_dpop)

    async def _issuer(self, issuer: str) -> AuthorizationServer:
        """An authorization server that gave a token before."""
        asked, server = self._known.asked, self._setup.server
        if asked is None or asked.issuer != issuer:
            if issuer == server.origin:
                asked = await self._discovery.own_authorization_server(server)
            else:
                asked = await self._discovery.authorization_server(issuer, server)
            self._known.asked = asked
        return asked
