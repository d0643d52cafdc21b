"""What is told to a client while its request runs: that it is on its way, and the log as `logging` has it."""

import logging
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, Final

from .session import Outlet

if TYPE_CHECKING:
    from .protocol.types.logging import LoggingLevel

_LEVELS: Final[tuple[tuple[int, "LoggingLevel"], ...]] = (
    (logging.CRITICAL, "critical"),
    (logging.ERROR, "error"),
    (logging.WARNING, "warning"),
    (logging.INFO + 5, "notice"),
    (logging.INFO, "info"),
)


class Told:
    """Something that was told. It is on its way already; who tells much may await that there is room for more."""

    __slots__ = ("_outlet",)

    def __init__(self, outlet: Outlet | None) -> None:
        self._outlet = outlet

    def __await__(self) -> Generator[Any, None, None]:
        if self._outlet is not None:
            yield from self._outlet.drain().__await__()


NOTHING_TOLD: Final = Told(None)


class ClientLog(logging.Handler):
    """Sends records to the client of one request. It may be added to any logger for as long as the request runs."""

    def __init__(
        self, log: "Callable[[LoggingLevel, Any, str], object]", level: int = logging.NOTSET
    ) -> None:
        """`log` is that of the request's context."""
        super().__init__(level)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Sends a record, if the client wants lines of its level."""
        try:
            self._log(level_of(record.levelno), self.format(record), record.name)
        except Exception:
            self.handleError(record)


def level_of(number: int) -> "LoggingLevel":
    """The protocol's level for a level of `logging`."""
    for least, name in _LEVELS:
        if number >= least:
            return name
    return "debug"


def logger_of(log: "Callable[[LoggingLevel, Any, str], object]", name: str) -> logging.Logger:
    """A logger that belongs to one request, and to no hierarchy."""
    logger = logging.Logger(name)
    logger.addHandler(ClientLog(log))
    return logger
