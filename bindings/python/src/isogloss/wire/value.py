"""What generated types are made of: their base class, and how annotations say what msgspec is to do.

Types are msgspec structs, and a strict msgspec decoder reads them in one go. Three things it cannot
express are held back as raw text at first: JSON that is kept as it came (`Json`, `JsonObject`), and
what a second step decodes (`Late`). Nothing here knows revisions or checks anything.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType, field

from .error import DecodeError

T = TypeVar("T")

EXTRA_NAME: Final = "^_~^_~^_~^_~^_~"
"""The name under which msgspec would write `Object.extra`, if it were left to.

It marks an output that has to be written the exact way, so it is one that hardly any text contains and
that is quick to search for. In the input it marks nothing: no JSON value is a valid `extra`, which
makes a member of this name an unknown one.
"""

Integer = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
"""An integer that every one of the four languages can hold."""

if TYPE_CHECKING:
    Number = int | float
    """Any number; an integer stays one."""

    Json = Any
    """Any JSON value, as Python has it. It is parsed when it is first looked at."""

    JsonObject = dict[str, Any]
    """Any JSON object. It is parsed when it is first looked at."""

    Late = Annotated[T, "decoded in a second step"]
    """A type that msgspec cannot decode in one go with the rest: above all one of several."""
else:
    Number = Integer | float
    Json = JsonObject = Raw

    class Late:
        def __class_getitem__(cls, of: object) -> type[Raw]:
            return Raw


class Unread:
    """JSON that nobody has looked at yet: it is written as it came, and parsed when it is compared."""

    __slots__ = ("first", "text")

    def __init__(self, text: Raw, first: tuple[str, ...] = ()) -> None:
        self.text = text
        self.first = first
        """Names of members that are written before the others."""

    def value(self) -> Any:
        """The value as Python has it.

        Raises DecodeError if it holds a number that Python cannot.
        """
        try:
            return msgspec.json.decode(self.text)
        except msgspec.ValidationError:
            raise DecodeError("number out of range") from None

    def __eq__(self, other: object) -> bool:
        if other is UNSET:
            return False
        if isinstance(other, Unread):
            return bytes(self.text) == bytes(other.text) or bool(self.value() == other.value())
        return bool(self.value() == other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return bytes(self.text).decode()


class JsonMember:
    """A member that holds JSON: whoever reads the attribute gets the value, parsed once.

    What is stored, unread JSON and all, is the attribute of the name that `stored` tells.
    """

    def __init__(self, slot: Any) -> None:
        self.slot = slot

    def __get__(self, owner: object | None, cls: type) -> Any:
        if owner is None:
            return self
        value = self.slot.__get__(owner)
        if type(value) is Unread:
            value = value.value()
            self.slot.__set__(owner, value)
        return value

    def __set__(self, owner: object, value: Any) -> None:
        self.slot.__set__(owner, value)


class ExtraMember(JsonMember):
    """The members that a type does not know; their values are parsed when they are first looked at."""

    def __get__(self, owner: object | None, cls: type) -> Any:
        if owner is None:
            return self
        extra = self.slot.__get__(owner)
        if extra is UNSET:
            return _NO_EXTRA
        if any(type(value) is Unread for value in extra.values()):
            extra = plain(extra)
            self.slot.__set__(owner, extra)
        return extra


_NO_EXTRA: Final[Mapping[str, Any]] = MappingProxyType({})


def plain(value: Any) -> Any:
    """The value with all JSON in it parsed."""
    match value:
        case Unread():
            return value.value()
        case list():
            return [plain(item) for item in value]
        case dict():
            return {name: plain(item) for name, item in value.items()}
    return value


class Object(
    Struct, kw_only=True, forbid_unknown_fields=True, rename="camel", repr_omit_defaults=True
):
    """The base of every type that is an object on the wire. An absent member is `UNSET`."""

    if TYPE_CHECKING:
        extra: Mapping[str, Any] = field(default=MappingProxyType({}))
        """Members that the type or the revision does not know, in the order in which they came.

        Set it as a whole; what a message holds under the name of a known member is not sent.
        """
    else:
        # UnsetType: no JSON value is one, so the fast decoder refuses a message that tries.
        extra: UnsetType = field(default=UNSET, name=EXTRA_NAME)


def json_members(*names: str) -> "Callable[[type[ObjectT]], type[ObjectT]]":
    """Says which attributes of a class hold JSON that is not parsed before someone asks."""

    def mark(cls: type[ObjectT]) -> type[ObjectT]:
        for name in names:
            keep_unread(cls, name, JsonMember)
        return cls

    return mark


def keep_unread(cls: type[Object], name: str, member: type[JsonMember]) -> None:
    slot = vars(cls)[name]
    setattr(cls, f"_stored_{name}", slot)
    setattr(cls, name, member(slot))


def stored(cls: type, attribute: str) -> str:
    """The attribute that gives a member as it is stored."""
    name = f"_stored_{attribute}"
    return name if hasattr(cls, name) else attribute


keep_unread(Object, "extra", ExtraMember)
ObjectT = TypeVar("ObjectT", bound=Object)


def const(value: T) -> T:
    """The default of a member that has only one value.

    It is a copy, so that the decoder can tell a member that was there from one that was filled in.
    """
    copy: Any = "".join(value) if isinstance(value, str) else int(str(value))
    return copy  # type: ignore[no-any-return]


def text_of(owner: Object, attribute: str) -> Raw | None:
    """The text of a member that holds JSON; None if it is absent."""
    value = getattr(owner, stored(type(owner), attribute))
    if value is UNSET:
        return None
    if type(value) is Unread:
        return value.text
    return Raw(msgspec.json.encode(value))
