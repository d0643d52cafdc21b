"""Addresses: which ones may be asked (HTTPS; HTTP on this machine alone), and when two of them name one resource."""

import ipaddress
import json
import re
from typing import Final, NamedTuple
from urllib.parse import urlsplit

_VISIBLE: Final = re.compile(r"[!-\[\]-~]+")
"""Visible ASCII without backslashes, which some readers take for slashes."""

_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")
_IDENTIFIER: Final = re.compile(r"([^:/?#]*)://([^/?#]*)(.*)", re.DOTALL)
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

    @property
    def is_loopback(self) -> bool:
        """Whether it is one of this machine as its own programs name it: plain HTTP will do there."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def is_this_machine(self) -> bool:
        """Whether it leads to this machine, however it is written: nobody elsewhere has a say in what is asked of it."""
        try:
            ip = ipaddress.ip_address(self.host)
        except ValueError:
            name = self.host.removesuffix(".")
            # No name ends in a number: what does is an address in a spelling of its own, which some
            # resolvers read, such as 127.1 or 0x7f000001.
            is_number = name.rpartition(".")[2][:1].isdigit()
            return name == "localhost" or name.endswith(".localhost") or is_number
        if isinstance(ip, ipaddress.IPv6Address):
            ip = ip.ipv4_mapped or ip
        return ip.is_loopback or ip.is_unspecified or (ip.version == 4 and ip.packed[0] == 0)

    def is_of(self, other: "Address") -> bool:
        """Whether both have one origin, whether the usual port is written or not."""
        return (self.scheme, self.host, self.port) == (other.scheme, other.host, other.port)

    def well_known(self, name: str) -> str:
        """The address with /.well-known/<name> before its path, as RFC 8414 and RFC 9728 have it."""
        query = f"?{self.query}" if self.query else ""
        return f"{self.origin}/.well-known/{name}{self.bare_path}{query}"


def checked(what: str, text: str) -> Address:
    """An address that may be asked, or named to clients.

    Raises ValueError with what is wrong with it and what to do; `what` names the setting or member that it
    comes from.
    """
    try:
        return _read(text)
    except _Wrong as wrong:
        raise ValueError(f"{what} {json.dumps(text)}: {wrong}") from None


class _Wrong(Exception):
    pass


def _read(text: str) -> Address:
    if "#" in text:
        raise _Wrong('an address with a fragment is not allowed; leave out what begins with "#"')
    if not _VISIBLE.fullmatch(text):
        raise _Wrong("expected an address such as https://host: found characters that none has")
    try:
        split = urlsplit(text)
        host, port = split.hostname, split.port
    except ValueError:
        raise _Wrong("expected an address such as https://host: this is none") from None
    if not split.scheme or not host:
        raise _Wrong("expected an absolute address such as https://host")
    if "@" in split.netloc:
        raise _Wrong('an address with a user in it is not allowed; leave out what ends with "@"')
    if not _is_host(host, split.netloc):
        raise _Wrong("expected an address such as https://host: this is none")
    if split.scheme not in _PORTS:
        raise _Wrong("expected https")
    found = Address(
        text,
        split.scheme,
        host,
        _PORTS[split.scheme] if port is None else port,
        f"{split.scheme}://{split.netloc}",
        split.path,
        split.query,
    )
    if found.scheme == "http" and not found.is_loopback:
        raise _Wrong("plain http is for addresses of this machine alone; use https")
    return found


def _is_host(host: str, netloc: str) -> bool:
    if "[" not in netloc:
        return _NAME.fullmatch(host) is not None
    try:
        return ipaddress.ip_address(host).version == 6 and "%" not in host
    except ValueError:
        return False


def same_resource(one: str, other: str) -> bool:
    """Whether two identifiers name one resource.

    Scheme and host may differ in case, and a host alone may end with a slash; everything else counts as it stands.
    https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization#canonical-server-uri
    """
    return one == other or _canonical(one) == _canonical(other)


def _canonical(text: str) -> str:
    found = _IDENTIFIER.fullmatch(text)
    if found is None:
        return text
    scheme, host, rest = found.groups()
    return f"{scheme.lower()}://{host.lower()}{'' if rest == '/' else rest}"


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
