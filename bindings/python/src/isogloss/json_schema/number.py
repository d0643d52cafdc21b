"""Numbers as they are written, so that 0.3 is a multiple of 0.1, and JSON in the one spelling in which equal
values are equal texts."""

import math
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec

from ..wire.reader import quoted
from .rule import Number

_DIGITS: Final = 40
"""Up to how many digits are divided as they are written; beyond, as the nearest doubles."""

_POWER: Final = 1000

_WHOLE: Final = 2**64
"""Up to where a whole number with an exponent or a fraction of zeros is an int."""

_encode: Final = msgspec.json.Encoder(decimal_format="number").encode


def decimal(text: str) -> Decimal:
    """The number that a text of JSON with a fraction or an exponent spells."""
    try:
        return Decimal(text)
    except InvalidOperation:
        # An exponent beyond any that Decimal holds.
        return Decimal(float(text))


parse: Final = msgspec.json.Decoder(float_hook=decimal).decode
"""JSON as Python values, numbers as they are written. Raises msgspec.DecodeError, RecursionError."""


def is_whole(value: Number) -> bool:
    """Whether a number has no fraction."""
    return isinstance(value, int) or (value.is_finite() and value == value.to_integral_value())


def is_multiple(value: Number, step: Number) -> bool:
    """Whether a number is a whole number of steps."""
    if isinstance(value, int) and isinstance(step, int):
        return value % step == 0
    (_, digits, power), (_, others, other) = _parts(value), _parts(step)
    if max(len(digits), len(others)) > _DIGITS or max(abs(power), abs(other)) > _POWER:
        return math.fmod(float(value), float(step)) == 0
    least = min(power, other)
    remainder: int = (
        int(digits or "0") * 10 ** (power - least) % (int(others) * 10 ** (other - least))
    )
    return remainder == 0


def _parts(value: Number) -> tuple[bool, str, int]:
    """Whether a finite number is negative, its digits without zeros around them, and the power of ten of the last."""
    if isinstance(value, int):
        minus, digits, power = value < 0, str(abs(value)), 0
    else:
        sign, each, exponent = value.as_tuple()
        assert isinstance(exponent, int)
        minus, digits, power = bool(sign), "".join(map(str, each)), exponent
    kept = digits.rstrip("0")
    return minus, kept.lstrip("0"), power + len(digits) - len(kept)


def plain(value: Any) -> Any:
    """A parsed value as a function gets it: a number without a fraction is an int, another a float."""
    if isinstance(value, Decimal):
        return int(value) if abs(value) < _WHOLE and is_whole(value) else float(value)
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def shown(value: Any) -> str:
    """A value in a message; a text is cut as everywhere."""
    return quoted(value) if isinstance(value, str) else _encode(value).decode()


def shown_number(value: Number) -> str:
    """A number as people write it: integers with all of their digits."""
    return f"{value:f}" if isinstance(value, Decimal) and abs(value) < _WHOLE else str(value)


def literal(text: str) -> str:
    """A text as JSON, whole."""
    return _encode(text).decode()


def canonical(value: Any) -> str:
    """JSON with members by name and numbers as they count, so that equal values are equal texts.

    A text, for the hashes of texts cannot be foreseen: those of numbers can, and made to collide.
    """
    if isinstance(value, dict):
        members = (f"{literal(name)}:{canonical(value[name])}" for name in sorted(value))
        return f"{{{','.join(members)}}}"
    if isinstance(value, list):
        return f"[{','.join(map(canonical, value))}]"
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return _canonical_number(value)
    return _encode(value).decode()


def _canonical_number(value: Number) -> str:
    if isinstance(value, Decimal) and not value.is_finite():
        return str(value)
    minus, digits, power = _parts(value)
    return f"{'-' * minus}{digits}e{power}" if digits else "0"
