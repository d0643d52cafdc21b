"""Events as the HTML standard has them, written and read; no input or output, and no word of MCP.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

import re
from typing import Final, NamedTuple, TypeAlias

from .transport import TooLong

COMMENT: Final = b":\n\n"
"""What readers pass over, and what keeps a connection from being taken for dead."""


def write_event(data: bytes, id: str | None = None, retry: float | None = None) -> bytes:
    """An event. `id` is what a reader that comes back names; `retry` the seconds it shall wait before.

    Line breaks in the data come back as LF. An id that could not be read back is left out.
    """
    head = b""
    if id is not None and not any(sign in id for sign in "\r\n\0"):
        head = b"id: %b\n" % id.encode()
    if retry is not None:
        head += b"retry: %d\n" % round(retry * 1000)
    if b"\n" in data or b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\ndata: ")
    return b"%bdata: %b\n\n" % (head, data)


# ---- reading ----

_BEGINNING: Final = 1024
"""How many bytes are kept of an event that is too long, to find out what it was about."""

_AROUND: Final = 9
"""How much longer a line of data is than its data: a byte order mark and `data: `."""

_MARK: Final = b"\xef\xbb\xbf"
_MILLISECONDS: Final = re.compile(rb"[0-9]{1,15}")
"""What has more digits is beyond any clock, and was not meant."""


class Event(NamedTuple):
    """An event. Data are handed on as bytes: that they are UTF-8 is for their reader to see."""

    kind: str
    """`message` unless the stream says something else."""

    data: bytes


StreamItem: TypeAlias = Event | TooLong
"""What comes out of a stream. Of an event that is too long only the beginning of its data does."""


class EventParser:
    """Bytes in pieces of any size to whole events. An event that has no end when the stream ends is none.

    A piece may end within a character, between CR and LF, or within the byte order mark.
    """

    def __init__(self, limit: int) -> None:
        """`limit` is the most bytes of an event's data."""
        self.last_event_id = ""
        """The id of the last event that came with one, for `Last-Event-ID`; empty if none did."""
        self.retry: float | None = None
        """The seconds that the sender wants a reader to wait before it comes back."""
        self._limit = limit
        # What was read of a line that has no end yet.
        self._begun: list[bytes] = []
        self._begun_length = 0
        # The lines of data so far, and their length with an LF behind each.
        self._data: list[bytes] = []
        self._data_length = 0
        self._kind = ""
        self._id: str | None = None
        self._is_first_line = True
        self._after_cr = False
        # The event is too long: what is left of it is passed over.
        self._skipping = False

    @property
    def held(self) -> int:
        """How many bytes are kept of what is not complete."""
        return self._data_length + self._begun_length

    def feed(self, piece: bytes) -> list[StreamItem]:
        """Takes the next piece; gives the events that end in it."""
        found: list[StreamItem] = []
        if self._after_cr and piece[:1] == b"\n":
            # It belongs to the CR that ended the piece before.
            piece = piece[1:]
            self._after_cr = False
        if not piece:
            return found
        self._after_cr = piece[-1:] == b"\r"
        lines = piece.splitlines()
        rest = b"" if piece[-1:] in (b"\r", b"\n") else lines.pop()
        for line in lines:
            if self._begun:
                self._extend(line, found)
                line = b"".join(self._begun)
                self._begun, self._begun_length = [], 0
            self._line(line, found)
        self._extend(rest, found)
        return found

    def _extend(self, part: bytes, found: list[StreamItem]) -> None:
        """Keeps a part of a line. Of what is passed over one byte is enough to know that the line is not empty."""
        if not self._skipping and self._has_no_room(self._begun_length + len(part)):
            _, value = _field(b"".join([*self._begun, part[:_BEGINNING]]))
            self._give_up(value, found)
        if self._skipping:
            part = b"" if self._begun else part[:1]
        if part:
            self._begun.append(part)
            self._begun_length += len(part)

    def _has_no_room(self, line: int) -> bool:
        """Whether a line of so many bytes leaves no room for its data.

        It is asked of lines that are complete and of those that are not, so that it does not matter in
        which pieces they came.
        """
        return self._data_length + line > self._limit + _AROUND

    def _give_up(self, rest: bytes, found: list[StreamItem]) -> None:
        """Reports that the event is too long, and keeps none of it."""
        begins = b"\n".join([*self._data, rest[:_BEGINNING]])[:_BEGINNING]
        found.append(TooLong(begins, self._limit))
        self._skipping = True
        self._data, self._data_length = [], 0
        self._begun, self._begun_length = [], 0

    def _line(self, line: bytes, found: list[StreamItem]) -> None:
        is_first, self._is_first_line = self._is_first_line, False
        if not self._skipping and self._has_no_room(len(line)):
            self._give_up(_field(line)[1], found)
            return
        if is_first:
            line = line.removeprefix(_MARK)
        if not line:
            self._end(found)
        elif not self._skipping:
            self._take(*_field(line), found)

    def _take(self, name: bytes, value: bytes, found: list[StreamItem]) -> None:
        match name:
            case b"data" if self._data_length + len(value) > self._limit:
                self._give_up(value, found)
            case b"data":
                self._data.append(value)
                self._data_length += len(value) + 1
            case b"event":
                self._kind = value.decode(errors="replace")
            case b"id" if b"\0" not in value:
                self._id = value.decode(errors="replace")
            case b"retry" if _MILLISECONDS.fullmatch(value):
                self.retry = int(value) / 1000

    def _end(self, found: list[StreamItem]) -> None:
        """An empty line: the event is complete. One without a line of data is none; its id counts all the same."""
        if self._id is not None:
            self.last_event_id = self._id
        if self._data and not self._skipping:
            found.append(Event(self._kind or "message", b"\n".join(self._data)))
        self._id, self._kind = None, ""
        self._data, self._data_length = [], 0
        self._skipping = False


def _field(line: bytes) -> tuple[bytes, bytes]:
    """A line's name and value. A comment has the empty name."""
    name, _, value = line.partition(b":")
    return name, value.removeprefix(b" ")
