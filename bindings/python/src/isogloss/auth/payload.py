"""What the claims of a token, or an authorization server's answer about it, mean.

The same for both: RFC 7662 took its names from RFC 7519.
"""

import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from ..claims import Claims
from ..wire.json import MAX_DEPTH, deeper_than
from .verifier import TokenRefusal

_KNOWN: Final = frozenset(
    ("sub", "client_id", "azp", "iss", "aud", "scope", "scp", "exp", "nbf", "cnf", "active")
)
"""Claims that mean something here: of one name given twice, programs differ in which they take."""

_FARTHEST: Final = 2**53
"""The end of time, in seconds after 1970: up to there a number of JSON is exact everywhere."""

_END: Final = datetime.max.replace(tzinfo=UTC)


def members(text: bytes, known: Collection[str]) -> dict[str, Any] | None:
    """The members of a JSON object; None if the text is none, or has one of the known names twice."""
    if deeper_than(MAX_DEPTH, text):
        return None
    names: list[str] = []

    def seen(pairs: list[tuple[str, Any]]) -> None:
        # The outermost object comes last.
        nonlocal names
        names = [name for name, _ in pairs if name in known]

    try:
        found = msgspec.json.decode(text)
        json.loads(text.decode(), object_pairs_hook=seen)
    except ValueError:
        return None
    return found if isinstance(found, dict) and len(names) == len(set(names)) else None


def parsed(text: bytes) -> dict[str, Any]:
    """The claims of a text, by name. Raises TokenRefusal if it has none."""
    found = members(text, _KNOWN)
    if found is None:
        raise unreadable()
    return found


def unreadable() -> TokenRefusal:
    """A token that says something that is not what it should be."""
    return TokenRefusal("what the token says cannot be read")


def read(said: Mapping[str, Any], now: float, leeway: float) -> Claims:
    """Claims as they are meant; `null` counts as absent. Raises TokenRefusal for those that are not valid at this time."""
    # Such a token is worth nothing without a proof that goes with it (RFC 8705, RFC 9449): a thief has none.
    if said.get("cnf") is not None:
        raise TokenRefusal(
            "the token is bound to a key or a certificate and cannot be used as a bearer token"
        )
    client_id, party = text(said, "client_id"), text(said, "azp")
    claims = Claims(
        issuer=text(said, "iss"),
        subject=text(said, "sub"),
        client_id=party if client_id is None else client_id,
        scopes=frozenset(
            word
            for line in (*texts(said, "scope"), *texts(said, "scp"))
            for word in line.split(" ")
        )
        - {""},
        audience=texts(said, "aud"),
        expires_at=_moment(said, "exp"),
        all=said,
    )
    begins = _seconds(said, "nbf")
    in_time(claims, now, leeway)
    if begins is not None and begins > now + leeway:
        raise TokenRefusal("the token is not yet valid")
    return claims


def in_time(claims: Claims, now: float, leeway: float) -> None:
    """Raises TokenRefusal if they have expired."""
    if claims.expires_at is None:
        return
    if claims.expires_at.tzinfo is None:
        raise ValueError("expires_at: expected a time with its time zone, found one without")
    if claims.expires_at.timestamp() + leeway <= now:
        raise TokenRefusal("the token has expired")


def text(said: Mapping[str, Any], name: str) -> str | None:
    """A text."""
    value = said.get(name)
    if value is None or isinstance(value, str):
        return value
    raise unreadable()


def texts(said: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """A text, or a list of texts."""
    value = said.get(name)
    values = value if isinstance(value, list) else [] if value is None else [value]
    if not all(isinstance(one, str) for one in values):
        raise unreadable()
    return tuple(values)


def _moment(said: Mapping[str, Any], name: str) -> datetime | None:
    seconds = _seconds(said, name)
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return _END  # which is as far as a datetime goes


def _seconds(said: Mapping[str, Any], name: str) -> float | None:
    value = said.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise unreadable()
    if not 0 <= value <= _FARTHEST:
        raise TokenRefusal("the token names a time that there is not")
    return value
