"""The access token of a request: where it may stand, and what stands for it where it is looked up."""

import hashlib
import re
from typing import Final, NamedTuple

from ..claims import RequestHead
from ..protocol.limits import MAX_TOKEN

_SPACE: Final = " \t\r\n\f"
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""What RFC 6750 calls a b64token."""


class Absent(NamedTuple):
    """Why a request has no token that can be looked at."""

    status: int
    error: str | None
    """What RFC 6750 calls it; None for a request that does not try to."""
    why: str


def bearer(head: RequestHead) -> str | Absent:
    """The token of a request: in the header `Authorization`, and nowhere else.

    https://www.rfc-editor.org/rfc/rfc6750.html#section-2.1
    """
    values = head.headers("authorization")
    if len(values) > 1:
        why = "found more than one header Authorization: send one"
        return Absent(400, "invalid_request", why)
    value = values[0] if values else ""
    scheme, _, token = value.strip(_SPACE).partition(" ")
    token = token.strip(_SPACE)
    if scheme.lower() != "bearer" or not token:
        return Absent(401, None, "send a token in the header Authorization")
    if len(token) > MAX_TOKEN:
        why = f"the token is longer than MAX_TOKEN ({MAX_TOKEN} bytes)"
        return Absent(401, "invalid_token", why)
    if not _TOKEN.fullmatch(token):
        return Absent(401, "invalid_token", "the token has characters that no token has")
    return token


def fingerprint(token: str) -> bytes:
    """What stands for a token where it is looked up: its SHA-256."""
    return hashlib.sha256(token.encode()).digest()
