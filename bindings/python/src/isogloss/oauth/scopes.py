"""Scopes: those that a text names, what two sets of them make, and which are asked for.

https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/index#scope-selection-strategy
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

OFFLINE: Final = "offline_access"
"""Lets an authorization server of OpenID Connect hand out a token to renew with."""

_SCOPE: Final = re.compile(r"[!#-\[\]-~]+")


def is_scope(text: str) -> bool:
    """Whether RFC 6749 allows it as a scope."""
    return _SCOPE.fullmatch(text) is not None


def words(text: str) -> list[str]:
    """The scopes of a text, each once and in order; what cannot be one is left out."""
    return union((), text.split(" "))


def union(scopes: Iterable[str], others: Iterable[str]) -> list[str]:
    """These scopes, and those of the others that are not among them."""
    return list(dict.fromkeys([*scopes, *filter(is_scope, others)]))


def wanted(before: Sequence[str], asked: Sequence[str], supported: Sequence[str]) -> list[str]:
    """What to ask for: what the server asks for, else what it says it knows; and always what was there before."""
    if not asked and not before:
        asked = supported
    # Whether that one may be asked for is for the authorization server to say, not for whoever says
    # so today.
    return [scope for scope in union(before, asked) if scope != OFFLINE]
