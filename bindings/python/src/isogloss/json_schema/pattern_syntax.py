"""The syntax of patterns: the common subset of ECMA-262 and RE2. What only one of the two has, or what they read
differently, is refused by name."""

import re
from typing import Final, NamedTuple, TypeAlias

Ranges: TypeAlias = tuple[tuple[int, int], ...]
"""Code points from one to another, both included."""


class OneOf(NamedTuple):
    """One of some characters."""

    ranges: Ranges


class Here(NamedTuple):
    """What holds between two characters: `^`, `$`, `b` for a word's edge, `B` for none."""

    what: str


class Both(NamedTuple):
    """One part after another."""

    parts: list["Node"]


class Either(NamedTuple):
    """One of several parts."""

    parts: list["Node"]


class Repeated(NamedTuple):
    """A part so often; `most` is None where there is no end."""

    part: "Node"
    least: int
    most: int | None


Node: TypeAlias = OneOf | Here | Both | Either | Repeated

_MOST_REPEATS: Final = 1000
"""The most often that a part may repeat, as RE2 has it."""

_DEEPEST: Final = 50
"""How deep groups may nest."""

_LAST: Final = 0x10FFFF
_LINE_END: Final = ((10, 10), (13, 13), (0x2028, 0x2029))
_CLASSES: Final[dict[str, Ranges]] = {
    "d": ((48, 57),),
    "w": ((48, 57), (65, 90), (95, 95), (97, 122)),
    "s": (
        (9, 13), (32, 32), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F),
        (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF),
    ),
}  # fmt: skip
"""What an escape of a class stands for; the capital letter is all else."""

_CONTROLS: Final = {"t": 9, "n": 10, "r": 13, "f": 12, "v": 11}
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_COUNTS: Final = re.compile(r"([0-9]{1,9})(,?)([0-9]{0,9})")
_HEX: Final = re.compile(r"[0-9a-fA-F]+")
_PUNCTUATION: Final = re.compile(r"[!-/:-@\[-`{-~]")


def read_pattern(source: str) -> Node:
    """Raises ValueError that says what is wrong with it, without the pattern."""
    reader = _Reader(source)
    node = reader.alternatives(0)
    if not reader.is_at_end:
        raise ValueError("a `)` that closes nothing")
    return node


