"""Which tokens let a request in, and what a client is told whose token does not."""

import json
import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from isogloss.auth import (
    Claims,
    FixedTokens,
    IntrospectionVerifier,
    JwtVerifier,
    Protection,
    TokenRefusal,
    TokenVerifier,
)
from isogloss.auth.algorithm import RSA
from isogloss.claims import Denied

from .auth_server import (
    METADATA_URL,
    RESOURCE,
    Authority,
    Head,
    Signer,
    ask,
    authority,
    by_hand,
    encode,
    keys_of,
    parameters,
    status,
)
from .loop import in_loop

HTTPS = "https://auth.example.com"
SECRET = b"s" * 32


def denied(found: Claims | Denied) -> Denied:
    assert isinstance(found, Denied), "it was let in"
    return found


@in_loop
async def test_good_tokens_let_a_request_in_and_say_who_asks() -> None:
    async with authority() as issuer:
        signers = [
            Signer("ec"),
            Signer("ec3", "ES384"),
            Signer("ed", "EdDSA"),
            Signer("r", "RS256"),
        ]
        issuer.publish(*signers)
        guard = Protection(RESOURCE, JwtVerifier(issuer.issuer))
        end = int(time.time()) + 300
        for signer in signers:
            said = issuer.claims(exp=end, scope="a b", team="blue")
            assert await ask(guard, f"Bearer {signer.sign(said)}") == Claims(
                issuer=issuer.issuer,
                subject="ada",
                client_id="app",
                scopes=frozenset("ab"),
                audience=(RESOURCE,),
                expires_at=datetime.fromtimestamp(end, UTC),
                all=said,
            )
        now = time.time()
        for changes in (
            {"aud": ["https://other.example.com", RESOURCE]},
            {"aud": "HTTPS://MCP.example.com/mcp"},
            {"nbf": now - 5},
            {"exp": now - 5},
            {"exp": now + 100.5},
            {"sub": None, "client_id": None, "scope": None},
        ):
            token = signers[0].sign(issuer.claims(**changes))
            assert await ask(guard, f"bearer  {token}") == await guard.admit(
                Head(f"Bearer {token}")
            )


