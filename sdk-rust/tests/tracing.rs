//! Spans around requests: their names, what they say, and how they end. And the trace of a request, for handlers.

mod http;
mod support;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use http::{Ask, Served};
use isogloss::http_server::HttpOptions;
use isogloss::{Context, Failure, NoArguments, Server};
use support::{Wire, initialize, legacy, modern};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Subscriber, subscriber::DefaultGuard};
use tracing_subscriber::layer::{Context as Layered, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

type Fields = BTreeMap<String, String>;

/// Keeps what the spans said when they closed.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<Fields>>>);

struct Reading<'f>(&'f mut Fields);

impl Visit for Reading<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name().into(), format!("{value:?}"));
    }
}

impl<S: Subscriber + for<'l> LookupSpan<'l>> Layer<S> for Recorder {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, within: Layered<'_, S>) {
        let mut fields = Fields::new();
        attributes.record(&mut Reading(&mut fields));
        if let Some(parent) = within.lookup_current() {
            fields.insert("parent".into(), parent.name().into());
        }
        fields.insert("span".into(), attributes.metadata().name().into());
        within.span(id).unwrap().extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, within: Layered<'_, S>) {
        let span = within.span(id).unwrap();
        values.record(&mut Reading(span.extensions_mut().get_mut::<Fields>().unwrap()));
    }

    fn on_close(&self, id: Id, within: Layered<'_, S>) {
        let fields = within.span(&id).unwrap().extensions_mut().remove::<Fields>().unwrap();
        self.0.lock().unwrap().push(fields);
    }
}

impl Recorder {
    fn install() -> (Self, DefaultGuard) {
        let recorder = Recorder::default();
        let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(recorder.clone()));
        (recorder, guard)
    }

    /// The spans of requests that closed since they were last asked for.
    fn closed(&self) -> Vec<Fields> {
        self.0.lock().unwrap().drain(..).filter(|fields| fields["span"] == "mcp.server").collect()
    }
}

/// Checks that a span says all this; null is what it must not say.
fn says(fields: &Fields, expected: &[(&str, &str)]) {
    for (name, value) in expected {
        assert_eq!(fields.get(*name).map_or("", String::as_str), *value, "{name} of {fields:#?}");
    }
}

#[tokio::test]
async fn a_span_says_what_was_asked_and_how_it_ended() {
    let (recorder, _guard) = Recorder::install();
    let mut wire = Wire::to(&support::server());
    let call = |name: &str| format!(r#"{{"name":"{name}","arguments":{{}}}}"#);
    type Row<'r> = (&'r str, String, Vec<(&'r str, &'r str)>);
    let table: Vec<Row<'_>> = vec![
        (
            "tools/call",
            call("count"),
            vec![
                ("otel.name", "tools/call count"),
                ("otel.kind", "server"),
                ("mcp.method.name", "tools/call"),
                ("mcp.protocol.version", "2026-07-28"),
                ("gen_ai.operation.name", "execute_tool"),
                ("gen_ai.tool.name", "count"),
                ("network.transport", "pipe"),
                ("error.type", ""),
                ("otel.status_code", ""),
            ],
        ),
        ("tools/call", call("fail"), vec![("error.type", "tool_error"), ("otel.status_code", "ERROR")]),
        (
            "tools/call",
            call("refuse"),
            vec![
                ("error.type", "-32001"),
                ("rpc.response.status_code", "-32001"),
                ("otel.status_description", "not now"),
            ],
        ),
        (
            "tools/call",
            call("invented"),
            vec![("otel.name", "tools/call"), ("gen_ai.tool.name", "invented"), ("error.type", "-32602")],
        ),
        ("tools/call", r#"{"name":"panic","arguments":{"a":1,"b":1}}"#.into(), vec![("error.type", "panic")]),
        (
            "resources/read",
            r#"{"uri":"text://broken"}"#.into(),
            vec![
                ("otel.name", "resources/read"),
                ("mcp.resource.uri", "text://broken"),
                ("error.type", "-32603"),
                ("otel.status_description", "internal error"),
            ],
        ),
        ("tools/list", "{}".into(), vec![("otel.name", "tools/list"), ("gen_ai.operation.name", "")]),
    ];
    for (id, (method, params, expected)) in table.into_iter().enumerate() {
        let id = u32::try_from(id).unwrap() + 1;
        wire.ask(&modern(id, method, &params)).await;
        let closed = recorder.closed();
        assert_eq!(closed.len(), 1, "{closed:#?}");
        says(&closed[0], &expected);
        says(&closed[0], &[("jsonrpc.request.id", &id.to_string()), ("span", "mcp.server")]);
    }
}

