//! Everything but types: packages, methods, calls, handlers, revisions, limits.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::imports::Imports;
use super::layout::{Piece, docstring};
use super::names;
use crate::ir::{Direction, Era, Method, MethodKind, Protocol};
use crate::revs::Revs;
use crate::view;

/// `protocol/__init__.py`
pub fn package(protocol: &Protocol) -> String {
    let newest = protocol.revisions.last().map_or("", |r| r.name.as_str());
    let doc = [
        format!("MCP's messages over all its revisions, up to {newest}, as one superset of types."),
        "Which member and which method exists in which revision is data: decoding and encoding take a revision.".into(),
        "`types` has the classes, `shapes` the tables that go with them, `methods` the requests and notifications, `calls` and \
         `handlers` their typed sides, `revisions` the revisions and what decodes and encodes, `limits` the defaults."
            .into(),
    ];
    docstring(&doc, 0)
}

/// `protocol/types/__init__.py`
pub fn types_package(protocol: &Protocol) -> Value {
    let areas: Vec<Value> = view::areas(protocol)
        .iter()
        .map(|(area, defs)| {
            let module = names::module(area);
            let mut imports = Imports::default();
            defs.iter().for_each(|def| imports.late(&module, &def.name));
            let names: Vec<&str> = defs.iter().map(|def| def.name.as_str()).collect();
            json!({"module": module, "import": imports.late_lines(), "names": names})
        })
        .collect();
    let mut all: Vec<&str> = protocol.types.iter().map(|def| def.name.as_str()).collect();
    all.sort_unstable();
    json!({"areas": areas, "all": all})
}

/// `protocol/shapes/__init__.py`
pub fn shapes_package(_: &Protocol) -> Value {
    json!({})
}

fn method_view(protocol: &Protocol, method: &Method) -> Value {
    let all = Revs::all(protocol.revisions.len());
    let name = crate::names::snake(&method.words);
    let request = method.kind == MethodKind::Request;
    // A request and a notification may share a stem; their constants may not.
    let constant = if request { name.to_uppercase() } else { format!("{}_NOTIFICATION", name.to_uppercase()) };
    let doc = view::doc_lines(protocol, &method.doc, &method.see, method.revs, all);
    json!({
        "constant": constant,
        "literal": names::literal(&method.method),
        "request": request,
        "to_server": method.direction != Direction::ToClient,
        "to_client": method.direction != Direction::ToServer,
        "params": method.params,
        "call": signature(method, "Awaitable["),
        "handle": signature(method, "Answer["),
        "arguments": arguments(protocol, method),
        "doc": docstring(&doc, 0),
        "inner_doc": docstring(&doc, 8),
    })
}

/// The head of the function that calls or answers a method.
fn signature(method: &Method, open: &str) -> String {
    let name = crate::names::snake(&method.words);
    let calls = open == "Awaitable[";
    let function = match (method.kind, calls) {
        (MethodKind::Request, _) => name,
        (MethodKind::Notification, true) => format!("notify_{name}"),
        (MethodKind::Notification, false) => format!("on_{name}"),
    };
    let mut items: Vec<Piece> = vec!["self".into()];
    if !calls {
        items.push("context: Context".into());
    }
    items.extend(method.params.iter().map(|params| Piece::from(format!("params: {params}"))));
    if !calls {
        // Who implements it may call them as it likes.
        items.push("/".into());
    }
    let result = method.result.as_deref().unwrap_or("None");
    Piece::Group(format!("def {function}("), items, format!(") -> {open}{result}]:")).lay(4, 4, 0)
}

