//! The decisions about everything but types: methods, calls, handlers, revisions, limits.

use std::collections::BTreeMap;

use serde::Serialize;

use super::types::{Storage, Types, aligned};
use super::{code, names};
use crate::ir::{Direction, Era, Field, Method, MethodKind, Protocol, Shape, Type, TypeDef};
use crate::revs::Revs;
use crate::view;

/// The table of methods.
#[derive(Debug, Serialize)]
pub struct MethodsView {
    methods: Vec<MethodView>,
}

#[derive(Debug, Serialize)]
struct MethodView {
    constant: String,
    variable: String,
    doc: Vec<String>,
    literal: String,
    /// The members of its description, aligned.
    members: Vec<String>,
}

/// The table of methods.
pub fn methods(types: &Types<'_>) -> MethodsView {
    let method = |method: &Method| {
        let constant = format!("Method{}", names::exported(&method.words));
        MethodView {
            doc: names::declaration(&constant, doc(types.protocol, method), 1),
            variable: variable(method),
            literal: names::literal(&method.method),
            members: members(types, method, &constant),
            constant,
        }
    };
    MethodsView { methods: types.protocol.methods.iter().map(method).collect() }
}

fn variable(method: &Method) -> String {
    format!("method{}", names::exported(&method.words))
}

fn doc(protocol: &Protocol, method: &Method) -> Vec<String> {
    view::doc_lines(protocol, &method.doc, "", method.revs, Revs::all(protocol.revisions.len()))
}

fn members(types: &Types<'_>, method: &Method, constant: &str) -> Vec<String> {
    let direction = match method.direction {
        Direction::ToServer => "ToServer",
        Direction::ToClient => "ToClient",
        Direction::Both => "ToBoth",
    };
    let text = |text: &Option<String>| text.as_deref().map(names::literal);
    let flag = |flag: bool| flag.then(|| "true".to_owned());
    let rows = [
        ("Name", Some(constant.to_owned())),
        ("Notification", flag(method.kind == MethodKind::Notification)),
        ("Direction", Some(direction.into())),
        ("Revs", Some(types.revs(method.revs))),
        ("Capability", text(&method.capability)),
        ("ReplaySafe", flag(method.replay_safe)),
        ("Streaming", flag(method.streaming)),
        ("NameHeader", text(&method.name_header)),
    ];
    aligned(rows.into_iter().filter_map(|(name, value)| Some((format!("{name}:"), format!("{},", value?)))))
}

/// What can be asked of one side, and what answers there.
#[derive(Debug, Serialize)]
pub struct SidesView {
    sides: Vec<SideView>,
    /// Calls: every request and notification once.
    requests: Vec<CallView>,
    notifications: Vec<CallView>,
    /// The type of a request's `_meta`, and the params that have one, aligned methods.
    meta: String,
    holders: Vec<String>,
}

#[derive(Debug, Serialize)]
struct SideView {
    name: &'static str,
    lower: &'static str,
    other: &'static str,
    requests: Vec<CallView>,
    notifications: Vec<CallView>,
    /// Methods by name: the cases of the dispatch.
    request_cases: Vec<CaseView>,
    notification_cases: Vec<CaseView>,
}

#[derive(Debug, Clone, Serialize)]
struct CallView {
    name: String,
    doc: Vec<String>,
    /// What a handler calls it.
    handler: String,
    handler_doc: Vec<String>,
    variable: String,
    /// `params *CallToolRequestParams`, with the comma before it; empty if it takes none.
    argument: String,
    /// What is passed on: the params, copied if the call adds to them.
    sent: String,
    result: String,
    /// The parameters of a handler that looks at none.
    ignored: String,
    decode_result: String,
    /// `call` or `callFor`, whether the result is an interface or a struct.
    call: &'static str,
}

#[derive(Debug, Serialize)]
struct CaseView {
    literal: String,
    lines: Vec<String>,
}

/// Calls and handlers.
pub fn sides(types: &Types<'_>) -> SidesView {
    let all = &types.protocol.methods;
    let of = |kind: MethodKind| all.iter().filter(move |m| m.kind == kind).map(|m| call(types, m)).collect::<Vec<_>>();
    let meta = meta(types).map_or_else(String::new, names::ty);
    SidesView {
        sides: vec![
            side(types, "Server", "server", "client", Direction::ToServer),
            side(types, "Client", "client", "server", Direction::ToClient),
        ],
        requests: of(MethodKind::Request),
        notifications: of(MethodKind::Notification),
        holders: holders(types, &meta),
        meta,
    }
}