def bad_tokens(issuer: Authority, ours: Signer) -> Mapping[str, tuple[str, str]]:
    """Tokens that are no good: what they are → the token, and a part of what the client is told."""
    good = issuer.claims()
    now = time.time()

    def changed(**changes: Any) -> str:
        return ours.sign(issuer.claims(**changes))

    def null(name: str) -> str:
        return ours.sign(json.dumps(good | {name: None}))

    signed = ours.sign(good)
    head, payload, signature = signed.split(".")
    other = changed(sub="eve").split(".")[2]
    hs256 = {"alg": "HS256", "kid": "ec"}
    public = json.dumps(ours.public()).encode()
    twice = f'{{"iss":"x","iss":"{issuer.issuer}","exp":9999999999}}'
    two_algorithms = '{"alg":"none","alg":"ES256","kid":"ec"}'
    deep = "[" * 5000 + "]" * 5000
    unaccepted = "not signed in a way"
    return {
        "expired": (changed(exp=now - 60), "has expired"),
        "without an end": (changed(exp=None), "does not say exp"),
        "an end that is a text": (changed(exp="tomorrow"), "does not say exp"),
        "an end that is true": (changed(exp=True), "does not say exp"),
        "an end that is nothing": (null("exp"), "does not say exp"),
        "from the future": (changed(nbf=now + 60), "not yet valid"),
        "for somebody else": (changed(aud="https://other.example.com"), "not meant for"),
        "for a longer name": (changed(aud=f"{RESOURCE}.evil.example"), "not meant for"),
        "for nobody": (changed(aud=None), "not meant for"),
        "by somebody else": (changed(iss="https://evil.example"), "was not issued by"),
        "by nobody": (changed(iss=None), "does not say iss"),
        "by nothing": (null("iss"), "does not say iss"),
        "by several": (changed(iss=[issuer.issuer, "x"]), "cannot be read"),
        "by two, one after the other": (ours.sign(twice), "cannot be read"),
        "bound to a key": (changed(cnf={"jkt": "x"}), "bound to a key"),
        "unsigned": (by_hand({"alg": "none"}, good), "cannot be read"),
        "unsigned, shouting": (by_hand({"alg": "NONE", "kid": "ec"}, good), "cannot be read"),
        "of no algorithm": (by_hand({"kid": "ec"}, good), "cannot be read"),
        "of two algorithms": (by_hand(two_algorithms, good), "cannot be read"),
        "signed with the public key": (by_hand(hs256, good, public), unaccepted),
        "signed with nothing": (by_hand(hs256, good, b""), unaccepted),
        "with a published secret": (by_hand({**hs256, "kid": "oct"}, good, bytes(32)), unaccepted),
        "by a stranger with our key's name": (Signer("ec").sign(good), "signature is wrong"),
        "by an unknown key": (Signer("new").sign(good), "does not publish"),
        "by a key of another kind": (ours.sign(good, kid="rsa"), "algorithm is not one"),
        "that must be understood": (ours.sign(good, crit=["b64"]), "crit"),
        "with another payload": (f"{head}.{payload}.{other}", "signature is wrong"),
        "with half a signature": (f"{head}.{payload}.{signature[:40]}", "signature is wrong"),
        "without a signature": (f"{head}.{payload}.", "signature is wrong"),
        "without a head": (f".{payload}.{signature}", "cannot be read"),
        "with a part too many": (f"{signed}.x", "cannot be read"),
        "with two parts": (f"{head}.{payload}", "cannot be read"),
        "of five parts, encrypted": ("a.b.c.d.e", "cannot be read"),
        "no token of this kind": ("opaque", "cannot be read"),
        "very deep": (by_hand(deep, good), "cannot be read"),
        "too long": (changed(more="x" * 20_000), "MAX_TOKEN"),
        "not ASCII": ("ä", "characters"),
        "two in one header": (f"{signed}, Bearer {signed}", "characters"),
    }


@in_loop
async def test_other_tokens_do_not_and_the_client_is_told_why() -> None:
    async with authority() as issuer:
        ours = Signer("ec")
        issuer.publish(ours, Signer("rsa", "RS256"))
        issuer.keys.append({"kty": "oct", "kid": "oct", "k": encode(bytes(32))})
        guard = Protection(RESOURCE, JwtVerifier(issuer.issuer))
        for what, (token, why) in bad_tokens(issuer, ours).items():
            refused = denied(await ask(guard, f"Bearer {token}"))
            told = parameters(refused)
            assert told is not None, what
            assert (refused.status, told["error"]) == (401, "invalid_token"), what
            assert told["resource_metadata"] == METADATA_URL, what
            assert why in told["error_description"], what
            assert len(token) < 60 or token[:60] not in f"{refused!r} {refused.headers}", what


@in_loop
async def test_a_token_with_any_character_changed_is_refused() -> None:
    claims = {"iss": HTTPS, "aud": RESOURCE, "exp": time.time() + 300}
    for signer in (Signer("ec"), Signer("ed", "EdDSA"), Signer("rsa", "RS256")):
        guard = Protection(RESOURCE, JwtVerifier(HTTPS, keys=keys_of(signer)))
        token = signer.sign(claims)
        assert await status(guard, token) == 200
        for at, letter in enumerate(token):
            other = "A" if letter in "zZ" else chr(ord(letter) + 1)
            assert await status(guard, token[:at] + other + token[at + 1 :]) == 401, at


