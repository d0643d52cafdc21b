"""A legacy session: opened by `initialize`, and named on every request after it.

https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management
"""

import re
from typing import Any, Final

import httpx
import msgspec
from msgspec import Raw

from ..error import ErrorKind, McpError
from ..headers import PROTOCOL_VERSION, SESSION_ID
from ..protocol.recovery import Failed
from .broken import Broken

_VISIBLE: Final = re.compile(r"[!-~]+")


class _Greeting(msgspec.Struct):
    revision: Any = msgspec.field(default=None, name="protocolVersion")


class Opened:
    """What `initialize` has led to."""

    def __init__(self, id: str | None, revision: str, params: bytes | None) -> None:
        self.id = id
        """None where the server keeps no sessions."""
        self.revision = revision
        self.params = params
        """What it was opened with."""
        self.is_lost = False
        """The server has forgotten it."""
        self.headers = {PROTOCOL_VERSION: revision}
        """What every request in it says."""
        if id is not None:
            self.headers[SESSION_ID] = id

    def known_to_be_lost(self) -> Broken:
        """What happens to a call that would be sent in it once it is lost."""
        words = "the server has forgotten the session"
        error = McpError(ErrorKind.HTTP, words, status=404)
        return Broken(Failed.SESSION_LOST, False, error)


def opened_by(response: httpx.Response, result: Raw, params: bytes | None) -> Opened | None:
    """What an answered `initialize` has led to. What is no answer to it is for whoever decodes it."""
    try:
        revision = msgspec.json.decode(result, type=_Greeting).revision
    except msgspec.DecodeError:
        return None
    if not isinstance(revision, str) or not _VISIBLE.fullmatch(revision):
        return None
    return Opened(response.headers.get(SESSION_ID), revision, params)