fn side(
    types: &Types<'_>,
    name: &'static str,
    lower: &'static str,
    other: &'static str,
    direction: Direction,
) -> SideView {
    let of = |kind: MethodKind| {
        let here = types
            .protocol
            .methods
            .iter()
            .filter(move |m| m.kind == kind && (m.direction == direction || m.direction == Direction::Both));
        here.collect::<Vec<_>>()
    };
    let calls = |methods: &[&Method]| methods.iter().map(|m| call(types, m)).collect();
    let (requests, notifications) = (of(MethodKind::Request), of(MethodKind::Notification));
    SideView {
        name,
        lower,
        other,
        request_cases: cases(types, &requests),
        notification_cases: cases(types, &notifications),
        requests: calls(&requests),
        notifications: calls(&notifications),
    }
}

/// Two methods may have one name, in different revisions.
fn cases(types: &Types<'_>, methods: &[&Method]) -> Vec<CaseView> {
    let mut cases: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for method in methods {
        let answer = answer(types, method);
        let everywhere = method.revs == Revs::all(types.protocol.revisions.len());
        let lines =
            if everywhere { answer } else { code::block(&format!("if rev.In({})", types.revs(method.revs)), answer) };
        cases.entry(&method.method).or_default().extend(lines);
    }
    cases.into_iter().map(|(name, lines)| CaseView { literal: names::literal(name), lines }).collect()
}

/// The lines that decode the params of a method and have its handler called.
fn answer(types: &Types<'_>, method: &Method) -> Vec<String> {
    let request = method.kind == MethodKind::Request;
    let mut lines = Vec::new();
    let mut passed = "ctx, c".to_owned();
    if let Some(params) = &method.params {
        lines.push(format!("params, err := paramsOf(raw, rev, decode{})", target(types, params)));
        lines.extend(code::block(
            "if err != nil",
            vec![if request { "return nil, err".into() } else { "return err".into() }],
        ));
        passed.push_str(if is_struct(types, params) { ", &params" } else { ", params" });
    }
    let call = format!("h.{}({passed})", handler(method));
    lines.extend(if request { vec![format!("return answer({call})")] } else { vec![call, "return nil".into()] });
    lines
}

/// What a handler calls a method.
fn handler(method: &Method) -> String {
    let words = names::exported(&method.words);
    match method.kind {
        MethodKind::Request => words,
        MethodKind::Notification => format!("On{words}"),
    }
}

fn call(types: &Types<'_>, method: &Method) -> CallView {
    let words = names::exported(&method.words);
    let name = match method.kind {
        MethodKind::Request => words,
        MethodKind::Notification => format!("Notify{words}"),
    };
    let handler = handler(method);
    let doc = doc(types.protocol, method);
    let params = method.params.as_deref();
    let params_struct = params.is_some_and(|p| is_struct(types, p));
    let result = method.result.as_deref().unwrap_or_default();
    let result_struct = is_struct(types, result);
    let pointer =
        |name: &str, is_struct: bool| if is_struct { format!("*{}", names::ty(name)) } else { names::ty(name) };
    CallView {
        doc: names::declaration(&name, doc.clone(), 0),
        handler_doc: names::declaration(&handler, doc, 1),
        handler,
        name,
        variable: variable(method),
        ignored: params.map_or_else(String::new, |p| format!(", _ {}", pointer(p, params_struct))),
        argument: params.map_or_else(String::new, |p| format!(", params {}", pointer(p, params_struct))),
        sent: match params {
            None => "nil".into(),
            Some(_) if params_struct => "copied(params)".into(),
            Some(_) => "params".into(),
        },
        result: pointer(result, result_struct),
        decode_result: format!("decode{}", target(types, result)),
        call: if result_struct { "callFor" } else { "call" },
    }
}

/// The type that an alias stands for: it is the one with functions.
fn target(types: &Types<'_>, name: &str) -> String {
    types.named(&Type::Ref(name.into())).map_or_else(|| names::ty(name), |def| names::ty(&def.name))
}

fn is_struct(types: &Types<'_>, name: &str) -> bool {
    types.named(&Type::Ref(name.into())).is_some_and(|def| matches!(def.shape, Shape::Struct(_)))
}

