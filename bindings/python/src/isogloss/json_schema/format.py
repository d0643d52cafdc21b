"""The formats of texts that are held, not only shown. All others of JSON Schema are annotations.

https://json-schema.org/draft/2020-12/json-schema-validation#section-7
"""

import calendar
import re
from collections.abc import Callable
from typing import Final

# Each of these expressions has but one way to read a text, and so does not go back.
_ATOM: Final = re.compile(r"[\w!#$%&'*+\-/=?^`{|}~]+", re.ASCII)
_LABEL: Final = re.compile(r"[A-Za-z\d](?:[A-Za-z\d-]{0,61}[A-Za-z\d])?", re.ASCII)
_OCTET: Final = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4: Final = re.compile(rf"(?:{_OCTET}\.){{3}}{_OCTET}", re.ASCII)
_GROUP: Final = re.compile(r"[\da-fA-F]{1,4}", re.ASCII)
_UUID: Final = re.compile(r"[\da-fA-F]{8}(?:-[\da-fA-F]{4}){3}-[\da-fA-F]{12}", re.ASCII)
_DATE: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_TIME: Final = re.compile(r"(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII)
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z\d+.-]*):(.*)", re.ASCII | re.DOTALL)
_FUTURE: Final = re.compile(r"[vV][\da-fA-F]+\.[\w\-.~!$&'()*+,;=:]+", re.ASCII)
_SPELLED: Final = {
    also: re.compile(rf"(?:[\w\-.~!$&'()*+,;={also}]|%[\da-fA-F]{{2}})*+", re.ASCII)
    for also in ("", ":", ":@/", ":@/?")
}


def _is_date(text: str) -> bool:
    """`2026-02-29` is none: days are held to the calendar."""
    found = _DATE.fullmatch(text)
    if found is None:
        return False
    year, month, day = map(int, found.groups())
    if not 1 <= month <= 12:
        return False
    # The year 0 is a leap year, as 400 is, but no year of Python's calendar.
    return 1 <= day <= calendar.monthrange(year or 400, month)[1]


def _is_time(text: str) -> bool:
    """With an offset, as RFC 3339 has it. The sixtieth second is the last one of a day of UTC."""
    found = _TIME.fullmatch(text)
    if found is None:
        return False
    hour, minute, second = map(int, found.group(1, 2, 3))
    hours, minutes = int(found[5] or 0), int(found[6] or 0)
    offset = (hours * 60 + minutes) * (-1 if found[4] == "-" else 1)
    is_last = (hour * 60 + minute - offset) % 1440 == 1439
    is_offset = hours < 24 and minutes < 60
    return is_offset and hour < 24 and minute < 60 and (second < 60 or (second == 60 and is_last))


def _is_date_time(text: str) -> bool:
    return text[10:11] in ("T", "t") and _is_date(text[:10]) and _is_time(text[11:])


def _is_email(text: str) -> bool:
    """An address as people have one: a dotted name, `@`, and a host or an address in brackets."""
    local, at, host = text.rpartition("@")
    if not at or len(local) > 64 or not all(map(_ATOM.fullmatch, local.split("."))):
        return False
    if not (host.startswith("[") and host.endswith("]")):
        return len(host) <= 253 and all(map(_LABEL.fullmatch, host.split(".")))
    literal = host[1:-1]
    if literal.startswith("IPv6:"):
        return _is_ipv6(literal[5:])
    return _is_ipv4(literal)


def _is_ipv4(text: str) -> bool:
    return _IPV4.fullmatch(text) is not None


def _is_ipv6(text: str) -> bool:
    """Eight groups, of which one run of zeros may be `::` and the last two an IPv4 address."""
    halves = text.split("::")
    if len(halves) > 2:
        return False
    groups = [half.split(":") if half else [] for half in halves]
    count = sum(map(len, groups))
    if groups[-1] and "." in groups[-1][-1]:
        if not _is_ipv4(groups[-1].pop()):
            return False
        count += 1
    is_right = all(_GROUP.fullmatch(group) for half in groups for group in half)
    return is_right and (count < 8 if len(halves) == 2 else count == 8)


def _is_uri(text: str) -> bool:
    """With a scheme, in ASCII, as RFC 3986 has it."""
    found = _SCHEME.fullmatch(text)
    if found is None:
        return False
    rest, _, fragment = found[2].partition("#")
    path, _, query = rest.partition("?")
    host = ""
    if path.startswith("//"):
        host, slash, path = path[2:].partition("/")
        path = slash + path
    return (
        _is_authority(host)
        and _is_spelled(path, ":@/")
        and _is_spelled(query, ":@/?")
        and _is_spelled(fragment, ":@/?")
    )


def _is_authority(text: str) -> bool:
    user, _, place = text.rpartition("@")
    if place.startswith("["):
        literal, end, port = place[1:].partition("]")
        if not end or not (_is_ipv6(literal) or _FUTURE.fullmatch(literal)):
            return False
        if port and not port.startswith(":"):
            return False
        host, port = "", port[1:]
    else:
        host, _, port = place.partition(":")
    is_port = not port or (port.isascii() and port.isdecimal())
    return is_port and _is_spelled(user, ":") and _is_spelled(host, "")


def _is_spelled(text: str, also: str) -> bool:
    """Whether all stands for itself, or is percent-encoded."""
    return _SPELLED[also].fullmatch(text) is not None


FORMATS: Final[dict[str, Callable[[str], bool]]] = {
    "date": _is_date,
    "date-time": _is_date_time,
    "email": _is_email,
    "ipv4": _is_ipv4,
    "ipv6": _is_ipv6,
    "time": _is_time,
    "uri": _is_uri,
    "uuid": lambda text: _UUID.fullmatch(text) is not None,
}
"""What tells whether a text has a format, by its name."""
