"""Attempts that did not lead to an answer, in a way for which there is a rule: `protocol.recovery`."""

from ..error import ErrorKind, McpError
from ..protocol.recovery import ROWS, Failed, Row


class Broken(Exception):
    """An attempt that was broken off. Any other exception is how a call ends."""

    def __init__(self, failed: Failed, sent: bool, error: McpError) -> None:
        """`sent` says whether the request may have reached the server; `error` is how the call ends if
        nothing is done about it."""
        super().__init__(error.message)
        self.failed = failed
        self.sent = sent
        self.error = error


def interrupted(why: str, cause: BaseException | None = None) -> Broken:
    """A way to the answer that ended before it."""
    error = McpError(ErrorKind.CLOSED, why)
    error.__cause__ = cause
    return Broken(Failed.INTERRUPTED, True, error)


def outcome_unknown(method: str, why: McpError) -> McpError:
    """What a call ends with that may have been carried out."""
    message = f"whether {method} was carried out is not known: {why.message}"
    error = McpError(ErrorKind.OUTCOME_UNKNOWN, message, status=why.status)
    error.__cause__ = why
    return error


def fitting(failed: Failed, sent: bool, repeatable: bool) -> Row | None:
    """What is to be done in a case; None if nothing can be."""
    for row in ROWS:
        if (
            row.failed is failed
            and row.sent in (None, sent)
            and row.repeatable in (None, repeatable)
        ):
            return row
    return None


def causes_of(error: BaseException) -> str:
    """What an exception and its causes say, each once."""
    words: list[str] = []
    at: BaseException | None = error
    while at is not None:
        text = str(at)
        if text and not any(text in said for said in words):
            words.append(text)
        at = at.__cause__ or at.__context__
    return ": ".join(words) or type(error).__name__
