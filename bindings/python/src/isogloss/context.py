"""What a handler is told about the request that it answers, and how it speaks to the client that asked."""

from collections.abc import Awaitable
from typing import Any

import msgspec
from msgspec import UNSET, Raw

from .error import ErrorKind, McpError
from .protocol.calls import ClientCalls
from .protocol.methods import PROGRESS_NOTIFICATION, Method
from .protocol.revisions import Revision, codec, named_codec
from .protocol.types.base import RequestMetaObject
from .protocol.types.lifecycle import ClientCapabilities, Implementation, InitializeRequestParams
from .session import Session
from .wire.error import DecodeError, EncodeError
from .wire.value import Object

PROTOCOL_VERSION = "io.modelcontextprotocol/protocolVersion"
"""The member of `_meta` in which a modern request names its revision."""


class _Params(msgspec.Struct):
    meta: Raw = msgspec.field(name="_meta", default=Raw(b"{}"))


class _Token(msgspec.Struct, rename="camel"):
    progress_token: Raw = Raw(b"")


class Context:
    """Of one request. A parameter of this type gets it."""

    __slots__ = ("_initialized", "_meta", "_params", "_session", "revision")

    def __init__(
        self,
        session: Session,
        params: Raw | None,
        revision: Revision,
        initialized: InitializeRequestParams | None,
    ) -> None:
        self._session = session
        self._params = params
        self._initialized = initialized
        self._meta: RequestMetaObject | None = None
        self.revision = revision
        """The revision that the request is made in."""

    def _raw_meta(self) -> Raw:
        return msgspec.json.decode(self._params or b"{}", type=_Params).meta

    @property
    def meta(self) -> RequestMetaObject:
        """The request's `_meta`."""
        if self._meta is None:
            self._meta = codec(RequestMetaObject).decode(self._raw_meta(), self.revision)
        return self._meta

    @property
    def client(self) -> Implementation | None:
        """What the client says of itself; None if it says nothing."""
        if self._initialized is not None:
            return self._initialized.client_info
        info = self.meta.client_info
        return None if info is UNSET else info

    @property
    def capabilities(self) -> ClientCapabilities:
        """What the client can do."""
        if self._initialized is not None:
            return self._initialized.capabilities
        capabilities = self.meta.client_capabilities
        return ClientCapabilities() if capabilities is UNSET else capabilities

    @property
    def calls(self) -> ClientCalls:
        """What can be asked of the client. Modern revisions let a server ask nothing this way."""
        return ClientCalls(self)

    def progress(
        self, progress: float, total: float | None = None, message: str | None = None
    ) -> None:
        """Tells the client how far the work has got. It does nothing if the client did not ask."""
        token = msgspec.json.decode(self._raw_meta(), type=_Token).progress_token
        if not bytes(token):
            return
        said: dict[str, Any] = {"progress": progress, "progressToken": token}
        if total is not None:
            said["total"] = total
        # Revision 2024-11-05 has no messages.
        if message is not None and self.revision > "2024-11-05":
            said["message"] = message
        self._session.notify(PROGRESS_NOTIFICATION.name, msgspec.json.encode(said))

    # ---- a Caller, for the typed calls ----

    async def call(self, method: Method, params: Object | None) -> Any:
        """Sends a request to the client and waits for its result."""
        text = encode_params(method, params, self.revision)
        return read_result(method, await self._session.call(method.name, text), self.revision)

    def notify(self, method: Method, params: Object | None) -> Awaitable[None]:
        """Sends a notification to the client."""
        self._session.notify(method.name, encode_params(method, params, self.revision))
        return done()


async def done() -> None:
    """Nothing is left to wait for."""


def encode_params(method: Method, params: Object | None, revision: Revision) -> bytes | None:
    """Params as JSON, held to a revision.

    Raises McpError of kind `encode` if the revision has no such method, or if params lack something.
    """
    if not method.revisions & revision.bit:
        raise McpError(ErrorKind.ENCODE, f"{method.name} does not exist in revision {revision}")
    if params is None:
        return None
    assert method.params is not None
    try:
        return named_codec(method.params).encode(params, revision)
    except EncodeError as error:
        error.keys.insert(0, "params")
        raise McpError(ErrorKind.ENCODE, f"{method.name}: {error}") from error


def read_result(method: Method, result: Raw, revision: Revision) -> Any:
    """A result in a revision.

    Raises McpError of kind `decode` if it is not one.
    """
    assert method.result is not None
    try:
        return named_codec(method.result).decode(result, revision)
    except DecodeError as error:
        message = f"the result of {method.name}: {error}"
        raise McpError(ErrorKind.DECODE, message) from error
