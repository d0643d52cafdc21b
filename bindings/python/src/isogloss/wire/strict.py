"""What msgspec can decode by itself: shapes as annotations, and what a struct says of its members."""

from functools import reduce
from operator import or_
from typing import Any, Literal, get_args, get_type_hints

from msgspec import NODEFAULT, Struct, UnsetType

from .shape import (
    Bool,
    Const,
    Enum,
    Int,
    Kind,
    List,
    Map,
    Num,
    Ref,
    Resolve,
    Shape,
    Str,
    Union,
    Variant,
    is_there,
)
from .value import Integer, Number


def annotation(shape: Shape, resolve: Resolve, bit: int) -> Any | None:
    """The type that msgspec decodes to just the values of a shape in a revision; None if there is none."""
    match shape:
        case Ref():
            return annotation(resolve(shape.name), resolve, bit)
        case Bool():
            return bool
        case Str():
            return str
        case Int():
            return Integer
        case Num():
            return Number
        case Const():
            return Literal[shape.value]
        case Enum():
            there = tuple(value for value, revs in shape.values.items() if revs & bit)
            return Literal[there] if there else None
        case Union(Kind(cases)):
            return _either([way for way in cases.values() if is_there(way, bit)], resolve, bit)
        case List():
            item = annotation(shape.item, resolve, bit)
            return item and list[item]  # type: ignore[valid-type]
        case Map():
            value = annotation(shape.value, resolve, bit)
            return value and dict[str, value]  # type: ignore[valid-type]
    return None


def _either(ways: list[Any], resolve: Resolve, bit: int) -> Any | None:
    """Alternatives of different kinds, if each is something msgspec can decode."""
    if not all(isinstance(way, Variant) for way in ways):
        return None
    each = [annotation(way.type, resolve, bit) for way in ways]
    return reduce(or_, each) if each and None not in each else None


def defaults_of(cls: type[Struct]) -> dict[str, Any]:
    """The default of every member of a struct, NODEFAULT where there is none."""
    names, defaults = cls.__struct_fields__, cls.__struct_defaults__
    return dict(zip(names, (NODEFAULT,) * (len(names) - len(defaults)) + defaults, strict=True))


def annotations_of(cls: type[Struct]) -> dict[str, Any]:
    """The annotation of every member of a struct."""
    if any(isinstance(hint, str) for hint in cls.__annotations__.values()):
        return get_type_hints(cls, include_extras=True)
    return cls.__annotations__


def without_unset(hint: Any) -> Any:
    """What an annotation says of a member that is there."""
    kinds = [part for part in get_args(hint) if part is not UnsetType and part is not type(None)]
    return kinds[0] if len(kinds) == 1 and UnsetType in get_args(hint) else hint
