"""Errors of msgspec, and of types that check their values themselves, in our form."""

import re
from typing import Final

from ..wire.error import WireError
from . import foreign

_AT: Final = re.compile(r"(.*?)(?: - at `\$(.*)`)?", re.DOTALL)
_STEP: Final = re.compile(r"\[(\d+)\]|\.?([^.\[\]]+)")


def told(error: Exception, *below: str) -> list[str]:
    """An error of msgspec in our form, a line for each thing that is wrong."""
    match = _AT.fullmatch(str(error))
    assert match is not None
    # msgspec says [...] for what is somewhere in an untyped value.
    path = [
        int(number) if number else name
        for number, name in _STEP.findall((match[2] or "").replace("[...]", ""))
    ]
    own = foreign.problems_of(error.__cause__)
    if own:
        return [str(WireError(what, *below, *path, *keys)) for keys, what in own]
    what = match[1].replace("`", "")
    return [str(WireError(what[:1].lower() + what[1:], *below, *path))]
