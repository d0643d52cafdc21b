"""Scopes: what a token lacks for what is asked, and scopes that include others."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from ..claims import Claims

_SCOPE: Final = re.compile(r"[!#-\[\]-~]+")


def missing_scopes(claims: Claims | None, *needed: str) -> list[str]:
    """Those of the scopes that somebody's credentials do not allow, each once, in the order given.

    Empty if they allow all of them. Nobody's allow nothing.
    """
    held = frozenset[str]() if claims is None else claims.scopes
    return [scope for scope in dict.fromkeys(needed) if scope not in held]


def expanded(scopes: Iterable[str], includes: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """The scopes with what they include, and what that includes."""
    found = set(scopes)
    left = list(found)
    while left:
        new = set(includes.get(left.pop(), ())) - found
        found |= new
        left += new
    return frozenset(found)


def is_scope(text: str) -> bool:
    """Whether RFC 6749 allows it as a scope."""
    return _SCOPE.fullmatch(text) is not None
