"""Who sees and who uses what: one question to the program for each thing that would be listed or used.

The scopes that an offer takes are held to the credentials of who asks, besides.
"""

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

from msgspec import UNSET, Struct

from .context import Context
from .error import ErrorCode, protocol_error
from .protocol.types.tools import ToolAnnotations
from .registry import About

ItemKind: TypeAlias = Literal["tool", "resource", "resource template", "prompt"]
"""The sorts of things that are offered."""


class Refuse(Struct, frozen=True):
    """It is listed, and using it fails with these words."""

    reason: str


Access: TypeAlias = Literal["allow", "hide"] | Refuse
"""What a policy decides: `allow`, it is listed and can be used; `hide`, it is not there, as far as this client can
tell; or `Refuse`.
"""


class Item(Struct, frozen=True):
    """What a policy is asked about."""

    kind: ItemKind
    name: str
    """Its name, or its address or template."""

    tags: frozenset[str]
    """The tags that it was offered with."""

    scopes: tuple[str, ...]
    """The scopes that it takes. They are checked besides."""

    annotations: ToolAnnotations | None = None
    """What a tool hints at."""


Policy: TypeAlias = Callable[[Item, Context], Access]
"""Decides for each client and each thing offered: by tag, annotation, claim, or anything else that the request
tells. It is asked for every item of a list and every use, so it is quick.
"""


def shows(
    policy: Policy | None, kind: ItemKind, definition: Any, about: About, context: Context
) -> bool:
    """Whether a client is shown an offer."""
    if not about.enabled:
        return False
    return policy is None or policy(_item(kind, definition, about), context) != "hide"


def admits(
    policy: Policy | None, kind: ItemKind, definition: Any, about: About, context: Context
) -> bool:
    """Whether a client may use an offer; false if it is not there for it.

    Raises McpError if it is there and refused: by the policy, or for want of scopes.
    """
    if not about.enabled:
        return False
    if policy is not None:
        access = policy(_item(kind, definition, about), context)
        if isinstance(access, Refuse):
            raise protocol_error(ErrorCode.INVALID_PARAMS, access.reason)
        if access != "allow":
            return False
    held = frozenset[str]() if context.claims is None else context.claims.scopes
    if not held.issuperset(about.scopes):
        from .claims import InsufficientScope

        # All of them are named, so that a client gets a token with all at once.
        raise InsufficientScope(about.scopes)
    return True


def _item(kind: ItemKind, definition: Any, about: About) -> Item:
    name = {"resource": "uri", "resource template": "uri_template"}.get(kind, "name")
    hints = definition.annotations if kind == "tool" else UNSET
    annotations = None if hints is UNSET else hints
    return Item(kind, getattr(definition, name), about.tags, about.scopes, annotations)
