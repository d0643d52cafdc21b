"""What is wrong with the arguments of a call: all of it at once, each with its path, for a model to mend.

msgspec stops at the first error and has words of its own. This goes through the arguments with what
msgspec knows of their type. It also puts right what JSON Schema allows and msgspec does not: 2.0 for an
integer.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Raw, inspect as types

from .wire.reader import quoted

T = TypeVar("T")

_EXACT: Final = 2**53
_AT: Final = re.compile(r"(.*?)(?: - at `\$(.*)`)?", re.DOTALL)


class WrongArguments(Exception):
    """All that is wrong with the arguments of a call, a line each."""


def check(given: Raw | bytes, of: type[T]) -> T:
    """The arguments, if they are right after all.

    Raises WrongArguments if they are not.
    """
    try:
        value = msgspec.json.decode(given)
    except msgspec.DecodeError as error:
        raise WrongArguments(_translated(error)) from None
    checker = Checker()
    value = checker.check(types.type_info(of), value, "")
    if not checker.problems:
        try:
            return msgspec.convert(value, of)
        except msgspec.ValidationError as error:
            checker.problems.append(_translated(error))
    raise WrongArguments("\n".join(checker.problems))


def _translated(error: Exception) -> str:
    """An error of msgspec in our form."""
    match = _AT.fullmatch(str(error))
    assert match is not None
    # msgspec says [...] for what is somewhere in an untyped value.
    what, path = match[1].replace("`", ""), (match[2] or "").replace("[...]", "").lstrip(".")
    what = what[:1].lower() + what[1:]
    return f"{path}: {what}" if path else what


class Checker:
    """Collects what is wrong with a value."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def refuse(self, path: str, what: str) -> None:
        self.problems.append(f"{path}: {what}" if path else what)

    def check(self, of: types.Type, value: Any, path: str) -> Any:
        """The value, with integers where integers are wanted."""
        if isinstance(of, types.Metadata):
            return self.check(of.type, value, path)
        how = _CHECKS.get(type(of))
        # What is not here (dates, UUIDs and the like) is left to msgspec.
        return how(self, of, value, path) if how else value

    def null(self, _: types.NoneType, value: Any, path: str) -> Any:
        self.expect("null", value, path)
        return value

    def boolean(self, _: types.BoolType, value: Any, path: str) -> Any:
        self.expect("boolean", value, path)
        return value

    def integer(self, of: types.IntType, value: Any, path: str) -> Any:
        if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            self.refuse(path, f"expected integer, found {kind(value)}")
        else:
            self.within(of, value, path)
        return value

    def number(self, of: types.FloatType, value: Any, path: str) -> Any:
        if self.expect("number", value, path):
            self.within(of, value, path)
        return value

    def within(self, of: types.IntType | types.FloatType, value: Any, path: str) -> None:
        for limit, fits, what in (
            (of.ge, value.__ge__, "must be at least"),
            (of.gt, value.__gt__, "must be more than"),
            (of.le, value.__le__, "must be at most"),
            (of.lt, value.__lt__, "must be less than"),
            (of.multiple_of, lambda of: value % of == 0, "must be a multiple of"),
        ):
            if limit is not None and not fits(limit):
                self.refuse(
                    path, f"{what} {limit:g}" if isinstance(limit, float) else f"{what} {limit}"
                )

    def string(self, of: types.StrType, value: Any, path: str) -> Any:
        if self.expect("string", value, path):
            self.sized(of, value, "characters", path)
            if of.pattern is not None and not re.search(of.pattern, value):
                self.refuse(path, f"must match {of.pattern}")
        return value

    def sized(self, of: Any, value: Any, unit: str, path: str) -> None:
        if of.min_length is not None and len(value) < of.min_length:
            self.refuse(path, f"must have at least {of.min_length} {unit}")
        if of.max_length is not None and len(value) > of.max_length:
            self.refuse(path, f"must have at most {of.max_length} {unit}")

    def enumeration(self, of: types.EnumType, value: Any, path: str) -> Any:
        self.one_of([member.value for member in of.cls], value, path)
        return value

    def literal(self, of: types.LiteralType, value: Any, path: str) -> Any:
        self.one_of(of.values, value, path)
        return value

    def one_of(self, values: Iterable[Any], value: Any, path: str) -> None:
        if any(value == known and kind(value) == kind(known) for known in values):
            return
        known = sorted(quoted(v) if isinstance(v, str) else str(v) for v in values)
        expected = known[0] if len(known) == 1 else f"one of {', '.join(known)}"
        self.refuse(
            path,
            f"expected {expected}, found {quoted(value) if isinstance(value, str) else kind(value)}",
        )

    def array(self, of: Any, value: Any, path: str) -> Any:
        if not self.expect("array", value, path):
            return value
        self.sized(of, value, "items", path)
        return [self.check(of.item_type, item, f"{path}[{i}]") for i, item in enumerate(value)]

    def tuple(self, of: types.TupleType, value: Any, path: str) -> Any:
        if not self.expect("array", value, path):
            return value
        if len(value) != len(of.item_types):
            self.refuse(path, f"must have exactly {len(of.item_types)} items")
        pairs = zip(of.item_types, value, strict=False)
        return [
            self.check(item_type, item, f"{path}[{i}]") for i, (item_type, item) in enumerate(pairs)
        ]

    def mapping(self, of: types.DictType, value: Any, path: str) -> Any:
        if not self.expect("object", value, path):
            return value
        self.sized(of, value, "members", path)
        return {
            name: self.check(of.value_type, item, within(path, name))
            for name, item in value.items()
        }

    def object(self, of: Any, value: Any, path: str) -> Any:
        if not self.expect("object", value, path):
            return value
        fields = {field.encode_name: field for field in of.fields}
        closed = getattr(of, "forbid_unknown_fields", False)
        checked = {}
        for name, item in value.items():
            if name in fields:
                checked[name] = self.check(fields[name].type, item, within(path, name))
            elif closed:
                self.refuse(within(path, name), unknown_argument(name, fields))
        for name, field in fields.items():
            if field.required and name not in value:
                self.refuse(within(path, name), "required member is missing")
        return checked

    def union(self, of: types.UnionType, value: Any, path: str) -> Any:
        fitting = [member for member in of.types if kind(value) in _kinds(member)]
        if not fitting:
            kinds = sorted({known for member in of.types for known in _kinds(member)})
            self.refuse(path, f"expected {' or '.join(kinds)}, found {kind(value)}")
            return value
        tagged = [member for member in fitting if _has_tag(member, value)]
        if len(tagged or fitting) == 1:
            return self.check((tagged or fitting)[0], value, path)
        for member in fitting:
            attempt = Checker()
            checked = attempt.check(member, value, path)
            if not attempt.problems:
                return checked
        # Nothing fits; msgspec has words for it.
        return value

    def expect(self, wanted: str, value: Any, path: str) -> bool:
        found = kind(value)
        if found != wanted:
            self.refuse(path, f"expected {wanted}, found {found}")
        return found == wanted


