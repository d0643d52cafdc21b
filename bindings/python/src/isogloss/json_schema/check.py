"""Checks a value by rules. All that is wrong is collected: a model mends a call better when it is told everything at
once.

What a rule says of a value by way of other rules is found out once, so that the work is bounded by the sizes of schema
and value, whatever alternatives refer to each other. It goes down by recursion: a text nests at most `MAX_DEPTH` deep.
"""

from decimal import Decimal
from typing import Any, Final, NamedTuple, TypeAlias

from ..protocol.limits import MAX_PROBLEMS
from ..wire.reader import quoted
from .number import canonical, is_multiple, is_whole, literal, shown, shown_number
from .rule import Array, Bounds, Choices, Number, Object, Range, Rule, Rules, Tag, Text, Within
from .settle import may_be
from .words import one_of, unknown

Path: TypeAlias = tuple[str | int, ...]
"""Names of members and numbers of elements."""

Problem: TypeAlias = tuple[Path, str]
"""Where something is wrong, and what."""

_KINDS: Final[dict[type, str]] = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    Decimal: "number",
    str: "string",
    list: "array",
    dict: "object",
}

_DOUBLE: Final = 2**1024
"""Beyond any number that a double holds."""


class Noted:
    """What of a value its schemas have looked at."""

    __slots__ = ("items", "names", "others")

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.items = 0
        """So many elements from the first on."""
        self.others: set[int] = set()
        """Elements that are contained."""


class Found(NamedTuple):
    """What a rule says of a value, apart from everything else."""

    problems: list[Problem]
    noted: Noted | None


def kind_of(value: Any) -> str:
    """The kind of a parsed value."""
    return _KINDS[type(value)]


def check_value(rules: Rules, value: Any, noun: str, is_wide: bool) -> list[Problem]:
    """What is wrong with a parsed value, in the value's order: at most one more than is told.

    `noun` is what a member is called in messages; `is_wide` tells that integers may have more than 64 bits.
    """
    check = _Check(rules, noun, is_wide)
    check.value(rules.root, value)
    return check.problems


