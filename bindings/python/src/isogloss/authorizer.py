"""What gives the requests of an HTTP client their credentials. `isogloss.oauth` has one."""

from collections.abc import Sequence
from typing import Protocol


class SentHead(Protocol):
    """A request that is about to be sent."""

    @property
    def method(self) -> str:
        """Its method, in capitals."""
        ...

    @property
    def url(self) -> str:
        """Its address."""
        ...

    def set_header(self, name: str, value: str, /) -> None:
        """Sets a header."""
        ...

    def header(self, name: str, /) -> str | None:
        """The value of a header, whose name is in lower case; None if it is not there."""
        ...


class AnswerHead(Protocol):
    """A response without its body."""

    @property
    def status(self) -> int:
        """Its status."""
        ...

    def headers(self, name: str, /) -> Sequence[str]:
        """All values of a header, whose name is in lower case."""
        ...


class Authorizer(Protocol):
    """Gives requests their credentials. It is used by several calls at a time."""

    async def authorize(self, request: SentHead, /) -> None:
        """Puts credentials on a request, if it has any for its address.

        Its time is not the call's: a user may be logging in. What it raises fails the call.
        """
        ...

    async def answered(self, request: SentHead, answer: AnswerHead, /) -> bool:
        """Hears of every response, and says whether the request is to be sent again, with what `authorize` then puts on it."""
        ...
