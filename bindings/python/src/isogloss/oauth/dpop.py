"""Proofs that whoever shows a token has the key that it is bound to, and the nonces that servers want in them.

https://www.rfc-editor.org/rfc/rfc9449.html
"""

import time
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from ..authority.address import Address
from ..protocol.limits import MAX_NONCE_REFUSALS
from .private_key import PrivateKey, cryptography_there
from .secret import Secret, decoded, digest, drawn, encoded

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

PROOF: Final = "dpop"
NONCE: Final = "dpop-nonce"


class _Nonce(NamedTuple):
    text: str
    refused: int = 0
    """How many proofs in a row were refused for want of the next one."""


class Proofs:
    """A client's key, and what the servers that it shows proofs to want in the next one.

    The key is the one that was kept, or a new one; it is made once it is needed.
    """

    def __init__(self, kept: str | None = None) -> None:
        self._kept = None if kept is None else Secret(kept)
        self._nonces: dict[str, _Nonce] = {}

    @cached_property
    def _pair(self) -> "_Pair":
        cryptography_there()
        return _Pair(None if self._kept is None else self._kept.reveal())

    @property
    def kept(self) -> str:
        """What the key is kept as. It is as secret as the token."""
        return self._pair.kept.reveal()

    @property
    def thumbprint(self) -> str:
        """Stands for the public key (RFC 7638), for a code that is bound to it."""
        return digest(msgspec.json.encode(self._pair.public))

    def prove(self, method: str, to: Address, access: str | None = None) -> str:
        """A proof for one request, and for the token that goes with it."""
        nonce = self._nonces.get(_origin(to))
        claims: dict[str, str | int] = {
            "jti": drawn(),
            "htm": method,
            "htu": to.shown,
            "iat": int(time.time()),
        }
        if access is not None:
            claims["ath"] = digest(access)
        if nonce is not None:
            claims["nonce"] = nonce.text
        return self._pair.key.sign("dpop+jwt", claims, self._pair.public)

    def accepted(self, to: Address, nonce: str | None) -> None:
        """Learns from an answer that is no refusal, and the nonce in it."""
        known = self._nonces.get(_origin(to))
        text = nonce or (known.text if known else None)
        if text:
            self._nonces[_origin(to)] = _Nonce(text)

    def refused(self, to: Address, proof: str, nonce: str | None) -> bool:
        """Learns from a refusal for want of a nonce, and tells whether another proof is worth a try.

        However many requests are refused at once, the row of refusals grows only by one that had the nonce
        before this one.
        """
        sent = _nonce_in(proof)
        if not nonce or sent == nonce:
            return False
        known = self._nonces.get(_origin(to))
        refused = 0 if known is None else known.refused
        if known is not None and sent == known.text:
            refused += 1
        self._nonces[_origin(to)] = _Nonce(nonce, refused)
        return refused < MAX_NONCE_REFUSALS


class _Pair:
    """A key of P-256 and its public half, as JSON of sorted members, which is what RFC 7638 has."""

    def __init__(self, kept: str | None) -> None:
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.serialization import (
            Encoding,
            NoEncryption,
            PrivateFormat,
        )

        pair = _read(kept) or ec.generate_private_key(ec.SECP256R1())
        numbers = pair.public_key().public_numbers()
        x, y = (encoded(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
        self.public = {"crv": "P-256", "kty": "EC", "x": x, "y": y}
        self.key = PrivateKey(pair)
        der = pair.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        self.kept = Secret(encoded(der))


def _read(text: str | None) -> "ec.EllipticCurvePrivateKey | None":
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    if text is None:
        return None
    try:
        key = load_der_private_key(decoded(text), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    is_ours = isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == "secp256r1"
    return key if is_ours else None  # type: ignore[return-value]


def _origin(of: Address) -> str:
    return of.origin.lower()


def _nonce_in(proof: str) -> str | None:
    """The nonce in a proof of ours."""
    try:
        claims: Any = msgspec.json.decode(decoded(proof.split(".")[1]))
        nonce = claims.get("nonce")
    except (IndexError, ValueError, AttributeError):
        return None
    return nonce if isinstance(nonce, str) else None
