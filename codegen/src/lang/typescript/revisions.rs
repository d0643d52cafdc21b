//! Revisions, the lookup of types by the names of their schemas, and limits.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{layout, names};
use crate::ir::{Era, Protocol};
use crate::names::camel;
use crate::view;

/// `revision-sets.ts`
#[derive(Debug, Serialize)]
pub struct SetsView {
    sets: Vec<SetView>,
}

#[derive(Debug, Serialize)]
struct SetView {
    name: String,
    bits: String,
}

/// The sets of revisions that the tables name.
pub fn sets(protocol: &Protocol) -> SetsView {
    let width = protocol.revisions.len() + 2;
    let sets = view::revision_sets(protocol)
        .into_iter()
        .map(|set| SetView { name: names::revisions(&set.words), bits: format!("{:#0width$b}", set.revs.bits()) });
    SetsView { sets: sets.collect() }
}

/// `revisions.ts`
#[derive(Debug, Serialize)]
pub struct RevisionsView {
    /// As a type: ` '2024-11-05' | …`
    union: String,
    revisions: String,
    legacy: String,
    schemas: Vec<SchemaView>,
    definitions: Vec<String>,
}

/// A schema: the number of its bit in the table of definitions, and the revision in which it is decoded.
#[derive(Debug, Serialize)]
struct SchemaView {
    name: String,
    bit: usize,
    revision: usize,
}

/// The revisions, and every definition of every schema.
pub fn revisions(protocol: &Protocol) -> RevisionsView {
    let schemas = schemas(protocol);
    let definitions = definitions(protocol, &schemas);
    let list = |legacy_only: bool| {
        let revisions = protocol.revisions.iter().filter(|r| !legacy_only || r.era == Era::Legacy);
        layout::Expr::Array(revisions.map(|r| layout::Expr::Atom(layout::string(&r.name))).collect())
    };
    let names: Vec<String> = protocol.revisions.iter().map(|r| layout::string(&r.name)).collect();
    RevisionsView {
        union: layout::alternatives(&names, "export type Revision =".len()),
        revisions: list(false).text(0, "export const REVISIONS: readonly Revision[] = ".len(), 1),
        legacy: list(true).text(0, "const LEGACY: readonly Revision[] = ".len(), 1),
        schemas,
        definitions,
    }
}

fn schemas(protocol: &Protocol) -> Vec<SchemaView> {
    let position = |name: &str| protocol.revisions.iter().position(|r| r.name == name).unwrap_or_default();
    let revisions = protocol.revisions.iter().map(|r| (&r.name, position(&r.name)));
    let extensions = protocol.extensions.iter().map(|e| (&e.name, position(&e.extends)));
    let all = revisions.chain(extensions).enumerate();
    all.map(|(bit, (name, revision))| SchemaView { name: layout::key(name), bit, revision }).collect()
}

/// `['Tool', types.Tool, 0b011111]`: what a definition is called, its table, and the schemas that have it.
fn definitions(protocol: &Protocol, schemas: &[SchemaView]) -> Vec<String> {
    let mut rows: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for def in &protocol.types {
        for own in &def.schema_names {
            let bit = schemas.iter().position(|schema| schema.name == layout::key(&own.schema)).unwrap_or_default();
            *rows.entry((&own.name, &def.name)).or_default() |= 1 << bit;
        }
    }
    let width = schemas.len() + 2;
    let row = |((name, def), bits): ((&str, &str), u64)| {
        let row = [layout::string(name), format!("types.{}", names::ty(def)), format!("{bits:#0width$b}")];
        layout::Expr::Array(row.into_iter().map(layout::Expr::Atom).collect()).text(2, 2, 1)
    };
    rows.into_iter().map(row).collect()
}

/// `limits.ts`
#[derive(Debug, Serialize)]
pub struct LimitsView {
    limits: Vec<LimitView>,
}

#[derive(Debug, Serialize)]
struct LimitView {
    name: String,
    doc: String,
    value: u64,
}

/// The limits, with their units in their documentation.
pub fn limits(protocol: &Protocol) -> LimitsView {
    let limits = protocol.limits.iter().map(|limit| LimitView {
        name: camel(&limit.words),
        doc: layout::doc(
            &[format!("{} In {}.", limit.doc, if limit.unit == "ms" { "milliseconds" } else { &limit.unit })],
            2,
        ),
        value: limit.value,
    });
    LimitsView { limits: limits.collect() }
}

/// `recovery.ts`
pub fn recovery(protocol: &Protocol) -> serde_json::Value {
    use serde_json::json;
    let snake = crate::names::snake;
    let term = |term: &crate::ir::Term| {
        json!({
            "name": camel(&term.words),
            "value": snake(&term.words),
            "doc": layout::doc(std::slice::from_ref(&term.doc), 2),
        })
    };
    let row = |row: &crate::ir::RecoveryRow| {
        let limit = |words: &Vec<String>| format!("LIMITS.{}", camel(words));
        json!({
            "failed": snake(&row.failed),
            "sent": row.sent.map(|value| value.to_string()),
            "repeatable": row.repeatable.map(|value| value.to_string()),
            "action": snake(&row.action),
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
