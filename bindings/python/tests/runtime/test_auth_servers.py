"""How authorization servers are asked: for their keys, which change, and about tokens; how often; and what becomes of
requests when they do not answer."""

import asyncio
import logging
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from isogloss.auth import IntrospectionVerifier, JwtVerifier, Protection, TokenRefusal
from isogloss.auth.remembered import Remembered
from isogloss.authority import Failure, sender
from isogloss.claims import Denied

from .auth_server import (
    METADATA_PATH,
    NEVER,
    RESOURCE,
    Head,
    Signer,
    ask,
    authority,
    keys_of,
    status,
)
from .loop import in_loop

HTTPS = "https://auth.example.com"


@in_loop
async def test_keys_are_fetched_once_however_many_ask_at_once() -> None:
    async with authority() as issuer:
        signer = Signer("ec")
        issuer.publish(signer)
        guard = Protection(RESOURCE, JwtVerifier(issuer.issuer))
        token = signer.sign(issuer.claims())
        assert set(await asyncio.gather(*(status(guard, token) for _ in range(50)))) == {200}
        assert (issuer.asked[METADATA_PATH], issuer.asked["/keys"]) == (1, 1)


@in_loop
async def test_a_new_key_is_found_and_an_old_one_forgotten() -> None:
    async with authority() as issuer:
        old, new = Signer("old"), Signer("new", "RS256")
        issuer.publish(old)
        guard = Protection(RESOURCE, JwtVerifier(issuer.issuer, refresh_interval=0))
        by_old, by_new = old.sign(issuer.claims()), new.sign(issuer.claims())
        assert await status(guard, by_old) == 200
        assert await status(guard, by_new) == 401, "it is not published yet"
        issuer.publish(old, new)
        assert await status(guard, by_new) == 200
        assert await status(guard, by_old) == 200
        issuer.publish(new)
        # Keys are looked at again because of one that is not known; the old one is gone then.
        assert await status(guard, Signer("x").sign(issuer.claims())) == 401
        assert await status(guard, by_old) == 401


@in_loop
async def test_invented_keys_do_not_make_it_ask_again_and_again() -> None:
    async with authority() as issuer:
        signer = Signer("ec")
        issuer.publish(signer)
        guard = Protection(RESOURCE, JwtVerifier(issuer.issuer, refresh_interval=NEVER))
        for number in range(100):
            token = signer.sign(issuer.claims(), kid=f"invented-{number}")
            assert await status(guard, token) == 401
        assert await status(guard, signer.sign(issuer.claims())) == 200
        assert issuer.asked["/keys"] == 1


@in_loop
async def test_old_keys_are_fetched_again_and_kept_if_that_fails() -> None:
    async with authority() as issuer:
        signer = Signer("ec")
        issuer.publish(signer)
        verifier = JwtVerifier(issuer.issuer, keys_lifetime=0, refresh_interval=0)
        guard = Protection(RESOURCE, verifier)
        token = signer.sign(issuer.claims())
        for asked in (1, 2):
            assert await status(guard, token) == 200
            assert issuer.asked["/keys"] == asked
        issuer.broken = "500 Oh"
        assert await status(guard, token) == 200
        issuer.broken = ""
        issuer.publish()
        assert await status(guard, token) == 401, "it was revoked"


@in_loop
async def test_while_keys_are_fetched_again_those_that_there_are_do() -> None:
    async with authority() as issuer:
        signer = Signer("ec")
        issuer.publish(signer)
        verifier = JwtVerifier(issuer.issuer, keys_lifetime=0, refresh_interval=0)
        guard = Protection(RESOURCE, verifier)
        token = signer.sign(issuer.claims())
        assert await status(guard, token) == 200
        issuer.open.clear()
        waits = asyncio.create_task(status(guard, token))
        await issuer.asking.wait()
        assert await status(guard, token) == 200
        issuer.open.set()
        assert await waits == 200