class _Check:
    def __init__(self, rules: Rules, noun: str, is_wide: bool) -> None:
        self.problems: list[Problem] = []
        self._remembers = rules.remembers
        self._noun = noun
        self._is_wide = is_wide
        self._path: list[str | int] = []
        self._known: dict[tuple[int, int], Found] = {}
        """What rules say of objects and arrays, by the identity of both."""

    @property
    def _is_full(self) -> bool:
        """Whether there is more that is wrong than is told."""
        return len(self.problems) > MAX_PROBLEMS

    def _tell(self, message: str, *below: str | int) -> None:
        if len(self.problems) <= MAX_PROBLEMS:
            self.problems.append(((*self._path, *below), message))

    def value(self, given: Rule, value: Any) -> Noted | None:
        """Checks a value by a rule; gives what of it was looked at, if that is asked for."""
        rule = given.alias or given
        if rule.is_never:
            self._tell("nothing is allowed here")
            return None
        kind = _KINDS[type(value)]
        if rule.kinds is not None and kind not in rule.kinds:
            self._tell(f"expected {' or '.join(rule.types)}, found {kind}")
            return None
        noted = Noted() if self._remembers else None
        if kind == "number":
            self._number(rule, value)
        elif kind == "string" and rule.text is not None:
            self._text(rule.text, value)
        elif kind == "object" and rule.object is not None:
            self._object(rule.object, value, noted)
        elif kind == "array" and rule.array is not None:
            self._array(rule.array, value, noted)
        if rule.choices is not None:
            self._choice(rule.choices, value, kind)
        if rule.within is not None:
            self._within(rule.within, value, kind, noted)
        return noted

    # ---- numbers and texts ----

    def _number(self, rule: Rule, value: Number) -> None:
        problem = self._beyond(rule, value)
        if problem is None and rule.bounds is not None:
            problem = _outside(rule.bounds, value)
        if problem is not None:
            self._tell(problem)

    def _beyond(self, rule: Rule, value: Number) -> str | None:
        """Why a number cannot be held as what is wanted."""
        is_double = -_DOUBLE < value < _DOUBLE
        if "integer" not in rule.types or "number" in rule.types:
            return None if is_double else "number out of range"
        if is_double and not is_whole(value):
            return "expected integer, found number"
        is_held = (self._is_wide and isinstance(value, int)) or -(2**63) <= value < 2**64
        return None if is_held else "integer out of range"

    def _text(self, rule: Text, value: str) -> None:
        self._size(rule.length, len(value), "characters")
        if rule.pattern is not None and not rule.pattern.matches(value):
            self._tell(f"must match the pattern {literal(rule.pattern.source)}")
        if rule.format is not None and not rule.format[1](value):
            self._tell(f"must have the format {rule.format[0]}")

    def _size(self, range: Range, size: int, unit: str) -> None:
        if range.least is not None and size < range.least:
            self._tell(f"must have at least {range.least} {unit}")
        elif range.most is not None and size > range.most:
            self._tell(f"must have at most {range.most} {unit}")

    def _choice(self, choices: Choices, value: Any, kind: str) -> None:
        if canonical(value) not in choices.canonical:
            seen = kind if choices.are_texts and kind != "string" else shown(value)
            self._tell(f"expected {one_of(choices.shown)}, found {seen}")

    # ---- objects and arrays ----

    def _object(self, rule: Object, value: dict[str, Any], noted: Noted | None) -> None:
        for name, item in value.items():
            own = rule.members.get(name)
            if rule.names is not None:
                for _, message in self._aside(rule.names, name).problems:
                    self._tell(f"its name {message}", name)
            rules = [own] if own is not None else []
            if rule.patterns:
                rules += [also for pattern, also in rule.patterns if pattern.matches(name)]
            if not rules and rule.others is not None:
                if rule.is_closed:
                    self._unknown(rule, name, noted)
                    continue
                rules = [rule.others]
            if rules and noted is not None:
                noted.names.add(name)
            for also in rules:
                self._path.append(name)
                self.value(also, item)
                self._path.pop()
        for name in rule.required:
            if name not in value:
                self._tell("required member is missing", name)
        self._size(rule.size, len(value), "members")
        for name, others in rule.beside:
            for other in others if name in value else ():
                if other not in value:
                    since = f"since {literal(name)} is there"
                    self._tell(f"required member is missing, {since}", other)
        for name, also in rule.given:
            if name in value:
                self._also(also, value, noted)

    def _unknown(self, rule: Object, name: str, noted: Noted | None) -> None:
        if noted is not None:
            noted.names.add(name)
        # What was meant is not looked for where nobody is told of it: there may be very many.
        if not self._is_full:
            self._tell(unknown(self._noun, name, rule.members), name)

    def _array(self, rule: Array, value: list[Any], noted: Noted | None) -> None:
        before: set[str] = set()
        fitting = 0
        for index, item in enumerate(value):
            own = rule.prefix[index] if index < len(rule.prefix) else rule.item
            if own is not None:
                self._path.append(index)
                self.value(own, item)
                self._path.pop()
            if rule.contains is not None and not self._aside(rule.contains, item).problems:
                fitting += 1
                if noted is not None:
                    noted.others.add(index)
            if rule.is_unique:
                text = canonical(item)
                if text in before:
                    self._tell("must differ from the items before it", index)
                before.add(text)
        self._size(rule.size, len(value), "items")
        if rule.contains is not None:
            self._contained(rule.often, fitting)
        if noted is not None:
            noted.items = len(value) if rule.item else min(len(rule.prefix), len(value))

    def _contained(self, often: Range, fitting: int) -> None:
        least = 1 if often.least is None else often.least
        if fitting < least:
            self._tell(f"must have at least {least} items that fit, has {fitting}")
        elif often.most is not None and fitting > often.most:
            self._tell(f"must have at most {often.most} items that fit, has {fitting}")

    # ---- by way of other rules ----

    def _within(self, within: Within, value: Any, kind: str, noted: Noted | None) -> None:
        for rule in within.all_of:
            self._also(rule, value, noted)
        for rules in (within.any_of, within.one_of):
            if rules:
                self._alternatives(within, rules, value, kind, noted)
        if within.none_of is not None and not self._aside(within.none_of, value).problems:
            self._tell("is what it must not be")
        if within.when is not None:
            is_so = self._aside(within.when.condition, value)
            if not is_so.problems:
                _merge(noted, is_so.noted)
            following = within.when.otherwise if is_so.problems else within.when.then
            if following is not None:
                self._also(following, value, noted)
        if noted is not None:
            self._rest(within, value, noted)

    def _also(self, rule: Rule, value: Any, noted: Noted | None) -> None:
        """Checks a value by one more rule."""
        found = self._aside(rule, value)
        self._adopt(found.problems)
        _merge(noted, found.noted)

    def _adopt(self, problems: list[Problem]) -> None:
        for path, message in problems:
            self._tell(message, *path)

    def _aside(self, given: Rule, value: Any) -> Found:
        """What a rule says of a value, by itself."""
        rule = given.alias or given
        # What is in the value as a whole lives as long as this check, and so do the identities.
        key = (id(rule), id(value))
        is_kept = isinstance(value, (dict, list))
        if is_kept and key in self._known:
            return self._known[key]
        around, path = self.problems, self._path
        self.problems, self._path = [], []
        noted = self.value(rule, value)
        found = Found(self.problems, noted)
        self.problems, self._path = around, path
        if is_kept:
            self._known[key] = found
        return found

    def _alternatives(
        self,
        within: Within,
        rules: tuple[Rule, ...],
        value: Any,
        kind: str,
        noted: Noted | None,
    ) -> None:
        if within.tag is not None and kind == "object" and noted is None:
            return self._tagged(within.tag, value)
        fitting = 0
        near = []
        for rule in rules:
            found = self._aside(rule, value)
            if found.problems:
                if may_be(rule, kind):
                    near.append(found)
                continue
            fitting += 1
            _merge(noted, found.noted)
            # Of those that may all fit the first is enough, unless what it has looked at is asked for.
            if rules is not within.one_of and noted is None:
                return None
        if fitting > 1 and rules is within.one_of:
            self._tell(f"fits {fitting} of the alternatives, expected just one")
        elif not fitting and len(near) == 1:
            # Of several that are near none is nearest.
            self._adopt(near[0].problems)
        elif not fitting:
            self._tell(_nothing_fits(rules, kind))
        return None

    def _tagged(self, tag: Tag, value: dict[str, Any]) -> None:
        """The alternative that the value itself names."""
        if tag.name not in value:
            return self._tell("required member is missing", tag.name)
        named = value[tag.name]
        rule = tag.rules.get(named) if isinstance(named, str) else None
        if rule is not None:
            return self._also(rule, value, None)
        seen = quoted(named) if isinstance(named, str) else kind_of(named)
        self._tell(f"expected {one_of(map(quoted, tag.rules))}, found {seen}", tag.name)
        return None

    def _rest(self, within: Within, value: Any, noted: Noted) -> None:
        """What no schema has looked at."""
        if within.unevaluated_members is not None and isinstance(value, dict):
            for name, item in value.items():
                if name not in noted.names:
                    self._left_over(name, within.unevaluated_members, item)
                    noted.names.add(name)
        if within.unevaluated_items is not None and isinstance(value, list):
            for index, item in enumerate(value):
                if index >= noted.items and index not in noted.others:
                    self._left_over(index, within.unevaluated_items, item)
            noted.items = len(value)

    def _left_over(self, step: str | int, rule: Rule, value: Any) -> None:
        if rule.actual.is_never:
            return self._tell(f"unknown {self._noun}", step)
        self._path.append(step)
        self.value(rule, value)
        self._path.pop()
        return None


