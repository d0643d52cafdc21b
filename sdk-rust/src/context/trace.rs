//! The trace that a request is a part of, as its `_meta` tells it: for handlers that call further on, and for whoever
//! records spans. Nothing is recorded here.

use super::Context;
use crate::protocol::limits;

/// Where a request stands in a distributed trace: what its client put into `_meta`, in the formats of W3C Trace Context
/// and W3C Baggage. What does not follow them is left out. Give it on to what the handler calls.
/// <https://modelcontextprotocol.io/specification/2026-07-28/basic/index#meta>
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TraceContext {
    /// Version, trace, the caller's span, flags: `00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01`.
    pub traceparent: Option<String>,
    /// What tracing systems add; none without `traceparent`.
    pub tracestate: Option<String>,
    /// What the application adds.
    pub baggage: Option<String>,
}

impl TraceContext {
    /// The trace: 32 hexadecimal digits.
    pub fn trace_id(&self) -> Option<&str> {
        self.traceparent.as_deref()?.get(3..35)
    }

    /// The caller's span: 16 hexadecimal digits.
    pub fn parent_id(&self) -> Option<&str> {
        self.traceparent.as_deref()?.get(36..52)
    }

    /// Whether the caller records the trace.
    pub fn is_sampled(&self) -> bool {
        let flags = self.traceparent.as_deref().and_then(|parent| u8::from_str_radix(parent.get(53..55)?, 16).ok());
        flags.is_some_and(|flags| flags & 1 == 1)
    }

    /// One of them by the name that it has on the wire.
    pub fn get(&self, name: &str) -> Option<&str> {
        match name {
            "traceparent" => self.traceparent.as_deref(),
            "tracestate" => self.tracestate.as_deref(),
            "baggage" => self.baggage.as_deref(),
            _ => None,
        }
    }
}

impl Context {
    /// Where the request stands in a distributed trace.
    pub fn trace_context(&self) -> TraceContext {
        let text =
            |name| self.params().and_then(|params| params.get_text(&["_meta", name])).map(|text| text.into_owned());
        let traceparent = text("traceparent").filter(|text| is_traceparent(text));
        let tracestate = traceparent.as_ref().and_then(|_| text("tracestate")).filter(|text| is_list(text));
        TraceContext { traceparent, tracestate, baggage: text("baggage").filter(|text| is_list(text)) }
    }
}

/// <https://www.w3.org/TR/trace-context/#traceparent-header-field-values>
fn is_traceparent(text: &str) -> bool {
    let mut parts = text.splitn(5, '-');
    let mut hex = |digits: usize, never: &str| {
        let all = |part: &str| part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let never = |part: &str| !never.is_empty() && part.bytes().all(|byte| never.as_bytes().contains(&byte));
        parts.next().filter(|part| part.len() == digits && all(part) && !never(part))
    };
    let (version, trace, parent, flags) = (hex(2, "f"), hex(32, "0"), hex(16, "0"), hex(2, ""));
    // A version to come may have more to say; this one has not.
    let ends = version != Some("00") || parts.next().is_none();
    version.is_some() && trace.is_some() && parent.is_some() && flags.is_some() && ends && is_list(text)
}

/// Text that a header could carry.
fn is_list(text: &str) -> bool {
    text.len() <= limits::MAX_TRACE_CONTEXT && text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_is_taken_as_w3c_has_it() {
        #[derive(serde::Deserialize)]
        struct Vectors {
            traceparent: Vec<Row>,
        }
        #[derive(serde::Deserialize)]
        struct Row {
            text: String,
            good: bool,
        }
        let vectors: Vectors = serde_json::from_str(include_str!("../../../spec/vectors/trace.json")).unwrap();
        for Row { text, good } in vectors.traceparent {
            assert_eq!(is_traceparent(&text), good, "{text}");
        }
        let (trace, parent) = ("0af7651916cd43dd8448eb211c80319c", "00f067aa0ba902b7");
        let sampled = |flags| {
            let context =
                TraceContext { traceparent: Some(format!("00-{trace}-{parent}-{flags}")), ..TraceContext::default() };
            assert_eq!((context.trace_id(), context.parent_id()), (Some(trace), Some(parent)));
            context.is_sampled()
        };
        assert_eq!(["00", "01", "02", "03"].map(sampled), [false, true, false, true]);
    }
}
