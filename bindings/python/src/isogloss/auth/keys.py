"""The public keys of an authorization server, and which algorithm each may be used with.

A key that is not understood is left out, as RFC 7517, section 5, wants it.
"""

import base64
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, Protocol

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from ..protocol.limits import MAX_JWKS_KEYS
from ..wire.json import MAX_DEPTH, deeper_than
from .algorithm import RSA, Key
from .payload import members, text, texts
from .verifier import TokenRefusal

# In bits: shorter ones are not safe (RFC 7518, section 3.3), longer ones take long to check with.
_MIN_RSA: Final = 2048
_MAX_RSA: Final = 8192

_KNOWN: Final = frozenset(("kty", "kid", "use", "key_ops", "alg", "n", "e", "crv", "x", "y"))


class KeySource(Protocol):
    """Where a verifier has its keys from."""

    async def find(self, id: str | None, algorithm: str, /) -> Key:
        """The key for a token that names this key, or none, and this algorithm. Raises TokenRefusal if there is none."""
        ...


class PublicKey(NamedTuple):
    """A key that can check signatures."""

    id: str | None
    algorithms: tuple[str, ...]
    key: Key

    def is_named(self, id: str | None) -> bool:
        """Whether a token that names this key, or none, may mean it."""
        return id is None or self.id == id


class _Published(msgspec.Struct):
    keys: list[msgspec.Raw]


class KeySet:
    """Keys that can check signatures."""

    def __init__(self, document: bytes) -> None:
        """Reads a JSON Web Key Set. Raises ValueError if it is none."""
        try:
            if deeper_than(MAX_DEPTH, document):
                raise ValueError(f"it nests deeper than {MAX_DEPTH} levels")
            found = msgspec.json.decode(document, type=_Published).keys
        except ValueError as error:
            raise ValueError(f"expected a set of keys: {error}") from None
        usable = (_usable(bytes(one)) for one in found[:MAX_JWKS_KEYS])
        self.keys = [key for key in usable if key is not None]

    def fitting(self, id: str | None, algorithm: str) -> list[PublicKey]:
        """The keys that a token can be signed with that names this key and algorithm."""
        return [key for key in self.keys if key.is_named(id) and algorithm in key.algorithms]

    async def find(self, id: str | None, algorithm: str, /) -> Key:
        fitting = self.fitting(id, algorithm)
        if len(fitting) == 1:
            return fitting[0].key
        if fitting:
            why = "the token does not say which of its issuer's keys signed it (kid)"
        elif any(key.is_named(id) for key in self.keys):
            why = "the token's algorithm is not one of the key that it names"
        else:
            why = "the token is signed with a key that its issuer does not publish"
        raise TokenRefusal(why)


def _usable(document: bytes) -> PublicKey | None:
    """A key for signatures, with the algorithms that its kind, and its own word, allow."""
    said = members(document, _KNOWN)
    try:
        return None if said is None else _key(said)
    except (TokenRefusal, ValueError):
        return None


def _key(said: Mapping[str, Any]) -> PublicKey | None:
    if text(said, "use") not in (None, "sig"):
        return None
    uses = said.get("key_ops")
    if uses is not None and (isinstance(uses, str) or "verify" not in texts(said, "key_ops")):
        return None
    key, algorithms = _material(said)
    only = text(said, "alg")
    if only is not None:
        algorithms = (only,) if only in algorithms else ()
    return PublicKey(text(said, "kid"), algorithms, key) if algorithms else None


def _material(said: Mapping[str, Any]) -> tuple[Key, tuple[str, ...]]:
    # Never a shared secret: one that is published is none.
    match text(said, "kty"), text(said, "crv"):
        case "RSA", None:
            return _rsa(said), RSA
        case "EC", "P-256":
            return _point(said, ec.SECP256R1()), ("ES256",)
        case "EC", "P-384":
            return _point(said, ec.SECP384R1()), ("ES384",)
        case "OKP", "Ed25519":
            return ed25519.Ed25519PublicKey.from_public_bytes(_bytes(said, "x")), ("EdDSA",)
        case _:
            raise ValueError("a kind of key that is not known here")


def _rsa(said: Mapping[str, Any]) -> rsa.RSAPublicKey:
    n, e = int.from_bytes(_bytes(said, "n")), int.from_bytes(_bytes(said, "e"))
    if not _MIN_RSA <= n.bit_length() <= _MAX_RSA or not 2 <= e.bit_length() <= 31 or e % 2 == 0:
        raise ValueError("a key that is not safe, or takes long to check with")
    return rsa.RSAPublicNumbers(e, n).public_key()


def _point(said: Mapping[str, Any], curve: ec.EllipticCurve) -> ec.EllipticCurvePublicKey:
    x, y = _bytes(said, "x"), _bytes(said, "y")
    if len(x) != len(y):
        raise ValueError("a point whose numbers are not as long as its curve's")
    return ec.EllipticCurvePublicKey.from_encoded_point(curve, b"\x04" + x + y)


def _bytes(said: Mapping[str, Any], name: str) -> bytes:
    return decode_base64(text(said, name) or "")


def decode_base64(written: str) -> bytes:
    """Reads Base64 for addresses as there is one way to write it: no token has two texts. Raises ValueError otherwise."""
    found = base64.urlsafe_b64decode(written + "=" * (-len(written) % 4))
    if base64.urlsafe_b64encode(found).rstrip(b"=") != written.encode():
        raise ValueError("expected Base64 for addresses, found another spelling of it")
    return found
