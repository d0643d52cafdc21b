"""Responses whose status says no: what they mean for a call."""

import re
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import httpx
import msgspec
from msgspec import UNSET, Raw, UnsetType

from ..error import ErrorCode, ErrorKind, McpError, protocol_error
from ..jsonrpc import Id
from ..protocol.limits import MAX_REFUSAL, MAX_REFUSAL_WORDS
from ..protocol.recovery import Failed
from .broken import Broken, interrupted

_ADVICE: Final = {
    401: ": give the client credentials (authorizer, or a header)",
    403: ": these credentials, or this client's origin, are not let in",
}
_BLANK: Final = re.compile(r"[\s\x00-\x1f\x7f]+")


class Refusable(NamedTuple):
    """What was sent and refused."""

    shown: str
    """The address that it was sent to."""

    id: Id | None
    """That of the request, if it was one."""

    size: int
    """In bytes."""

    in_session: bool
    """Whether a session was named on it."""


class _Failure(msgspec.Struct):
    code: int
    message: str
    data: Raw | UnsetType = UNSET


class _Response(msgspec.Struct):
    error: _Failure
    id: Any = None


_read: Final = msgspec.json.Decoder(_Response).decode


async def refusal(sent: Refusable, response: httpx.Response) -> Broken | McpError:
    """What a response means that says no. It is read as far as it is looked at, and closed."""
    status = response.status_code
    body = await beginning_of(response)
    said = _failure_in(body, sent.id)
    if status == 404 and sent.in_session and (said is None or said.code != -32601):
        return Broken(Failed.SESSION_LOST, True, failure(sent.shown, status, body))
    if status == 413:
        why = first_words(body) if said is None else said.message
        words = (
            f"{sent.shown} takes no message of {sent.size} bytes (HTTP 413: {why}): send less, or raise "
            "its limit (max_message)"
        )
        return Broken(Failed.TOO_LARGE, True, McpError(ErrorKind.HTTP, words, status=status))
    if status in (401, 403):
        # Who may ask is no matter of the protocol, whatever the body looks like.
        return failure(sent.shown, status, body if said is None else said.message.encode())
    if said is not None:
        return said_no(said)
    error = failure(sent.shown, status, body)
    if status in (502, 504):
        # Something between the two lost the server's answer.
        lost = interrupted(error.message)
        lost.error.status = status
        return lost
    return error


def said_no(error: McpError) -> Broken | McpError:
    """What an error of JSON-RPC means for a call."""
    if error.code == ErrorCode.HEADER_MISMATCH:
        return Broken(Failed.HEADER_MISMATCH, True, error)
    return error


def failure(shown: str, status: int, body: bytes) -> McpError:
    """A status that says no, in words."""
    text = f"{shown} answered {status}"
    with suppress(ValueError):
        text += f" {HTTPStatus(status).phrase}"
    said = first_words(body)
    if said:
        text += f": {said}"
    return McpError(ErrorKind.HTTP, text + _ADVICE.get(status, ""), status=status)


def first_words(body: bytes) -> str:
    """The first words of a body, on one line."""
    text = body[:MAX_REFUSAL_WORDS].decode(errors="replace")
    words = _BLANK.sub(" ", text).strip()
    return words + "…" if len(body) > MAX_REFUSAL_WORDS else words


async def beginning_of(response: httpx.Response) -> bytes:
    """As much of a body as is looked at; one that breaks off is taken as far as it came. The response is closed."""
    body = bytearray()
    try:
        async for piece in response.aiter_raw():
            body += piece
            if len(body) >= MAX_REFUSAL:
                break
    except httpx.TransportError:
        pass
    finally:
        await response.aclose()
    return bytes(body[:MAX_REFUSAL])


def _failure_in(body: bytes, id: Id | None) -> McpError | None:
    """The error of JSON-RPC that a body is, for this request or for none that could be read."""
    try:
        found = _read(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    is_anothers = isinstance(found.id, str | int | float) and found.id != id
    if is_anothers:
        return None
    error = found.error
    data = error.data if error.data is UNSET else msgspec.json.decode(error.data)
    return protocol_error(error.code, error.message, data)
