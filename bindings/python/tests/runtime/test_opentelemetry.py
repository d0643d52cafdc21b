"""Spans around requests: their names, what they say, how they end, and whose they are."""

import asyncio
import json
from collections import Counter
from typing import Any

import pytest
from opentelemetry import baggage, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from isogloss import Context, ErrorKind, McpError, Server, form, protocol_error
from isogloss.middleware import CallNext
from isogloss.opentelemetry import opentelemetry

from .by_hand import Peer
from .loop import in_loop
from .test_ask import Visitor
from .web import served

CLIENT_SPAN = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"


class Recorded:
    """A server that is recorded, and what was recorded."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.reader = InMemoryMetricReader()
        spans = TracerProvider()
        spans.add_span_processor(SimpleSpanProcessor(self.exporter))
        meters = MeterProvider(metric_readers=[self.reader])
        self.waiting = asyncio.Event()
        self.server = Server("traced")
        self.server.middleware(opentelemetry(tracer_provider=spans, meter_provider=meters))
        self._add_tools()

    def _add_tools(self) -> None:
        @self.server.tool
        def count() -> int:
            return 3

        @self.server.tool
        def fail() -> int:
            raise RuntimeError("a secret")

        @self.server.tool
        def refuse() -> int:
            raise protocol_error(-32001, "not now")

        @self.server.tool
        async def wait() -> None:
            self.waiting.set()
            await asyncio.Event().wait()

        @self.server.tool
        async def ask(context: Context) -> str:
            return (await context.ask(form("Sure?", Visitor))).action

        @self.server.tool
        def inside() -> str:
            span = trace.get_current_span().get_span_context()
            return f"{trace.format_span_id(span.span_id)} {baggage.get_baggage('k')}"

        @self.server.prompt
        def greet() -> str:
            return "hi"

        @self.server.resource("text://broken")
        def broken() -> str:
            raise RuntimeError("a secret")

    def span(self) -> ReadableSpan:
        """The one span that was recorded since one last looked."""
        (span,) = self.exporter.get_finished_spans()
        self.exporter.clear()
        return span


def says(span: ReadableSpan, expected: dict[str, Any]) -> None:
    """Checks what attributes say; None is what they must not say."""
    found = span.attributes or {}
    assert {name: found.get(name) for name in expected} == expected


FINE: dict[str, Any] = {"error.type": None, "rpc.response.status_code": None}


@pytest.mark.parametrize(
    ("method", "params", "name", "expected", "words"),
    [
        (
            "tools/call",
            {"name": "count"},
            "tools/call count",
            {
                "mcp.method.name": "tools/call",
                "mcp.protocol.version": "2026-07-28",
                "gen_ai.operation.name": "execute_tool",
                "gen_ai.tool.name": "count",
                "network.transport": "pipe",
                "network.protocol.name": None,
                **FINE,
            },
            None,
        ),
        (
            "tools/call",
            {"name": "count", "arguments": {"more": 1}},
            "tools/call count",
            {"error.type": "tool_error", "rpc.response.status_code": None},
            None,
        ),
        (
            "tools/call",
            {"name": "refuse"},
            "tools/call refuse",
            {"error.type": "-32001", "rpc.response.status_code": "-32001"},
            "not now",
        ),
        (
            "tools/call",
            {"name": "fail"},
            "tools/call fail",
            {"error.type": "-32603"},
            "internal error",
        ),
        ("tools/call", {"name": "ask"}, "tools/call ask", FINE, None),
        (
            "tools/call",
            {"name": "invented"},
            "tools/call",
            {"gen_ai.tool.name": "invented", "error.type": "-32602"},
            "unknown tool: invented",
        ),
        (
            "tools/call",
            {},
            "tools/call",
            {"gen_ai.tool.name": None, "error.type": "-32602"},
            "params.name: required member is missing",
        ),
        (
            "prompts/get",
            {"name": "greet"},
            "prompts/get greet",
            {"gen_ai.prompt.name": "greet", "gen_ai.operation.name": None, **FINE},
            None,
        ),
        (
            "resources/read",
            {"uri": "text://broken"},
            "resources/read",
            {"mcp.resource.uri": "text://broken", "error.type": "-32603"},
            "internal error",
        ),
        ("tools/list", {}, "tools/list", FINE, None),
        (
            "shop/own",
            {},
            "shop/own",
            {"mcp.method.name": "shop/own", "error.type": "-32601"},
            "method not found: shop/own",
        ),
    ],
)
def test_a_span_says_what_was_asked_and_how_it_ended(
    method: str, params: dict[str, Any], name: str, expected: dict[str, Any], words: str | None
) -> None:
    @in_loop
    async def check() -> None:
        recorded = Recorded()
        peer = Peer(recorded.server, {"elicitation": {}})
        answer = await peer.ask(method, **params)
        span = recorded.span()
        assert (span.name, span.kind) == (name, SpanKind.SERVER)
        says(span, {"jsonrpc.request.id": "1", **expected})
        is_wrong = expected.get("error.type") is not None
        assert span.status.status_code is (StatusCode.ERROR if is_wrong else StatusCode.UNSET)
        assert span.status.description == words
        # The client is told the same.
        assert words is None or words in json.dumps(answer)

    check()


@in_loop
async def test_what_is_measured_is_told_apart_by_nothing_that_a_client_invents() -> None:
    recorded = Recorded()
    peer = Peer(recorded.server)
    for tool in ("fail", "fail", "invented", "other"):
        await peer.call(tool)
    await peer.ask("shop/own")
    await peer.ask("shop/other")
    data = recorded.reader.get_metrics_data()
    assert data is not None
    (metric,) = data.resource_metrics[0].scope_metrics[0].metrics
    assert (metric.name, metric.unit) == ("mcp.server.operation.duration", "s")
    found: Counter[frozenset[Any]] = Counter()
    for point in metric.data.data_points:
        assert isinstance(point, HistogramDataPoint)
        assert 0 <= point.sum < 60
        assert point.explicit_bounds[0] == 0.01
        found[frozenset((point.attributes or {}).items())] = point.count
    rest = {"mcp.protocol.version": "2026-07-28", "network.transport": "pipe"}
    call = {**rest, "mcp.method.name": "tools/call", "gen_ai.operation.name": "execute_tool"}
    expected: list[dict[str, str]] = [
        {**call, "error.type": "-32603", "gen_ai.tool.name": "fail"},
        {**call, "error.type": "-32602"},
        {**rest, "error.type": "-32601", "mcp.method.name": "_OTHER"},
    ]
    assert found == {frozenset(one.items()): 2 for one in expected}


@in_loop
async def test_over_http_a_span_says_so_and_names_the_legacy_session() -> None:
    recorded = Recorded()
    http = {"network.transport": "tcp", "network.protocol.name": "http"}
    async with served(recorded.server.asgi()) as web:
        await (await web.ask("tools/call", name="count", arguments={})).body()
        says(recorded.span(), {**http, "mcp.session.id": None})
        await web.open()
        await (await web.call("count")).body()
        session = web.session["Mcp-Session-Id"]
        expected = {"mcp.session.id": session, "mcp.protocol.version": "2025-11-25"}
        says(recorded.span(), {**http, **expected})


@in_loop
async def test_a_request_that_is_cancelled_says_so() -> None:
    recorded = Recorded()
    peer = Peer(recorded.server)
    params = {"name": "wait", "_meta": peer.meta}
    peer.send(id=7, method="tools/call", params=params)
    await recorded.waiting.wait()
    peer.send(method="notifications/cancelled", params={"requestId": 7})
    while len(recorded.exporter.get_finished_spans()) == 0:
        await asyncio.sleep(0)
    span = recorded.span()
    assert (span.name, span.status.status_code) == ("tools/call wait", StatusCode.ERROR)
    says(span, {"error.type": "cancelled", "rpc.response.status_code": None})


@in_loop
async def test_the_clients_span_is_the_parent_and_the_requests_is_current_in_its_handler() -> None:
    recorded = Recorded()
    peer = Peer(recorded.server)
    sent = {"traceparent": CLIENT_SPAN, "tracestate": "a=1", "baggage": "k=v"}
    meta = peer.meta
    peer.meta = {**meta, **sent}
    answer = await peer.call("inside")
    span = recorded.span()
    own = span.get_span_context()
    assert own is not None
    assert span.parent is not None
    assert trace.format_trace_id(own.trace_id) == "0af7651916cd43dd8448eb211c80319c"
    assert trace.format_span_id(span.parent.span_id) == "00f067aa0ba902b7"
    assert span.parent.is_remote
    assert own.trace_state.get("a") == "1"
    says(span, sent)
    assert answer["structuredContent"]["result"] == f"{trace.format_span_id(own.span_id)} v"
    assert not trace.get_current_span().get_span_context().is_valid, "it ends with the request"
    peer.meta = {**meta, "traceparent": "nonsense"}
    await peer.call("inside")
    assert recorded.span().parent is None


@in_loop
async def test_it_sees_what_other_middleware_answers_and_fails_with() -> None:
    recorded = Recorded()

    @recorded.server.middleware
    async def answers(context: Context, _: CallNext) -> Any:
        if context.method == "tools/list":
            raise McpError(ErrorKind.CLOSED, "the shop is closed")
        return {"content": [], "isError": True}

    peer = Peer(recorded.server)
    await peer.call("count")
    says(recorded.span(), {"error.type": "tool_error"})
    await peer.ask("tools/list")
    says(recorded.span(), {"error.type": "-32603"})


@in_loop
async def test_without_a_provider_nothing_is_recorded_and_everything_is_answered() -> None:
    server = Server("plain")
    server.middleware(opentelemetry())

    @server.tool
    def count() -> int:
        return 3

    answer = await Peer(server).call("count")
    assert answer["structuredContent"] == {"result": 3}
