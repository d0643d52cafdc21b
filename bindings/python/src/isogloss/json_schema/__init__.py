"""JSON Schema 2020-12, compiled once and held with bounded work.

It is loaded where it is used: by a tool whose schema is written by hand, and where arguments are wrong, to say all that
is. A validator of another package has neither these words nor these bounds. `compiling` makes `rule`s of a schema,
`check` goes by them, `coercion` takes strings for what they spell.
"""

from typing import Any, Final

import msgspec

from ..protocol.limits import MAX_PROBLEMS
from ..wire.error import WireError
from ..wire.json import MAX_DEPTH, deeper_than
from .check import Problem, check_value
from .coercion import mend
from .compiling import compile_rules
from .number import parse, plain

_encode: Final = msgspec.json.Encoder(decimal_format="number").encode

__all__ = ["Checked", "JsonSchema"]


class Checked:
    """What a check found."""

    __slots__ = ("_value", "mended", "problems")

    def __init__(self, value: Any, problems: list[str], mended: list[str]) -> None:
        self._value = value
        self.problems = problems
        """What is wrong, each with its path; a last one says that there is more."""
        self.mended = mended
        """What was taken for something else than it was sent as."""

    @property
    def value(self) -> Any:
        """The value: a number without a fraction is an int, another a float."""
        return plain(self._value)

    @property
    def text(self) -> bytes:
        """The value as JSON."""
        return _encode(self._value)


class JsonSchema:
    """A JSON Schema that values are held to.

    Local references, anchors and every keyword of 2020-12; `date`, `date-time`, `time`, `email`, `uri`, `uuid`, `ipv4`
    and `ipv6` are formats that are held. Nothing is fetched.
    """

    def __init__(
        self, schema: dict[str, Any] | bool, noun: str = "argument", *, is_wide: bool = False
    ) -> None:
        """Compiles a schema. `noun` is what a member is called in messages. Integers have 64 bits, as other languages
        hold them, unless it `is_wide`.

        Raises ValueError if it is none, or has what cannot be held: a reference that leads out of it or back to
        itself, a pattern that is not of the common subset of ECMA-262 and RE2, another dialect than 2020-12.
        """
        # What is compiled is the JSON that others get to see; numbers are as they are written.
        try:
            self._schema = parse(msgspec.json.encode(schema))
        except (TypeError, ValueError, RecursionError) as error:
            raise ValueError(f"no JSON: {error}") from None
        if not isinstance(self._schema, (dict, bool)):
            raise ValueError("expected a JSON Schema, an object")
        self._rules = compile_rules(self._schema)
        self._noun = noun
        self._is_wide = is_wide

    def check(self, text: msgspec.Raw | bytes, *, coerce: bool = False) -> Checked:
        """What is wrong with a JSON text; with `coerce` strings are taken for what they spell first."""
        try:
            if deeper_than(MAX_DEPTH, text):
                return Checked(None, [f"nesting deeper than {MAX_DEPTH}"], [])
            value = parse(text)
        except (msgspec.DecodeError, RecursionError, ValueError) as error:
            return Checked(None, [f"no JSON: {error}"], [])
        mended: list[Problem] = []
        try:
            if coerce:
                value, mended = mend(self._schema, value)
            found = check_value(self._rules, value, self._noun, self._is_wide)
        except RecursionError:
            return Checked(None, ["nesting deeper than can be checked"], [])
        problems = [_told(problem) for problem in found]
        if len(problems) > MAX_PROBLEMS:
            more = f"more is wrong: only the first {MAX_PROBLEMS} are told (max_problems)"
            problems = [*problems[:MAX_PROBLEMS], more]
        return Checked(value, problems, [_told(one) for one in mended])


def _told(problem: Problem) -> str:
    """A path and what is wrong there, as it is shown."""
    path, message = problem
    return str(WireError(message, *path))
