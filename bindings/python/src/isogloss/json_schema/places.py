"""Where the parts of a JSON Schema are: its resources (`$id`), its anchors, and what a `$ref` means. Everything is
found within the schema; nothing is ever fetched.

https://json-schema.org/draft/2020-12/json-schema-core#section-8
"""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

_WITHIN: Final = frozenset({
    "additionalProperties", "allOf", "anyOf", "contains", "contentSchema", "else", "if", "items", "not", "oneOf",
    "prefixItems", "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties", "additionalItems", "extends",
})  # fmt: skip
"""Keywords whose value is a schema, or a list of schemas; the last two are of older drafts."""

_AMONG: Final = frozenset(
    {"$defs", "definitions", "dependentSchemas", "patternProperties", "properties"}
)
"""Keywords whose value has schemas as its members."""

_SCHEME: Final = re.compile(r"[^/?]*:")
_BASE: Final = re.compile(r"([^/]*://[^/]*|[^/]*)(.*)", re.DOTALL)


class Resource(NamedTuple):
    """A schema that has an address of its own."""

    address: str
    root: dict[str, Any]
    anchors: dict[str, Any]


class Places:
    """The parts of one schema."""

    def __init__(self, schema: dict[str, Any]) -> None:
        address = _joined("", _address_of(schema) or "")
        self._whole = Resource(address, schema, {})
        self._resources = {address: self._whole}
        self._home: dict[int, Resource] = {}
        """The resource that a part belongs to, by the part's identity."""
        self._dynamic: dict[str, list[Any]] = {}
        rest = [(schema, self._whole)]
        while rest:
            part, around = rest.pop()
            if id(part) not in self._home:
                resource = self._note(part, around)
                rest += [(inner, resource) for inner in _parts_of(part)]

    def find(self, origin: dict[str, Any], reference: str) -> Any:
        """What a reference in a part means. Raises ValueError if it is nowhere in the schema."""
        home = self._home.get(id(origin), self._whole)
        address, _, fragment = reference.partition("#")
        if address:
            found = self._resources.get(_joined(home.address, address))
            if found is None:
                where = "is not in this schema, and nothing is fetched: put it under $defs"
                raise ValueError(f"{reference} {where}")
            home = found
        fragment = unquote(fragment)
        if not fragment or fragment.startswith("/"):
            part = _pointed(home.root, fragment)
        else:
            part = home.anchors.get(fragment)
        if part is None:
            raise ValueError(f"{reference} refers to nothing in this schema")
        return part

    def find_dynamic(self, origin: dict[str, Any], reference: str) -> Any:
        """What a `$dynamicRef` means, where that does not depend on how one got there.

        Raises ValueError if it does, or is nowhere in the schema.
        """
        anchored = self._dynamic.get(reference[1:]) if reference.startswith("#") else None
        if anchored is None:
            return self.find(origin, reference)
        if len(anchored) == 1:
            return anchored[0]
        raise ValueError(f"{reference} has several anchors, which is not supported: use $ref")

    def _note(self, part: dict[str, Any], around: Resource) -> Resource:
        """Notes a part; gives the resource that it belongs to."""
        resource, address = around, _address_of(part)
        if address is not None and part is not self._whole.root:
            resource = Resource(_joined(around.address, address), part, {})
            self._resources.setdefault(resource.address, resource)
        self._home[id(part)] = resource
        anchor, dynamic = part.get("$anchor"), part.get("$dynamicAnchor")
        if isinstance(anchor, str):
            resource.anchors[anchor] = part
        if isinstance(dynamic, str):
            resource.anchors[dynamic] = part
            self._dynamic.setdefault(dynamic, []).append(part)
        return resource


def _address_of(part: dict[str, Any]) -> str | None:
    given = part.get("$id")
    return given.partition("#")[0] if isinstance(given, str) else None


def _parts_of(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for keyword, value in schema.items():
        parts: Any = ()
        if keyword in _AMONG and isinstance(value, dict):
            parts = value.values()
        elif keyword in _WITHIN:
            parts = value if isinstance(value, list) else [value]
        yield from (part for part in parts if isinstance(part, dict))


def _pointed(whole: Any, pointer: str) -> Any:
    """What a JSON Pointer leads to; None if it leads nowhere."""
    found = whole
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict):
            found = found.get(name)
        elif isinstance(found, list) and name.isdecimal() and name.isascii() and len(name) < 9:
            found = found[int(name)] if int(name) < len(found) else None
        else:
            return None
    return found


def _joined(base: str, address: str) -> str:
    """An address in the place of another: enough of RFC 3986 for schemas that come in one file."""
    if not address:
        return base
    if not base or _SCHEME.match(address):
        return address
    match = _BASE.fullmatch(base)
    assert match is not None
    start, path = match.groups()
    if address.startswith("/"):
        return f"{start}{address}"
    folder, slash, _ = path.rpartition("/")
    return f"{start}{folder}/{address}" if slash else f"{base}/{address}"
