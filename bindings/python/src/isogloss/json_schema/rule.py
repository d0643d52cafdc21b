"""A JSON Schema as rules to check by: nothing in them has to be parsed again. `compiling` makes them, `check`
goes by them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, NamedTuple, TypeAlias

from .pattern import Pattern

Number: TypeAlias = int | Decimal

TYPES: Final = ("array", "boolean", "integer", "null", "number", "object", "string")
"""The types of JSON Schema."""


class Range(NamedTuple):
    """How many there may be."""

    least: int | None = None
    most: int | None = None


class Choices(NamedTuple):
    """The values that there are."""

    canonical: frozenset[str]
    """In the spelling in which equal values are equal texts."""

    shown: tuple[str, ...]
    """All, as they are shown."""

    texts: tuple[str, ...]
    """The texts among them."""

    are_texts: bool
    """Whether they are texts and nothing else."""


class Bounds(NamedTuple):
    """What numbers have to be."""

    minimum: Number | None = None
    above: Number | None = None
    maximum: Number | None = None
    below: Number | None = None
    multiple: Number | None = None


class Text(NamedTuple):
    """What texts have to be."""

    length: Range
    pattern: Pattern | None
    format: tuple[str, Callable[[str], bool]] | None


class Array(NamedTuple):
    """What arrays have to be."""

    size: Range
    prefix: tuple["Rule", ...]
    item: "Rule | None"
    is_unique: bool
    contains: "Rule | None"
    often: Range
    """How many elements have to be what `contains` says."""


class Object(NamedTuple):
    """What objects have to be."""

    members: dict[str, "Rule"]
    required: tuple[str, ...]
    size: Range
    patterns: tuple[tuple[Pattern, "Rule"], ...]
    names: "Rule | None"
    others: "Rule | None"
    """What other members have to be; None if the schema does not say."""

    is_closed: bool
    """Whether there are no other members."""

    beside: tuple[tuple[str, tuple[str, ...]], ...]
    """A member, and those that have to be there beside it."""

    given: tuple[tuple[str, "Rule"], ...]
    """A member, and what the object has to be if it is there."""


class When(NamedTuple):
    """What a value has to be that fits a condition, and one that does not."""

    condition: "Rule"
    then: "Rule | None"
    otherwise: "Rule | None"


class Tag(NamedTuple):
    """A member whose text says which of the alternatives is meant."""

    name: str
    rules: dict[str, "Rule"]


@dataclass(slots=True, eq=False)
class Within:
    """Rules for the same value."""

    all_of: tuple["Rule", ...] = ()
    any_of: tuple["Rule", ...] = ()
    one_of: tuple["Rule", ...] = ()
    none_of: "Rule | None" = None
    when: When | None = None
    unevaluated_members: "Rule | None" = None
    unevaluated_items: "Rule | None" = None
    tag: Tag | None = None
    """How alternatives are told apart."""

    @property
    def says_more(self) -> bool:
        """Whether there is more than `all_of`, `any_of` and `one_of`."""
        rest = (self.none_of, self.when, self.unevaluated_members, self.unevaluated_items)
        return any(part is not None for part in rest)

    @property
    def alternatives(self) -> tuple["Rule", ...]:
        """The alternatives, if there is one list of them."""
        if not self.any_of:
            return self.one_of
        return () if self.one_of else self.any_of


@dataclass(slots=True, eq=False)
class Rule:
    """What one value has to be. One without members takes anything."""

    alias: "Rule | None" = None
    """The rule that this one is another place of."""

    is_never: bool = False
    """Whether it takes nothing."""

    types: tuple[str, ...] = ()
    """The types that a value may have; none: any."""

    kinds: frozenset[str] | None = field(default=None)
    """The kinds of values that these types are."""

    choices: Choices | None = None
    bounds: Bounds | None = None
    text: Text | None = None
    array: Array | None = None
    object: Object | None = None
    within: Within | None = None

    @property
    def actual(self) -> "Rule":
        """The rule that this one is another place of, or itself."""
        return self.alias or self


class Rules(NamedTuple):
    """The rules of a schema."""

    root: Rule
    remembers: bool
    """Whether what was looked at has to be remembered: `unevaluated…` asks for it."""