/// The params of what a client asks, by name.
fn params_of_requests<'a>(types: &Types<'a>) -> BTreeMap<&'a str, &'a TypeDef> {
    let asked =
        types.protocol.methods.iter().filter(|m| m.kind == MethodKind::Request && m.direction != Direction::ToClient);
    let modern = asked.filter(|m| m.revs.iter().any(|i| types.protocol.revisions[i].era == Era::Modern));
    modern.filter_map(|m| types.named(&Type::Ref(m.params.clone()?))).map(|def| (def.name.as_str(), def)).collect()
}

/// The type of a request's `_meta`.
fn meta<'a>(types: &Types<'a>) -> Option<&'a str> {
    params_of_requests(types).into_values().find_map(meta_of).map(|(name, _)| name)
}

fn meta_of(def: &TypeDef) -> Option<(&str, &Field)> {
    let Shape::Struct(shape) = &def.shape else { return None };
    let field = shape.fields.iter().find(|field| field.wire == "_meta")?;
    match &field.ty {
        Type::Ref(name) => Some((name, field)),
        _ => None,
    }
}

fn holders(types: &Types<'_>, meta: &str) -> Vec<String> {
    let mut holders = Vec::new();
    for def in params_of_requests(types).into_values().filter(|def| matches!(def.shape, Shape::Struct(_))) {
        let body = match meta_of(def) {
            Some((own, field)) if names::ty(own) == meta => {
                let name = names::field(&field.words);
                let plain = types.storage(def, field) == Storage::Plain;
                vec![
                    if plain { format!("fill(&v.{name})") } else { format!("v.{name} = filled(v.{name}, fill)") },
                    "return nil".into(),
                ]
            }
            Some(_) => continue,
            None => vec!["return fillExtra(&v.Extra, rev, fill)".into()],
        };
        if !holders.is_empty() {
            holders.push(String::new());
        }
        holders.extend(code::block(
            &format!("func (v *{}) fillMeta(rev Revision, fill func(*{meta})) error", names::ty(&def.name)),
            body,
        ));
    }
    holders
}

/// Revisions, sets of them, and what reads and writes any type by its name in a schema.
#[derive(Debug, Serialize)]
pub struct RevisionsView {
    revisions: Vec<RevisionView>,
    latest: String,
    /// Names of revisions, as cases of `String`.
    sets: Vec<SetView>,
    schemas: Vec<SchemaView>,
    codecs: Vec<CodecView>,
}

#[derive(Debug, Serialize)]
struct RevisionView {
    constant: String,
    literal: String,
    modern: bool,
}

#[derive(Debug, Serialize)]
struct SetView {
    row: String,
}

#[derive(Debug, Serialize)]
struct SchemaView {
    literal: String,
    revision: String,
    bit: String,
}

#[derive(Debug, Serialize)]
struct CodecView {
    literal: String,
    types: Vec<CodecTypeView>,
}

#[derive(Debug, Serialize)]
struct CodecTypeView {
    schemas: String,
    recode: String,
}

/// Revisions, with the sets that the other files have named.
pub fn revisions(types: &Types<'_>) -> RevisionsView {
    let protocol = types.protocol;
    let revision = |r: &crate::ir::Revision| RevisionView {
        constant: names::revision(&r.name),
        literal: names::literal(&r.name),
        modern: r.era == Era::Modern,
    };
    let revisions: Vec<_> = protocol.revisions.iter().map(revision).collect();
    let codecs = codecs(types);
    let sets = types.sets();
    let rows = aligned(sets.iter().map(|revs| {
        (names::revs(protocol, *revs), format!("wire.Revs = 0b{:0width$b}", revs.bits(), width = revisions.len()))
    }));
    RevisionsView {
        latest: revisions.last().map_or_else(String::new, |r| r.constant.clone()),
        sets: rows.into_iter().map(|row| SetView { row }).collect(),
        schemas: schemas(protocol),
        codecs,
        revisions,
    }
}

/// The names that a schema can be asked for by, with the revision to decode in.
fn schema_names(protocol: &Protocol) -> Vec<(&str, &str)> {
    let revisions = protocol.revisions.iter().map(|r| (r.name.as_str(), r.name.as_str()));
    revisions.chain(protocol.extensions.iter().map(|e| (e.name.as_str(), e.extends.as_str()))).collect()
}

fn schemas(protocol: &Protocol) -> Vec<SchemaView> {
    let schema = |(i, (name, revision)): (usize, (&str, &str))| SchemaView {
        literal: names::literal(name),
        revision: names::revision(revision),
        bit: format!("1 << {i}"),
    };
    schema_names(protocol).into_iter().enumerate().map(schema).collect()
}

