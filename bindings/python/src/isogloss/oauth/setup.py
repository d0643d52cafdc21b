"""What a program says before it asks for tokens, checked; and what is kept for it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from ..authority import Failure
from ..authority.address import Address, checked
from .identity import ClientIdentity
from .scopes import is_scope, union
from .store import MemoryStore, TokenStore

if TYPE_CHECKING:
    import httpx

    from .grant import Grant

T = TypeVar("T")

log = logging.getLogger("isogloss")


class Setup:
    """All that a program said."""

    def __init__(
        self,
        server: str,
        grant: "Grant",
        *,
        client: ClientIdentity | None,
        client_metadata: ClientIdentity | None = None,
        client_name: str = "",
        scopes: Sequence[str],
        dpop: bool,
        store: TokenStore | None,
        login_timeout: float,
        transport: "httpx.AsyncBaseTransport | None",
    ) -> None:
        self.server = checked("server", server)
        self.spelling = server
        """The server as the program spelt it."""
        wrong = next((scope for scope in scopes if not is_scope(scope)), None)
        if wrong is not None:
            raise ValueError(
                f"scopes: {wrong!r} is no scope: expected visible ASCII without quotes"
            )
        self.grant = grant
        self.identity = client
        """The program's client, if an authorization server knows it already."""
        self.document = client_metadata
        """The client whose ID is the address of a document."""
        if client_metadata is not None:
            _check_document(checked("client_metadata", client_metadata.id))
        self.client_name = client_name
        self.scopes = union((), scopes)
        self.dpop = dpop
        self.store = MemoryStore() if store is None else store
        self.login_timeout = login_timeout
        try:
            from ..authority.sender import Sender
        except ModuleNotFoundError as error:
            if error.name != "httpx":
                raise
            raise ImportError(
                "credentials of a client need httpx: install isogloss[oauth]"
            ) from error
        self.sender = Sender(transport)

    @property
    def token_key(self) -> str:
        """The key under which the server's token is kept."""
        return f"token {self.spelling}"

    async def kept(self, key: str, type: type[T]) -> T | None:
        """What was kept; what cannot be read any more counts as nothing. Raises what the store raises."""
        async with self.bounded("the token store"):
            text = await self.store.load(key)
        try:
            return msgspec.json.decode(text, type=type) if text else None
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            return None

    async def keep(self, key: str, value: Any) -> None:
        """Keeps something; None takes away what is there."""
        text = None if value is None else msgspec.json.encode(value).decode()
        try:
            async with self.bounded("the token store"):
                await self.store.save(key, text)
        except Exception as error:
            log.warning("a token for %s could not be kept: %s", self.server.shown, error)

    @asynccontextmanager
    async def bounded(self, what: str) -> AsyncIterator[None]:
        """A block that a program, or a user behind it, does in its own time: as long as a user may take."""
        timer = asyncio.timeout(self.login_timeout)
        try:
            async with timer:
                yield
        except TimeoutError:
            if not timer.expired():
                raise
            limit = f"{self.login_timeout:g} s (login_timeout)"
            raise Failure(f"{what}: nothing within {limit}") from None


def registration_key(issuer: str) -> str:
    """The key under which a registration at an authorization server is kept."""
    return f"client {issuer}"


def _check_document(at: Address) -> None:
    if at.scheme != "https" or not at.bare_path:
        raise ValueError(f"client_metadata: expected https and a path, found {at.text!r}")
