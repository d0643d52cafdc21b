"""Addresses in the one spelling in which equal ones are equal: `café` and `caf%C3%A9` are one.

https://www.rfc-editor.org/rfc/rfc3986#section-6.2.2
"""

import re
from typing import Final
from urllib.parse import quote

_RESERVED: Final = ":/?#[]@!$&'()*+,;="
"""What an address has besides letters, digits and `-._~` without being encoded."""

_STRAY: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ENCODED: Final = re.compile(r"%[0-9A-Fa-f]{2}")
_PLAIN: Final = re.compile(r"[A-Za-z0-9._~-]")
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]+")


def settled(address: str) -> str | None:
    """An address as it is compared: what needs no encoding is decoded, what it cannot have is encoded, in capitals.

    None if a `%` is followed by no two digits, or half a surrogate pair is in it.
    """
    if _STRAY.search(address):
        return None
    try:
        return _ENCODED.sub(_shortest, quote(address, safe=_RESERVED + "%"))
    except UnicodeEncodeError:
        return None


def _shortest(found: re.Match[str]) -> str:
    character = chr(int(found[0][1:], 16))
    return character if _PLAIN.fullmatch(character) else found[0].upper()


def in_ascii(uri: str) -> str:
    """A raw address in its percent-encoded form: the two are the same."""
    if uri.isascii():
        return uri
    # Half a surrogate pair is no text: what becomes of it here decodes to none.
    return _NOT_ASCII.sub(lambda part: quote(part[0], errors="surrogatepass"), uri)
