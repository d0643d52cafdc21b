//! Everything but types: modules, methods, calls, handlers, revisions, limits.

use serde::Serialize;
use serde_json::{Value, json};

use super::{names, types};
use crate::ir::{Direction, Era, Method, MethodKind, Protocol};
use crate::revs::Revs;
use crate::view;

/// A `mod.rs`.
#[derive(Debug, Serialize)]
pub struct ModuleView {
    doc: Vec<String>,
    modules: Vec<Value>,
    reexport: bool,
}

/// `protocol/mod.rs`
pub fn module(protocol: &Protocol) -> ModuleView {
    let newest = protocol.revisions.last().map_or("", |r| r.name.as_str());
    let stem = |name: &str, doc: &str| json!({"name": name, "doc": doc});
    let recovery = stem("recovery", "What a client does about a call that was broken off.");
    let recovery = (!protocol.recovery.rows.is_empty()).then_some(recovery);
    let mut modules = vec![
        stem("calls", "Typed calls, over anything that can send a request."),
        stem("handlers", "What a program answers, typed, and the dispatch to it."),
        stem("limits", "Limits and defaults of every Isogloss SDK."),
        stem("methods", "All requests and notifications."),
    ];
    modules.extend(recovery);
    modules.extend([
        stem("revisions", "The revisions of the protocol."),
        stem("types", "All types, re-exported flat; the modules are by area."),
    ]);
    ModuleView {
        doc: vec![
            format!("MCP's messages over all its revisions, up to {newest}, as one superset of types."),
            String::new(),
            "Which member and which method exists in which revision is data of the types: decoding and encoding take a revision.".into(),
        ],
        modules,
        reexport: false,
    }
}

/// `protocol/types/mod.rs`
pub fn types_module(files: &[String]) -> ModuleView {
    let modules = files.iter().map(|file| {
        let name = file.trim_end_matches(".rs");
        json!({"name": name, "doc": format!("Types: {name}.")})
    });
    ModuleView { doc: vec!["All types, by area.".into()], modules: modules.collect(), reexport: true }
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::ToServer => "ToServer",
        Direction::ToClient => "ToClient",
        Direction::Both => "Both",
    }
}

fn method_view(protocol: &Protocol, method: &Method) -> Value {
    let all = Revs::all(protocol.revisions.len());
    let name = crate::names::snake(&method.words);
    json!({
        "constant": name.to_uppercase(),
        "function": name,
        "literal": names::literal(&method.method),
        "request": method.kind == MethodKind::Request,
        "direction": direction(method.direction),
        "revs": names::revs(protocol, method.revs),
        "params": method.params.as_deref().map(names::ty),
        "result": method.result.as_deref().map(names::ty),
        "capability": option(method.capability.as_deref()),
        "replay_safe": method.replay_safe,
        "streaming": method.streaming,
        "name_header": option(method.name_header.as_deref()),
        "doc": names::paragraphs(&view::doc_lines(protocol, names::documented(&method.doc), &method.see, method.revs, all)),
    })
}

fn option(text: Option<&str>) -> String {
    text.map_or_else(|| "None".into(), |text| format!("Some({})", names::literal(text)))
}

/// `methods.rs`
pub fn methods(protocol: &Protocol) -> Value {
    let methods: Vec<Value> = protocol
        .methods
        .iter()
        .map(|m| {
            let mut view = method_view(protocol, m);
            // A request and a notification may share a stem; their constants may not.
            if m.kind == MethodKind::Notification {
                view["constant"] = format!("{}_NOTIFICATION", view["constant"].as_str().unwrap_or("")).into();
            }
            view
        })
        .collect();
    json!({"methods": methods})
}

/// `calls.rs`
pub fn calls(protocol: &Protocol) -> Value {
    json!({"sides": sides(protocol)})
}

/// `handlers.rs`
pub fn handlers(protocol: &Protocol) -> Value {
    json!({"sides": sides(protocol)})
}

