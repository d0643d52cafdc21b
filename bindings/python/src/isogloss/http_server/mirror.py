"""Headers held to the message that they repeat.

Gateways route by the headers, servers act by the body, and nobody may tell the two different things.
https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#server-validation
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from msgspec import UNSET, Raw, UnsetType

from ..error import ErrorCode, McpError, protocol_error
from ..headers import METHOD, NAME, PARAM, PROTOCOL_VERSION, decode_header
from ..jsonrpc import Id, Request
from ..mirrored import Mirrored
from ..protocol.methods import (
    CALL_TOOL,
    CANCEL_TASK,
    GET_PROMPT,
    GET_TASK,
    READ_RESOURCE,
    UPDATE_TASK,
)
from ..protocol.revisions import Era, Revision
from ..revision import known, unsupported
from ..wire.reader import quoted
from .exchange import Head, bad

_CAPABILITIES: Final = "io.modelcontextprotocol/clientCapabilities"
_REVISION: Final = "io.modelcontextprotocol/protocolVersion"
_NAMED: Final = {
    method.name: method.name_header
    for method in (CALL_TOOL, GET_PROMPT, READ_RESOURCE, CANCEL_TASK, GET_TASK, UPDATE_TASK)
}


class _Meta(msgspec.Struct):
    revision: Any = msgspec.field(default=None, name=_REVISION)
    capabilities: Raw | UnsetType = msgspec.field(default=UNSET, name=_CAPABILITIES)


class Params(msgspec.Struct):
    """What HTTP looks at in params. Members of a wrong kind count as absent: the method will say so."""

    meta: _Meta | None = msgspec.field(default=None, name="_meta")
    name: Any = None
    uri: Any = None
    task_id: Any = msgspec.field(default=None, name="taskId")
    arguments: Raw | UnsetType = UNSET


_read: Final = msgspec.json.Decoder(Params).decode


def params_of(request: Request) -> Params:
    """What a request says of itself."""
    try:
        return _read(request.params or b"{}")
    except msgspec.DecodeError:
        return Params()


def revision_by(head: Head, said: object, id: Id | None) -> Revision | None:
    """The revision that a message is made in, as far as it says so; headers and body have to say the same.

    Raises Refused.
    """
    try:
        header = revision_of(head)
    except McpError as error:
        raise bad(id, error) from None
    if isinstance(said, str) and header != said:
        named = known(said)
        # A legacy revision in the body alone binds nobody.
        if header is not None:
            raise bad(id, _differs(PROTOCOL_VERSION, header, said))
        if named is None or named.era is Era.MODERN:
            raise bad(id, _absent(PROTOCOL_VERSION))
    if header is None:
        return None
    revision = known(header)
    if revision is None:
        raise bad(id, unsupported(header))
    return revision


def revision_of(head: Head) -> str | None:
    """The revision that the headers name."""
    return _single(head, PROTOCOL_VERSION)


def require_agreement(
    head: Head, request: Request, params: Params, mirrored_of: Callable[[str], Sequence[Mirrored]]
) -> None:
    """Holds the headers of a modern request to its body.

    Raises McpError for the first thing that is missing or says something else.
    """
    _require_meta(params.meta)
    found = _required(head, METHOD)
    if found != request.method:
        raise _differs(METHOD, found, request.method)
    member = _NAMED.get(request.method)
    if member is None:
        return
    name = getattr(params, "task_id" if member == "taskId" else member)
    if not isinstance(name, str):
        return
    said = _required(head, NAME)
    if said != name:
        said = _decoded(NAME, said)
        if said != name:
            raise _differs(NAME, said, name)
    if request.method == CALL_TOOL.name:
        mirrored = mirrored_of(name)
        if mirrored:
            _require_arguments(head, params.arguments, mirrored)


def _require_meta(meta: _Meta | None) -> None:
    """What every modern request has to say."""
    if meta is None:
        missing = ""
    elif not isinstance(meta.revision, str):
        missing = f".{_REVISION}"
    elif meta.capabilities is UNSET:
        missing = f".{_CAPABILITIES}"
    else:
        return
    reason = f"params._meta{missing}: required member is missing"
    raise protocol_error(ErrorCode.INVALID_PARAMS, reason)


def _require_arguments(head: Head, given: Raw | UnsetType, mirrored: Sequence[Mirrored]) -> None:
    """Holds the headers that repeat arguments to them."""
    arguments = None if given is UNSET else msgspec.json.decode(given)
    for one in mirrored:
        name = f"{PARAM}{one.header.lower()}"
        value = one.value_in(arguments)
        found = _single(head, name)
        if found is None:
            if value is not None:
                raise _absent(name)
            continue
        said = _decoded(name, found)
        if value is None:
            at = ".".join(one.path)
            raise _mismatch(f"{name} is {quoted(said)}, and the body has no {at}")
        if not one.agrees(said, value):
            raise _differs(name, said, value)


def _single(head: Head, name: str) -> str | None:
    """The value of a header that may be there once."""
    value = head.header(name)
    if value is not None and head.is_repeated(name):
        raise _mismatch(f"{name} is there more than once")
    return value


def _required(head: Head, name: str) -> str:
    value = _single(head, name)
    if value is None:
        raise _absent(name)
    return value


def _decoded(name: str, value: str) -> str:
    try:
        return decode_header(value.strip(" \t"))
    except ValueError as error:
        raise _mismatch(f"{name}: {error}") from None


def _differs(name: str, found: str, said: str) -> McpError:
    return _mismatch(f"{name} is {quoted(found)}, and the body says {quoted(said)}")


def _absent(name: str) -> McpError:
    return _mismatch(f"{name}: required header is missing")


def _mismatch(what: str) -> McpError:
    return protocol_error(ErrorCode.HEADER_MISMATCH, f"header mismatch: {what}")
