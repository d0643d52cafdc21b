"""What an offer is told of, as its definition has it: what was not said is absent."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypedDict, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from ..arguments import WrongArguments
from ..context import Context
from ..error import ErrorCode, protocol_error
from ..protocol.revisions import NEWEST, codec
from ..protocol.types.content import Icon
from ..schema import Parameters, docstring
from ..wire.error import DecodeError
from ..wire.value import Object
from .about import About

T = TypeVar("T", bound=Object)


class OfferOptions(TypedDict, total=False):
    """What every offer can be told."""

    title: str | None
    """Its name for people."""

    description: str | None
    """What it is for; the docstring of its function if it is not set."""

    icons: list[Icon] | None
    meta: dict[str, Any] | None
    tags: Iterable[str]
    """For a server's policy to go by."""

    scopes: Iterable[str]
    """What credentials have to be good for; who has others is told so."""

    in_thread: bool
    """Whether its function runs in a thread, if it is not `async`."""

    enabled: bool
    """One that is not is neither listed nor used."""

    replace: bool
    """Puts it in the place of the one of that name; else a name is offered once."""


def about_of(options: OfferOptions) -> About:
    """What clients do not see of an offer.

    Raises TypeError if tags or scopes are one text: its letters would be taken for them.
    """
    tags, scopes = options.get("tags", ()), options.get("scopes", ())
    for name, told in (("tags", tags), ("scopes", scopes)):
        if isinstance(told, str):
            raise TypeError(f"{name}: expected several texts, found {told!r}: write [{told!r}]")
    return About(tags, scopes, options.get("enabled", True))


def given_of(**told: Any) -> dict[str, Any]:
    """What was said."""
    return {name: value for name, value in told.items() if value is not None}


def doc_of(function: Callable[..., Any], description: str | None) -> str | UnsetType:
    """What is said of an offer: by its description, else by its function's docstring, without its parameters."""
    return description or docstring.doc_of(function).text or UNSET


def typed(of: type[T], told: T | Mapping[str, Any] | None) -> T | UnsetType:
    """A value of the protocol, which may have been told as the JSON that it is: `{"readOnlyHint": True}`.

    Raises ValueError if it is none.
    """
    if told is None:
        return UNSET
    if isinstance(told, of):
        return told
    try:
        return codec(of).decode(msgspec.json.encode(told), NEWEST)
    except (DecodeError, TypeError) as error:
        raise ValueError(f"{of.__name__}: {error}") from None


def from_texts(
    parameters: Parameters, given: dict[str, str], context: Context, where: str
) -> dict[str, Any]:
    """The arguments of a function that are given as texts; `where` begins what is wrong with one.

    Raises McpError (invalid params) that tells all that is wrong.
    """
    try:
        return parameters.read_texts(given, context)
    except WrongArguments as error:
        problems = "\n".join(f"{where}{line}" for line in str(error).splitlines())
        raise protocol_error(ErrorCode.INVALID_PARAMS, problems) from None
