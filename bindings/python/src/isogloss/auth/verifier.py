"""What checks a token: an interface, and how it says no."""

from collections.abc import Sequence
from typing import Protocol

from ..claims import Claims


class TokenVerifier(Protocol):
    """Checks access tokens.

    That a token is meant for this server, has not expired and allows what is asked is looked at by the
    Protection, in what the verifier found. A verifier of a program's own says `class Mine(TokenVerifier)`.
    """

    async def verify(self, token: str, /) -> Claims:
        """What a token says, if it is genuine. Do not show, keep or forward it.

        Raises TokenRefusal if it is not. Any other exception means that this cannot be found out now: it is
        logged for whoever runs the server, and the client is not told (HTTP 503).
        """
        ...

    @property
    def issuers(self) -> Sequence[str]:
        """Who issues the tokens, to be told to clients that need one."""
        return ()

    @property
    def binds_audience(self) -> bool:
        """Whether the verifier itself makes sure that tokens are meant for this server, so that `audience` need not name it.

        Say so only if it is true: a token for another server must be refused.
        https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/security-considerations#token-audience-binding-and-validation
        """
        return False


class TokenRefusal(Exception):
    """A token that is no good. The client is told why (HTTP 401): say nothing that helps to forge one."""
