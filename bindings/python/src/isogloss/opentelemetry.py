"""A span around every request, and how long it took, under the names that OpenTelemetry has for MCP.

It is middleware; nothing else of this package knows OpenTelemetry. `pip install isogloss[opentelemetry]`. Arguments and
results are not recorded: they are the user's.

https://opentelemetry.io/docs/specs/semconv/gen-ai/mcp/
"""

import asyncio
import time
from typing import Any, Final

import msgspec
from opentelemetry import context as current, metrics, trace
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.context import Context as Traced
from opentelemetry.metrics import Histogram, MeterProvider
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer, TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from .context import Context
from .error import ErrorCode, answerable
from .middleware import CallNext, Middleware
from .protocol.methods import CALL_TOOL, GET_PROMPT
from .protocol.types.tools import CallToolResult

_NAME: Final = "isogloss"
_METHOD: Final = "mcp.method.name"

_BOUNDARIES: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300)
"""How long requests take, in seconds, as the conventions have it."""

_FORMATS: Final = CompositePropagator([TraceContextTextMapPropagator(), W3CBaggagePropagator()])
"""Those that `_meta` has them in."""


def opentelemetry(
    *, tracer_provider: TracerProvider | None = None, meter_provider: MeterProvider | None = None
) -> Middleware:
    """Records every request. Added first it sees what all other middleware does, too.

    The span of a client that traces, as `_meta` tells it, is the parent, and its baggage goes along. Without
    providers it records with those that the program has registered with OpenTelemetry.
    """
    tracer = trace.get_tracer(_NAME, tracer_provider=tracer_provider)
    duration = metrics.get_meter(_NAME, meter_provider=meter_provider).create_histogram(
        "mcp.server.operation.duration",
        unit="s",
        description="How long a request took, from its arrival to its answer.",
        explicit_bucket_boundaries_advisory=_BOUNDARIES,
    )

    async def record(context: Context, call_next: CallNext) -> Any:
        parent = _parent(context)
        recording = _Recording(context, tracer, duration, parent)
        token = current.attach(trace.set_span_in_context(recording.span, parent))
        try:
            result = await call_next()
        except asyncio.CancelledError:
            recording.end("cancelled")
            raise
        except Exception as error:
            recording.failed(error)
            raise
        else:
            recording.end("tool_error" if _is_error(result) else None)
            return result
        finally:
            current.detach(token)

    return record


def _parent(context: Context) -> Traced:
    """The client's span, if it names one, within whatever this process is doing."""
    return _FORMATS.extract(_sent(context), current.get_current())


def _sent(context: Context) -> dict[str, str]:
    sent = context.trace
    all = {
        "traceparent": sent.traceparent,
        "tracestate": sent.tracestate,
        "baggage": sent.baggage,
    }
    return {name: value for name, value in all.items() if value is not None}


class _Recording:
    """The span of one request."""

    def __init__(
        self, context: Context, tracer: Tracer, duration: Histogram, parent: Traced
    ) -> None:
        name, kept, told = _described(context)
        self._duration = duration
        # What its measurement is told apart by: nothing that a client can invent.
        self._kept = kept
        self._began = time.perf_counter()
        self.span = tracer.start_span(
            name, context=parent, kind=SpanKind.SERVER, attributes={**kept, **told}
        )

    def failed(self, error: Exception) -> None:
        """It ended with an error: the code and the words are those that the client is told."""
        said = answerable(error)
        code = str(int(said.code or ErrorCode.INTERNAL_ERROR))
        self.span.set_attribute("rpc.response.status_code", code)
        if said.code == ErrorCode.METHOD_NOT_FOUND:
            self._kept[_METHOD] = "_OTHER"
        self.end(code, said.message)

    def end(self, kind: str | None, message: str | None = None) -> None:
        """It ended: well, if there is no kind of error."""
        if kind is not None:
            self._kept["error.type"] = kind
            self.span.set_attribute("error.type", kind)
            self.span.set_status(Status(StatusCode.ERROR, message))
        self.span.end()
        self._duration.record(time.perf_counter() - self._began, self._kept)


class _Asked(msgspec.Struct):
    name: Any = None
    uri: Any = None


_asked: Final = msgspec.json.Decoder(_Asked).decode


def _described(context: Context) -> tuple[str, dict[str, str], dict[str, str]]:
    """The name of a span, what a measurement keeps of it, and what else the span says."""
    method = context.method
    kept = {_METHOD: method, "mcp.protocol.version": str(context.revision)}
    told = {"jsonrpc.request.id": str(context.id), **_sent(context)}
    if context.session_id is not None or getattr(context.outlet, "over_http", False):
        kept |= {"network.transport": "tcp", "network.protocol.name": "http"}
    else:
        kept["network.transport"] = "pipe"
    if context.session_id is not None:
        told["mcp.session.id"] = context.session_id
    try:
        asked = _asked(context.request.params or b"{}")
    except msgspec.DecodeError:
        asked = _Asked()
    if isinstance(asked.uri, str):
        told["mcp.resource.uri"] = asked.uri
    if method == CALL_TOOL.name:
        kept["gen_ai.operation.name"] = "execute_tool"
    elif method != GET_PROMPT.name:
        return method, kept, told
    if not isinstance(asked.name, str):
        return method, kept, told
    # Names that a client invents would make a new series each.
    is_known = context.home.offers(method, asked.name)
    key = "gen_ai.tool.name" if method == CALL_TOOL.name else "gen_ai.prompt.name"
    (kept if is_known else told)[key] = asked.name
    return f"{method} {asked.name}" if is_known else method, kept, told


def _is_error(result: Any) -> bool:
    if isinstance(result, dict):
        return result.get("isError") is True
    return isinstance(result, CallToolResult) and result.is_error is True
