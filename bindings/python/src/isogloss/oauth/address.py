"""Addresses that may be asked: HTTPS, or plain HTTP on this machine, and which ones lead to this machine."""

import ipaddress
import re
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from ..protocol.limits import MAX_URI
from .refusal import Failure, quoted

_VISIBLE: Final = re.compile(r"[!-\[\]-~]+")
"""Visible ASCII without backslashes, which some readers take for slashes."""

_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")
_PORTS: Final = {"http": 80, "https": 443}


class Address(NamedTuple):
    """An address in its parts, each as it was spelt but for the case of the scheme."""

    text: str
    scheme: str
    host: str
    """In lower case, without brackets."""
    port: int
    """The usual one if the address names none."""
    origin: str
    """The scheme and the host, with the port if the address names one."""
    path: str
    query: str

    @property
    def shown(self) -> str:
        """It without its query, which may hold a key."""
        return self.origin + self.path

    @property
    def bare_path(self) -> str:
        """The path without the slashes at its end."""
        return self.path.rstrip("/")

    def is_of(self, other: "Address") -> bool:
        """Whether both have one origin, whether the usual port is written or not."""
        return (self.scheme, self.host, self.port) == (other.scheme, other.host, other.port)

    def well_known(self, name: str) -> str:
        """The address with /.well-known/<name> before its path, as RFC 8414 and RFC 9728 have it."""
        query = f"?{self.query}" if self.query else ""
        return f"{self.origin}/.well-known/{name}{self.bare_path}{query}"


def parts(text: str) -> Address | None:
    """The parts of an address; None if it is none that has a host."""
    if not _VISIBLE.fullmatch(text):
        return None
    try:
        found = urlsplit(text)
        port = found.port
        host = found.hostname or ""
        is_bracketed = "[" in found.netloc
        if is_bracketed and (ipaddress.ip_address(host).version != 6 or "%" in host):
            return None
    except ValueError:
        return None
    if not host or not (is_bracketed or _NAME.fullmatch(host)):
        return None
    usual = _PORTS.get(found.scheme, 0)
    origin = f"{found.scheme}://{found.netloc}"
    return Address(text, found.scheme, host, port or usual, origin, found.path, found.query)


def address(what: str, text: str) -> Address:
    """An address that may be asked, or named to clients.

    Raises ValueError with what is wrong with it and what to do; `what` names the setting or member that it
    comes from.
    """
    found, why = _read(text)
    if found is None:
        raise ValueError(f"{what} {quoted(text)}: {why}")
    return found


def _read(text: str) -> tuple[Address | None, str]:
    if "#" in text:
        return None, 'an address with a fragment is not allowed; leave out what begins with "#"'
    if not _VISIBLE.fullmatch(text):
        return None, "expected an address such as https://host: found characters that none has"
    try:
        split = urlsplit(text)
        host = split.hostname
    except ValueError:
        return None, "expected an address such as https://host: this is none"
    if not split.scheme or not host:
        return None, "expected an absolute address such as https://host"
    if "@" in split.netloc:
        return None, 'an address with a user in it is not allowed; leave out what ends with "@"'
    found = parts(text)
    if found is None:
        return None, "expected an address such as https://host: this is none"
    if found.scheme == "http" and not is_loopback(found):
        return None, "plain http is for addresses of this machine alone; use https"
    if found.scheme not in _PORTS:
        return None, "expected https"
    return found, ""


def reachable(what: str, text: str, by: Address) -> Address:
    """An address that somebody named who is at another one, and that may be asked.

    Nobody elsewhere has a say in what is asked of this machine.
    """
    if len(text) > MAX_URI:
        raise Failure(f"{what}: longer than {MAX_URI} bytes (MAX_URI)")
    try:
        found = address(what, text)
    except ValueError as error:
        raise Failure(str(error)) from None
    if is_this_machine(found) and not is_loopback(by):
        raise Failure(f"{what} {quoted(text)}: {by.origin} cannot name an address of this machine")
    return found


def is_loopback(found: Address) -> bool:
    """Whether it is an address of this machine as its own programs name it: plain HTTP will do there."""
    try:
        return ipaddress.ip_address(found.host).is_loopback
    except ValueError:
        return found.host == "localhost"


def is_this_machine(found: Address) -> bool:
    """Whether it leads to this machine, however it is written."""
    try:
        ip = ipaddress.ip_address(found.host)
    except ValueError:
        name = found.host.removesuffix(".")
        # No name ends in a number: what does is an address in a spelling of its own, which some
        # resolvers read, such as 127.1 or 0x7f000001.
        is_number = name.rpartition(".")[2][:1].isdigit()
        return name == "localhost" or name.endswith(".localhost") or is_number
    if isinstance(ip, ipaddress.IPv6Address):
        ip = ip.ipv4_mapped or ip
    return ip.is_loopback or ip.is_unspecified or (ip.version == 4 and ip.packed[0] == 0)


def places(issuer: Address) -> list[str]:
    """Where an issuer's metadata may be, best first.

    https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/authorization-server-discovery#authorization-server-metadata-discovery
    """
    found = [
        issuer.well_known("oauth-authorization-server"),
        issuer.well_known("openid-configuration"),
    ]
    if issuer.bare_path:
        below = f"{issuer.origin}{issuer.bare_path}/.well-known/openid-configuration"
        found.append(below)
    return found
