"""The system's browser as a user agent, and this machine as the place to come back to."""

import asyncio
import inspect
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import parse_qs

from ..authority import Failure
from .redirect import Receiver
from .user_agent import Visit

_IN_BACKGROUND: Final = '"$0" "$@" >/dev/null 2>&1 </dev/null &'


class Browser:
    """Opens the system's browser, and waits on a port of this machine for the user to come back."""

    def __init__(self, *, port: int = 0, open: Callable[[str], object] | None = None) -> None:
        """`port` is where to wait, for an authorization server that takes no other place: users come back to
        http://127.0.0.1:<port>/callback. A registration that is kept can be used by the next run then, too. If
        0, it is a free one: the same each time, if it still is.

        `open` opens an address, instead of the system: `print` will do on a machine without a browser. What it
        gives is awaited if it can be.
        """
        self._port = port
        self._open = open or _open_in_browser
        self._last = 0

    @asynccontextmanager
    async def visit(self) -> AsyncIterator[Visit]:
        """Listens as long as the user is away."""
        receiver = await self._listening()
        try:
            yield _Visit(receiver, self._open)
        finally:
            await receiver.close()

    async def _listening(self) -> Receiver:
        """Where the user comes back to.

        It stays what it was, so that the client need not be registered anew: it would be another one then,
        and a server may keep a session for the one that opened it alone.
        """
        receiver = Receiver()
        wanted = self._port or self._last
        try:
            await receiver.listen(wanted)
        except OSError as error:
            if self._port or not wanted:
                raise Failure(f"port {wanted} of this machine: {error}") from error
            await receiver.listen(0)
        self._last = receiver.port
        return receiver


class _Visit:
    def __init__(self, receiver: Receiver, open: Callable[[str], object]) -> None:
        self._receiver = receiver
        self._open = open
        self.redirect_uri = receiver.redirect_uri

    async def show(self, address: str, /) -> str:
        """Opens the address, and waits for the user."""
        # The last one: an endpoint's address may have brought its own.
        states = parse_qs(address.partition("?")[2]).get("state", [])
        self._receiver.state = states[-1] if states else ""
        done = self._open(address)
        if inspect.isawaitable(done):
            await done
        return await self._receiver.receive()


async def _open_in_browser(address: str) -> None:
    """Opens an address as the user would, and does not wait for the browser."""
    match sys.platform:
        case "darwin":
            words = ["open"]
        case "win32":
            words = ["rundll32", "url.dll,FileProtocolHandler"]
        case _:
            words = ["xdg-open"]
    why = f"{words[0]} was not found"
    if shutil.which(words[0]) is not None:
        words.append(address)
        if words[0] == "xdg-open":
            # It may stay as long as the browser, and is left to the system: what the shell reads is the
            # text in front, and the address is an argument.
            words = ["sh", "-c", _IN_BACKGROUND, *words]
        status = await _run(words)
        if status == 0:
            return
        why = f"{words[0]} ended with {status}"
    raise Failure(
        f"no browser could be opened: {why}; show the address yourself with the open of Browser"
    )


async def _run(words: list[str]) -> int:
    null = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*words, stdin=null, stdout=null, stderr=null)
    return await process.wait()
