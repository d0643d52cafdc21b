"""The header `WWW-Authenticate`: what a client is told that has no token, or not the right one.

https://www.rfc-editor.org/rfc/rfc6750.html#section-3, https://www.rfc-editor.org/rfc/rfc9728.html#section-5.1
"""

import re
from collections.abc import Sequence
from typing import Final

_QUOTES: Final = str.maketrans('"\\', "'/")
_UNSAID: Final = re.compile(r"[^ -~]")


def challenge(
    error: str | None, description: str | None, scopes: Sequence[str], metadata_url: str
) -> str:
    """The header. A request that brought no token made no mistake, and has no error."""
    parameters = [
        ("error", error),
        ("error_description", description),
        ("scope", " ".join(scopes)),
        ("resource_metadata", metadata_url),
    ]
    said = ", ".join(f'{name}="{_quotable(value)}"' for name, value in parameters if value)
    return f"Bearer {said}".rstrip()


def _quotable(text: str) -> str:
    # RFC 6750 allows neither quotes nor backslashes nor anything beyond ASCII, so that nothing has to be
    # escaped, and nothing can end the value early.
    return _UNSAID.sub("?", text.translate(_QUOTES))
