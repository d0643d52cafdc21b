"""An access token: what an authorization server's answer says of it, what is kept of it, and when it is due.

https://www.rfc-editor.org/rfc/rfc6749.html#section-5.1
"""

import re
import time
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import msgspec

from ..authority import Failure
from ..protocol.limits import LOGIN_PAUSE, TOKEN_LEEWAY
from .identity import ClientOf, KeptClient, kept_client
from .metadata import Members
from .scopes import words
from .secret import Secret, secret_of

_SENDABLE: Final = re.compile(r"[!-~]+")
_LONGEST: Final = 2.0**33
"""A lifetime that nobody means, in seconds."""


class Granted(NamedTuple):
    """An authorization server's answer."""

    access: Secret
    kind: str
    refresh: Secret | None
    lifetime: float | None
    """In seconds; None if nobody knows."""
    scope: str | None
    issued_kind: str


def read_granted(document: dict[str, Any] | None) -> Granted | None:
    """The answer in a document; None if it is none."""
    m = Members("", document or {})
    try:
        return Granted(
            access=Secret(m.required("access_token")),
            kind=m.required("token_type"),
            refresh=secret_of(m.text("refresh_token")),
            lifetime=_lifetime(m),
            scope=None if m.value("scope") is None else m.text("scope"),
            issued_kind=m.text("issued_token_type"),
        )
    except Failure:
        return None


def _lifetime(m: Members) -> float | None:
    """`expires_in`, which some send as a text; None if it is none."""
    value = m.value("expires_in")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise m.wrong("expires_in")
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return seconds if 0 <= seconds < _LONGEST else None


class Origin(NamedTuple):
    """What goes into a token besides the answer."""

    requested: list[str]
    """What was asked for so far: what the token allows, if the answer does not say."""
    issuer: str
    resource: str
    client: ClientOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An access token, whom it is from and whom it is for."""

    access: Secret
    refresh: Secret | None
    bound: bool
    """To the client's key."""
    granted: list[str]
    requested: list[str]
    issuer: str
    resource: str
    client: ClientOf
    expires_at: int = 0
    """In seconds after 1970; 0 if nobody knows."""
    due_at: int = 0
    """From when on it is better renewed."""

    def of(self, client: ClientOf) -> "Token":
        """The token of a client of which more is known now."""
        return replace(self, client=client)

    def allowing(self, scopes: list[str]) -> "Token":
        """The token, allowing these scopes."""
        return replace(self, granted=scopes)

    @property
    def header(self) -> str:
        """What goes into a request's header Authorization. It is a secret, too."""
        return f"{'DPoP' if self.bound else 'Bearer'} {self.access.reveal()}"

    @property
    def is_due(self) -> bool:
        """Whether it is better renewed."""
        return self.due_at != 0 and self.due_at <= time.time()

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.expires_at != 0 and self.expires_at <= time.time()


def token_of(answer: Granted, wants_bound: bool, origin: Origin, place: str) -> Token:
    """The token of an answer of this place. Raises Failure if it is none that can be used."""
    kind = answer.kind.lower()
    why = None
    if kind not in ("bearer", "dpop"):
        why = "token_type: expected Bearer or DPoP, found another one"
    elif wants_bound and kind != "dpop":
        why = "the token is not bound to the client's key, though that was asked for"
    elif kind == "dpop" and not wants_bound:
        why = "the token is bound to a key, though nobody asked for that"
    elif not _SENDABLE.fullmatch(answer.access.reveal()):
        why = "access_token: expected visible characters, found others"
    if why is not None:
        raise Failure(f"{place}: {why}")
    expires_at = due_at = 0
    if answer.lifetime is not None:
        now = time.time()
        expires_at = int(now + answer.lifetime)
        # Of a short life the first half is used.
        due_at = int(now + answer.lifetime - min(TOKEN_LEEWAY, answer.lifetime / 2))
    return Token(
        access=answer.access,
        refresh=answer.refresh,
        bound=kind == "dpop",
        granted=origin.requested if answer.scope is None else words(answer.scope),
        requested=origin.requested,
        issuer=origin.issuer,
        resource=origin.resource,
        client=origin.client,
        expires_at=expires_at,
        due_at=due_at,
    )


class Held:
    """A token that a client has, and what its server's answers have shown of its worth."""

    def __init__(self, token: Token, *, renewed: bool = False, proven: bool = False) -> None:
        self.token = token
        self.renewed = renewed
        """Got for an older one, and not by asking anew."""
        self.proven = proven
        """The server took it."""
        self._since = time.monotonic()

    @property
    def is_hopeless(self) -> bool:
        """It was got by asking anew a moment ago, and never taken: another one is worth no try yet."""
        is_new = time.monotonic() - self._since < LOGIN_PAUSE
        return not self.renewed and not self.proven and is_new

    @property
    def is_renewable(self) -> bool:
        """Whether renewing it is worth a try."""
        return self.token.refresh is not None and (not self.renewed or self.proven)


class KeptToken(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """What is kept of a token, with the key that it is bound to. It is as secret as a password."""

    access: str
    refresh: str | None = None
    bound: bool = False
    key: str | None = None
    expires_at: int = 0
    due_at: int = 0
    granted: list[str] | None = None
    requested: list[str] | None = None
    issuer: str
    resource: str
    client: KeptClient

    def token(self) -> Token | None:
        """It as it was; None if it cannot be used any more."""
        is_good = _SENDABLE.fullmatch(self.access) and self.issuer and self.resource
        if not is_good or not self.client.is_good:
            return None
        return Token(
            access=Secret(self.access),
            refresh=secret_of(self.refresh),
            bound=self.bound,
            granted=self.granted or [],
            requested=self.requested or [],
            issuer=self.issuer,
            resource=self.resource,
            client=self.client.client(),
            expires_at=self.expires_at,
            due_at=self.due_at,
        )


def kept_token(token: Token, key: str | None) -> KeptToken:
    """What is kept of a token."""
    return KeptToken(
        access=token.access.reveal(),
        refresh=None if token.refresh is None else token.refresh.reveal(),
        bound=token.bound,
        key=key,
        expires_at=token.expires_at,
        due_at=token.due_at,
        granted=token.granted,
        requested=token.requested,
        issuer=token.issuer,
        resource=token.resource,
        client=kept_client(token.client),
    )