@in_loop
async def test_each_algorithm_takes_its_own_signatures_alone() -> None:
    claims = {"iss": HTTPS, "exp": time.time() + 60}
    for algorithm in RSA:
        signer = Signer("rsa", algorithm)
        verifier = JwtVerifier(HTTPS, keys=keys_of(signer))
        for said in RSA:
            token = signer.sign(claims, alg=said)
            if said == algorithm:
                await verifier.verify(token)
            else:
                with pytest.raises(TokenRefusal, match="signature is wrong"):
                    await verifier.verify(token)
        if algorithm.startswith("PS"):
            signer.salt = 20
            with pytest.raises(TokenRefusal, match="signature is wrong"):
                await verifier.verify(signer.sign(claims))


@pytest.mark.parametrize(
    ("values", "code", "error", "words"),
    [
        ([], 401, None, "send a token"),
        (["Basic YTpi"], 401, None, "send a token"),
        (["Bearer"], 401, None, "send a token"),
        (["Bearer a", "Bearer a"], 400, "invalid_request", "more than one"),
        (["Bearer a b"], 401, "invalid_token", "characters"),
    ],
)
def test_a_request_without_one_token_is_told_what_to_do(
    values: list[str], code: int, error: str | None, words: str
) -> None:
    @in_loop
    async def check() -> None:
        guard = Protection(RESOURCE, FixedTokens({}), scopes=["notes:read"])
        refused = denied(await ask(guard, *values))
        told = parameters(refused)
        assert told is not None
        assert (refused.status, told.get("error"), told["scope"]) == (code, error, "notes:read")
        assert told["resource_metadata"] == METADATA_URL
        assert ("error_description" in told) == (error is not None)
        assert words in str(refused)
        assert ("cache-control", "no-store") in refused.headers

    check()


@in_loop
async def test_a_token_without_enough_scopes_is_told_all_that_it_needs() -> None:
    def held(*scopes: str) -> Claims:
        return Claims(scopes=frozenset(scopes))

    tokens = {"none": held(), "read": held("read"), "admin": held("admin")}
    guard = Protection(
        RESOURCE, FixedTokens(tokens), scopes=["read"], includes={"admin": ["read", "write"]}
    )
    refused = denied(await ask(guard, "Bearer none"))
    told = parameters(refused)
    assert told is not None
    assert (refused.status, told["error"], told["scope"]) == (403, "insufficient_scope", "read")
    assert told["resource_metadata"] == METADATA_URL
    assert await ask(guard, "Bearer read") == held("read")
    assert await ask(guard, "Bearer admin") == held("admin", "read", "write")
    assert tokens["admin"] == held("admin"), (
        "what a token brings is not added to what is kept of it"
    )
    lacks = guard.lacks(Head(), ["write", "read", "write"])
    told = parameters(lacks)
    assert told is not None
    assert (lacks.status, told["error"], told["scope"]) == (403, "insufficient_scope", "read write")


def narrowed() -> Mapping[str, tuple[JwtVerifier, str, str]]:
    """What a verifier may be told, a token, and why that is refused; empty if it is not."""
    ec, rsa = Signer("ec"), Signer("rsa", "RS256")
    keys = keys_of(ec, rsa)
    now = time.time()
    good = {"iss": HTTPS, "exp": now + 300}
    only_es = JwtVerifier(HTTPS, keys=keys, algorithms=["ES256"])
    only_at = JwtVerifier(HTTPS, keys=keys, require_type="at+jwt")
    shared = JwtVerifier(HTTPS, shared_secret=SECRET)
    hs256 = {"alg": "HS256"}
    type = "no token of the type at+jwt"
    return {
        "EC": (JwtVerifier(HTTPS, keys=keys), ec.sign(good), ""),
        "RSA": (JwtVerifier(HTTPS, keys=keys.encode()), rsa.sign(good), ""),
        "RSA without a name": (JwtVerifier(HTTPS, keys=keys), rsa.sign(good, kid=None), ""),
        "EC where it is alone": (only_es, ec.sign(good), ""),
        "RSA where it is not accepted": (only_es, rsa.sign(good), "not signed in a way"),
        "a type": (only_at, ec.sign(good, typ="at+jwt"), ""),
        "a longer type": (only_at, ec.sign(good, typ="application/AT+JWT"), ""),
        "another type": (only_at, ec.sign(good, typ="JWT"), type),
        "no type": (only_at, ec.sign(good, typ=None), type),
        "strict": (
            JwtVerifier(HTTPS, keys=keys, leeway=0),
            ec.sign({**good, "exp": now - 2}),
            "expired",
        ),
        "lax": (JwtVerifier(HTTPS, keys=keys, leeway=600), ec.sign({**good, "exp": now - 60}), ""),
        "a secret": (shared, by_hand(hs256, good, SECRET), ""),
        "another secret": (shared, by_hand(hs256, good, b"t" * 32), "signature is wrong"),
        "a key where a secret is": (shared, ec.sign(good), "not signed in a way"),
        "nothing where a secret is": (shared, by_hand({"alg": "none"}, good), "cannot be read"),
        "a line end": (only_es, ec.sign(good) + "\n", "cannot be read"),
    }


