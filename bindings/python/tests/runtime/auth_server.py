"""An authorization server on this machine: metadata, keys that can be changed, answers about tokens; and signers
whose keys are made anew in every run."""

import asyncio
import base64
import functools
import hmac
import json
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from isogloss.auth import Claims, Protection
from isogloss.claims import Denied

RESOURCE = "https://mcp.example.com/mcp"
"""The server that tokens are for."""
METADATA_URL = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp"
METADATA_PATH = "/.well-known/oauth-authorization-server"
NEVER = 3600.0

HASHES = {"256": SHA256(), "384": SHA384(), "512": SHA512()}


class Authority:
    """An authorization server, which knows what it was asked."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.metadata: dict[str, Any] = {
            METADATA_PATH: {
                "issuer": issuer,
                "jwks_uri": f"{issuer}/keys",
                "introspection_endpoint": f"{issuer}/introspect",
            }
        }
        self.keys: list[Any] = []
        self.tokens: dict[str, Any] = {}
        """What is said of a token; of others, that it is not active."""
        self.broken = ""
        """Answers everything with this status, such as `500 Oh`."""
        self.asked: Counter[str] = Counter()
        self.authorization: str | None = None
        self.body = ""
        self.open = asyncio.Event()
        """Answers wait for it."""
        self.open.set()
        self.asking = asyncio.Event()
        """Hears that an answer waits."""

    def publish(self, *signers: "Signer") -> None:
        """Publishes the public keys of these signers, and no others."""
        self.keys = [signer.public() for signer in signers]

    def claims(self, **changes: Any) -> dict[str, Any]:
        """The claims of a good token, with changes; None takes one away."""
        good = {
            "iss": self.issuer,
            "aud": RESOURCE,
            "sub": "ada",
            "client_id": "app",
            "scope": "notes:read",
            "exp": int(time.time()) + 300,
        }
        return {name: value for name, value in (good | changes).items() if value is not None}

    async def answer(self, path: str, headers: dict[str, str], body: str) -> tuple[str, Any]:
        self.asked[path] += 1
        if not self.open.is_set():
            self.asking.set()
            await self.open.wait()
        if self.broken:
            return self.broken, {}
        if path == "/keys":
            return "200 OK", {"keys": self.keys}
        if path == "/introspect":
            self.authorization, self.body = headers.get("authorization"), body
            return "200 OK", self.tokens.get(parse_qs(body)["token"][0], {"active": False})
        found = self.metadata.get(path)
        return ("404 Not Found", {}) if found is None else ("200 OK", found)

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, path, _ = (await reader.readline()).decode().split()
        headers = {}
        while line := (await reader.readline()).decode().strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        status, answer = await self.answer(path, headers, body.decode())
        text = json.dumps(answer).encode()
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(text)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + text)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def authority() -> AsyncIterator[Authority]:
    """Runs one as long as the block runs."""
    found: list[Authority] = []
    server = await asyncio.start_server(
        lambda reader, writer: found[0].connected(reader, writer), "127.0.0.1", 0
    )
    async with server:
        found.append(Authority(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"))
        yield found[0]


class Signer:
    """A private key, its name, and how it signs."""

    def __init__(self, id: str, algorithm: str = "ES256") -> None:
        self.id = id
        self.algorithm = algorithm
        self.salt: Any = padding.PSS.DIGEST_LENGTH
        self.key: Any = _rsa_key()
        if algorithm.startswith("ES"):
            self.key = ec.generate_private_key(
                ec.SECP256R1() if algorithm == "ES256" else ec.SECP384R1()
            )
        elif algorithm == "EdDSA":
            self.key = ed25519.Ed25519PrivateKey.generate()

    def public(self) -> dict[str, Any]:
        """The public key, as it is published."""
        key = self.key.public_key()
        about = {"kid": self.id, "use": "sig"}
        if isinstance(key, rsa.RSAPublicKey):
            return {**about, "kty": "RSA", "n": encode_number(key.public_numbers().n), "e": "AQAB"}
        if isinstance(key, ec.EllipticCurvePublicKey):
            point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:]
            size = len(point) // 2
            curve = {32: "P-256", 48: "P-384"}[size]
            x, y = encode(point[:size]), encode(point[size:])
            return {**about, "kty": "EC", "crv": curve, "x": x, "y": y}
        raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return {**about, "kty": "OKP", "crv": "Ed25519", "x": encode(raw)}

    def sign(self, claims: Any, **changes: Any) -> str:
        """A token of these claims, which may be a text; changes are to its head, and None takes away."""
        head = {"alg": self.algorithm, "kid": self.id, "typ": "JWT"} | changes
        message = joined({name: said for name, said in head.items() if said is not None}, claims)
        return f"{message}.{encode(self._signature(message.encode()))}"

    def _signature(self, message: bytes) -> bytes:
        if self.algorithm == "EdDSA":
            return bytes(self.key.sign(message))
        hash = HASHES[self.algorithm[2:]]
        if self.algorithm.startswith("ES"):
            r, s = utils.decode_dss_signature(self.key.sign(message, ec.ECDSA(hash)))
            size = (self.key.curve.key_size + 7) // 8
            return r.to_bytes(size) + s.to_bytes(size)
        pss = padding.PSS(padding.MGF1(hash), self.salt)
        way = pss if self.algorithm.startswith("PS") else padding.PKCS1v15()
        return bytes(self.key.sign(message, way, hash))


@functools.cache
def _rsa_key() -> rsa.RSAPrivateKey:
    # It takes long to make.
    return rsa.generate_private_key(65537, 2048)


def joined(head: Any, claims: Any) -> str:
    """What is signed; a text stands for itself."""
    return ".".join(
        encode((part if isinstance(part, str) else json.dumps(part)).encode())
        for part in (head, claims)
    )


def by_hand(head: Any, claims: Any, secret: bytes | None = None) -> str:
    """A token with this head, signed with a shared secret, or with nothing."""
    message = joined(head, claims)
    return f"{message}.{'' if secret is None else encode(hmac.digest(secret, message.encode(), 'sha256'))}"


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def encode_number(number: int) -> str:
    return encode(number.to_bytes((number.bit_length() + 7) // 8))


def keys_of(*signers: Signer) -> str:
    """A set of their keys."""
    return json.dumps({"keys": [signer.public() for signer in signers]})


class Head:
    """The head of a request."""

    method = "POST"
    path = "/mcp"

    def __init__(self, *authorization: str) -> None:
        self._values = authorization

    def headers(self, name: str, /) -> Sequence[str]:
        # What is elsewhere is not looked at.
        return {"authorization": self._values, "cookie": ["access_token=a"]}.get(name, ())


async def ask(guard: Protection, *authorization: str) -> Claims | Denied:
    """What becomes of a request with these headers Authorization."""
    try:
        return await guard.admit(Head(*authorization))
    except Denied as denied:
        return denied


async def status(guard: Protection, token: str) -> int:
    """The status of the refusal of a request with this token; 200 if there is none."""
    found = await ask(guard, f"Bearer {token}")
    return found.status if isinstance(found, Denied) else 200


_PARAMETER = re.compile(r'([a-z_]+)="([ !#-\[\]-~]*)"(?:, |$)')


def parameters(denied: Denied) -> dict[str, str] | None:
    """The parameters of the challenge `Bearer name="value", …`; None if it is anything else."""
    header = dict(denied.headers).get("www-authenticate", "")
    if header != "Bearer" and not header.startswith("Bearer "):
        return None
    rest, found = header[7:], {}
    while rest:
        match = _PARAMETER.match(rest)
        if match is None or match[1] in found:
            return None
        found[match[1]] = match[2]
        rest = rest[match.end() :]
    return found
