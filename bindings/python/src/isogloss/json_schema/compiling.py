"""From a JSON Schema to rules, once. What cannot be held is refused here, with its place: a reference that leads out
of the schema or in circles, a pattern that not everybody reads alike, a keyword of the wrong kind."""

import re
from typing import Any, Final

from .format import FORMATS
from .keywords import AnySchema, Keywords, is_schema
from .number import canonical, shown
from .pattern import Pattern
from .places import Places
from .rule import TYPES, Array, Bounds, Choices, Object, Range, Rule, Rules, Text, When, Within
from .settle import settle

_DIALECT: Final = re.compile(r"(https?://)?json-schema\.org/draft/2020-12/schema#?")
"""The one dialect there is."""

_ABOUT_OBJECTS: Final = {
    "additionalProperties", "dependentRequired", "dependentSchemas", "maxProperties", "minProperties",
    "patternProperties", "properties", "propertyNames", "required",
}  # fmt: skip

_ABOUT_ARRAYS: Final = {
    "contains", "items", "maxContains", "maxItems", "minContains", "minItems", "prefixItems", "uniqueItems",
}  # fmt: skip


def compile_rules(schema: AnySchema) -> Rules:
    """The rules of a schema, whose numbers with a fraction are decimals.

    Raises ValueError if it is none, or has what cannot be held.
    """
    dialect = schema.get("$schema") if isinstance(schema, dict) else None
    if dialect is not None and not (isinstance(dialect, str) and _DIALECT.fullmatch(dialect)):
        raise ValueError(f"$schema is {shown(dialect)}: only JSON Schema 2020-12 is understood")
    compiler = _Compiler(schema if isinstance(schema, dict) else {})
    root = compiler.rule(schema, "")
    compiler.finish()
    settle(compiler.all)
    return Rules(root, compiler.remembers)


class _Compiler:
    def __init__(self, schema: dict[str, Any]) -> None:
        self.all: list[Rule] = []
        self.remembers = False
        self._places = Places(schema)
        self._known: dict[int, Rule] = {}
        """The rules of the parts that were met, by the part's identity."""
        self._waiting: list[tuple[Rule, Keywords]] = []

    def rule(self, schema: AnySchema, place: str) -> Rule:
        """The rule of a schema. It is filled in later: schemas may refer to themselves."""
        if isinstance(schema, dict) and id(schema) in self._known:
            return self._known[id(schema)]
        rule = Rule(is_never=schema is False)
        self.all.append(rule)
        if isinstance(schema, dict):
            self._known[id(schema)] = rule
            self._waiting.append((rule, Keywords(schema, place)))
        return rule

    def finish(self) -> None:
        """Fills in all rules."""
        while self._waiting:
            rule, keywords = self._waiting.pop()
            rule.types = _types(keywords)
            if rule.types:
                rule.kinds = frozenset("number" if t == "integer" else t for t in rule.types)
            rule.choices = _choices(keywords)
            rule.bounds = _bounds(keywords)
            rule.text = _text(keywords)
            rule.array = self._array(keywords)
            rule.object = self._object(keywords)
            rule.within = self._within(keywords)

    def _one(self, keywords: Keywords, keyword: str) -> Rule | None:
        schema = keywords.schema(keyword)
        return None if schema is None else self.rule(schema, f"{keywords.place}/{keyword}")

    def _list(self, keywords: Keywords, keyword: str) -> tuple[Rule, ...]:
        place = f"{keywords.place}/{keyword}"
        schemas = enumerate(keywords.schemas(keyword))
        return tuple(self.rule(schema, f"{place}/{index}") for index, schema in schemas)

    def _named(self, keywords: Keywords, keyword: str) -> dict[str, Rule]:
        place = f"{keywords.place}/{keyword}"
        named = keywords.named(keyword).items()
        return {name: self.rule(schema, f"{place}/{name}") for name, schema in named}

    def _object(self, keywords: Keywords) -> Object | None:
        if keywords.all.keys().isdisjoint(_ABOUT_OBJECTS):
            return None
        others = self._one(keywords, "additionalProperties")
        patterns = self._named(keywords, "patternProperties").items()
        return Object(
            members=self._named(keywords, "properties"),
            required=keywords.names("required"),
            size=keywords.range("minProperties", "maxProperties"),
            patterns=tuple((_pattern(keywords, source), rule) for source, rule in patterns),
            names=self._one(keywords, "propertyNames"),
            others=others,
            is_closed=others is not None and others.is_never,
            beside=keywords.lists("dependentRequired"),
            given=tuple(self._named(keywords, "dependentSchemas").items()),
        )

    def _array(self, keywords: Keywords) -> Array | None:
        if keywords.all.keys().isdisjoint(_ABOUT_ARRAYS):
            return None
        return Array(
            size=keywords.range("minItems", "maxItems"),
            prefix=self._list(keywords, "prefixItems"),
            item=self._one(keywords, "items"),
            is_unique=keywords.flag("uniqueItems"),
            contains=self._one(keywords, "contains"),
            often=keywords.range("minContains", "maxContains"),
        )

    def _within(self, keywords: Keywords) -> Within | None:
        condition = self._one(keywords, "if")
        then, otherwise = self._one(keywords, "then"), self._one(keywords, "else")
        within = Within(
            all_of=(*self._list(keywords, "allOf"), *self._references(keywords)),
            any_of=self._list(keywords, "anyOf"),
            one_of=self._list(keywords, "oneOf"),
            none_of=self._one(keywords, "not"),
            when=When(condition, then, otherwise) if condition else None,
            unevaluated_members=self._one(keywords, "unevaluatedProperties"),
            unevaluated_items=self._one(keywords, "unevaluatedItems"),
        )
        if within.unevaluated_members or within.unevaluated_items:
            self.remembers = True
        is_said = within.all_of or within.any_of or within.one_of or within.says_more
        return within if is_said else None

    def _references(self, keywords: Keywords) -> list[Rule]:
        rules = []
        for keyword, find in (
            ("$ref", self._places.find),
            ("$dynamicRef", self._places.find_dynamic),
        ):
            reference = keywords.text(keyword)
            if reference is None:
                continue
            try:
                found = find(keywords.all, reference)
            except ValueError as error:
                raise keywords.wrong(f"{keyword} {error}") from None
            if not is_schema(found):
                raise keywords.wrong(f"{keyword} {reference} refers to what is no schema")
            rules.append(self.rule(found, reference))
        return rules


