"""What both sides may speak: which revisions there are, and which one they agree on."""

from collections.abc import Iterable
from typing import Any, Final

from .error import ErrorCode, ErrorKind, McpError, protocol_error
from .protocol.revisions import Era, Revision

NEWEST_LEGACY: Final = max(r for r in Revision if r.era is Era.LEGACY)
NEWEST_MODERN: Final = max(r for r in Revision if r.era is Era.MODERN)

SUPPORTED: Final = [revision.value for revision in sorted(Revision, reverse=True)]
"""Every revision, newest first."""

_BY_DATE: Final = {revision.value: revision for revision in Revision}


def known(date: object) -> Revision | None:
    """The revision of a date, if this package has it."""
    return _BY_DATE.get(date) if isinstance(date, str) else None


def agreed(asked: str) -> Revision:
    """With what a server answers a client's `initialize`: what it asks for, or the newest legacy one."""
    revision = known(asked)
    return revision if revision and revision.era is Era.LEGACY else NEWEST_LEGACY


def best(era: Era, dates: Iterable[str]) -> Revision | None:
    """The newest revision of an era among those that the other side names."""
    revisions = (known(date) for date in dates)
    return max((r for r in revisions if r is not None and r.era is era), default=None)


def unsupported(asked: str) -> McpError:
    """The answer to a request in a revision that this package does not have."""
    data: dict[str, Any] = {"supported": SUPPORTED, "requested": asked}
    return protocol_error(ErrorCode.UNSUPPORTED_VERSION, "unsupported protocol version", data)


def nothing_in_common(theirs: Iterable[str]) -> McpError:
    """What a client raises if the server speaks nothing that it does."""
    return McpError(
        ErrorKind.NEGOTIATION,
        f"no revision in common: the server speaks {', '.join(theirs) or 'none'},"
        f" this client {', '.join(SUPPORTED)}",
    )
