"""Who may ask a server over HTTP.

A Protection asks every request for an access token, has a TokenVerifier check it, and tells a client without one
where to get it. What the token says reaches handlers as `Context.claims`. Which handler needs which scope is the
offers' to say; getting tokens is a client's (`isogloss.oauth`).

Tokens of an authorization server that signs them are checked with its published keys (JwtVerifier); tokens that
mean something to their authorization server alone are asked about (IntrospectionVerifier); whatever else a token
may be is a TokenVerifier of your own. The first two need `pip install isogloss[auth]`.

https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..claims import Claims
from .fixed import FixedTokens
from .protection import Protection
from .scopes import missing_scopes
from .verifier import TokenRefusal, TokenVerifier

if TYPE_CHECKING:
    from .algorithm import Algorithm
    from .introspection import IntrospectionVerifier
    from .jwt import JwtVerifier

__all__ = [
    "Algorithm",
    "Claims",
    "FixedTokens",
    "IntrospectionVerifier",
    "JwtVerifier",
    "Protection",
    "TokenRefusal",
    "TokenVerifier",
    "missing_scopes",
]

# What they need is loaded by those who use them.
_MODULES = {
    "Algorithm": ".algorithm",
    "IntrospectionVerifier": ".introspection",
    "JwtVerifier": ".jwt",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULES[name], __name__), name)
    return value
