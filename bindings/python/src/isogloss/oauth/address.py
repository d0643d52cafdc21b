"""Which addresses somebody else may name to a client."""

from ..authority import Failure
from ..authority.address import Address, checked
from ..protocol.limits import MAX_URI
from .refusal import quoted


def reachable(what: str, text: str, by: Address) -> Address:
    """An address that somebody named who is at another one, and that may be asked.

    Nobody elsewhere has a say in what is asked of this machine.
    """
    if len(text) > MAX_URI:
        raise Failure(f"{what}: longer than {MAX_URI} bytes (MAX_URI)")
    try:
        found = checked(what, text)
    except ValueError as error:
        raise Failure(str(error)) from None
    if found.is_this_machine and not by.is_loopback:
        raise Failure(f"{what} {quoted(text)}: {by.origin} cannot name an address of this machine")
    return found


def address_in(text: str) -> Address | None:
    """The address that a text is; None if it is none that may be asked."""
    try:
        return checked("address", text)
    except ValueError:
        return None
