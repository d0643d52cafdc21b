"""What a server offers, in the order in which it was added. Lists go out by pages with an opaque cursor."""

import base64
import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar
from urllib.parse import quote, unquote

from msgspec import Raw

from .changes import Change, Changes
from .context import Context
from .error import ErrorCode, protocol_error
from .mirrored import Mirrored
from .protocol.types.content import AnyResourceContents
from .protocol.types.prompts import GetPromptResult, Prompt
from .protocol.types.resources import Resource, ResourceTemplate
from .protocol.types.tools import CallToolResult, Tool

T = TypeVar("T")

Given: TypeAlias = T | Awaitable[T]
"""What a function of the user gives: at once, or later if it is `async`."""


class ToolEntry(NamedTuple):
    """A tool."""

    definition: Tool
    run: Callable[[Raw | bytes, Context], Given[CallToolResult]]
    mirrored: tuple[Mirrored, ...] = ()
    """The arguments that HTTP repeats in headers."""


class ResourceEntry(NamedTuple):
    """A resource, or a template of many: what reads one gets the variables of its URI."""

    definition: Resource | ResourceTemplate
    read: Callable[[str, dict[str, str], Context], Given[list[AnyResourceContents]]]


class PromptEntry(NamedTuple):
    """A prompt."""

    definition: Prompt
    fill: Callable[[dict[str, str], Context], Given[GetPromptResult]]


Completer: TypeAlias = Callable[..., Given[list[str]]]
"""Suggests values for what has been typed so far."""


class Shelf(Generic[T]):
    """Things by name, in order."""

    def __init__(self, what: str, changed: Callable[[], None] = lambda: None) -> None:
        self._what = what
        self._changed = changed
        self.was_used = False
        """Whether there was anything at any time: what a server has declared it goes on having."""
        self._things: dict[str, T] = {}

    def add(self, name: str, thing: T) -> None:
        """Adds a thing.

        Raises ValueError if there is one of that name.
        """
        if name in self._things:
            raise ValueError(f"there is a {self._what} {name!r} already")
        self._things[name] = thing
        self.was_used = True
        self._changed()

    def remove(self, name: str) -> None:
        """Removes a thing.

        Raises KeyError if there is none of that name.
        """
        del self._things[name]
        self._changed()

    def get(self, name: str) -> T | None:
        """The thing of a name."""
        return self._things.get(name)

    def __len__(self) -> int:
        return len(self._things)

    def __iter__(self) -> Iterator[T]:
        return iter(self._things.values())

    def page(self, cursor: str | None, size: int) -> tuple[list[T], str | None]:
        """A part of the list, and the cursor of the next one; None after the last.

        Raises McpError if the cursor is not one of this list.
        """
        things = list(self._things.values())
        start = 0 if cursor is None else _position(cursor)
        if cursor is not None and not 0 < start <= len(things):
            reason = "params.cursor: not a cursor of this list"
            raise protocol_error(ErrorCode.INVALID_PARAMS, reason)
        end = start + size
        return things[start:end], _cursor(end) if end < len(things) else None


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(b"%d" % position).decode().rstrip("=")


def _position(cursor: str) -> int:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return int(text) if text.isdigit() else 0
    except ValueError:
        return 0


_VARIABLE = re.compile(r"\{(\+?)([A-Za-z_][A-Za-z0-9_]*)\}")

_LITERAL = "-._~:/?#[]@!$&'()*+,;=%"
"""What stands in a URI as it is; everything else is compared in its percent-encoded form."""


class UriTemplate:
    """A URI with variables: `{name}` stands for one segment, `{+name}` for anything."""

    def __init__(self, template: str) -> None:
        """Reads a template.

        Raises ValueError if it is more than these two forms.
        """
        pattern = ""
        names: list[str] = []
        end = 0
        for match in _VARIABLE.finditer(template):
            pattern += re.escape(_encoded(template[end : match.start()]))
            pattern += "(.+)" if match[1] else "([^/?#]+)"
            names.append(match[2])
            end = match.end()
        rest = template[end:]
        if "{" in _VARIABLE.sub("", template) or "}" in _VARIABLE.sub("", template):
            raise ValueError(f"{template}: only {{name}} and {{+name}} are understood")
        self.names = tuple(names)
        self._pattern = re.compile(pattern + re.escape(_encoded(rest)))

    def match(self, uri: str) -> dict[str, str] | None:
        """The variables of a URI, percent-decoded; None if it is no such URI."""
        found = self._pattern.fullmatch(_encoded(uri))
        if found is None:
            return None
        try:
            values = [unquote(text, errors="strict") for text in found.groups()]
        except UnicodeDecodeError:
            return None
        return dict(zip(self.names, values, strict=True))


def _encoded(uri: str) -> str:
    """A URI with what is not ASCII percent-encoded, so that both forms match."""
    return quote(uri, safe=_LITERAL)


class Registry:
    """All that a server offers."""

    def __init__(self, changes: Changes) -> None:
        def shelf(what: str, change: Change) -> Shelf[Any]:
            return Shelf(what, lambda: changes.tell(change))

        self.tools: Shelf[ToolEntry] = shelf("tool", "tools")
        self.resources: Shelf[ResourceEntry] = shelf("resource", "resources")
        self.templates: Shelf[tuple[UriTemplate, ResourceEntry]] = shelf(
            "resource template", "resources"
        )
        self.prompts: Shelf[PromptEntry] = shelf("prompt", "prompts")
        self.completers: dict[tuple[str, str, str], Completer] = {}

    @property
    def has_resources(self) -> bool:
        """Whether there were resources or templates at any time."""
        return self.resources.was_used or self.templates.was_used

    def find(self, uri: str) -> tuple[ResourceEntry, dict[str, str]] | None:
        """What reads a URI, and the variables in it."""
        resource = self.resources.get(uri)
        if resource is not None:
            return resource, {}
        for template, entry in self.templates:
            variables = template.match(uri)
            if variables is not None:
                return entry, variables
        return None

    def has(self, kind: str, name: str) -> bool:
        """Whether there is what a completion refers to."""
        shelf: Shelf[Any] = self.prompts if kind == "ref/prompt" else self.templates
        return shelf.get(name) is not None
