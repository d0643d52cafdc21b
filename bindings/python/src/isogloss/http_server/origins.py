"""From where a server may be asked: the names under which it is reached, and the pages whose scripts may reach it.

Without it any page that a user looks at could talk to the servers on the user's own machine.
https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#security--endpoint
"""

import re
from collections.abc import Sequence
from typing import Final

from ..protocol.limits import CORS_MAX_AGE
from ..wire.reader import quoted
from .exchange import Answer, Head, Refused, refusal

_LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]")
"""The names of this machine, for itself."""

_EXPOSED: Final = b"mcp-session-id, mcp-protocol-version, www-authenticate, retry-after"
"""What a page needs to see of a response, besides what it sees anyway."""

_VISIBLE: Final = re.compile(r"[ -~]*")
_HOST: Final = re.compile(r"(.*):(\d+)")
_ORIGIN: Final = re.compile(r"(https?)://(.*)", re.IGNORECASE)


class Origins:
    """Names and origins that are let in."""

    def __init__(self, hosts: Sequence[str], origins: Sequence[str]) -> None:
        """`hosts` besides the loopback names, `origins` besides their own."""
        self._hosts = [host.lower() for host in hosts]
        self._origins = frozenset(origins)

    def listens_at(self, address: str) -> None:
        """Lets the address in that the server listens at. One that is all addresses names none."""
        name = f"[{address.lower()}]" if ":" in address else address
        if name not in ("0.0.0.0", "[::]"):  # noqa: S104
            self._hosts.append(name)

    def admit(self, head: Head) -> str | None:
        """Lets a request in: gives the origin of its page, if that is a listed one.

        Raises Refused with the setting that would let it in.
        """
        host = _single(head, "host")
        if host is None:
            raise Refused(refusal(400, "the Host header is missing"))
        if not self._answers_to(host.lower()):
            raise _unknown_host(host)
        origin = _single(head, "origin")
        if origin is None:
            return None
        if origin in self._origins:
            return origin
        if not self._is_own(origin, host.lower()):
            raise unknown_origin(origin)
        return None

    def _answers_to(self, host: str) -> bool:
        name, _ = _split(host)
        return name in _LOOPBACK or any(known in ("*", host, name) for known in self._hosts)

    def _is_own(self, origin: str, host: str) -> bool:
        """Whether a page is this server's own, or one of this machine that asks this machine."""
        found = _ORIGIN.fullmatch(origin)
        if found is None:
            return False
        usual = "80" if found[1].lower() == "http" else "443"
        (page, page_port), (own, own_port) = _split(found[2].lower()), _split(host)
        if page in _LOOPBACK and own in _LOOPBACK:
            return True
        # Under a name that only `*` lets in, a page could be anybody's.
        named = any(known in (host, own) for known in self._hosts if known != "*")
        return named and page == own and (page_port or usual) == (own_port or usual)


def _split(host: str) -> tuple[str, str | None]:
    """A host's name and its port, if it has one."""
    found = _HOST.fullmatch(host)
    return (found[1], found[2]) if found else (host, None)


def _single(head: Head, name: str) -> str | None:
    """The text of a header that may be there once."""
    value = head.header(name)
    if value is None:
        return None
    if head.is_repeated(name) or not _VISIBLE.fullmatch(value):
        raise Refused(refusal(400, f"expected one {name} header of visible ASCII"))
    return value


def _unknown_host(host: str) -> Refused:
    shown = quoted(host)
    return Refused(
        refusal(
            403,
            f"the Host header names {shown}, and this server answers to localhost alone unless it is told "
            f"more names: if {shown} is one of them, add it to allowed_hosts",
        )
    )


def unknown_origin(origin: str) -> Refused:
    """That a page is not let in."""
    shown = quoted(origin)
    return Refused(
        refusal(
            403,
            f"a page of {shown} asks, and this server answers no pages of other sites unless it is told to: "
            f"if it should answer this one, add {shown} to allowed_origins",
        )
    )


def preflight(head: Head, listed: str | None, methods: str) -> Answer | None:
    """The answer to a browser that asks, before a page does, what the page may do."""
    if head.method != "OPTIONS" or head.header("access-control-request-method") is None:
        return None
    if listed is None:
        raise unknown_origin(head.header("origin") or "")
    headers = [(b"access-control-allow-methods", methods.encode())]
    wanted = head.header("access-control-request-headers")
    if wanted is not None:
        # Any: the arguments that headers repeat have names of the tools' own.
        headers.append((b"access-control-allow-headers", wanted.encode("latin-1")))
    headers.append((b"access-control-max-age", b"%d" % CORS_MAX_AGE))
    return Answer(204, headers)


def exposed(answer: Answer, listed: str | None) -> Answer:
    """A response that a page of the origin that was let in may see."""
    if listed is None:
        return answer
    return answer._replace(headers=[*answer.headers, *exposing(listed)])


def exposing(listed: str | None) -> list[tuple[bytes, bytes]]:
    """The headers that show a response to a page."""
    if listed is None:
        return []
    return [
        (b"access-control-allow-origin", listed.encode("latin-1")),
        (b"access-control-expose-headers", _EXPOSED),
        (b"vary", b"origin"),
    ]
