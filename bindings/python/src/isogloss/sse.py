"""Events as the HTML standard has them, written; no input or output, and no word of MCP."""

from typing import Final

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
