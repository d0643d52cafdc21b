"""Why there is no token. Words of others are cut and escaped, since anybody may have written them.

https://www.rfc-editor.org/rfc/rfc6749.html#section-5.2
"""

import json
from typing import TYPE_CHECKING, Any

from ..authority import Failure
from ..protocol.limits import MAX_AUTH_ERROR_TEXT

if TYPE_CHECKING:
    from ..authority.sender import Reply


class Refusal(Failure):
    """An authorization server gives nothing, and says why with a code: `invalid_grant`."""

    def __init__(self, words: str, code: str) -> None:
        super().__init__(words)
        self.code = code

    @property
    def is_of_client(self) -> bool:
        """Whether the authorization server does not know the client, or not any more."""
        return self.code in ("invalid_client", "unauthorized_client")

    @property
    def is_of_grant(self) -> bool:
        """Whether what was shown is worth nothing any more."""
        return self.code == "invalid_grant"


def is_good(answer: "Reply") -> bool:
    """Whether the status says yes."""
    return 200 <= answer.status < 300


def document_in(answer: "Reply") -> dict[str, Any] | None:
    """The JSON object that an answer is; None if it is none."""
    # Whoever has an answer has httpx.
    from ..authority.sender import json_object

    try:
        return json_object("", answer.body)
    except Failure:
        return None


def refusal(place: str, answer: "Reply") -> Failure:
    """What a server answered that gave nothing: a Refusal if it says why."""
    document = document_in(answer) or {}
    code, description = document.get("error"), document.get("error_description")
    if not isinstance(code, str):
        found = f"{answer.status} {answer.reason}".rstrip()
        return Failure(f"{place}: expected HTTP 200, found {found}")
    words = quoted_error(code, description if isinstance(description, str) else "")
    return Refusal(f"{place}: {words}", code)


def quoted_error(code: str, description: str) -> str:
    """An error in its server's words."""
    words = f"the authorization server says {quoted(code)}"
    return f"{words}: {quoted(description)}" if description else words


def quoted(text: str) -> str:
    """A foreign text between quotes, cut. What is not visible, or changes the way of reading, is escaped."""
    cut = text[:MAX_AUTH_ERROR_TEXT]
    escaped = (c if c.isprintable() and c not in '"\\' else json.dumps(c)[1:-1] for c in cut)
    return f'"{"".join(escaped)}"'
