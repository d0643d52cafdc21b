"""The trace that a request is a part of, as its `_meta` tells it: for handlers that call further on, and for whoever
records spans. Nothing is recorded here.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from msgspec import Raw

from .protocol.limits import MAX_TRACE_CONTEXT

_PARENT: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?")
_LIST: Final = re.compile(r"[ -~\t]*")


@dataclass(frozen=True, slots=True)
class TraceContext:
    """Where a request stands in a distributed trace, in the formats of W3C Trace Context and W3C Baggage.

    What does not follow them is left out. Give it on to what the handler calls.
    https://modelcontextprotocol.io/specification/2026-07-28/basic/index#meta
    """

    traceparent: str | None = None
    """Version, trace, the caller's span, flags: `00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01`."""

    tracestate: str | None = None
    """What tracing systems add; none without `traceparent`."""

    baggage: str | None = None
    """What the application adds."""


class _Meta(msgspec.Struct):
    traceparent: Any = None
    tracestate: Any = None
    baggage: Any = None


class _Params(msgspec.Struct):
    meta: _Meta | None = msgspec.field(default=None, name="_meta")


_read: Final = msgspec.json.Decoder(_Params).decode


def trace_context_in(params: Raw | bytes | None) -> TraceContext:
    """The trace context in the params of a request."""
    try:
        meta = _read(params or b"{}").meta or _Meta()
    except msgspec.DecodeError:
        return TraceContext()
    parent = _text(meta.traceparent)
    is_traced = parent is not None and is_traceparent(parent)
    return TraceContext(
        traceparent=parent if is_traced else None,
        tracestate=_text(meta.tracestate) if is_traced else None,
        baggage=_text(meta.baggage),
    )


def is_traceparent(text: str) -> bool:
    """https://www.w3.org/TR/trace-context/#traceparent-header-field-values"""
    found = _PARENT.fullmatch(text)
    if found is None or not _is_list(text):
        return False
    version, trace, parent, more = found.groups()
    # A version to come may have more to say; this one has not.
    ends = version != "00" or more is None
    return ends and version != "ff" and bool(trace.strip("0")) and bool(parent.strip("0"))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and _is_list(value) else None


def _is_list(text: str) -> bool:
    """Whether a header could carry a text."""
    return len(text) <= MAX_TRACE_CONTEXT and _LIST.fullmatch(text) is not None
