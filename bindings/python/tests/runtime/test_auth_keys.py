"""Which published keys are used, and for which algorithms."""

import json
from typing import Any

import pytest

from isogloss.auth import TokenRefusal
from isogloss.auth.algorithm import HS256
from isogloss.auth.keys import KeySet
from isogloss.protocol.limits import MAX_JWKS_KEYS

from .auth_server import Signer, encode
from .loop import in_loop

UNKNOWN = "does not publish"
UNSUITABLE = "algorithm is not one"


def published(signer: Signer, **changes: Any) -> dict[str, Any]:
    key = {**signer.public(), "kid": "a", **changes}
    return {name: said for name, said in key.items() if said is not None}


def modulus(bits: int, e: str = "AQAB") -> dict[str, Any]:
    """The key of RSA with so many bits."""
    n = (1 << bits) - 1
    return {"kid": "a", "kty": "RSA", "n": encode(n.to_bytes((bits + 7) // 8)), "e": e}


RSA = modulus(2048)
P256, P384 = Signer("a"), Signer("a", "ES384")
ED = {"kid": "a", "kty": "OKP", "crv": "Ed25519", "x": encode(bytes(32))}


@pytest.mark.parametrize(
    ("keys", "id", "algorithm", "why"),
    [
        ([RSA], "a", "RS256", ""),
        ([RSA], "a", "PS512", ""),
        ([RSA], None, "RS256", ""),
        ([RSA], "b", "RS256", UNKNOWN),
        ([{**RSA, "kid": None}], "b", "RS256", UNKNOWN),
        ([RSA], "a", "ES256", UNSUITABLE),
        ([RSA], "a", HS256, UNSUITABLE),
        ([{**RSA, "alg": "RS256"}], "a", "RS256", ""),
        ([{**RSA, "alg": "RS256"}], "a", "RS384", UNSUITABLE),
        ([{**RSA, "alg": "RSA-OAEP"}], "a", "RS256", UNKNOWN),
        ([{**RSA, "alg": 7}], "a", "RS256", UNKNOWN),
        ([{**RSA, "kid": 7}], None, "RS256", UNKNOWN),
        ([{**RSA, "use": "sig"}], "a", "RS256", ""),
        ([{**RSA, "use": "enc"}], "a", "RS256", UNKNOWN),
        ([{**RSA, "key_ops": ["verify"]}], "a", "RS256", ""),
        ([{**RSA, "key_ops": ["encrypt"]}], "a", "RS256", UNKNOWN),
        ([{**RSA, "key_ops": "verify"}], "a", "RS256", UNKNOWN),
        ([modulus(2047)], "a", "RS256", UNKNOWN),
        ([modulus(8192)], "a", "RS256", ""),
        ([modulus(8193)], "a", "RS256", UNKNOWN),
        ([modulus(2048, "AQAA")], "a", "RS256", UNKNOWN),
        ([modulus(2048, "AQ")], "a", "RS256", UNKNOWN),
        ([modulus(2048, "AQAB==")], "a", "RS256", UNKNOWN),
        ([modulus(2048, encode(b"\xff" * 5))], "a", "RS256", UNKNOWN),
        ([{"kid": "a", "kty": "RSA"}], "a", "RS256", UNKNOWN),
        ([{**RSA, "crv": "P-256"}], "a", "RS256", UNKNOWN),
        ([published(P256)], "a", "ES256", ""),
        ([published(P256)], "a", "ES384", UNSUITABLE),
        ([published(P384)], "a", "ES384", ""),
        ([published(P384, crv="P-256")], "a", "ES256", UNKNOWN),
        ([published(P256, x="AAAA", y="AAAA")], "a", "ES256", UNKNOWN),
        ([published(P256, y=P256.public()["x"])], "a", "ES256", UNKNOWN),
        ([ED], "a", "EdDSA", ""),
        ([{**ED, "x": encode(bytes(31))}], "a", "EdDSA", UNKNOWN),
        ([RSA, published(P256)], "a", "ES256", ""),
        ([RSA, {**RSA, "kid": "b"}], None, "RS256", "does not say which"),
        ([{"kid": "a", "kty": "oct", "k": "AAAA"}], "a", "RS256", UNKNOWN),
        ([{"kty": "new"}, 7, None, published(P256)], "a", "ES256", ""),
        ([], "a", "ES256", UNKNOWN),
    ],
)
def test_a_key_is_used_for_what_it_is_meant_for(
    keys: list[Any], id: str | None, algorithm: str, why: str
) -> None:
    @in_loop
    async def check() -> None:
        found = KeySet(json.dumps({"keys": keys}).encode())
        if not why:
            await found.find(id, algorithm)
            return
        with pytest.raises(TokenRefusal, match=why):
            await found.find(id, algorithm)

    check()


def test_a_key_with_a_member_twice_is_left_out() -> None:
    text = json.dumps({"keys": [RSA]}).replace('"kty"', '"alg": "RS256", "alg": "PS256", "kty"')
    assert not KeySet(text.encode()).keys


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"keys":{}}', '{"keys":null}', '{"keys":[}', '{"KEYS":[]}']
)
def test_what_is_no_set_of_keys_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a set of keys"):
        KeySet(text.encode())


def test_only_so_many_keys_are_kept() -> None:
    text = json.dumps({"keys": [published(P256)] * (MAX_JWKS_KEYS + 5)})
    assert len(KeySet(text.encode()).keys) == MAX_JWKS_KEYS
