"""What is known of a server's token from one attempt to the next, and from one run to the next."""

from .challenge import Challenge
from .dpop import Proofs
from .identity import ClientIdentity
from .metadata import AuthorizationServer
from .setup import Setup
from .token import Held, KeptToken, Token, kept_token


class Known:
    """A client's token, and what led to it."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.current: Held | None = None
        self.requested: list[str] = []
        """Scopes that were asked for so far."""
        self.challenge: Challenge | None = None
        """What the server wanted last; None before it refused anything."""
        self.asked: AuthorizationServer | None = None
        """The authorization server that was asked last."""
        self.bound: str | None = None
        """The issuer that the program's client was used with."""
        self.proofs = Proofs()

    def proofs_for(self, bound: bool) -> Proofs | None:
        """Those of the client's key, for a token that is bound to it."""
        return self.proofs if bound else None

    async def load(self) -> None:
        """Reads what was kept. Raises what the store raises."""
        kept = await self.setup.kept(self.setup.token_key, KeptToken)
        if kept is None:
            return
        self.proofs = Proofs(kept.key)
        token = kept.token()
        if token is not None:
            self._restore(token)

    def _restore(self, token: Token) -> None:
        """Takes a token that was kept, unless it is of a client that the program does not have any more."""
        client = token.client
        if client.given:
            own = self._own(client.id)
            if own is None:
                return
            self.bound = token.issuer
            client = client._replace(secret=own.secret, key=own.key)
        elif self.setup.identity is not None:
            return
        self.requested = token.requested
        self.current = Held(token.of(client), proven=True)

    def _own(self, id: str) -> ClientIdentity | None:
        """The program's client of this ID."""
        for one in (self.setup.identity, self.setup.document):
            if one is not None and one.id == id:
                return one
        return None

    async def put(self, token: Token, *, renewed: bool) -> None:
        """Takes a token, and keeps it."""
        self.requested = token.requested
        if token.client.given:
            self.bound = token.issuer
        self.current = Held(token, renewed=renewed)
        key = self.proofs.kept if token.bound else None
        await self.setup.keep(self.setup.token_key, kept_token(token, key))

    async def forget(self) -> None:
        """Forgets the token, here and where it is kept."""
        self.current = None
        await self.setup.keep(self.setup.token_key, None)

    @property
    def own_issuer(self) -> str | None:
        """The authorization server that the client belongs to, as far as that is known."""
        identity = self.setup.identity
        named = None if identity is None else identity.issuer
        got = None if self.current is None else self.current.token.issuer
        return named or self.bound or got
