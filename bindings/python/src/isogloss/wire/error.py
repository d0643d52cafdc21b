"""Errors of decoding and encoding: a path and a message.

The words are the same in every SDK; ARCHITECTURE.md lists them. A path grows while the error travels
outwards, so nothing keeps track of where it is as long as all is well.
"""


class WireError(ValueError):
    """What decoding and encoding raise."""

    def __init__(self, message: str, *path: str | int) -> None:
        super().__init__(message)
        self.message = message
        """What is wrong, without the path."""
        self.keys: list[str | int] = list(path)
        """The way from the whole to the value: names of members and indices of elements."""

    @property
    def path(self) -> str:
        """Where it is wrong, as a JSON Pointer; empty for the whole."""
        parts = (str(key).replace("~", "~0").replace("/", "~1") for key in self.keys)
        return "".join(f"/{part}" for part in parts)

    def __str__(self) -> str:
        dotted = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in self.keys)
        return f"{dotted.removeprefix('.')}: {self.message}" if self.keys else self.message


class DecodeError(WireError):
    """A text is not the value that it should be."""


class EncodeError(WireError):
    """A value cannot be sent in the revision that is spoken."""