@in_loop
async def test_what_a_verifier_accepts_can_be_narrowed() -> None:
    for what, (verifier, token, why) in narrowed().items():
        if not why:
            await verifier.verify(token)
            continue
        with pytest.raises(TokenRefusal) as refused:
            await verifier.verify(token)
        assert why in str(refused.value), what


@in_loop
async def test_an_audience_of_another_name_is_accepted_if_it_is_ours() -> None:
    ec = Signer("ec")
    verifier = JwtVerifier(HTTPS, keys=keys_of(ec))
    token = ec.sign({"iss": HTTPS, "exp": time.time() + 60, "aud": "api://notes"})
    assert await status(Protection(RESOURCE, verifier), token) == 401
    assert await status(Protection(RESOURCE, verifier, audiences=["api://notes"]), token) == 200


class Found(TokenVerifier):
    """Finds the same of every token."""

    def __init__(self, found: Claims | Exception | None) -> None:
        self.found = found

    async def verify(self, token: str, /) -> Claims:
        assert token
        if isinstance(self.found, Exception):
            raise self.found
        return self.found  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (Claims(audience=(RESOURCE,)), 200),
        (Claims(audience=(RESOURCE,), expires_at=datetime.now(UTC) + timedelta(hours=1)), 200),
        (Claims(), 401),
        (Claims(audience=(RESOURCE,), expires_at=datetime.fromtimestamp(0, UTC)), 401),
        (TokenRefusal("no"), 401),
        (Claims(audience=(RESOURCE,), expires_at=datetime(2999, 1, 1)), 503),
        (OSError("the database at 10.0.0.7 is down"), 503),
        (None, 503),
    ],
)
def test_a_verifier_of_ones_own_is_held_to_audience_and_time(
    found: Claims | Exception | None, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    @in_loop
    async def check() -> None:
        got = await ask(Protection(RESOURCE, Found(found)), "Bearer x-token")
        if code == 200:
            assert got == found
            return
        refused = denied(got)
        assert refused.status == code
        if code == 503:
            headers = dict(refused.headers)
            assert headers == {"cache-control": "no-store", "retry-after": "10"}
            assert "10.0.0.7" not in str(refused)

    with caplog.at_level(logging.ERROR, "isogloss"):
        check()
    assert bool(caplog.records) == (code == 503)
    assert "x-token" not in caplog.text
    if isinstance(found, OSError):
        assert "the database at 10.0.0.7 is down" in caplog.text


def protection(resource: str = RESOURCE, **options: Any) -> Any:
    return lambda: Protection(resource, FixedTokens({}), **options)


def jwt(issuer: str = HTTPS, **options: Any) -> Any:
    return lambda: JwtVerifier(issuer, **options)


def introspection(issuer: str = HTTPS, **options: Any) -> Any:
    return lambda: IntrospectionVerifier(issuer, client_id="a", client_secret="b", **options)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (protection("mcp.example.com"), 'resource "mcp.example.com": expected an absolute'),
        (protection("http://mcp.example.com"), "use https"),
        (protection(scopes=["a b"]), "without spaces"),
        (protection(scopes="read"), "scopes: expected a list"),
        (protection(audiences="api://notes"), "audiences: expected a list"),
        (protection(scopes_supported=["offline_access"]), "refresh token"),
        (protection(includes={"a": [""]}), "scope ''"),
        (protection(includes={"a": "b"}), "includes['a']: expected a list"),
        (protection(metadata_url="nowhere"), "metadata_url"),
        (
            protection(authorization_servers=["ftp://x"]),
            'authorization server "ftp://x": expected https',
        ),
        (protection("x", scopes=["a b"]), "https://host\nscope"),
        (jwt("http://auth.example.com"), "use https"),
        (jwt(jwks_url="http://10.0.0.1/keys"), "jwks_url"),
        (jwt(keys="{}"), "keys: expected a set of keys"),
        (jwt(keys='{"keys":[]}'), "keys: found none"),
        (jwt(shared_secret=b"short"), "at least 32 bytes"),
        (jwt(shared_secret=b""), "at least 32 bytes"),
        (jwt(shared_secret=SECRET, jwks_url=HTTPS), "at most one"),
        (jwt(shared_secret=SECRET, algorithms=["ES256"]), "HS256 alone"),
        (jwt(algorithms=[]), "algorithms: expected at least one"),
        (jwt(algorithms=["HS256"]), "found 'HS256'"),
        (introspection("http://auth.example.com"), "use https"),
        (introspection(endpoint="/introspect"), "endpoint"),
    ],
)
def test_a_wrong_setup_is_told_before_anybody_asks(make: Any, why: str) -> None:
    with pytest.raises(ValueError, match=r".") as wrong:
        make()
    assert why in str(wrong.value)


