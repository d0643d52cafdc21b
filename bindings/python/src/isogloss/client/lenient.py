"""Lists with items that are wrong: those are set aside with a line of the log, and the rest is usable.

A strict client has the whole list refused instead.
"""

import logging
from typing import Any, Final

import msgspec
from msgspec import Raw

from ..protocol.methods import (
    LIST_PROMPTS,
    LIST_RESOURCE_TEMPLATES,
    LIST_RESOURCES,
    LIST_TOOLS,
    Method,
)
from ..protocol.revisions import Revision, named_codec
from ..wire.error import DecodeError
from ..wire.reader import quoted

log = logging.getLogger("isogloss")

_LISTS: Final = {
    LIST_TOOLS.name: ("tools", "Tool"),
    LIST_RESOURCES.name: ("resources", "Resource"),
    LIST_RESOURCE_TEMPLATES.name: ("resourceTemplates", "ResourceTemplate"),
    LIST_PROMPTS.name: ("prompts", "Prompt"),
}
"""Where the items of a list stand, and what each is."""


def sifted(method: Method, result: Raw, revision: Revision) -> Raw | None:
    """A list without the items that are wrong; None if it is no list."""
    if method.name not in _LISTS:
        return None
    member, item = _LISTS[method.name]
    try:
        members = msgspec.json.decode(result, type=dict[str, Raw])
        items = msgspec.json.decode(members[member], type=list[Raw])
    except (msgspec.DecodeError, KeyError):
        return None
    right = []
    for place, text in enumerate(items):
        try:
            named_codec(item).decode(text, revision)
            right.append(text)
        except DecodeError as error:
            what = f"{method.name}: {member}[{place}]{_name(text)}"
            log.warning("%s is set aside: %s", what, error)
    members[member] = Raw(msgspec.json.encode(right))
    return Raw(msgspec.json.encode(members))


def _name(item: Raw) -> str:
    try:
        value: Any = msgspec.json.decode(item)
    except msgspec.DecodeError:
        return ""
    name = value.get("name") if isinstance(value, dict) else None
    return f" {quoted(name)}" if isinstance(name, str) else ""