def _types(keywords: Keywords) -> tuple[str, ...]:
    given = keywords.all.get("type")
    names = (given,) if isinstance(given, str) else keywords.names("type")
    for name in names:
        if name not in TYPES:
            raise keywords.wrong(f"type is {shown(name)}, which is none")
    return names


def _bounds(keywords: Keywords) -> Bounds | None:
    bounds = Bounds(
        minimum=keywords.number("minimum"),
        above=keywords.number("exclusiveMinimum"),
        maximum=keywords.number("maximum"),
        below=keywords.number("exclusiveMaximum"),
        multiple=keywords.number("multipleOf"),
    )
    if bounds.multiple is not None and bounds.multiple <= 0:
        raise keywords.wrong("multipleOf: expected a number above 0")
    return None if bounds == Bounds() else bounds


def _text(keywords: Keywords) -> Text | None:
    length = keywords.range("minLength", "maxLength")
    source, name = keywords.text("pattern"), keywords.text("format")
    pattern = None if source is None else _pattern(keywords, source)
    is_held = name is not None and name in FORMATS
    text = Text(length, pattern, (name, FORMATS[name]) if name is not None and is_held else None)
    return None if text == (Range(), None, None) else text


def _pattern(keywords: Keywords, source: str) -> Pattern:
    try:
        return Pattern(source)
    except ValueError as error:
        raise keywords.wrong(str(error)) from None


def _choices(keywords: Keywords) -> Choices | None:
    values = keywords.values("enum")
    if "const" in keywords.all:
        one = keywords.all["const"]
        is_choice = values is None or canonical(one) in map(canonical, values)
        values = [one] if is_choice else []
    if values is None:
        return None
    texts = tuple(value for value in values if isinstance(value, str))
    return Choices(
        canonical=frozenset(map(canonical, values)),
        shown=tuple(map(shown, values)),
        texts=texts,
        are_texts=len(texts) == len(values),
    )
