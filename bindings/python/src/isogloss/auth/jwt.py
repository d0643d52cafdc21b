"""Tokens that their issuer signs: JSON Web Tokens, checked with its keys.

https://www.rfc-editor.org/rfc/rfc7519.html, https://www.rfc-editor.org/rfc/rfc7515.html
"""

import time
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import httpx

from ..authority.address import checked
from ..claims import Claims
from ..protocol.limits import JWKS_LIFETIME, JWKS_REFRESH_INTERVAL, TOKEN_LEEWAY
from .algorithm import ALGORITHMS, HS256, SIGNATURES, Algorithm, Key, is_signed
from .jwks import PublishedKeys
from .keys import KeySet, KeySource, decode_base64
from .payload import members, parsed, read, text
from .verifier import TokenRefusal, TokenVerifier

_MIN_SECRET: Final = 32
"""The fewest bytes of a shared secret: as many as SHA-256 has (RFC 7518, section 3.2)."""

_HEAD: Final = frozenset(("alg", "kid", "typ", "crit"))


class JwtVerifier(TokenVerifier):
    """Checks tokens that this issuer signs: signature, algorithm, `iss`, `exp` and `nbf`.

    Whom a token is meant for is looked at by the Protection. Tokens that are not signed, or are signed with a
    shared secret, are refused, whatever they say of themselves; so are tokens without `exp`, tokens whose headers
    must be understood (`crit`), and tokens that are bound to a key (`cnf`).
    """

    def __init__(
        self,
        issuer: str,
        *,
        jwks_url: str | None = None,
        keys: str | bytes | None = None,
        shared_secret: bytes | None = None,
        algorithms: Sequence[Algorithm] | None = None,
        require_type: str | None = None,
        leeway: float = TOKEN_LEEWAY,
        keys_lifetime: float = JWKS_LIFETIME,
        refresh_interval: float = JWKS_REFRESH_INTERVAL,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Without `jwks_url`, `keys` or `shared_secret`, keys are where the issuer's metadata says.

        `keys` are a JSON Web Key Set. Whoever checks tokens of a `shared_secret` (HS256, at least 32 bytes) can
        also make them: public keys are better. `algorithms` are those that are accepted, instead of all that have
        public keys. `require_type` is the type (`typ`) that tokens must have: `at+jwt` where the issuer follows
        RFC 9068. Times are seconds: `leeway` is how far the issuer's clock may be from ours, `keys_lifetime` how
        long fetched keys are used, `refresh_interval` the shortest time between two fetches. `transport` fetches
        instead of the one that is built in, which trusts the certificates that come with httpx and uses no proxy.

        Raises ValueError if any of it is wrong.
        """
        self._issuer = issuer
        self._type = require_type
        self._leeway = leeway
        self._accepted = _accepted(algorithms, shared_secret is not None)
        if sum(one is not None for one in (jwks_url, keys, shared_secret)) > 1:
            raise ValueError(
                "expected at most one of jwks_url, keys and shared_secret, found several"
            )
        self._keys: KeySource
        if shared_secret is not None:
            self._keys = _Secret(shared_secret)
        elif keys is not None:
            self._keys = _given(keys)
        else:
            checked(*(("issuer", issuer) if jwks_url is None else ("jwks_url", jwks_url)))
            self._keys = PublishedKeys(
                issuer,
                jwks_url,
                lifetime=keys_lifetime,
                interval=refresh_interval,
                transport=transport,
            )

    async def verify(self, token: str, /) -> Claims:
        read = _parsed(token)
        if self._type is not None and read.type != self._type.lower():
            raise TokenRefusal(f"the token is no token of the type {self._type}")
        # What the token says of itself chooses among what is accepted here; it cannot add to it.
        if read.algorithm not in self._accepted:
            raise TokenRefusal("the token is not signed in a way that is accepted here")
        key = await self._keys.find(read.key, read.algorithm)
        if not is_signed(read.algorithm, key, read.message, read.signature):
            raise TokenRefusal("the token's signature is wrong")
        return self._claims(parsed(read.payload))

    def _claims(self, said: dict[str, Any]) -> Claims:
        """Holds claims to what every signed token has to say."""
        end = said.get("exp")
        if isinstance(end, bool) or not isinstance(end, int | float):
            raise TokenRefusal("the token does not say exp")
        issuer = text(said, "iss")
        if issuer is None:
            raise TokenRefusal("the token does not say iss")
        if issuer != self._issuer:
            raise TokenRefusal(f"the token was not issued by {self._issuer}")
        return read(said, time.time(), self._leeway)

    @property
    def issuers(self) -> Sequence[str]:
        return (self._issuer,)

    def __repr__(self) -> str:
        return f"<JwtVerifier of {self._issuer}>"


class _Jwt(NamedTuple):
    """A token in its parts."""

    algorithm: str
    key: str | None
    """Which the token names."""
    type: str
    """In lower case, without `application/`."""
    message: bytes
    """What is signed."""
    payload: bytes
    signature: bytes


def _parsed(token: str) -> _Jwt:
    """Reads a token as far as it can be read before its key is known."""
    unreadable = TokenRefusal("the token cannot be read as a signed JSON Web Token")
    try:
        head, payload, signature = (decode_base64(part) for part in token.split("."))
    except ValueError:
        raise unreadable from None
    said = members(head, _HEAD)
    if said is None:
        raise unreadable
    if said.get("crit") is not None:
        raise TokenRefusal("the token has headers that must be understood (crit), and none are")
    try:
        algorithm, key, type = text(said, "alg"), text(said, "kid"), text(said, "typ") or ""
    except TokenRefusal:
        raise unreadable from None
    if algorithm not in SIGNATURES:
        raise unreadable
    message = token.rpartition(".")[0].encode()
    return _Jwt(
        algorithm, key, type.lower().removeprefix("application/"), message, payload, signature
    )


class _Secret:
    """A key that whoever checks tokens has, too."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < _MIN_SECRET:
            raise ValueError(
                f"shared_secret: expected at least {_MIN_SECRET} bytes, found {len(secret)}"
            )
        self._secret = secret

    async def find(self, _id: str | None, _algorithm: str, /) -> Key:
        return self._secret


def _given(keys: str | bytes) -> KeySet:
    try:
        found = KeySet(keys.encode() if isinstance(keys, str) else keys)
    except ValueError as error:
        raise ValueError(f"keys: {error}") from None
    if not found.keys:
        raise ValueError("keys: found none that can check a signature")
    return found


def _accepted(algorithms: Sequence[str] | None, is_secret: bool) -> tuple[str, ...]:
    if algorithms is None:
        return (HS256,) if is_secret else ALGORITHMS
    if is_secret:
        raise ValueError("algorithms: with a shared_secret there is HS256 alone; leave them out")
    if not algorithms:
        raise ValueError("algorithms: expected at least one, found none")
    for algorithm in algorithms:
        if algorithm not in ALGORITHMS:
            known = ", ".join(ALGORITHMS)
            raise ValueError(f"algorithms: expected some of {known}, found {algorithm!r}")
    return tuple(algorithms)
