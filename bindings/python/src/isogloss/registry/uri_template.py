"""URI templates (RFC 6570), the two forms that resources use.

`{name}` stands for text without `/`, `?` and `#`, `{+name}` for any text. Other expressions are refused.
"""

import re
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

from ..protocol.limits import MAX_URI
from .address import in_ascii

_PIECES: Final = re.compile(r"(\{[^}]*\})")
_EXPRESSION: Final = re.compile(r"\{(\+?)([A-Za-z_][A-Za-z0-9_]*)\}")
_BRACE: Final = re.compile(r"[{}]")
_STRAY: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")

_NOWHERE: Final = -1


class _Variable(NamedTuple):
    name: str
    is_any: bool


class UriTemplate:
    """A URI with variables, ready to be matched."""

    def __init__(self, template: str) -> None:
        """Reads a template.

        Raises ValueError if it has braces that mean something else, two variables with nothing between
        them, or one variable twice.
        """
        parts: list[str | _Variable] = []
        names: list[str] = []
        for piece in _PIECES.split(template):
            if not piece:
                continue
            expression = _EXPRESSION.fullmatch(piece)
            if expression is None:
                if _BRACE.search(piece):
                    raise _wrong(template, "only {name} and {+name} are understood")
                parts.append(in_ascii(piece))
                continue
            name = expression[2]
            if parts and isinstance(parts[-1], _Variable):
                raise _wrong(template, "two variables with nothing between them")
            if name in names:
                raise _wrong(template, f'the variable "{name}" stands there twice')
            names.append(name)
            parts.append(_Variable(name, expression[1] == "+"))
        self.names = tuple(names)
        self._parts = parts

    def match(self, uri: str) -> dict[str, str] | None:
        """The variables of a URI, percent-decoded, each as long as it can be; None if it is no such URI.

        The effort is that of looking at the URI once for each part, whatever it says.
        """
        if len(uri) > MAX_URI:
            return None
        text = in_ascii(uri)
        first = self._parts[0] if self._parts else ""
        if isinstance(first, str) and not text.startswith(first):
            return None
        # For each part, from the last to the first: where it ends if it begins at a place.
        may_follow = [_NOWHERE] * len(text) + [len(text)]
        ends: list[list[int]] = []
        for part in reversed(self._parts):
            if isinstance(part, str):
                may_follow = _ends_of_text(part, text, may_follow)
            else:
                may_follow = _ends_of_variable(part.is_any, text, may_follow)
            ends.append(may_follow)
        if may_follow[0] == _NOWHERE:
            return None
        found: dict[str, str] = {}
        at = 0
        for part, end in zip(self._parts, reversed(ends), strict=True):
            if isinstance(part, _Variable):
                value = _decoded(text[at : end[at]])
                if value is None:
                    return None
                found[part.name] = value
            at = end[at]
        return found


def _ends_of_text(part: str, text: str, may_follow: list[int]) -> list[int]:
    ends = [_NOWHERE] * (len(text) + 1)
    # Overlapping ones too: the next is looked for one place on.
    at = text.find(part)
    while at >= 0:
        if may_follow[at + len(part)] != _NOWHERE:
            ends[at] = at + len(part)
        at = text.find(part, at + 1)
    return ends


def _ends_of_variable(is_any: bool, text: str, may_follow: list[int]) -> list[int]:
    ends = [_NOWHERE] * (len(text) + 1)
    # The last place where the variable may end, seen from the end of the text or of the segment.
    last = len(text) if may_follow[len(text)] != _NOWHERE else _NOWHERE
    for at in range(len(text) - 1, -1, -1):
        if not is_any and text[at] in "/?#":
            last = _NOWHERE
        else:
            ends[at] = last
        if last == _NOWHERE and may_follow[at] != _NOWHERE:
            last = at
    return ends


def _decoded(text: str) -> str | None:
    """What percent-encoding stands for; None if that is no text."""
    if "%" not in text:
        return text
    if _STRAY.search(text):
        return None
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeError:
        return None


def _wrong(template: str, what: str) -> ValueError:
    return ValueError(f'resource template "{template}": {what}')
