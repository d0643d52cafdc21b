"""The header WWW-Authenticate, read: what a server wants that refuses a request.

https://www.rfc-editor.org/rfc/rfc9110.html#section-11.6.1
https://www.rfc-editor.org/rfc/rfc9728.html#section-5.1
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from .scopes import words

_PIECE: Final = re.compile(
    r"""
      (?P<name>[^\s,="]+) (?: [ \t]* (?P<equals>=) [ \t]* (?: "(?P<quoted>(?:\\.|[^"\\])*)(?:"|\\?\Z) | (?P<plain>[^\s,=]*) ) )?
    | "(?:\\.|[^"\\])*(?:"|\\?\Z)      # between quotes, and nothing leads to it
    | [\s,=]
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


class Challenge:
    """What a server says about access tokens. What it says about other credentials is passed over."""

    def __init__(self, headers: Sequence[str] = ()) -> None:
        """Reads headers as far as they can be: nothing that a server writes is an error."""
        self.schemes: set[str] = set()
        self.error = ""
        self.scopes: list[str] = []
        self.resource_metadata = ""
        for header in headers:
            self._read(header)

    def _read(self, header: str) -> None:
        scheme = ""
        for name, value in _pieces(header):
            if value is None:
                scheme = name
                self.schemes.add(name)
            elif scheme in ("bearer", "dpop"):
                self._put(name, value)

    def _put(self, name: str, value: str) -> None:
        """Takes a parameter; of one given twice the first counts."""
        if name == "error":
            self.error = self.error or value
        elif name == "resource_metadata":
            self.resource_metadata = self.resource_metadata or value
        elif name == "scope":
            self.scopes = self.scopes or words(value)

    @property
    def wants_dpop(self) -> bool:
        """Whether the token has to be bound to a key."""
        return "dpop" in self.schemes and "bearer" not in self.schemes

    @property
    def wants_scopes(self) -> bool:
        """Whether the server takes the token, and wants more of it."""
        return self.error == "insufficient_scope" and bool(self.scopes)


def _pieces(header: str) -> Iterator[tuple[str, str | None]]:
    """Schemes, without a value, and the parameters of the one before; names in lower case."""
    for found in _PIECE.finditer(header):
        name = found["name"]
        if name is None:
            continue
        value = found["plain"] if found["quoted"] is None else _ESCAPED.sub(r"\1", found["quoted"])
        yield name.lower(), value if found["equals"] else None
