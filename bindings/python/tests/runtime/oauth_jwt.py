"""Signed tokens as authorization servers make and check them, by hand: with nothing of what is tested."""

import base64
import hashlib
import json
import time
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}


class NoNonce(Exception):
    """A proof lacks the nonce that it is to have."""


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def digest(text: str) -> str:
    return encoded(hashlib.sha256(text.encode()).digest())


class Signer:
    """Somebody who says things."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.public = self.key.public_key()

    def sign(self, claims: dict[str, Any], typ: str = "JWT") -> str:
        head = {"alg": "ES256", "typ": typ}
        message = ".".join(encoded(json.dumps(part).encode()) for part in (head, claims))
        der = self.key.sign(message.encode(), ec.ECDSA(hashes.SHA256()))
        r, s = utils.decode_dss_signature(der)
        return f"{message}.{encoded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"

    def attested(self, issuer: str, audience: str) -> str:
        """What this one says as an issuer, for an audience."""
        exp = int(time.time()) + 60
        return self.sign({"iss": issuer, "sub": "ada", "aud": audience, "exp": exp})


def unverified(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Head and claims of a token."""
    head, claims, _ = token.split(".")
    return json.loads(decoded(head)), json.loads(decoded(claims))


def signed_by(token: str, key: Any) -> dict[str, Any]:
    """The claims of a token that this key signed. Raises ValueError if it did not."""
    head, claims = unverified(token)
    message, _, text = token.rpartition(".")
    data, signature, algorithm = message.encode(), decoded(text), head["alg"]
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            size = key.key_size // 8
            if algorithm != f"ES{key.key_size}" or len(signature) != 2 * size:
                raise ValueError(algorithm)
            r, s = (int.from_bytes(part, "big") for part in (signature[:size], signature[size:]))
            der = utils.encode_dss_signature(r, s)
            key.verify(der, data, ec.ECDSA(HASHES[algorithm[2:]]))
        elif isinstance(key, ed25519.Ed25519PublicKey):
            if algorithm != "EdDSA":
                raise ValueError(algorithm)
            key.verify(signature, data)
        elif isinstance(key, rsa.RSAPublicKey):
            hash = HASHES[algorithm[2:]]
            pad: Any = padding.PKCS1v15()
            if algorithm.startswith("PS"):
                pad = padding.PSS(padding.MGF1(hash), padding.PSS.DIGEST_LENGTH)
            key.verify(signature, data, pad, hash)
        else:
            raise ValueError("nobody")
    except InvalidSignature:
        raise ValueError("not signed by the key") from None
    return claims


def verified(token: str, key: Any, audience: str) -> dict[str, Any]:
    """The claims of a token that this key signed for this audience. Raises ValueError if it did not."""
    claims = signed_by(token, key)
    if claims["aud"] != audience or claims["exp"] < time.time():
        raise ValueError(f"aud or exp: {claims}")
    return claims


def proven(proof: str, method: str, address: str, token: str | None, nonce: str) -> str:
    """The thumbprint of the key that a proof was made with, if it is a good one for this request."""
    head, claims = unverified(proof)
    jwk = head["jwk"]
    assert head["typ"] == "dpop+jwt" and sorted(jwk) == ["crv", "kty", "x", "y"]
    x, y = (int.from_bytes(decoded(jwk[name]), "big") for name in "xy")
    signed_by(proof, ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key())
    assert (claims["htm"], claims["htu"]) == (method, address)
    assert claims.get("ath") == (None if token is None else digest(token))
    assert abs(claims["iat"] - time.time()) < 60 and claims["jti"]
    if nonce and claims.get("nonce") != nonce:
        raise NoNonce
    return digest(json.dumps(jwk, sort_keys=True, separators=(",", ":")))
