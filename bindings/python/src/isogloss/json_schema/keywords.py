"""The keywords of one JSON Schema, read as what they have to be. What is wrong is told with its place."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeAlias

from .number import is_whole, shown_number
from .rule import Number, Range

AnySchema: TypeAlias = bool | dict[str, Any]
"""A schema with keywords, or one that takes anything or nothing."""


class Keywords:
    """The keywords of a schema, and where it stands."""

    __slots__ = ("all", "place")

    def __init__(self, all: dict[str, Any], place: str) -> None:
        self.all = all
        self.place = place
        """A JSON Pointer."""

    def wrong(self, what: str) -> ValueError:
        """An error that says where it is."""
        return ValueError(f"at {self.place}: {what}" if self.place else what)

    def text(self, keyword: str) -> str | None:
        found: str | None = self._expected(keyword, "a string", _is_text)
        return found

    def flag(self, keyword: str) -> bool:
        return bool(self._expected(keyword, "true or false", lambda value: isinstance(value, bool)))

    def schema(self, keyword: str) -> AnySchema | None:
        found: AnySchema | None = self._expected(keyword, "a schema", is_schema)
        return found

    def schemas(self, keyword: str) -> list[AnySchema]:
        return self._expected(keyword, "a list of schemas", _all(list, is_schema)) or []

    def named(self, keyword: str) -> dict[str, AnySchema]:
        """Schemas by name."""
        return self._expected(keyword, "an object of schemas", _all(dict, is_schema)) or {}

    def names(self, keyword: str) -> tuple[str, ...]:
        return tuple(self._expected(keyword, "a list of strings", _all(list, _is_text)) or ())

    def lists(self, keyword: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Lists of names by name."""
        are_lists = _all(dict, _all(list, _is_text))
        given = self._expected(keyword, "an object of lists of strings", are_lists) or {}
        return tuple((name, tuple(others)) for name, others in given.items())

    def values(self, keyword: str) -> list[Any] | None:
        found: list[Any] | None = self._expected(keyword, "a list", lambda v: isinstance(v, list))
        return found

    def number(self, keyword: str) -> Number | None:
        found: Number | None = self._expected(keyword, "a number", _is_number)
        return found

    def range(self, least: str, most: str) -> Range:
        return Range(self._size(least), self._size(most))

    def _size(self, keyword: str) -> int | None:
        value = self._expected(keyword, "an integer that is not negative", _is_size)
        return None if value is None else int(value)

    def _expected(self, keyword: str, what: str, is_right: Callable[[Any], bool]) -> Any:
        if keyword not in self.all:
            return None
        value = self.all[keyword]
        if is_right(value):
            return value
        raise self.wrong(f"{keyword} is {_short(value)}: expected {what}")


def is_schema(value: Any) -> bool:
    """Whether a value is a schema."""
    return isinstance(value, (bool, dict))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def _is_size(value: Any) -> bool:
    return _is_number(value) and 0 <= value < 2**63 and is_whole(value)


def _all(of: type, is_right: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """What tells whether a value is a list, or an object, of which each part is right."""

    def are_right(value: Any) -> bool:
        parts = value.values() if isinstance(value, dict) else value
        return isinstance(value, of) and all(map(is_right, parts))

    return are_right


def _short(value: Any) -> str:
    """A value in a message to whoever wrote the schema."""
    match value:
        case bool() | None:
            return {True: "true", False: "false", None: "null"}[value]
        case str():
            return f'"{value}"'
        case list():
            return "an array"
        case dict():
            return "an object"
    return shown_number(value)
