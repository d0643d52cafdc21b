//! What headers repeat of a modern request, so that gateways can route it without reading it: its revision, method and
//! name, and those arguments of a tool that its definition marks. <https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#request-metadata>

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};
use serde_json::Value;

use crate::headers;
use crate::protocol::methods::{self, Method};
use crate::protocol::revisions::{Era, Revision};
use crate::schema::{Mirrored, mirrored};
use crate::session::Diagnostics;
use crate::wire::{Json, JsonObject};

/// The arguments that headers repeat, of those tools that mark any.
#[derive(Default)]
pub(super) struct Mirrors(Mutex<HashMap<String, Arc<[Mirrored]>>>);

impl Mirrors {
    /// What the headers of a request say; nothing if it is no modern one.
    pub(super) fn headers(&self, method: &Method, params: &Json) -> Option<HeaderMap> {
        let revision = params.get_text(&["_meta", "io.modelcontextprotocol/protocolVersion"])?;
        let known = Revision::parse(&revision)?;
        if known.era() == Era::Legacy {
            return None;
        }
        let mut all = HeaderMap::new();
        put(&mut all, headers::PROTOCOL_VERSION, &revision);
        put(&mut all, headers::METHOD, method.name);
        let name = method.name_header.and_then(|name| params.get_text(&[name]));
        if let Some(name) = &name {
            put(&mut all, headers::NAME, name);
        }
        if let Some(tool) = name.filter(|_| method.name == methods::CALL_TOOL.name) {
            let marked = self.known().get(&*tool).cloned();
            let arguments = params.get(&["arguments"]);
            let arguments = arguments.as_ref().map_or("{}", Json::as_str);
            for argument in marked.iter().flat_map(|marked| marked.iter()) {
                if let Some(value) = argument.value(arguments) {
                    put(&mut all, &argument.header, &value);
                }
            }
        }
        Some(all)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<[Mirrored]>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Learns from a page of a list of tools. Gives the page without those tools that mark their arguments wrongly:
    /// they cannot be called as they want to be.
    pub(super) fn learn(&self, page: Json, diagnostics: &Diagnostics) -> Json {
        // Most servers mark nothing: their lists are looked into no further.
        if !page.as_str().contains(r#""x-mcp-header""#) && self.known().is_empty() {
            return page;
        }
        let Some(tools) = page.get(&["tools"]).and_then(|tools| tools.to::<Vec<Json>>().ok()) else { return page };
        let listed = tools.len();
        let kept: Vec<Json> = tools.into_iter().filter(|tool| self.takes(tool, diagnostics)).collect();
        match kept.len() == listed {
            true => page,
            false => with_tools(&page, &kept).unwrap_or(page),
        }
    }

    fn takes(&self, tool: &Json, diagnostics: &Diagnostics) -> bool {
        // What is no tool is for whoever decodes it.
        let Some(name) = tool.get_text(&["name"]) else { return true };
        let schema = tool.get(&["inputSchema"]).and_then(|schema| schema.to::<Value>().ok());
        match schema.map_or_else(|| Ok(Vec::new()), |schema| mirrored(&schema)) {
            Ok(none) if none.is_empty() => drop(self.known().remove(&*name)),
            Ok(marked) => drop(self.known().insert(name.into_owned(), marked.into())),
            Err(why) => {
                self.known().remove(&*name);
                diagnostics.report(|| format!("tool {name} is left out: {why}"));
                return false;
            }
        }
        true
    }
}

fn with_tools(page: &Json, tools: &[Json]) -> Option<Json> {
    let mut members = JsonObject::from_text(page.as_str()).ok()?.members();
    members.insert(String::from("tools"), Json::new(tools).ok()?);
    Json::new(&members).ok()
}

fn put(all: &mut HeaderMap, name: &str, text: &str) {
    let name = HeaderName::from_bytes(name.as_bytes());
    let value = HeaderValue::from_str(&headers::encode(text));
    // What is encoded is a value, and a marked name was found fit for a header.
    if let (Ok(name), Ok(value)) = (name, value) {
        all.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const META: &str = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}"#;

    fn call(mirrors: &Mirrors, tool: &str, arguments: &str) -> Vec<(String, String)> {
        let params = Json::from_text(&format!(r#"{{"name":"{tool}","arguments":{arguments},{META}}}"#)).expect("JSON");
        let headers = mirrors.headers(&methods::CALL_TOOL, &params).expect("a modern request");
        headers.iter().map(|(name, value)| (name.to_string(), value.to_str().expect("ASCII").to_owned())).collect()
    }

    #[test]
    fn marked_arguments_are_repeated_once_their_tool_is_known() {
        let mirrors = Mirrors::default();
        let standard = [
            (headers::PROTOCOL_VERSION.to_owned(), "2026-07-28".to_owned()),
            (headers::METHOD.to_owned(), "tools/call".to_owned()),
            (headers::NAME.to_owned(), "=?base64?Z3LDvMOf?=".to_owned()),
        ];
        assert_eq!(call(&mirrors, "grüß", r#"{"region":"eu"}"#), standard);
        let page = r#"{"tools":[{"name":"grüß","inputSchema":{"properties":{
            "region":{"type":"string","x-mcp-header":"Region"},"n":{"type":"integer","x-mcp-header":"N"}}}}]}"#;
        let told = Arc::new(Mutex::new(Vec::new()));
        let diagnostics = Diagnostics::default();
        let page = Json::from_text(page).expect("JSON");
        assert_eq!(mirrors.learn(page.clone(), &diagnostics), page);
        let found = call(&mirrors, "grüß", r#"{"region":" eu","n":42.0,"other":1}"#);
        let params = [
            ("mcp-param-region".to_owned(), "=?base64?IGV1?=".to_owned()),
            ("mcp-param-n".to_owned(), "42".to_owned()),
        ];
        assert_eq!(found.len(), 5, "{found:?}");
        assert!(params.iter().all(|param| found.contains(param)), "{found:?}");
        assert_eq!(call(&mirrors, "grüß", r#"{"region":null}"#), standard);
        // A definition that no longer marks anything.
        let plain = Json::from_text(r#"{"tools":[{"name":"grüß","inputSchema":{}}]}"#).expect("JSON");
        mirrors.learn(plain, &diagnostics);
        assert_eq!(call(&mirrors, "grüß", r#"{"region":"eu"}"#), standard);
        // One that marks wrongly is left out, and the rest is as it was.
        let page = r#"{"tools":[{"name":"a","inputSchema":{"properties":{"x":{"type":"number","x-mcp-header":"X"}}}},
            {"name":"b","inputSchema":{}}],"nextCursor":"c"}"#;
        let record = told.clone();
        let diagnostics = Diagnostics::to(move |line| record.lock().expect("no panic").push(line.to_owned()));
        let kept = mirrors.learn(Json::from_text(page).expect("JSON"), &diagnostics);
        assert_eq!(kept.as_str(), r#"{"tools":[{"name":"b","inputSchema":{}}],"nextCursor":"c"}"#);
        let told = told.lock().expect("no panic");
        assert_eq!(*told, ["tool a is left out: x: x-mcp-header is for a string, an integer or a boolean"]);
    }

    #[test]
    fn a_legacy_request_repeats_nothing() {
        for params in ["{}", r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":"2025-11-25"}}"#] {
            let params = Json::from_text(params).expect("JSON");
            assert_eq!(Mirrors::default().headers(&methods::LIST_TOOLS, &params), None);
        }
    }
}
