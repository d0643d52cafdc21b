"""A type's two directions in one object, as generated code hands it out."""

from typing import Generic, Protocol, TypeVar

from msgspec import Raw

from .decoder import Decoder
from .encoder import Encoder
from .shape import Resolve, Shape

T = TypeVar("T")


class RevisionBit(Protocol):
    """A revision, as far as this room knows one."""

    bit: int


class Codec(Generic[T]):
    """Decodes and encodes one type."""

    __slots__ = ("_decoder", "_encoder", "shape")

    def __init__(self, shape: Shape, resolve: Resolve) -> None:
        self.shape = shape
        """What the type looks like on the wire."""
        self._decoder = Decoder(shape, resolve)
        self._encoder = Encoder(shape, resolve)

    def decode(self, data: bytes | Raw, revision: RevisionBit) -> T:
        """The value of a JSON text in a revision; a `Raw` must be part of a message that is UTF-8.

        Raises DecodeError with the path to the first thing that is wrong.
        """
        value: T = self._decoder.decode(data, revision.bit)
        return value

    def encode(self, value: T, revision: RevisionBit, left_out: list[str] | None = None) -> bytes:
        """Compact JSON for a revision.

        Members that are set but that the revision lacks are left out and named in `left_out`.
        Raises EncodeError if the revision requires a member that is not set.
        """
        return self._encoder.encode(value, revision.bit, left_out)