/// The arguments of a method's entry in the table, one a line.
fn arguments(protocol: &Protocol, method: &Method) -> Vec<String> {
    let option = |text: &Option<String>| text.as_deref().map(names::literal);
    let truth = |value: bool| value.then(|| "True".to_owned());
    let revs = |revs: Revs| (!revs.is_empty()).then(|| names::revs(protocol, revs));
    let name = crate::names::snake(&method.words);
    let handler = if method.kind == MethodKind::Request { name } else { format!("on_{name}") };
    let entries = [
        ("name", Some(names::literal(&method.method))),
        ("is_request", truth(method.kind == MethodKind::Request)),
        ("to_server", truth(method.direction != Direction::ToClient)),
        ("to_client", truth(method.direction != Direction::ToServer)),
        ("revisions", revs(method.revs)),
        ("handler", Some(names::literal(&handler))),
        ("params", option(&method.params)),
        ("params_required", revs(method.params_required)),
        ("result", option(&method.result)),
        ("capability", option(&method.capability)),
        ("replay_safe", truth(method.replay_safe)),
        ("streaming", truth(method.streaming)),
        ("name_header", option(&method.name_header)),
    ];
    entries.into_iter().filter_map(|(name, value)| value.map(|value| format!("{name}={value}"))).collect()
}

/// `methods.py`
pub fn methods(protocol: &Protocol) -> Value {
    let methods: Vec<Value> = protocol.methods.iter().map(|m| method_view(protocol, m)).collect();
    let mut imports = Imports::default();
    for method in &protocol.methods {
        for revs in [method.revs, method.params_required].into_iter().filter(|revs| !revs.is_empty()) {
            imports.sibling("revisions", &names::revs(protocol, revs));
        }
    }
    imports.sibling("revisions", "Revision");
    let mut by_name: BTreeMap<&str, Vec<Piece>> = BTreeMap::new();
    for (method, view) in protocol.methods.iter().zip(&methods) {
        by_name.entry(&method.method).or_default().push(view["constant"].as_str().unwrap_or("").into());
    }
    let table: Vec<String> = by_name
        .into_iter()
        .map(|(name, constants)| {
            let entry = Piece::Group("(".into(), constants, ")".into()).after(&format!("{}: ", names::literal(name)));
            entry.lay(4, 4, 1)
        })
        .collect();
    json!({"methods": methods, "imports": imports.lines(), "table": table})
}

/// `calls.py`
pub fn calls(protocol: &Protocol) -> Value {
    json!({"sides": sides(protocol), "imports": message_imports(protocol)})
}

/// `handlers.py`
pub fn handlers(protocol: &Protocol) -> Value {
    json!({"sides": sides(protocol), "imports": message_imports(protocol)})
}

/// The types of params and results, imported for type checkers.
fn message_imports(protocol: &Protocol) -> Vec<String> {
    let mut imports = Imports::default();
    for method in &protocol.methods {
        method.params.iter().chain(&method.result).for_each(|name| imports.late("types", name));
    }
    imports.late_lines()
}

/// What goes to a server and what goes to a client.
fn sides(protocol: &Protocol) -> Vec<Value> {
    let views: Vec<Value> = protocol.methods.iter().map(|m| method_view(protocol, m)).collect();
    let side = |name: &str, other: &str, to: &str| {
        let of = |request: bool| -> Vec<&Value> {
            views.iter().filter(|v| v[to] == true && v["request"] == request).collect()
        };
        json!({"name": name, "lower": name.to_lowercase(), "other": other, "to": to, "requests": of(true), "notifications": of(false)})
    };
    vec![side("Server", "client", "to_server"), side("Client", "server", "to_client")]
}

/// `revisions.py`
pub fn revisions(protocol: &Protocol) -> Value {
    let count = protocol.revisions.len();
    let bits = |revs: Revs| format!("0b{:0count$b}", revs.bits());
    let revisions: Vec<Value> = protocol
        .revisions
        .iter()
        .enumerate()
        .map(|(i, r)| {
            let era = if r.era == Era::Modern { "MODERN" } else { "LEGACY" };
            json!({"name": names::revision(&r.name), "wire": names::literal(&r.name), "bits": bits(Revs::one(i)), "era": era})
        })
        .collect();
    let sets: Vec<Value> = view::revision_sets(protocol)
        .iter()
        .map(|set| json!({"name": crate::names::screaming(&set.words), "bits": bits(set.revs)}))
        .collect();
    let (defined, renamed, extensions) = definitions(protocol);
    let newest = protocol.revisions.last().map_or(String::new(), |r| names::revision(&r.name));
    json!({"revisions": revisions, "sets": sets, "newest": newest, "defined": defined, "renamed": renamed, "extensions": extensions})
}

