"""A client's private key, and what it signs: JSON Web Signatures in their compact form.

https://www.rfc-editor.org/rfc/rfc7515.html#section-7.1
"""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias, cast

import msgspec

from .refusal import quoted
from .secret import encoded

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    Key: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

_BLOCK: Final = re.compile(
    rb"-----BEGIN ((?:RSA |EC )?PRIVATE KEY)-----[^-]*-----END \1-----", re.ASCII
)
_OF_RSA: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_LEAST_RSA: Final = 2048
_EXPECTED: Final = (
    "private key: expected the PEM of a key of RSA (2048 bits or more), P-256, P-384 or Ed25519"
)


class PrivateKey:
    """A private key, with which a client proves who it is. It is never shown."""

    __slots__ = ("_id", "_sign", "algorithm")

    def __init__(
        self, key: "str | bytes | Key", *, algorithm: str | None = None, key_id: str | None = None
    ) -> None:
        """`key` is the PEM text of a key of RSA, P-256, P-384 or Ed25519, or one of the package cryptography.

        It signs with RS256, ES256, ES384 or EdDSA; keys of RSA may have another `algorithm`: RS384, RS512,
        PS256, PS384, PS512. `key_id` is the name under which the authorization server knows the public half
        (kid). Raises ValueError, which does not say what is wrong with the text: it is the key.
        """
        cryptography_there()
        own = _read(key) if isinstance(key, str | bytes) else key
        self.algorithm = _algorithm(own, algorithm)
        """What it signs with."""
        self._id = key_id
        # A function, and not the key: whatever prints fields finds nothing in it.
        self._sign = _signing(own, self.algorithm)

    def __repr__(self) -> str:
        return f"PrivateKey({self.algorithm}, …)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a private key is not pickled")

    def sign(
        self, kind: str, claims: Mapping[str, Any], public: Mapping[str, str] | None = None
    ) -> str:
        """Claims, signed, with a head of this type, and with the public half in it if that is given."""
        head: dict[str, Any] = {"alg": self.algorithm, "typ": kind}
        if self._id is not None:
            head["kid"] = self._id
        if public is not None:
            head["jwk"] = public
        message = f"{encoded(msgspec.json.encode(head))}.{encoded(msgspec.json.encode(claims))}"
        return f"{message}.{encoded(self._sign(message.encode()))}"


def cryptography_there() -> None:
    """Raises ImportError, which says what to do, if the package cryptography is not installed."""
    try:
        import cryptography  # noqa: F401
    except ModuleNotFoundError as error:
        raise ImportError("keys that sign need cryptography: install isogloss[oauth]") from error


def _read(text: str | bytes) -> "Key":
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    # What stands before it, such as the parameters that openssl writes, is passed over.
    found = _BLOCK.search(text.encode(errors="replace") if isinstance(text, str) else text)
    if found is not None:
        try:
            # What kind of key it is, is looked at next.
            return cast("Key", load_pem_private_key(found[0] + b"\n", None))
        except (ValueError, TypeError, UnsupportedAlgorithm):
            pass
    raise ValueError(_EXPECTED)


def _algorithm(key: Any, wanted: str | None) -> str:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    own = None
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= _LEAST_RSA:
        own = wanted if wanted in _OF_RSA else "RS256"
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        own = {"secp256r1": "ES256", "secp384r1": "ES384"}.get(key.curve.name)
    elif isinstance(key, ed25519.Ed25519PrivateKey):
        own = "EdDSA"
    if own is None:
        raise ValueError(_EXPECTED)
    if wanted not in (None, own):
        raise ValueError(f"private key: it cannot sign with {quoted(str(wanted))}")
    return own


def _signing(key: Any, algorithm: str) -> Callable[[bytes], bytes]:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, utils

    kind, bits = algorithm[:2], algorithm[2:]
    if algorithm == "EdDSA":
        return lambda message: bytes(key.sign(message))
    hash = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}[bits]
    if kind == "ES":
        size = int(bits) // 8

        def signed(message: bytes) -> bytes:
            # Two numbers of this many bytes, instead of DER.
            r, s = utils.decode_dss_signature(key.sign(message, ec.ECDSA(hash)))
            return r.to_bytes(size, "big") + s.to_bytes(size, "big")

        return signed
    pad: padding.AsymmetricPadding = padding.PKCS1v15()
    if kind == "PS":
        pad = padding.PSS(padding.MGF1(hash), padding.PSS.DIGEST_LENGTH)
    return lambda message: bytes(key.sign(message, pad, hash))
