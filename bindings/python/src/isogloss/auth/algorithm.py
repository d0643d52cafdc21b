"""How tokens are signed, and whether a signature is right."""

import hmac
from typing import Final, Literal, TypeAlias, get_args

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512

Algorithm: TypeAlias = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"
]
"""How a token may be signed: always with a private key whose public one is known.

https://www.rfc-editor.org/rfc/rfc7518.html#section-3.1
"""

Key: TypeAlias = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey | bytes
"""What checks signatures; bytes are a secret that was given."""

ALGORITHMS: Final[tuple[Algorithm, ...]] = get_args(Algorithm)
RSA: Final = ALGORITHMS[:6]

HS256: Final = "HS256"
"""HMAC with SHA-256, of a secret that was given."""

SIGNATURES: Final = frozenset((*ALGORITHMS, HS256, "HS384", "HS512"))
"""What RFC 7518 and RFC 8037 have as signatures: `none` is none."""

_HASHES: Final = {"256": SHA256(), "384": SHA384(), "512": SHA512()}


def is_signed(algorithm: str, key: Key, message: bytes, signature: bytes) -> bool:
    """Whether this is the message's signature by this key, which is of the algorithm's kind."""
    if isinstance(key, bytes):
        return hmac.compare_digest(hmac.digest(key, message, "sha256"), signature)
    try:
        _verify(algorithm, key, message, signature)
    except (InvalidSignature, ValueError):
        return False
    return True


def _verify(
    algorithm: str,
    key: RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey,
    message: bytes,
    signature: bytes,
) -> None:
    if isinstance(key, Ed25519PublicKey):
        return key.verify(signature, message)
    hash = _HASHES[algorithm[2:]]
    if isinstance(key, RSAPublicKey):
        pss = PSS(MGF1(hash), PSS.DIGEST_LENGTH)
        return key.verify(signature, message, pss if algorithm[0] == "P" else PKCS1v15(), hash)
    # Two numbers, each as long as the curve's.
    size = (key.curve.key_size + 7) // 8
    if len(signature) != 2 * size:
        raise InvalidSignature
    r, s = int.from_bytes(signature[:size]), int.from_bytes(signature[size:])
    return key.verify(encode_dss_signature(r, s), message, ECDSA(hash))