@in_loop
async def test_a_client_that_goes_away_does_not_keep_new_keys_from_others() -> None:
    async with authority() as issuer:
        signer = Signer("ec")
        issuer.publish(signer)
        guard = Protection(RESOURCE, JwtVerifier(issuer.issuer, refresh_interval=NEVER))
        token = signer.sign(issuer.claims())
        issuer.open.clear()
        leaves = asyncio.create_task(guard.admit(Head(f"Bearer {token}")))
        await issuer.asking.wait()
        leaves.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaves
        issuer.open.set()
        assert await status(guard, token) == 200
        assert issuer.asked["/keys"] == 1


def test_without_keys_nobody_is_let_in_and_the_reason_stays_here(
    caplog: pytest.LogCaptureFixture,
) -> None:
    @in_loop
    async def check() -> None:
        async with authority() as issuer:
            signer = Signer("ec")
            issuer.publish(signer)
            issuer.broken = "502 Bad Gateway"
            guard = Protection(RESOURCE, JwtVerifier(issuer.issuer, refresh_interval=0))
            token = signer.sign(issuer.claims())
            denied = await ask(guard, f"Bearer {token}")
            assert isinstance(denied, Denied)
            assert denied.status == 503
            assert "www-authenticate" not in dict(denied.headers)
            assert "502" not in str(denied)
            assert "expected HTTP 200, found 502 Bad Gateway" in caplog.text
            assert token not in caplog.text
            issuer.broken = ""
            assert await status(guard, token) == 200

    with caplog.at_level(logging.ERROR, "isogloss"):
        check()


OPENID = "/.well-known/openid-configuration"


@pytest.mark.parametrize(
    ("tenant", "place"),
    [
        ("", METADATA_PATH),
        ("", OPENID),
        ("/tenant", f"{METADATA_PATH}/tenant"),
        ("/tenant", f"{OPENID}/tenant"),
        ("/tenant", f"/tenant{OPENID}"),
    ],
)
def test_metadata_is_found_in_all_its_places(tenant: str, place: str) -> None:
    @in_loop
    async def check() -> None:
        async with authority() as at:
            signer = Signer("ec")
            at.publish(signer)
            issuer = at.issuer + tenant
            at.metadata = {place: {"issuer": issuer, "jwks_uri": f"{at.issuer}/keys"}}
            guard = Protection(RESOURCE, JwtVerifier(issuer))
            assert await status(guard, signer.sign(at.claims(iss=issuer))) == 200

    check()


@in_loop
async def test_metadata_is_believed_only_of_the_issuer() -> None:
    async with authority() as issuer:
        signer = Signer("ec")
        issuer.publish(signer)
        issuer.metadata[METADATA_PATH]["issuer"] = "https://honest.example"
        with pytest.raises(Failure, match=r'issuer: expected ".*", found "https://honest.example"'):
            await JwtVerifier(issuer.issuer).verify(signer.sign(issuer.claims()))
        assert issuer.asked["/keys"] == 0


Answer = Callable[[httpx.Request], Any]


