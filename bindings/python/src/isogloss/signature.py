"""What every result of the modern era says of the server that made it.

https://modelcontextprotocol.io/specification/2026-07-28/basic/index#meta
"""

import msgspec
from msgspec import Raw

from .protocol.revisions import NEWEST, codec
from .protocol.types.base import ResultMetaObject
from .protocol.types.lifecycle import Implementation


class Signature:
    """A server's name and version, written once and put into results as text."""

    def __init__(self, info: Implementation) -> None:
        self._about = codec(ResultMetaObject).encode(ResultMetaObject(server_info=info), NEWEST)
        # By its name it is the first of all members.
        self._alone = b'{"_meta":%b}' % self._about
        self._first = b'{"_meta":%b,' % self._about

    def sign(self, result: bytes) -> bytes:
        """A result that says which server made it. What it has said of that itself is left alone."""
        if result == b"{}":
            return self._alone
        if not result.startswith(b'{"_meta":'):
            return self._first + result[1:]
        members = msgspec.json.decode(result, type=dict[str, Raw])
        own = msgspec.json.decode(members["_meta"], type=dict[str, Raw])
        about = msgspec.json.decode(self._about, type=dict[str, Raw])
        return msgspec.json.encode({**members, "_meta": {**about, **own}})