_CHECKS: Final[dict[type, Callable[[Checker, Any, Any, str], Any]]] = {
    types.NoneType: Checker.null,
    types.BoolType: Checker.boolean,
    types.IntType: Checker.integer,
    types.FloatType: Checker.number,
    types.StrType: Checker.string,
    types.EnumType: Checker.enumeration,
    types.LiteralType: Checker.literal,
    types.ListType: Checker.array,
    types.SetType: Checker.array,
    types.FrozenSetType: Checker.array,
    types.VarTupleType: Checker.array,
    types.TupleType: Checker.tuple,
    types.DictType: Checker.mapping,
    types.StructType: Checker.object,
    types.DataclassType: Checker.object,
    types.TypedDictType: Checker.object,
    types.UnionType: Checker.union,
}

_KIND: Final[dict[type, str]] = {
    types.NoneType: "null",
    types.BoolType: "boolean",
    types.IntType: "number",
    types.FloatType: "number",
    types.ListType: "array",
    types.SetType: "array",
    types.FrozenSetType: "array",
    types.VarTupleType: "array",
    types.TupleType: "array",
    types.NamedTupleType: "array",
    types.DictType: "object",
    types.StructType: "object",
    types.DataclassType: "object",
    types.TypedDictType: "object",
}


_PYTHON: Final[dict[type, str]] = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}


def _kinds(of: types.Type) -> set[str]:
    """The kinds of JSON values that a type may be."""
    match of:
        case types.Metadata():
            return _kinds(of.type)
        case types.LiteralType():
            return {kind(value) for value in of.values}
        case types.EnumType():
            return {kind(member.value) for member in of.cls}
        case types.AnyType() | types.RawType() | types.CustomType():
            return {"null", "boolean", "number", "string", "array", "object"}
    return {_KIND.get(type(of), "string")}


def _has_tag(of: types.Type, value: Any) -> bool:
    if not isinstance(of, types.StructType) or of.tag_field is None or not isinstance(value, dict):
        return False
    return bool(value.get(of.tag_field) == of.tag)


def kind(value: Any) -> str:
    """The kind of a JSON value that Python has parsed."""
    return _PYTHON[type(value)]


def within(path: str, name: str) -> str:
    """The path of a member."""
    return f"{path}.{name}" if path else name


def unknown_argument(name: str, known: Iterable[str]) -> str:
    """What is said of a name that nobody knows: what was probably meant."""
    nearest, least = None, 1 + max(len(name) // 3, 1)
    for candidate in known:
        letters = distance(name.lower(), candidate.lower())
        if letters < least:
            nearest, least = candidate, letters
    return "unknown argument" + (f", did you mean {quoted(nearest)}?" if nearest else "")


def distance(a: str, b: str) -> int:
    """How many letters to insert, remove, replace or swap make one text of another."""
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            least = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                least = min(least, before[j - 2] + 1)
            row.append(least)
        before, last = last, row
    return last[-1]