fn codecs(types: &Types<'_>) -> Vec<CodecView> {
    let schemas = schema_names(types.protocol);
    let mut by_name: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
    for def in &types.protocol.types {
        for name in &def.schema_names {
            let Some(bit) = schemas.iter().position(|(schema, _)| *schema == name.schema) else { continue };
            *by_name.entry(&name.name).or_default().entry(&def.name).or_default() |= 1 << bit;
        }
    }
    let codec = |(name, owners): (&str, BTreeMap<&str, u64>)| CodecView {
        literal: names::literal(name),
        types: owners
            .into_iter()
            .map(|(owner, bits)| CodecTypeView {
                schemas: format!("0b{bits:0width$b}", width = schemas.len()),
                recode: recode(types, owner),
            })
            .collect(),
    };
    by_name.into_iter().map(codec).collect()
}

/// The expression that makes a function which reads and writes a type.
fn recode(types: &Types<'_>, owner: &str) -> String {
    let ty = Type::Ref(owner.into());
    let name = target(types, owner);
    match types.named(&ty).map(|def| &def.shape) {
        Some(Shape::Struct(_)) => format!("recodeStruct(decode{name})"),
        Some(Shape::Union(_)) => format!("recodeValue(decode{name}, encode{name})"),
        Some(Shape::Enum(_)) => {
            format!("recodeValue(decode{name}, func(e *wire.Encoder, v {name}) {{ e.Enum(string(v)) }})")
        }
        _ => {
            let revs = types.def(owner).map_or(Revs::NONE, |def| def.revs);
            let write = code::write(types, &ty, "v").join("; ");
            format!(
                "recodeValue({}, func(e *wire.Encoder, v {}) {{ {write} }})",
                code::reader(types, &ty, revs),
                names::ty(owner)
            )
        }
    }
}

/// Limits and defaults.
#[derive(Debug, Serialize)]
pub struct LimitsView {
    limits: Vec<LimitView>,
}

#[derive(Debug, Serialize)]
struct LimitView {
    doc: Vec<String>,
    name: String,
    value: String,
}

/// Limits and defaults.
pub fn limits(protocol: &Protocol) -> LimitsView {
    let limit = |limit: &crate::ir::Limit| {
        let name = names::exported(&limit.words);
        let value =
            if limit.unit == "ms" { format!("{} * time.Millisecond", limit.value) } else { limit.value.to_string() };
        let mut doc = vec![limit.doc.clone()];
        if limit.unit != "ms" {
            doc.push(format!("In {}.", limit.unit));
        }
        LimitView { doc: names::declaration(&name, doc, 1), name, value }
    };
    LimitsView { limits: protocol.limits.iter().map(limit).collect() }
}

/// What a client does about a call that was broken off.
#[derive(Debug, Serialize)]
pub struct RecoveryView {
    failures: Vec<TermView>,
    actions: Vec<TermView>,
    rows: Vec<String>,
}

#[derive(Debug, Serialize)]
struct TermView {
    doc: Vec<String>,
    name: String,
}

/// What a client does about a call that was broken off.
pub fn recovery(protocol: &Protocol) -> RecoveryView {
    let named = |prefix: &str, words: &[String]| format!("{prefix}{}", names::exported(words));
    let term = |prefix: &str, term: &crate::ir::Term| {
        let name = named(prefix, &term.words);
        TermView { doc: names::declaration(&name, vec![term.doc.clone()], 1), name }
    };
    let when =
        |member: &str, value: Option<bool>| value.map(|so| format!("{member}: {}", if so { "IfSo" } else { "IfNot" }));
    let row = |row: &crate::ir::RecoveryRow| {
        let members = [
            Some(format!("Failed: {}", named("Failed", &row.failed))),
            when("Sent", row.sent),
            when("Repeatable", row.repeatable),
            Some(format!("Action: {}", named("Action", &row.action))),
            Some(format!(
                "AtMost: {}",
                row.at_most.as_ref().map_or_else(|| "0".into(), |words| names::exported(words))
            )),
            row.outcome_unknown.then(|| "OutcomeUnknown: true".to_owned()),
        ];
        format!("{{{}}}", members.into_iter().flatten().collect::<Vec<_>>().join(", "))
    };
    let recovery = &protocol.recovery;
    RecoveryView {
        failures: recovery.failures.iter().map(|one| term("Failed", one)).collect(),
        actions: recovery.actions.iter().map(|one| term("Action", one)).collect(),
        rows: recovery.rows.iter().map(row).collect(),
    }
}
