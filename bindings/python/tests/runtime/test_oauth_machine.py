"""Clients that act without a user: what they show for a token, and tokens that are bound to a key."""

import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings, strategies as st

from isogloss.oauth import (
    Authorizer,
    ClientIdentity,
    IdentityProvider,
    MemoryStore,
    PrivateKey,
    client_credentials,
    enterprise,
    jwt_bearer,
)

from .loop import in_loop
from .oauth_guarded import Guarded, Head, Says, both, desk, guarded, reads, stays, why
from .oauth_jwt import NoNonce, Signer, proven, unverified
from .oauth_server import Authority, Client, authority

CLOUD = "https://cloud.example"
P256 = ec.generate_private_key(ec.SECP256R1())
P384 = ec.generate_private_key(ec.SECP384R1())
ED = ed25519.Ed25519PrivateKey.generate()
RSA = rsa.generate_private_key(65537, 2048)


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_a_program_proves_who_it_is_with_a_secret(method: str) -> None:
    @in_loop
    async def run() -> None:
        async with both(token_endpoint_auth_methods_supported=[method]) as (a, g):
            a.clients["desk"] = Client(method, "hunter2 +%")
            authorizer = client_credentials(g.url, ClientIdentity("desk", secret="hunter2 +%"))
            await reads(g, authorizer)
            await reads(g, authorizer, "write")
            assert a.asked("/token", "scope") == ["notes:read", "notes:read notes:write"]

    run()


def pem(key: Any, form: PrivateFormat = PrivateFormat.PKCS8) -> bytes:
    return bytes(key.private_bytes(Encoding.PEM, form, NoEncryption()))


def sec1(key: Any) -> bytes:
    """As openssl writes it."""
    parameters = b"-----BEGIN EC PARAMETERS-----\nBgUrgQQAIg==\n-----END EC PARAMETERS-----\n"
    return parameters + pem(key, PrivateFormat.TraditionalOpenSSL)


@pytest.mark.parametrize(
    ("key", "given", "algorithm"),
    [
        (P256, pem(P256), None),
        (P256, pem(P256).decode().replace("\n", "\r\n"), None),
        (P256, sec1(P256), "ES256"),
        (P384, pem(P384), None),
        (P384, sec1(P384), None),
        (ED, pem(ED), "EdDSA"),
        (ED, ED, None),
        (RSA, pem(RSA), None),
        (RSA, pem(RSA, PrivateFormat.TraditionalOpenSSL), "PS384"),
        (RSA, RSA, "RS512"),
    ],
)
def test_a_program_proves_who_it_is_by_what_it_signs(
    key: Any, given: Any, algorithm: str | None
) -> None:
    @in_loop
    async def run() -> None:
        async with both(token_endpoint_auth_methods_supported=["private_key_jwt"]) as (a, g):
            a.clients["desk"] = Client("private_key_jwt", key=key.public_key())
            own = PrivateKey(given, algorithm=algorithm, key_id="k1")
            client = ClientIdentity("desk", issuer=a.issuer, key=own)
            await reads(g, client_credentials(g.url, client))
            (statement,) = a.asked("/token", "client_assertion")
            head, claims = unverified(statement or "")
            assert head["kid"] == "k1" and claims["exp"] <= time.time() + 60

    run()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        "hunter2",
        pem(ec.generate_private_key(ec.SECP521R1())),
        pem(rsa.generate_private_key(65537, 1024)),
        "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----",
        "-----BEGIN EC PRIVATE KEY-----\naHVudGVyMg==\n-----END EC PRIVATE KEY-----",
        "-----BEGIN CERTIFICATE-----\naHVudGVyMg==\n-----END CERTIFICATE-----",
    ],
)
def test_what_is_no_private_key_is_refused_without_being_shown(text: Any) -> None:
    with pytest.raises(ValueError, match="expected the PEM") as caught:
        PrivateKey(text)
    assert "hunter2" not in str(caught.value) + str(caught.value.__context__)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "none", "HS256"])
def test_a_key_signs_with_what_it_can_alone(algorithm: str) -> None:
    with pytest.raises(ValueError, match="cannot sign with"):
        PrivateKey(ED, algorithm=algorithm)


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=200)
    | st.binary(max_size=80).map(
        lambda text: b"-----BEGIN PRIVATE KEY-----\n" + text + b"\n-----END PRIVATE KEY-----"
    )
    | st.integers(0, len(sec1(P256))).map(lambda at: sec1(P256)[:at] + b"A" + sec1(P256)[at + 1 :])
)
def test_any_text_is_a_key_or_an_error_of_one_kind(text: bytes) -> None:
    try:
        PrivateKey(text)
    except ValueError as error:
        assert str(error).startswith("private key: expected")  # noqa: PT017


