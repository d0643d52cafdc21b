"""An authorization server on this machine: it says what it is, and holds every request to what the RFCs ask of it."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote_plus, urlencode

from .oauth_jwt import NoNonce, Signer, digest, proven, unverified, verified
from .web import served

BACK = "http://127.0.0.1:4/callback"
PLACE = "/.well-known/oauth-authorization-server"
URN = "urn:ietf:params:oauth:"


class Client(NamedTuple):
    """A client that the server knows."""

    method: str = "none"
    secret: str = ""
    redirect_uris: tuple[str, ...] = ()
    key: Any = None


class Stands(NamedTuple):
    """What a code, a token, or a token to renew with stands for."""

    client: str
    scope: str
    resource: str
    key: str = ""
    challenge: str = ""
    redirect_uri: str = ""


class No(Exception):
    """Why there is no token."""

    def __init__(self, code: str, description: str = "", status: int = 400) -> None:
        super().__init__(code)
        self.status = status
        self.document = {"error": code, "error_description": description}


class Authority:
    """The server. What tests change are its attributes."""

    def __init__(self, changes: dict[str, Any]) -> None:
        self.issuer = ""
        self.changes = changes
        self.metadata: dict[str, dict[str, Any]] = {}
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.came = asyncio.Event()
        self.broken = 0
        self.clients: dict[str, Client] = {}
        self.trusted: dict[str, Any] = {}
        self.denied = ""
        self.iss: str | None = ""
        self.expires_in: Any = 3600
        self.refreshes = True
        self.rotates = True
        self.narrowed = ""
        self.nonce = ""
        self.dpop = False
        self.refuses: dict[str, Any] = {}
        self.signer = Signer()
        self.codes: dict[str, Stands] = {}
        self.renewals: dict[str, Stands] = {}
        self.tokens: dict[str, Stands] = {}
        self._made = 0

    def says(self, path: str = PLACE, **changes: Any) -> None:
        """Says at this path what it is, with changes, of which None takes a member away."""
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "registration_endpoint": f"{self.issuer}/register",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": [
                "none",
                "client_secret_basic",
                "client_secret_post",
            ],
            "authorization_response_iss_parameter_supported": True,
            "dpop_signing_alg_values_supported": ["ES256"],
            **changes,
        }
        self.metadata[path] = {k: v for k, v in document.items() if v is not None}

    def asked(self, path: str, name: str) -> list[str | None]:
        """A member of all requests to a path."""
        return [pairs.get(name) for at, pairs in self.seen if at == path]

    def count(self, path: str) -> int:
        return len(self.asked(path, ""))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        self.came.set()
        await self.gate.wait()
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        pairs = _pairs(scope, headers, (await receive()).get("body", b""))
        self.seen.append((scope["path"], pairs))
        status, more, document = self._answer(scope["method"], scope["path"], pairs)
        body = b"" if document is None else json.dumps(document).encode()
        head = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        head += [(name.encode(), value.encode()) for name, value in more.items()]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": body})

    def _answer(self, method: str, path: str, pairs: dict[str, str]) -> Any:
        more: dict[str, str] = {}
        if self.broken:
            return self.broken, more, None
        try:
            match method, path:
                case "GET", "/authorize":
                    return 302, {"location": self._authorize(pairs)}, None
                case "POST", "/register":
                    return 201, more, self._register(json.loads(pairs["json"]))
                case "POST", "/token":
                    more = {"dpop-nonce": self.nonce} if self.nonce else {}
                    return 200, more, self._token(pairs)
        except No as no:
            return no.status, more, no.document
        document = self.metadata.get(path)
        return (404, more, None) if document is None else (200, more, document)

    def _authorize(self, asked: dict[str, str]) -> str:
        """The user says yes: where they are sent."""
        client, back = asked["client_id"], asked["redirect_uri"]
        is_document = client.startswith("https://")
        if not is_document and back not in self.clients.get(client, Client()).redirect_uris:
            raise No("invalid_client")
        assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256"
        code = self._new("code")
        challenge, key = asked["code_challenge"], asked.get("dpop_jkt", "")
        self.codes[code] = Stands(
            client, asked.get("scope", ""), asked["resource"], key, challenge, back
        )
        query = {"state": asked["state"], "code": code}
        if self.denied:
            query = {"state": asked["state"], "error": self.denied}
        if self.iss is not None:
            query["iss"] = self.iss or self.issuer
        return f"{back}?{urlencode(query)}"

    def _register(self, wanted: dict[str, Any]) -> dict[str, Any]:
        assert wanted["application_type"] in ("native", "web")
        id, method = self._new("client"), wanted["token_endpoint_auth_method"]
        secret = "" if method == "none" else f"secret of {id}"
        self.clients[id] = Client(method, secret, tuple(wanted["redirect_uris"]))
        return {**wanted, "client_id": id, **({"client_secret": secret} if secret else {})}

    def _token(self, form: dict[str, str]) -> dict[str, Any]:
        if self.refuses:
            raise No(**self.refuses)
        client, key, proof = self._client(form), "", form.get("header:dpop")
        if proof:
            try:
                key = proven(proof, "POST", f"{self.issuer}/token", None, self.nonce)
            except NoNonce:
                raise No("use_dpop_nonce") from None
        elif self.dpop:
            raise No("invalid_dpop_proof")
        asks = Stands(client, form.get("scope", ""), form.get("resource", ""), key)
        match form["grant_type"].removeprefix(f"{URN}grant-type:"):
            case "authorization_code":
                asks = self._redeemed(form, asks)
            case "refresh_token":
                asks = self._renewed(form["refresh_token"], asks)
            case "client_credentials":
                pass
            case "jwt-bearer":
                self._asserted(form["assertion"], asks)
            case "token-exchange":
                return self._exchanged(form, client)
            case _:
                raise No("unsupported_grant_type")
        return self._issue(asks)

    def _client(self, form: dict[str, str]) -> str:
        """The ID of the client that proved itself in the way that it has to."""
        id, secret, method = form.get("client_id", ""), form.get("client_secret", ""), "none"
        basic = form.get("header:authorization", "").removeprefix("Basic ")
        assertion = form.get("client_assertion", "")
        assert sum(map(bool, (secret, basic, assertion))) <= 1
        if secret:
            method = "client_secret_post"
        elif basic:
            pair = base64.b64decode(basic).decode().split(":")
            id, secret = map(unquote_plus, pair)
            method = "client_secret_basic"
        elif assertion:
            id, method = unverified(assertion)[1]["sub"], "private_key_jwt"
            claims = verified(assertion, self.clients[id].key, self.issuer)
            assert claims["iss"] == id and claims["exp"] <= time.time() + 60
        if id.startswith("https://") and method == "none":
            return id
        known = self.clients.get(id)
        if known is None or (known.method, known.secret) != (method, secret):
            raise No("invalid_client", status=401)
        return id

    def _redeemed(self, form: dict[str, str], asks: Stands) -> Stands:
        """What a code stands for, which is good for one try."""
        code = self.codes.pop(form["code"], None)
        challenge = digest(form["code_verifier"])
        found = asks._replace(challenge=challenge, redirect_uri=form["redirect_uri"])
        if code is None or code != found._replace(scope=code.scope):
            raise No("invalid_grant", "client, redirect address, verifier, key or resource differs")
        return asks._replace(scope=code.scope)

    def _renewed(self, refresh: str, asks: Stands) -> Stands:
        """What a token to renew with stands for. What is shown twice was stolen."""
        old = self.renewals.get(refresh)
        if self.rotates:
            self.renewals.pop(refresh, None)
        if old is None or asks._replace(scope=old.scope) != old:
            raise No("invalid_grant", "it is unknown, or of another client, resource or key")
        return old

    def _asserted(self, assertion: str, asks: Stands) -> None:
        claims = self._attested(assertion, self.issuer)
        if unverified(assertion)[0]["typ"] == "oauth-id-jag+jwt":
            assert (claims["client_id"], claims["resource"]) == (asks.client, asks.resource)

    def _exchanged(self, form: dict[str, str], client: str) -> dict[str, Any]:
        """An identity provider's answer: that its user may."""
        assert form["subject_token_type"] == f"{URN}token-type:id_token"
        kind = form["requested_token_type"]
        claims = self._attested(form["subject_token"], client)
        said = {
            "iss": self.issuer,
            "sub": claims["sub"],
            "aud": form["audience"],
            "resource": form["resource"],
            "client_id": "desk",
            "exp": time.time() + 60,
        }
        token = self.signer.sign(said, "oauth-id-jag+jwt")
        return {"access_token": token, "token_type": "N_A", "issued_token_type": kind}

    def _attested(self, assertion: str, audience: str) -> dict[str, Any]:
        """The claims of what a trusted issuer signed for this audience."""
        issuer = unverified(assertion)[1]["iss"]
        try:
            return verified(assertion, self.trusted.get(issuer), audience)
        except ValueError:
            raise No("invalid_grant", "nobody trusted said so") from None

    def _issue(self, asks: Stands) -> dict[str, Any]:
        scope = self.narrowed or asks.scope
        token = self._new("access")
        self.tokens[token] = asks._replace(scope=scope)
        answer = {"access_token": token, "token_type": "DPoP" if asks.key else "Bearer"}
        if self.expires_in is not None:
            answer["expires_in"] = self.expires_in
        if scope != asks.scope:
            answer["scope"] = scope
        if self.refreshes and (self.rotates or not self.renewals):
            answer["refresh_token"] = self._new("refresh")
            self.renewals[answer["refresh_token"]] = asks
        return answer

    def _new(self, kind: str) -> str:
        self._made += 1
        return f"{kind}-{self._made}"


def _pairs(scope: Any, headers: dict[str, str], body: bytes) -> dict[str, str]:
    """What a request brought; a name twice is nothing that a client of ours sends."""
    text, pairs = scope["query_string"].decode(), {}
    if headers.get("content-type") == "application/x-www-form-urlencoded":
        text = body.decode()
    elif body:
        pairs["json"] = body.decode()
    found = parse_qsl(text, keep_blank_values=True)
    assert len(dict(found)) == len(found), text
    pairs |= found
    for name in ("authorization", "dpop"):
        if name in headers:
            pairs[f"header:{name}"] = headers[name]
    return pairs


@asynccontextmanager
async def authority(**changes: Any) -> AsyncIterator[Authority]:
    """One that runs as long as the block does, with changes to what it says of itself."""
    one = Authority(changes)
    async with served(one) as web:
        one.issuer = f"http://127.0.0.1:{web.port}"
        one.says(**changes)
        yield one
