"""The keys that an authorization server publishes.

They are fetched when they are needed, kept for a while, and fetched again for a key that is not among them.
However many tokens name invented keys, the server is asked once an interval.
"""

import asyncio
import time

import httpx

from ..authority import Failure
from ..authority.sender import Sender, shown
from .algorithm import Key
from .discovery import endpoint
from .keys import KeySet


class PublishedKeys:
    """Keys that are fetched, one fetch at a time."""

    def __init__(
        self,
        issuer: str,
        url: str | None,
        *,
        lifetime: float,
        interval: float,
        transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        """`url` is where they are; None is where the issuer's metadata says."""
        self._issuer = issuer
        self._url = url
        self._lifetime = lifetime
        self._interval = interval
        self._sender = Sender(transport)
        self._keys: KeySet | None = None
        self._fetched = self._tried = float("-inf")
        self._why = "they have not been fetched yet"
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, id: str | None, algorithm: str, /) -> Key:
        fetch = self._refresh(id, algorithm)
        if fetch is not None:
            # Others wait for it, too: it goes on when this request is gone.
            await asyncio.wait([fetch])
        if self._keys is None:
            raise Failure(f"no keys of {self._issuer}: {self._why}")
        return await self._keys.find(id, algorithm)

    def _refresh(self, id: str | None, algorithm: str) -> asyncio.Task[None] | None:
        """Fetches keys that are old or lack this one, unless that was tried a moment ago.

        It returns what to wait for, if anything. Nobody waits for a slow server twice: while one request waits,
        others use the keys that there are.
        """
        now = time.monotonic()
        known = self._keys is not None and len(self._keys.fitting(id, algorithm)) == 1
        if known and now - self._fetched < self._lifetime:
            return None
        if self._fetching is not None and not self._fetching.done():
            return None if known else self._fetching
        if now - self._tried < self._interval:
            return None
        self._tried = now
        self._fetching = asyncio.create_task(self._fetch())
        return self._fetching

    async def _fetch(self) -> None:
        """Takes new keys; a try that failed leaves those that there are."""
        try:
            self._keys = await self._read()
            self._fetched = time.monotonic()
        except Exception as error:
            self._why = str(error) or type(error).__name__

    async def _read(self) -> KeySet:
        place = self._url or await endpoint(self._sender, self._issuer, "jwks_uri")
        document = await self._sender.ask("GET", place)
        try:
            return KeySet(document)
        except ValueError as error:
            raise Failure(f"{shown(place)}: {error}") from None
