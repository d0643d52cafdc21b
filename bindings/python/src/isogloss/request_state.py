"""What travels through the client between a question and its answer: the answers that a handler has had so far.

It is signed, and bound to the request. It is not encrypted, since it holds nothing but what this client has
said before: whoever can read it has sent it. Nobody but the server makes or changes one.
https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr#server-requirements-basic-workflow
"""

import base64
import hmac
import secrets
import time
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Raw

from .error import ErrorCode, McpError, protocol_error
from .protocol.limits import REQUEST_STATE_TTL

_KEY: Final = 32
_MAC: Final = 32


class _State(msgspec.Struct):
    until: float
    answers: dict[str, Raw]


_encode: Final = msgspec.json.Encoder(order="deterministic").encode
_read: Final = msgspec.json.Decoder(_State).decode


class Seal:
    """Signs and checks under one key, with HMAC-SHA-256."""

    def __init__(self, key: bytes | None = None) -> None:
        """Without a key it is one that nobody else has, so that states end with this process.

        Raises ValueError if the key has not 32 bytes.
        """
        if key is not None and len(key) != _KEY:
            raise ValueError(f"state_key: expected {_KEY} bytes, found {len(key)}")
        self._key = key or secrets.token_bytes(_KEY)

    def close(self, bound: Any, answers: Mapping[str, Raw]) -> str:
        """The state of a request whose handler has had these answers."""
        text = _encode(_State(until=time.time() + REQUEST_STATE_TTL, answers=dict(answers)))
        return base64.urlsafe_b64encode(self._mac(bound, text) + text).decode()

    def open(self, bound: Any, state: str) -> dict[str, Raw]:
        """The answers in a state that this server gave out for this request.

        Raises McpError (invalid params) if it was not, or is too old.
        """
        try:
            sealed = base64.b64decode(state, altchars=b"-_", validate=True)
        except ValueError:
            raise _refused() from None
        mac, text = sealed[:_MAC], sealed[_MAC:]
        if not hmac.compare_digest(mac, self._mac(bound, text)):
            raise _refused()
        found = _read(text)
        if found.until < time.time():
            raise _refused()
        return found.answers

    def _mac(self, bound: Any, text: bytes) -> bytes:
        about = _encode(bound)
        # With its length before it, what is bound cannot run into what is signed.
        return hmac.digest(self._key, b"%d:%b%b" % (len(about), about, text), "sha256")


def _refused() -> McpError:
    return protocol_error(
        ErrorCode.INVALID_PARAMS,
        "params.requestState: was not given out by this server for this request, or is too old; "
        "make the request again without it",
    )