@pytest.mark.parametrize("make", [protection(), jwt(), introspection()])
def test_a_right_one_is_not(make: Any) -> None:
    make()


def test_the_metadata_says_where_to_get_a_token_and_for_what() -> None:
    guard = Protection(
        RESOURCE,
        JwtVerifier(HTTPS),
        scopes=["read"],
        name="Notes & more",
        authorization_servers=[HTTPS, "https://other.example.com"],
    )
    for text in guard.documents.values():
        assert json.loads(text) == {
            "resource": RESOURCE,
            "authorization_servers": [HTTPS, "https://other.example.com"],
            "scopes_supported": ["read"],
            "bearer_methods_supported": ["header"],
            "resource_name": "Notes & more",
        }


@in_loop
async def test_metadata_that_is_elsewhere_is_not_served_here() -> None:
    guard = Protection(RESOURCE, FixedTokens({}), metadata_url="https://x.example/m")
    assert not guard.documents
    told = parameters(denied(await ask(guard)))
    assert told == {"resource_metadata": "https://x.example/m"}


def test_the_paths_of_metadata_are_as_a_server_has_them() -> None:
    guard = Protection("https://mcp.example.com/caf%C3%A9/mcp/", FixedTokens({}))
    assert "/.well-known/oauth-protected-resource/café/mcp" in guard.documents
    assert guard.metadata_url.endswith("/.well-known/oauth-protected-resource/caf%C3%A9/mcp")


def test_nothing_that_is_secret_is_shown() -> None:
    secret = "hunter2hunter2hunter2hunter2hunter2"
    tokens = FixedTokens({secret: Claims()})
    shared = JwtVerifier(HTTPS, shared_secret=secret.encode())
    asked = IntrospectionVerifier(HTTPS, client_id="a", client_secret=secret)
    for verifier in (tokens, shared, asked):
        for value in (verifier, Protection(RESOURCE, verifier)):
            assert "hunter2" not in f"{value} {value!r} {vars(value)}"