@in_loop
async def test_a_workload_shows_what_its_platform_says_and_is_not_tried_in_another_way() -> None:
    async with both() as (a, g):
        platform = Signer()
        a.trusted[CLOUD] = platform.public
        a.clients["workload"] = Client()

        async def statement(issuer: str) -> str:
            return platform.attested(CLOUD, issuer) + "\n"

        await reads(g, jwt_bearer(g.url, ClientIdentity("workload"), statement))
        assert a.asked("/token", "resource") == [g.url]
        wrong = platform.attested(CLOUD, "https://other.example")
        words = await why(g, jwt_bearer(g.url, ClientIdentity("workload"), wrong), "invalid_grant")
        assert wrong not in words
        assert a.count("/token") == 2
        assert a.count("/authorize") + a.count("/register") == 0


@in_loop
async def test_an_enterprise_decides_for_its_user() -> None:
    async with both() as (a, g), authority() as provider:
        people = Signer()
        provider.trusted["https://people.example"] = people.public
        provider.clients["desk at work"] = Client()
        a.trusted[provider.issuer] = provider.signer.public
        a.clients["desk"] = Client("client_secret_basic", "hunter2")
        client = ClientIdentity("desk", secret="hunter2", issuer=a.issuer)
        for endpoint in (None, f"{provider.issuer}/token"):
            own = IdentityProvider(
                provider.issuer,
                client=ClientIdentity("desk at work"),
                id_token=people.attested("https://people.example", "desk at work"),
                token_endpoint=endpoint,
            )
            await reads(g, enterprise(g.url, client, own))
        assert provider.asked("/token", "audience") == [a.issuer] * 2
        assert provider.asked("/token", "resource") == [g.url] * 2
        assert a.count("/authorize") + provider.count("/authorize") == 0


class Binding:
    """A server that takes nothing but tokens bound to a key, each time with another proof."""

    def __init__(self, a: Authority, g: Guarded) -> None:
        self.nonce = ""
        self.restless = False
        """It gives another nonce each time, and takes none."""
        self.refused = 0
        self._proofs: set[str] = set()
        self._a, self._g = a, g
        g.names(a.issuer)
        g.judge = self._judge

    def _judge(self, head: Head) -> Says | None:
        if head.authorization is None:
            return Says(401, 'DPoP algs="ES256"')
        if self.restless:
            self.nonce = "n" * (self.refused + 1)
        kind, _, token = head.authorization.partition(" ")
        assert kind == "DPoP" and head.proof not in self._proofs
        self._proofs.add(head.proof)
        try:
            key = proven(head.proof, head.method, self._g.url, token, self.nonce)
        except NoNonce:
            self.refused += 1
            return Says(401, 'DPoP error="use_dpop_nonce"', self.nonce)
        assert self._a.tokens[token].key == key
        return None


@in_loop
async def test_a_token_is_bound_to_a_key_where_the_server_wants_it() -> None:
    async with authority() as a, guarded() as g:
        a.dpop, a.nonce = True, "of the authorization server"
        server = Binding(a, g)
        server.nonce = "of the server"
        store = MemoryStore()

        def client() -> Authorizer:
            return desk(g, store=store)

        authorizer = client()
        # What the address has besides is no part of a proof.
        plain, g.url = g.url, f"{g.url}?a=b"
        server._g = Guarded()
        server._g.url = plain
        for _ in range(3):
            await reads(g, authorizer)
        # Each nonce cost one try, the first time.
        assert (server.refused, a.count("/token")) == (1, 2)
        server.nonce = "another one"
        await reads(g, authorizer)
        # The key is kept with the token, and renews it.
        a.expires_in = 0
        g.url = plain
        authorizer = client()
        await reads(g, authorizer)
        assert a.count("/authorize") == 1
        await authorizer.forget()
        await reads(g, authorizer)
        await reads(g, client())
        assert a.count("/authorize") == 2


@in_loop
async def test_a_server_that_takes_no_nonce_is_not_asked_for_ever() -> None:
    async with authority() as a, guarded() as g:
        a.dpop = True
        server = Binding(a, g)
        server.restless = True
        await stays(g, desk(g), 401)
        assert server.refused <= 4


@in_loop
async def test_a_nonce_that_is_there_and_not_taken_is_not_shown_again() -> None:
    async with authority() as a, guarded() as g:
        a.dpop, shown = True, 0
        judge = Binding(a, g)._judge

        def stubborn(head: Head) -> Says | None:
            nonlocal shown
            if not head.proof:
                return judge(head)
            shown += 1
            return Says(401, 'DPoP error="use_dpop_nonce"', "always this")

        g.judge = stubborn
        await stays(g, desk(g), 401)
        # A proof without the nonce, and one with it.
        assert shown == 2


@in_loop
async def test_a_token_that_was_to_be_bound_and_is_not_is_not_used() -> None:
    async with both(dpop_signing_alg_values_supported=None) as (a, g):
        await why(g, desk(g, dpop=True), "expected ES256")
        assert a.count("/authorize") == 0