def _merge(noted: Noted | None, other: Noted | None) -> None:
    if noted is not None and other is not None:
        noted.names |= other.names
        noted.items = max(noted.items, other.items)
        noted.others |= other.others


def _outside(bounds: Bounds, value: Number) -> str | None:
    """The first bound that a number is beyond."""
    minimum, above, maximum, below, multiple = bounds
    if minimum is not None and value < minimum:
        return f"must be at least {shown_number(minimum)}"
    if above is not None and value <= above:
        return f"must be more than {shown_number(above)}"
    if maximum is not None and value > maximum:
        return f"must be at most {shown_number(maximum)}"
    if below is not None and value >= below:
        return f"must be less than {shown_number(below)}"
    if multiple is not None and not is_multiple(value, multiple):
        return f"must be a multiple of {shown_number(multiple)}"
    return None


def _nothing_fits(rules: tuple[Rule, ...], kind: str) -> str:
    """What is said where no alternative fits, and none is nearest."""
    each = [rule.actual for rule in rules]
    choices = [rule.choices for rule in each if rule.choices is not None]
    if len(choices) == len(each):
        shown = [text for choice in choices for text in choice.shown]
        return f"expected {one_of(shown)}, found another {kind}"
    types = list(dict.fromkeys(name for rule in each for name in rule.types))
    if not types or kind in types:
        return "matches none of the alternatives"
    return f"expected {' or '.join(types)}, found {kind}"
