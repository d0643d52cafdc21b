"""Text that is never shown, and what is made of chance and digests."""

import base64
import hashlib
import secrets
from typing import Final, NoReturn

_HIDDEN: Final = "Secret(…)"


class Secret:
    """Text that is never shown, however it is printed or logged: tokens, secrets, statements."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text, for what is sent or kept."""
        return self._text

    def __repr__(self) -> str:
        return _HIDDEN

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")


def secret_of(text: str | None) -> Secret | None:
    """The secret of a text that may be absent."""
    return Secret(text) if text else None


def drawn() -> str:
    """Text that nobody can guess, of characters that may stand anywhere."""
    return secrets.token_urlsafe(32)


def digest(text: str | bytes) -> str:
    """The SHA-256 of a text, as it stands in addresses and headers."""
    data = text.encode() if isinstance(text, str) else text
    return encoded(hashlib.sha256(data).digest())


def encoded(data: bytes) -> str:
    """Bytes as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """The bytes of base64url without padding. Raises ValueError if it is none."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
