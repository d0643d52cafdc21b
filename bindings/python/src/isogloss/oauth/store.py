"""Where tokens and registrations are kept from one run of a program to the next."""

import asyncio
import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from .secret import Secret


class TokenStore(Protocol):
    """A place for secrets: what a keychain is.

    What is kept is text that means something to this package alone, under a key that names a server; it is
    as secret as a password. Several clients may share one.
    https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/security-considerations#token-theft
    """

    async def load(self, key: str, /) -> str | None:
        """What was kept last under this key; None if there is nothing. Calls that need it end with its error."""
        ...

    async def save(self, key: str, value: str | None, /) -> None:
        """Keeps this under the key; None takes away what is there.

        Its error is logged, and the program goes on without.
        """
        ...


class MemoryStore:
    """Keeps things as long as the program runs."""

    def __init__(self) -> None:
        self._kept: dict[str, Secret] = {}

    async def load(self, key: str, /) -> str | None:
        """What was kept last under this key."""
        kept = self._kept.get(key)
        return None if kept is None else kept.reveal()

    async def save(self, key: str, value: str | None, /) -> None:
        """Keeps this under the key."""
        if value is None:
            self._kept.pop(key, None)
        else:
            self._kept[key] = Secret(value)


class FileStore:
    """Keeps things in files of a folder that, on Unix, nobody but the user may read (0600).

    They are not encrypted: where the system has a keychain, a TokenStore of your own is better.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        """The folder is made if it is not there."""
        self._folder = Path(folder)

    def __repr__(self) -> str:
        return f"FileStore({str(self._folder)!r})"

    async def load(self, key: str, /) -> str | None:
        """What was kept last under this key. Raises OSError if it cannot be read."""
        return await asyncio.to_thread(_read, self._place(key))

    async def save(self, key: str, value: str | None, /) -> None:
        """Keeps this under the key. Raises OSError if it cannot be written."""
        await asyncio.to_thread(_write, self._place(key), value)

    def _place(self, key: str) -> Path:
        """A file a key: its name is a digest, since keys are addresses."""
        return self._folder / f"{hashlib.sha256(key.encode()).hexdigest()}.json"


def _read(place: Path) -> str | None:
    try:
        return place.read_text("utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        return ""  # nothing that can be used


def _write(place: Path, text: str | None) -> None:
    """Writes beside the file and puts it in its place, so that there is never half of one."""
    if text is None:
        place.unlink(missing_ok=True)
        return
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(prefix=f"{place.name}.", dir=place.parent)  # 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, place)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside)
        raise
