//! Corpus: messages of every type and revision with what becomes of them, for the tests of all languages.
//!
//! `samples` makes the messages from the IR, `spelling` those that are about text, and `judge` says by the rules
//! of ARCHITECTURE.md what each decodes and encodes to, or why it is refused. No decoder is asked.

pub mod judge;
pub mod node;
mod samples;
mod spelling;
mod steer;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::error::Result;
use crate::ir::{Protocol, TypeDef};
use crate::output::OutputFile;
use judge::{Encoded, Fault, Judge};
use node::Node;
use samples::Samples;

/// Where the files go.
pub const FOLDER: &str = "spec/fixtures/corpus";

/// A message and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The name of the schema's definition that it is decoded as.
    pub ty: String,
    /// What is special about it.
    pub name: String,
    /// The message, as text.
    pub json: String,
    /// As it is encoded again, or why it is refused.
    pub outcome: std::result::Result<Encoded, Fault>,
}

/// A file a revision and extension.
pub fn emit(protocol: &Protocol) -> Result<Vec<OutputFile>> {
    let mut files = Vec::new();
    for (schema, _, _) in schemas(protocol) {
        let lines: Vec<String> = cases(protocol, schema).iter().map(|case| line(case).to_string()).collect();
        let text = format!("{{\"revision\":{},\"cases\":[\n{}\n]}}\n", Value::from(schema), lines.join(",\n"));
        files.push(OutputFile { path: format!("{FOLDER}/{schema}.json"), text });
    }
    Ok(files)
}

/// Every schema, its base if it is an extension's, and the revision its messages are of.
fn schemas(protocol: &Protocol) -> Vec<(&str, Option<&str>, usize)> {
    let mut schemas: Vec<_> = protocol.revisions.iter().enumerate().map(|(i, r)| (r.name.as_str(), None, i)).collect();
    for extension in &protocol.extensions {
        let base = protocol.revisions.iter().position(|r| r.name == extension.extends).unwrap_or(0);
        schemas.push((&extension.name, Some(extension.extends.as_str()), base));
    }
    schemas
}

/// The cases of a revision, or those of an extension's own types.
pub fn cases(protocol: &Protocol, schema: &str) -> Vec<Case> {
    let Some((_, base, revision)) = schemas(protocol).into_iter().find(|(name, ..)| *name == schema) else {
        return vec![];
    };
    let samples = Samples::new(protocol, [schema].into_iter().chain(base).collect(), revision);
    let judge = Judge::new(protocol, revision);
    let mut cases = Vec::new();
    for (name, def) in named(protocol, schema, base) {
        let mut seen = BTreeSet::new();
        for (special, node) in samples.of(def) {
            let json = node.compact();
            if seen.insert(json.clone()) {
                cases.push(Case { ty: name.into(), name: special, json, outcome: judge.judge(def, &node) });
            }
        }
    }
    if let (None, Some((name, def, member))) = (base, spelling::subject(protocol, schema, revision)) {
        let least = samples.least(&crate::ir::Type::Ref(def.name.clone()));
        cases.extend(spelling::cases(name, member, &least, |node: &Node| judge.judge(def, node)));
    }
    cases
}

/// The types of a schema by the names it gives them; of an extension those that its base has not.
fn named<'a>(protocol: &'a Protocol, schema: &str, base: Option<&str>) -> Vec<(&'a str, &'a TypeDef)> {
    let mut named = Vec::new();
    for def in &protocol.types {
        let own = def.schema_names.iter().filter(|name| name.schema == schema);
        let copied = |name: &str| {
            base.is_some_and(|base| def.schema_names.iter().any(|other| other.schema == base && other.name == name))
        };
        named.extend(own.filter(|name| !copied(&name.name)).map(|name| (name.name.as_str(), def)));
    }
    named.sort_by_key(|(name, _)| *name);
    named
}

/// A case as its line in the file.
fn line(case: &Case) -> Value {
    let mut line = json!({"type": case.ty, "name": case.name, "json": case.json});
    match &case.outcome {
        Ok(encoded) => {
            line["encoded"] = encoded.text.as_str().into();
            if encoded.free {
                line["numbers"] = "free".into();
            }
        }
        Err(fault) => line["error"] = json!({"path": fault.path, "message": fault.message}),
    }
    line
}