/// What the schemas define: under its own name, in which revisions; under another; by extensions.
fn definitions(protocol: &Protocol) -> (Vec<String>, Vec<String>, Vec<Value>) {
    let mut defined = Vec::new();
    let mut renamed = Vec::new();
    let mut extended: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for def in &protocol.types {
        let mut own = Revs::NONE;
        for name in &def.schema_names {
            let index = protocol.revisions.iter().position(|r| r.name == name.schema);
            match index {
                Some(index) if name.name == def.name => own = own.union(Revs::one(index)),
                Some(_) => renamed.push((name, &def.name)),
                None => extended.entry(&name.schema).or_default().push(format!(
                    "{}: {}",
                    names::literal(&name.name),
                    names::literal(&def.name)
                )),
            }
        }
        if !own.is_empty() {
            defined.push(format!(
                "{}: 0b{:0width$b}",
                names::literal(&def.name),
                own.bits(),
                width = protocol.revisions.len()
            ));
        }
    }
    renamed.sort();
    let renamed = renamed.iter().map(|(name, ty)| {
        format!("({}, {}): {}", names::literal(&name.schema), names::literal(&name.name), names::literal(ty))
    });
    let renamed = renamed.collect();
    let extensions = protocol.extensions.iter().map(|extension| {
        let types = extended.get(extension.name.as_str()).cloned().unwrap_or_default();
        json!({"name": names::literal(&extension.name), "extends": names::revision(&extension.extends), "types": types})
    });
    (defined, renamed, extensions.collect())
}

/// `limits.py`
pub fn limits(protocol: &Protocol) -> Value {
    let limits: Vec<Value> = protocol
        .limits
        .iter()
        .map(|limit| {
            let (value, unit) = if limit.unit == "ms" {
                (format!("{:?}", limit.value as f64 / 1000.0), "seconds")
            } else {
                (grouped(limit.value), limit.unit.as_str())
            };
            json!({
                "name": crate::names::screaming(&limit.words),
                "value": value,
                "doc": docstring(&[format!("{} In {unit}.", limit.doc)], 0),
            })
        })
        .collect();
    json!({"limits": limits})
}

/// `recovery.py`
pub fn recovery(protocol: &Protocol) -> Value {
    let screaming = crate::names::screaming;
    let term = |term: &crate::ir::Term| {
        json!({
            "name": screaming(&term.words),
            "value": crate::names::snake(&term.words),
            "doc": docstring(std::slice::from_ref(&term.doc), 4),
        })
    };
    let truth = |value: bool| if value { "True" } else { "False" };
    let row = |row: &crate::ir::RecoveryRow| {
        let limit = |words: &Vec<String>| format!("limits.{}", screaming(words));
        json!({
            "failed": screaming(&row.failed),
            "sent": row.sent.map(truth),
            "repeatable": row.repeatable.map(truth),
            "action": screaming(&row.action),
            "at_most": row.at_most.as_ref().map_or_else(|| "0".to_owned(), limit),
            "outcome_unknown": truth(row.outcome_unknown),
        })
    };
    let recovery = &protocol.recovery;
    json!({
        "failures": recovery.failures.iter().map(term).collect::<Vec<_>>(),
        "actions": recovery.actions.iter().map(term).collect::<Vec<_>>(),
        "rows": recovery.rows.iter().map(row).collect::<Vec<_>>(),
    })
}

/// `16_777_216`
fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('_');
        }
        out.push(digit);
    }
    out
}
