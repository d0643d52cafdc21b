"""Who takes a user to an authorization server and brings back where they were sent."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Protocol


class Visit(Protocol):
    """One visit of a user to an authorization server."""

    @property
    def redirect_uri(self) -> str:
        """Where the authorization server is to send the user back to. It stays the same during a visit."""
        ...

    async def show(self, address: str, /) -> str:
        """Shows the user this address, and gives the one that they were sent back to, with all that stands in it.

        Whether it is what was waited for is checked afterwards. It is cancelled when the user has had
        `login_timeout`.
        """
        ...


class UserAgent(Protocol):
    """Shows a user an authorization server's page: a Browser on this machine, or whatever a program has instead."""

    def visit(self) -> AbstractAsyncContextManager[Visit]:
        """Makes ready for one visit, and ends it however it went.

        It raises if there is no place where a user could come back to.
        """
        ...


class Unattended:
    """A function of the program's own instead of a browser: for tests, for a web application, for a machine
    without a screen."""

    def __init__(self, redirect_uri: str, show: Callable[[str], Awaitable[str]]) -> None:
        """Users come back to `redirect_uri`. `show` is given the address to show, and gives the one that the
        user was sent back to."""
        self.redirect_uri = redirect_uri
        self._show = show

    def visit(self) -> AbstractAsyncContextManager[Visit]:
        """Needs nothing made ready."""
        return nullcontext(self)

    async def show(self, address: str, /) -> str:
        """Has the function show the address."""
        return await self._show(address)