/// What goes to a server and what goes to a client.
fn sides(protocol: &Protocol) -> Vec<Value> {
    let views = methods(protocol);
    let views = views["methods"].as_array().cloned().unwrap_or_default();
    let side = |name: &str, other: &str, to: &str| {
        let of = |request: bool| -> Vec<&Value> {
            let here = |v: &&Value| v["direction"] == to || v["direction"] == "Both";
            views.iter().filter(here).filter(|v| v["request"] == request).collect()
        };
        json!({"name": name, "other": other, "lower": name.to_lowercase(), "requests": of(true), "notifications": of(false)})
    };
    vec![side("Server", "client", "ToServer"), side("Client", "server", "ToClient")]
}

/// `revisions.rs`
pub fn revisions(protocol: &Protocol) -> Value {
    let revisions: Vec<Value> = protocol
        .revisions
        .iter()
        .enumerate()
        .map(|(i, r)| {
            json!({
                "variant": names::revision(&r.name),
                "wire": r.name,
                "bit": 1u32 << i,
                "modern": r.era == Era::Modern,
            })
        })
        .collect();
    let sets: Vec<Value> = view::revision_sets(protocol)
        .iter()
        .map(|set| {
            json!({
                "name": crate::names::screaming(&set.words),
                "bits": set.revs.bits(),
                "doc": set_doc(&set.words),
            })
        })
        .collect();
    json!({"revisions": revisions, "sets": sets, "codecs": codecs(protocol)})
}

fn set_doc(words: &[String]) -> String {
    let numbers =
        words.iter().map(|w| if w.bytes().all(|b| b.is_ascii_digit()) { w.clone() } else { format!(" {w} ") });
    let text: String = numbers.collect::<Vec<_>>().join("-").replace("- ", " ").replace(" -", " ");
    crate::names::capitalised(&format!("{}.", text.trim()))
}

/// Every (schema, definition) and its type.
fn codecs(protocol: &Protocol) -> Vec<Value> {
    let base = |schema: &str| {
        let extension = protocol.extensions.iter().find(|e| e.name == schema);
        names::revision(extension.map_or(schema, |e| e.extends.as_str()))
    };
    let mut codecs = Vec::new();
    for def in &protocol.types {
        for name in &def.schema_names {
            let ty = types::path(protocol, def);
            codecs.push(json!({"schema": name.schema, "name": name.name, "ty": ty, "revision": base(&name.schema)}));
        }
    }
    codecs.sort_by_key(|c| (c["schema"].to_string(), c["name"].to_string()));
    codecs
}

/// `limits.rs`
pub fn limits(protocol: &Protocol) -> Value {
    let limits: Vec<Value> = protocol
        .limits
        .iter()
        .map(|limit| {
            let duration = limit.unit == "ms";
            json!({
                "name": crate::names::screaming(&limit.words),
                "doc": if duration { limit.doc.clone() } else { format!("{} In {}.", limit.doc, limit.unit) },
                "duration": duration,
                "value": limit.value,
            })
        })
        .collect();
    json!({"limits": limits})
}

/// `recovery.rs`
pub fn recovery(protocol: &Protocol) -> Value {
    let pascal = crate::names::pascal;
    let term = |term: &crate::ir::Term| json!({"name": pascal(&term.words), "doc": term.doc});
    let option = |value: Option<bool>| value.map_or_else(|| "None".to_owned(), |value| format!("Some({value})"));
    let row = |row: &crate::ir::RecoveryRow| {
        let limit = |words: &Vec<String>| format!("limits::{}", crate::names::screaming(words));
        json!({
            "failed": pascal(&row.failed),
            "sent": option(row.sent),
            "repeatable": option(row.repeatable),
            "action": pascal(&row.action),
            "at_most": row.at_most.as_ref().map_or_else(|| "0".to_owned(), limit),
            "outcome_unknown": row.outcome_unknown,
        })
    };
    let recovery = &protocol.recovery;
    json!({
        "failures": recovery.failures.iter().map(term).collect::<Vec<_>>(),
        "actions": recovery.actions.iter().map(term).collect::<Vec<_>>(),
        "rows": recovery.rows.iter().map(row).collect::<Vec<_>>(),
    })
}
