//! A span around every message from a client, under the names that OpenTelemetry has for MCP. Without a subscriber, or
//! with one that does not want them, it costs a look at a flag.
//! <https://opentelemetry.io/docs/specs/semconv/gen-ai/mcp/>

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use serde::Deserialize;
use tracing::field::Empty;
use tracing::{Instrument, Span, info_span};

use super::{Core, Server};
use crate::context::Context;
use crate::error::{Cause, Failure, code};
use crate::protocol::methods;
use crate::session::Answering;

/// What a program does with a new span.
#[derive(Clone, Default)]
pub(super) struct Hook(Option<Function>);

type Function = Arc<dyn Fn(&Span, &Context) + Send + Sync>;

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hook")
    }
}

impl Server {
    /// Does something with each span of a request before it begins: makes the client's span its parent, say, from
    /// [`Context::trace_context`].
    ///
    /// ```
    /// # use isogloss::Server;
    /// let server = Server::new("weather", "1.0.0").on_span(|span, cx| {
    ///     let trace = cx.trace_context();
    ///     // With tracing-opentelemetry: span.set_parent(propagator.extract(&Carrier(&trace)));
    ///     span.record("enduser.id", cx.claims().and_then(|claims| claims.subject.as_deref()));
    /// });
    /// ```
    #[must_use]
    pub fn on_span(self, function: impl Fn(&Span, &Context) + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.on_span = Hook(Some(Arc::new(function))))
    }
}

/// Answers a request within a span.
pub(super) fn observed(core: Arc<Core>, cx: Context, answer: fn(Arc<Core>, Context) -> Answering) -> Answering {
    let span = begin(&core, &cx);
    if span.is_disabled() {
        return answer(core, cx);
    }
    let is_call = cx.method() == methods::CALL_TOOL.name;
    let answering = answer(core, cx);
    Box::pin(async move {
        let unfinished = Unfinished(Some(span.clone()));
        let answer = answering.instrument(span).await;
        unfinished.end(&answer, is_call);
        answer
    })
}

/// Takes note of a notification within a span.
pub(super) fn within<T>(core: &Core, cx: &Context, noticing: impl Future<Output = T>) -> impl Future<Output = T> {
    noticing.instrument(begin(core, cx))
}

/// A span for a message.
fn begin(core: &Core, cx: &Context) -> Span {
    // The fields are looked at only if somebody wants the span.
    let span = info_span!(
        "mcp.server",
        otel.name = Empty,
        otel.kind = "server",
        otel.status_code = Empty,
        otel.status_description = Empty,
        mcp.method.name = cx.method(),
        mcp.protocol.version = cx.revision().as_str(),
        mcp.session.id = Empty,
        mcp.resource.uri = Empty,
        gen_ai.operation.name = Empty,
        gen_ai.tool.name = Empty,
        gen_ai.prompt.name = Empty,
        jsonrpc.request.id = Empty,
        network.protocol.name = Empty,
        network.transport = Empty,
        enduser.id = Empty,
        error.type = Empty,
        rpc.response.status_code = Empty,
        traceparent = Empty,
        tracestate = Empty,
        baggage = Empty,
    );
    if !span.is_disabled() {
        describe(&span, core, cx);
        if let Some(hook) = &core.settings.on_span.0 {
            hook(&span, cx);
        }
    }
    span
}

/// What is known of the message.
fn describe(span: &Span, core: &Core, cx: &Context) {
    let method = cx.method();
    let named = cx.params().and_then(|params| params.get_text(&["name"]));
    let mut name = method.to_owned();
    if let Some(target) = named {
        let registry = core.registry();
        let (field, is_known) = if method == methods::CALL_TOOL.name {
            span.record("gen_ai.operation.name", "execute_tool");
            ("gen_ai.tool.name", registry.tools.get(&target).is_some())
        } else if method == methods::GET_PROMPT.name {
            ("gen_ai.prompt.name", registry.prompts.get(&target).is_some())
        } else {
            ("", false)
        };
        if !field.is_empty() {
            span.record(field, &*target);
        }
        // Names that a client invents would make a new series each.
        if is_known {
            name = format!("{method} {target}");
        }
    }
    span.record("otel.name", name);
    let over_http = cx.asked().outlet.is_of_a_request();
    span.record("network.transport", if over_http { "tcp" } else { "pipe" });
    if over_http {
        span.record("network.protocol.name", "http");
    }
    if let Some(session) = cx.session_id() {
        span.record("mcp.session.id", session);
    }
    if let Some(uri) = cx.uri() {
        span.record("mcp.resource.uri", &*uri);
    }
    if let Some(id) = cx.request_id() {
        span.record("jsonrpc.request.id", serde_json::from_str(id).unwrap_or_else(|_| id.to_owned()));
    }
    let trace = cx.trace_context();
    for name in ["traceparent", "tracestate", "baggage"] {
        if let Some(value) = trace.get(name) {
            span.record(name, value);
        }
    }
}

/// The span of a request that is being answered. Dropped before its end, it was cancelled, or panicked.
struct Unfinished(Option<Span>);

impl Unfinished {
    fn end(mut self, answer: &Result<String, Failure>, is_call: bool) {
        let Some(span) = self.0.take() else { return };
        match answer {
            Ok(text) if is_call && is_error(text) => failed(&span, "tool_error", ""),
            Ok(_) => {}
            Err(failure) => {
                let (code, message) = told(failure);
                span.record("rpc.response.status_code", code.to_string());
                failed(&span, &code.to_string(), message);
            }
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(span) = &self.0 {
            failed(span, if std::thread::panicking() { "panic" } else { "cancelled" }, "");
        }
    }
}

fn failed(span: &Span, kind: &str, message: &str) {
    span.record("error.type", kind);
    span.record("otel.status_code", "ERROR");
    if !message.is_empty() {
        span.record("otel.status_description", message);
    }
}

/// The code and the words that the client is told.
fn told(failure: &Failure) -> (i64, &str) {
    match &failure.0 {
        Cause::Protocol(error) => (error.code, &error.message),
        Cause::Said(_) | Cause::Internal(_) => (code::INTERNAL_ERROR, "internal error"),
        Cause::Scopes(_) => (code::INVALID_REQUEST, "the access token lacks scopes"),
    }
}

/// Whether the result of a tool says that it failed.
fn is_error(result: &str) -> bool {
    #[derive(Deserialize)]
    struct Outcome {
        #[serde(rename = "isError", default)]
        is_error: bool,
    }
    serde_json::from_str::<Outcome>(result).is_ok_and(|outcome| outcome.is_error)
}

/// What the guide says is compiled with the documentation.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide/rust/tracing.md")]
mod guide {}