class _Reader:
    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0

    @property
    def is_at_end(self) -> bool:
        return self._at >= len(self._source)

    def alternatives(self, depth: int) -> Node:
        """Up to the end, or a `)` that is not its own."""
        if depth > _DEEPEST:
            raise ValueError(f"groups nest deeper than {_DEEPEST}")
        parts: list[list[Node]] = [[]]
        while not self.is_at_end and self._peek() != ")":
            if self._take("|"):
                self._refuse_repetition()
                parts.append([])
            else:
                parts[-1].append(self._quantified(self._part(depth)))
        both: list[Node] = [Both(part) for part in parts]
        return both[0] if len(both) == 1 else Either(both)

    def _part(self, depth: int) -> Node:
        following = self._next()
        match following:
            case "^" | "$":
                return Here(following)
            case ".":
                return OneOf(_complement(_LINE_END))
            case "[":
                return OneOf(self._bracket())
            case "(":
                return self._group(depth)
            case "\\":
                return self._escape()
            case "*" | "+" | "?":
                raise ValueError(f"`{following}` with nothing to repeat")
            case "{" | "}" | "]":
                raise ValueError(f"`{following}` that stands alone: write `\\{following}`")
        return _literal(ord(following))

    def _group(self, depth: int) -> Node:
        if self._take("?"):
            self._group_kind()
        node = self.alternatives(depth + 1)
        if not self._take(")"):
            raise ValueError("a `(` that is never closed")
        return node

    def _group_kind(self) -> None:
        """What follows `(?`: no capture, or a name that says nothing."""
        if self._take(":"):
            return
        first, second = self._peek(), self._peek(1)
        end = self._source.find(">", self._at)
        if first == "<" and end >= 0 and second not in ("=", "!"):
            name = self._source[self._at + 1 : end]
            if not _NAME.fullmatch(name):
                raise ValueError(f"a group named `{name}`: letters, digits and `_` make a name")
            self._at = end + 1
            return
        shown = f"`(?{self._source[self._at : self._at + 2]}`"
        if first in ("=", "!"):
            raise ValueError(f"{shown} is a lookahead, which RE2 does not have")
        if first == "<":
            raise ValueError(f"{shown} is a lookbehind, which RE2 does not have")
        raise ValueError(f"{shown} is a group of a kind that is not understood")

    def _escape(self) -> Node:
        """An escape outside brackets."""
        following = self._next()
        if following in ("b", "B"):
            return Here(following)
        if following and following in "123456789k":
            raise ValueError(f"`\\{following}` refers back, which RE2 does not have")
        escaped = self._escaped(following)
        return _literal(escaped) if isinstance(escaped, int) else OneOf(escaped)

    def _escaped(self, following: str) -> int | Ranges:
        """What an escape stands for, inside and outside brackets: one character, or a class."""
        if not following:
            raise ValueError("a `\\` at the end")
        if following in _CLASSES:
            return _CLASSES[following]
        if following in "DWS":
            return _complement(_CLASSES[following.lower()])
        if following in _CONTROLS:
            return _CONTROLS[following]
        if following in "xu":
            return self._hex(2 if following == "x" else 4)
        if following in "pP":
            what = "depends on the version of Unicode: list the characters in `[…]`"
            raise ValueError(f"`\\{following}` {what}")
        if _PUNCTUATION.fullmatch(following):
            return ord(following)
        raise ValueError(f"the escape `\\{following}` is not one that ECMA-262 and RE2 share")

    def _hex(self, count: int) -> int:
        digits = self._source[self._at : self._at + count]
        if len(digits) == count and _HEX.fullmatch(digits):
            value = int(digits, 16)
            if not 0xD800 <= value <= 0xDFFF:
                self._at += count
                return value
        raise ValueError(f"an escape without {count} hexadecimal digits of a character")

    def _bracket(self) -> Ranges:
        """What stands in brackets, the first of which was read."""
        is_negated = self._take("^")
        if self._peek() == "]":
            raise ValueError("`[]` and `[^]` mean different things: write `\\]` for the bracket")
        ranges: list[tuple[int, int]] = []
        while not self._take("]"):
            low = self._in_brackets()
            is_range = self._peek() == "-" and self._peek(1) != "]"
            if not isinstance(low, int):
                if is_range:
                    what = "a range that begins with a class: write `\\-` for the hyphen"
                    raise ValueError(what)
                ranges += low
            elif is_range:
                ranges.append((low, self._range_end(low)))
            else:
                ranges.append((low, low))
        return _complement(tuple(ranges)) if is_negated else tuple(ranges)

    def _range_end(self, low: int) -> int:
        self._next()
        high = self._in_brackets()
        if not isinstance(high, int):
            raise ValueError("a range that ends with a class: write `\\-` for the hyphen")
        if high < low:
            raise ValueError(f"the range `{chr(low)}-{chr(high)}` goes backwards")
        return high

    def _in_brackets(self) -> int | Ranges:
        following = self._next()
        if not following:
            raise ValueError("a `[` that is never closed")
        if following == "[" and self._peek() in (":", ".", "="):
            raise ValueError("`[:` means different things: write `\\[` for the bracket")
        if following != "\\":
            return ord(following)
        escaped = self._next()
        if escaped in ("b", "B"):
            raise ValueError(f"`\\{escaped}` in brackets means different things")
        return self._escaped(escaped)

    def _quantified(self, part: Node) -> Node:
        start = self._at
        bounds = self._bounds()
        if bounds is None:
            return part
        shown = self._source[start : self._at]
        if isinstance(part, Here):
            raise ValueError(f"`{shown}` with nothing to repeat")
        # That the shortest is wanted does not matter to whether there is one.
        self._take("?")
        if self._peek() in ("*", "+", "?"):
            raise ValueError(f"`{self._peek()}` after `{shown}` repeats a repetition")
        return Repeated(part, *bounds)

    def _refuse_repetition(self) -> None:
        start = self._at
        if self._bounds() is not None:
            raise ValueError(f"`{self._source[start : self._at]}` with nothing to repeat")

    def _bounds(self) -> tuple[int, int | None] | None:
        for sign, least, most in (("*", 0, None), ("+", 1, None), ("?", 0, 1)):
            if self._take(sign):
                return least, most
        if self._peek() != "{":
            return None
        end = self._source.find("}", self._at)
        if end < 0:
            raise ValueError("`{` that stands alone: write `\\{`")
        inside = self._source[self._at + 1 : end]
        self._at = end + 1
        return _counts(inside)

    def _peek(self, ahead: int = 0) -> str:
        """A character further on, nothing at the end."""
        return self._source[self._at + ahead : self._at + ahead + 1]

    def _next(self) -> str:
        character = self._peek()
        self._at += 1
        return character

    def _take(self, character: str) -> bool:
        if self._peek() != character:
            return False
        self._at += 1
        return True


def _counts(text: str) -> tuple[int, int | None]:
    """The bounds between the braces."""
    found = _COUNTS.fullmatch(text)
    if found is None or (not found[2] and found[3]):
        raise ValueError(f"`{{{text}}}` is no count of repetitions: write `\\{{` for the brace")
    least = int(found[1])
    most = int(found[3]) if found[3] else None if found[2] else least
    if most is not None and most < least:
        raise ValueError(f"`{{{text}}}` goes backwards")
    if max(least, most or 0) > _MOST_REPEATS:
        raise ValueError(f"`{{{text}}}` repeats more than {_MOST_REPEATS} times")
    return least, most


def _literal(character: int) -> OneOf:
    return OneOf(((character, character),))


def _complement(ranges: Ranges) -> Ranges:
    """All characters but these."""
    rest = []
    start = 0
    for low, high in sorted(ranges):
        if start < low:
            rest.append((start, low - 1))
        start = max(start, high + 1)
    if start <= _LAST:
        rest.append((start, _LAST))
    return tuple(rest)
