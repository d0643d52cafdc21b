"""Tokens that are written down: for a server on a machine of one's own, and for tests."""

import hmac
from collections.abc import Mapping

from ..claims import Claims
from .token import fingerprint
from .verifier import TokenRefusal, TokenVerifier


class FixedTokens(TokenVerifier):
    """Accepts these tokens, each with what it stands for.

    Make them from at least 16 random bytes: nothing else keeps them from being guessed. Only their SHA-256 is
    kept, and compared in constant time.
    """

    def __init__(self, tokens: Mapping[str, Claims]) -> None:
        self._known = [(fingerprint(token), claims) for token, claims in tokens.items()]

    async def verify(self, token: str, /) -> Claims:
        asked = fingerprint(token)
        # To the end, so that the time tells nothing of where a token stands.
        found = [claims for known, claims in self._known if hmac.compare_digest(known, asked)]
        if not found:
            raise TokenRefusal("the token is not known")
        return found[0]

    @property
    def binds_audience(self) -> bool:
        """They were given to this server alone."""
        return True

    def __repr__(self) -> str:
        return f"<FixedTokens, {len(self._known)}>"