def canned(answer: Answer) -> httpx.MockTransport:
    """Answers by itself."""
    return httpx.MockTransport(answer)


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:1/keys",
        "https://localhost/keys",
        "https://[::ffff:127.0.0.1]/keys",
        "https://app.localhost./keys",
        "https://0x7f.1/keys",
        "https://127.0.0.1./keys",
    ],
)
def test_an_issuer_elsewhere_names_no_address_of_this_machine(address: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.host == "auth.example.com"
        return httpx.Response(200, json={"issuer": HTTPS, "jwks_uri": address})

    @in_loop
    async def check() -> None:
        with pytest.raises(Failure, match="cannot name an address of this machine"):
            await JwtVerifier(HTTPS, transport=canned(answer)).verify(Signer("ec").sign({}))

    check()


SIGNER = Signer("ec")
KEYS = keys_of(SIGNER).encode()


@pytest.mark.parametrize(
    ("code", "body", "why"),
    [
        (200, KEYS, ""),
        (302, KEYS, "expected HTTP 200, found 302 Found"),
        (200, b" " * 300_000, "MAX_AUTH_DOCUMENT"),
        (200, b"<html>", "invalid JSON"),
        (200, b"[]", "expected object"),
        (200, b'"\xff"', "no UTF-8"),
        (200, b"{}", "expected a set of keys"),
        (200, b'{"keys":null}', "expected a set of keys"),
        (200, b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}", "nests deeper"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_an_answer_that_is_no_set_of_keys_is_refused(code: int, body: bytes, why: str) -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(code, content=body, headers={"location": "https://else.example"})

    @in_loop
    async def check() -> None:
        verifier = JwtVerifier(
            HTTPS, jwks_url=f"{HTTPS}/keys?key=hunter2", transport=canned(answer)
        )
        token = SIGNER.sign({"iss": HTTPS, "exp": time.time() + 60})
        if not why:
            await verifier.verify(token)
        else:
            with pytest.raises(Failure, match=why) as failed:
                await verifier.verify(token)
            assert "hunter2" not in str(failed.value)
        assert len(asked) == 1

    check()


def test_a_server_that_never_answers_is_waited_for_only_so_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sender, "AUTH_FETCH_TIMEOUT", 0.05)

    @in_loop
    async def check() -> None:
        async with authority() as issuer:
            issuer.open.clear()
            token = Signer("ec").sign(issuer.claims())
            keys = JwtVerifier(issuer.issuer, jwks_url=f"{issuer.issuer}/keys")
            answers = introspecting(issuer.issuer, endpoint=f"{issuer.issuer}/introspect")
            for verifier in (keys, answers):
                with pytest.raises(Failure, match=r"no answer within .*AUTH_FETCH_TIMEOUT") as late:
                    await verifier.verify(token)
                assert token not in str(late.value)
            issuer.open.set()

    check()


@in_loop
async def test_a_server_that_is_not_there_is_a_failure() -> None:
    async with authority() as issuer:
        place = issuer.issuer
    with pytest.raises(Failure, match=r"^no keys of http://127.0.0.1"):
        await JwtVerifier(place).verify(Signer("ec").sign({}))


def test_no_proxy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")

    @in_loop
    async def check() -> None:
        async with authority() as issuer:
            signer = Signer("ec")
            issuer.publish(signer)
            await JwtVerifier(issuer.issuer).verify(signer.sign(issuer.claims()))

    check()


# ---- introspection ----


def introspecting(issuer: str, **options: Any) -> IntrospectionVerifier:
    """Asks as a client whose name and secret are hard to write."""
    return IntrospectionVerifier(
        issuer, client_id="notes server", client_secret="p:ss wörd", **options
    )


@in_loop
async def test_a_server_says_what_a_token_is_worth() -> None:
    async with authority() as issuer:

        def active(**changes: Any) -> dict[str, Any]:
            return {"active": True, **issuer.claims(**changes)}

        rows: dict[str, tuple[Any, str]] = {
            "good": (active(), ""),
            "nameless": (active(iss=None), ""),
            "revoked": ({"active": False}, "not active"),
            "silent": (issuer.claims(), "not active"),
            "sly": (active(active="true"), "not active"),
            "counted": (active(active=1), "not active"),
            "others": (active(aud="https://other.example"), "not meant for"),
            "foreign": (active(iss="https://evil.example"), "not issued by"),
            "anonymous": (active(iss=""), "not issued by"),
            "bound": (active(cnf={"jkt": "x"}), "bound to a key"),
            "late": (active(exp=time.time() - 60), "has expired"),
            "early": (active(nbf=time.time() + 60), "not yet valid"),
            "unknown": (None, "not active"),
        }
        issuer.tokens = {token: answer for token, (answer, _) in rows.items() if answer}
        guard = Protection(RESOURCE, introspecting(issuer.issuer))
        for token, (_, why) in rows.items():
            found = await ask(guard, f"Bearer {token}")
            if why:
                assert isinstance(found, Denied), token
                assert found.status == 401, token
                assert why in str(found), token
            else:
                assert not isinstance(found, Denied), token
                assert found.subject == "ada", token


@in_loop
async def test_it_asks_as_itself_in_the_header_or_in_the_body() -> None:
    async with authority() as issuer:
        with pytest.raises(TokenRefusal) as refused:
            await introspecting(issuer.issuer).verify("a+b/c=")
        assert "a+b/c=" not in str(refused.value)
        # notes%20server:p%3Ass%20w%C3%B6rd
        assert issuer.authorization == "Basic bm90ZXMlMjBzZXJ2ZXI6cCUzQXNzJTIwdyVDMyVCNnJk"
        assert issuer.body == "token=a%2Bb%2Fc%3D&token_type_hint=access_token"
        with pytest.raises(TokenRefusal):
            await introspecting(issuer.issuer, secret_in_body=True).verify("x~y")
        assert issuer.authorization is None
        who = "client_id=notes%20server&client_secret=p%3Ass%20w%C3%B6rd"
        assert issuer.body == f"token=x%7Ey&token_type_hint=access_token&{who}"


@in_loop
async def test_an_answer_is_believed_for_a_while_good_or_bad() -> None:
    async with authority() as issuer:
        issuer.tokens["good"] = issuer.claims() | {"active": True}
        options: list[tuple[dict[str, float], int]] = [({}, 2), ({"lifetime": 0}, 20)]
        for options_, expected in options:
            guard = Protection(RESOURCE, introspecting(issuer.issuer, **options_))
            before = issuer.asked["/introspect"]
            for _ in range(10):
                assert await status(guard, "good") == 200
                assert await status(guard, "bad") == 401
            assert issuer.asked["/introspect"] - before == expected


@in_loop
async def test_a_server_is_asked_about_so_many_tokens_at_the_same_time() -> None:
    running = most = 0
    full, open = asyncio.Event(), asyncio.Event()

    async def answer(_request: httpx.Request) -> httpx.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        if running == 32:
            full.set()
        await open.wait()
        running -= 1
        return httpx.Response(200, json={"active": True})

    verifier = introspecting(HTTPS, endpoint=f"{HTTPS}/introspect", transport=canned(answer))
    async with asyncio.TaskGroup() as group:
        for number in range(200):
            group.create_task(verifier.verify(f"t{number}"))
        await full.wait()
        open.set()
    assert (running, most) == (0, 32)


@in_loop
async def test_a_server_that_fails_is_no_answer_and_is_asked_again() -> None:
    async with authority() as issuer:
        issuer.tokens["good"] = issuer.claims() | {"active": True}
        verifier = introspecting(issuer.issuer, endpoint=f"{issuer.issuer}/introspect")
        guard = Protection(RESOURCE, verifier)
        for broken in ("401 No", "500 Oh"):
            issuer.broken = broken
            assert await status(guard, "good") == 503
            with pytest.raises(Failure, match=f"found {broken}"):
                await verifier.verify("good")
        issuer.broken = ""
        assert await status(guard, "good") == 200
        assert issuer.asked[METADATA_PATH] == 0


def test_what_is_remembered_has_an_end_and_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    remembered = Remembered(60, 3)
    for token in (b"a", b"b", b"c", b"d"):
        remembered.put(token, "no")
    assert (remembered.get(b"a"), remembered.get(b"b"), len(remembered)) == (None, "no", 3)
    now = 1060.0
    assert remembered.get(b"b") is None
    remembered.put(b"e", "no")
    assert (remembered.get(b"e"), len(remembered)) == ("no", 1)


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for `localhost` that nobody trusts, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, SHA256())
    )
    written, secret = folder / "certificate.pem", folder / "key.pem"
    written.write_bytes(signed.public_bytes(Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )
    return written, secret


def test_an_authorization_server_has_a_certificate_that_is_trusted(tmp_path: Path) -> None:
    written, secret = certificate(tmp_path)
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.load_cert_chain(written, secret)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(KEYS), KEYS))
        await writer.drain()
        writer.close()

    @in_loop
    async def check() -> None:
        async with await asyncio.start_server(connected, "127.0.0.1", 0, ssl=shown) as server:
            url = f"https://localhost:{server.sockets[0].getsockname()[1]}/keys"
            token = SIGNER.sign({"iss": HTTPS, "exp": time.time() + 60})
            with pytest.raises(Failure, match="CERTIFICATE_VERIFY_FAILED"):
                await JwtVerifier(HTTPS, jwks_url=url).verify(token)
            trust = ssl.create_default_context(cafile=written)
            async with httpx.AsyncHTTPTransport(verify=trust, trust_env=False) as transport:
                await JwtVerifier(HTTPS, jwks_url=url, transport=transport).verify(token)

    check()