#[tokio::test]
async fn a_legacy_request_and_a_notification_have_their_spans_too() {
    let (recorder, _guard) = Recorder::install();
    let mut wire = Wire::to(&support::server());
    wire.ask(&initialize("2025-06-18")).await;
    wire.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
    recorder.closed();
    wire.ask(&legacy(7, "tools/call", r#"{"name":"yield","arguments":{}}"#)).await;
    let closed = recorder.closed();
    let of = |method: &str| closed.iter().find(|fields| fields["mcp.method.name"] == method);
    says(of("tools/call").unwrap(), &[("mcp.protocol.version", "2025-06-18"), ("jsonrpc.request.id", "7")]);
    says(of("notifications/initialized").unwrap(), &[("jsonrpc.request.id", "")]);
}

#[tokio::test]
async fn over_http_a_span_says_so_and_names_the_legacy_session() {
    let (recorder, _guard) = Recorder::install();
    let served = Served::server(&support::server(), HttpOptions::default()).await;
    assert_eq!(served.ask(Ask::call("count", "{}")).await.status, 200);
    let tcp = [("network.transport", "tcp"), ("network.protocol.name", "http")];
    let closed = recorder.closed();
    says(&closed[0], &tcp);
    says(&closed[0], &[("otel.name", "tools/call count"), ("mcp.session.id", "")]);

    let session = served.ask(Ask::post(initialize("2025-11-25"))).await.header("mcp-session-id").unwrap().to_owned();
    recorder.closed();
    let call = legacy(7, "tools/call", r#"{"name":"count","arguments":{}}"#);
    assert_eq!(served.ask(Ask::post(call).header("mcp-session-id", &session)).await.status, 200);
    let closed = recorder.closed();
    says(&closed[0], &tcp);
    says(&closed[0], &[("mcp.protocol.version", "2025-11-25"), ("mcp.session.id", &session)]);
}

#[tokio::test]
async fn a_request_that_is_cancelled_says_so() {
    let (recorder, _guard) = Recorder::install();
    let mut wire = Wire::to(&support::server());
    wire.ask(&initialize("2025-06-18")).await;
    wire.send(&legacy(7, "tools/call", r#"{"name":"wait","arguments":{}}"#)).await;
    wire.ask(&legacy(8, "ping", "{}")).await;
    wire.send(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}"#).await;
    wire.ask(&legacy(9, "ping", "{}")).await;
    while !recorder.0.lock().unwrap().iter().any(|fields| fields.get("gen_ai.tool.name").is_some()) {
        tokio::task::yield_now().await;
    }
    let closed = recorder.closed();
    let call = closed.iter().find(|fields| fields["mcp.method.name"] == "tools/call").unwrap();
    says(call, &[("error.type", "cancelled"), ("otel.status_code", "ERROR")]);
}

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";

#[tokio::test]
async fn the_trace_of_a_request_reaches_its_span_its_hook_and_its_handler() {
    let (recorder, _guard) = Recorder::install();
    let server = Server::new("traced", "1.0.0")
        .tool("trace", "", async |_: NoArguments, cx: Context| {
            let _inner = tracing::info_span!("inside").entered();
            let trace = cx.trace_context();
            Ok::<_, Failure>(
                [trace.traceparent, trace.tracestate, trace.baggage].map(Option::unwrap_or_default).join("|"),
            )
        })
        .on_span(|span, cx| {
            span.record("enduser.id", cx.trace_context().trace_id());
        });
    let mut wire = Wire::to(&server);
    let table = [
        (format!(r#""traceparent":"{PARENT}","tracestate":"a=1","baggage":"k=v""#), format!("{PARENT}|a=1|k=v")),
        (r#""traceparent":"nonsense","tracestate":"a=1","baggage":"k=v""#.into(), "||k=v".into()),
        (r#""traceparent":7,"baggage":"line\nbreak""#.into(), "||".into()),
        (r#""other":1"#.into(), "||".into()),
    ];
    for (id, (meta, expected)) in (1..).zip(table) {
        let text = modern(id, "tools/call", r#"{"name":"trace","arguments":{}}"#);
        let text = text.replacen(r#""_meta":{"#, &format!(r#""_meta":{{{meta},"#), 1);
        let answer = wire.ask(&text).await;
        assert_eq!(answer["result"]["structuredContent"]["result"], expected, "{answer}");
        let all: Vec<Fields> = recorder.0.lock().unwrap().drain(..).collect();
        let inside = all.iter().find(|fields| fields["span"] == "inside").unwrap();
        says(inside, &[("parent", "mcp.server")]);
        let span = all.iter().find(|fields| fields["span"] == "mcp.server").unwrap();
        let parts: Vec<&str> = expected.split('|').collect();
        says(span, &[("traceparent", parts[0]), ("tracestate", parts[1]), ("baggage", parts[2])]);
        says(span, &[("enduser.id", if parts[0].is_empty() { "" } else { &PARENT[3..35] })]);
    }
}
