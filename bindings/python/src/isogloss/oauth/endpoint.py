"""Asking a token endpoint: who asks, by which proof, and what became of it.

https://www.rfc-editor.org/rfc/rfc6749.html#section-3.2
"""

import base64
import time
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote_plus, urlencode

from ..authority import Failure
from ..authority.address import Address
from ..protocol.limits import ASSERTION_LIFETIME
from .dpop import NONCE, PROOF, Proofs
from .identity import BY_BASIC, BY_KEY, BY_POST, ClientOf
from .refusal import Refusal, document_in, is_good, quoted, refusal
from .secret import drawn
from .token import Granted, read_granted

if TYPE_CHECKING:
    from ..authority.sender import Reply, Sender

_SIGNED: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Endpoint(NamedTuple):
    """A token endpoint, as one client sees it."""

    sender: "Sender"
    at: Address
    issuer: str
    """Whose endpoint it is: what is signed, is signed for it."""
    client: ClientOf
    proofs: Proofs | None = None
    """Of the key that the token is to be bound to."""

    async def ask(self, form: dict[str, str]) -> Granted:
        """Asks with this form; for want of a nonce once more.

        Raises Refusal if the authorization server says why it gives nothing, else Failure.
        """
        answer, proof = await self._send(form)
        proofs = self.proofs
        if proofs is not None:
            nonce = answer.headers.get(NONCE)
            if _wants_nonce(answer) and proofs.refused(self.at, proof, nonce):
                answer, _ = await self._send(form)
            proofs.accepted(self.at, answer.headers.get(NONCE))
        granted = read_granted(document_in(answer)) if is_good(answer) else None
        if granted is not None:
            return granted
        why = refusal(self.at.shown, answer)
        if is_good(answer) and not isinstance(why, Refusal):
            # What is wrong with it is told without its text: a token may be in it.
            why = Failure(f"{self.at.shown}: the answer is no token")
        raise why

    async def _send(self, form: dict[str, str]) -> tuple["Reply", str]:
        """Sends the form with what proves who the client is; tells the proof for DPoP, too."""
        body = dict(form)
        headers = {"content-type": "application/x-www-form-urlencoded"}
        self._identify(body, headers)
        proof = ""
        if self.proofs is not None:
            proof = headers[PROOF] = self.proofs.prove("POST", self.at)
        text = urlencode(body).encode()
        return await self.sender.send("POST", self.at.text, headers, text), proof

    def _identify(self, body: dict[str, str], headers: dict[str, str]) -> None:
        """Says and proves who the client is."""
        client = self.client
        secret = "" if client.secret is None else client.secret.reveal()
        if client.method == BY_BASIC:
            headers["authorization"] = _basic(client.id, secret)
        elif client.method == BY_KEY:
            body["client_assertion_type"] = _SIGNED
            body["client_assertion"] = self._statement()
        else:
            body["client_id"] = client.id
            if client.method == BY_POST:
                body["client_secret"] = secret

    def _statement(self) -> str:
        """What a client signs to say who it is."""
        client, now = self.client, int(time.time())
        if client.key is None:
            raise Failure(f"{quoted(client.id)}: the private key of the client is not here")
        claims = {
            "iss": client.id,
            "sub": client.id,
            "aud": self.issuer,
            "jti": drawn(),
            "iat": now,
            "exp": now + int(ASSERTION_LIFETIME),
        }
        return client.key.sign("JWT", claims)


def _wants_nonce(answer: "Reply") -> bool:
    document = document_in(answer) if answer.status == 400 else None
    return document is not None and document.get("error") == "use_dpop_nonce"


def _basic(id: str, secret: str) -> str:
    """ID and secret in the header, each encoded as in a form before."""
    pair = f"{quote_plus(id)}:{quote_plus(secret)}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
