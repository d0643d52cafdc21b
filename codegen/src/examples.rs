//! Examples: the messages that the specification publishes for a revision, and what follows from each for a codec.
//!
//! A published example decodes and encodes to the same JSON, so does one with an unknown member, and one in which a
//! single top-level member is missing, of another JSON kind or another constant is refused. What a JSON Schema
//! validator makes of a message is the caller's knowledge ([`Accepts`]): this module reads schemas with the importer alone.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::import;
use crate::schema::{Document, Schema};

/// Whether a value is valid as a definition, by a JSON Schema validator on the official schema.
pub type Accepts<'a> = &'a dyn Fn(&str, &Value) -> bool;

/// Where a message comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// As published.
    Example,
    /// With an unknown member at its top.
    Unknown,
    /// Without a member that must be there.
    Dropped,
    /// With a member of another JSON kind.
    WrongKind,
    /// With another value where only certain ones may stand.
    WrongValue,
}

impl Kind {
    /// Its name in the corpus.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Example => "example",
            Kind::Unknown => "unknown",
            Kind::Dropped => "dropped",
            Kind::WrongKind => "kind",
            Kind::WrongValue => "value",
        }
    }

    /// Whether a decoder must refuse it.
    pub fn is_refused(self) -> bool {
        !matches!(self, Kind::Example | Kind::Unknown)
    }
}

/// A message for a codec.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The definition it is (or pretends to be) a value of.
    pub ty: String,
    /// The message.
    pub json: Value,
    /// Where it comes from.
    pub kind: Kind,
}

impl Message {
    /// As a line of input for the codec mode of a peer, with what is expected of it.
    pub fn line(&self, revision: &str) -> Value {
        let expect = if self.kind.is_refused() { "refuse" } else { "same" };
        json!({"type": self.ty, "revision": revision, "json": self.json, "expect": expect, "kind": self.kind.word()})
    }
}

/// Derives the messages from a revision's folder: `schema.json` and `examples/<definition>/*.json`.
pub fn derive(folder: &Path, revision: &str, accepts: Accepts<'_>) -> Result<Vec<Message>> {
    let file = folder.join("schema.json").display().to_string();
    let normalised = import::normalise(&file, &text(&folder.join("schema.json"))?)?;
    let document = Document::parse(&file, revision, &normalised)?;
    let mut messages = Vec::new();
    for (ty, path) in examples(&folder.join("examples"))? {
        let json: Value = serde_json::from_str(&text(&path)?).map_err(|e| {
            Error::at(&path.display().to_string(), "", format!("text that is not JSON ({e})"), "an example")
        })?;
        messages.extend(of_example(&document, &ty, &json, accepts));
    }
    Ok(messages)
}

/// An example and all that follows from it.
fn of_example(document: &Document, ty: &str, example: &Value, accepts: Accepts<'_>) -> Vec<Message> {
    let message = |json: Value, kind: Kind| Message { ty: ty.into(), json, kind };
    let mut messages = vec![message(example.clone(), Kind::Example)];
    let Value::Object(members) = example else { return messages };
    let unknown = with(members, "x-unknown", json!({"a": 1}));
    if accepts(ty, &unknown) {
        messages.push(message(unknown, Kind::Unknown));
    }
    let refused = |json: &Value| !accepts(ty, json);
    for (name, value) in members {
        let mut without = members.clone();
        without.shift_remove(name);
        let dropped = Some(Value::Object(without)).filter(refused);
        messages.extend(dropped.map(|json| message(json, Kind::Dropped)));
        let wrong = other_kinds(value).into_iter().map(|value| with(members, name, value)).find(refused);
        messages.extend(wrong.map(|json| message(json, Kind::WrongKind)));
        if document.get(ty).is_some_and(|schema| is_closed(document, schema, name)) {
            let changed = other_value(value).map(|value| with(members, name, value)).filter(refused);
            messages.extend(changed.map(|json| message(json, Kind::WrongValue)));
        }
    }
    messages
}

fn with(members: &Map<String, Value>, name: &str, value: Value) -> Value {
    let mut members = members.clone();
    members.insert(name.into(), value);
    Value::Object(members)
}

/// Values of every other kind, those that are likeliest to slip through first.
fn other_kinds(value: &Value) -> Vec<Value> {
    let kind = import::kind(value);
    let all = vec![json!("text"), json!(7), json!(true), json!([]), json!({}), Value::Null];
    all.into_iter().filter(|other| import::kind(other) != kind).collect()
}

fn other_value(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) => Some(format!("{text}-x").into()),
        Value::Number(number) => number.as_i64().map(|number| (number + 1).into()),
        _ => None,
    }
}

/// Whether the schema allows only certain values of a member: a `const` or an `enum`, here or where a reference leads.
fn is_closed(document: &Document, schema: &Schema, member: &str) -> bool {
    let follow = |schema: &Schema| schema.reference.as_deref().and_then(|name| document.get(name)).cloned();
    let mut parts = schema.any_of.iter().chain(&schema.all_of);
    let here = schema.properties.iter().find(|(name, _)| name == member).map(|(_, property)| property);
    let closed = |property: &Schema| property.constant.is_some() || !property.values.is_empty();
    here.is_some_and(|property| closed(property) || follow(property).is_some_and(|target| closed(&target)))
        || follow(schema).is_some_and(|target| is_closed(document, &target, member))
        || parts.any(|part| is_closed(document, part, member))
}

/// Definition and path of every example, by path.
fn examples(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for definition in list(folder)? {
        let name = definition.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let files = list(&definition)?.into_iter().filter(|path| path.extension().is_some_and(|ext| ext == "json"));
        found.extend(files.map(|path| (name.clone(), path)));
    }
    Ok(found)
}

fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = |e: std::io::Error| Error::at(&folder.display().to_string(), "", e.to_string(), "a folder");
    let entries = fs::read_dir(folder).map_err(failed)?.collect::<std::io::Result<Vec<_>>>().map_err(failed)?;
    let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

fn text(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|e| Error::at(&path.display().to_string(), "", e.to_string(), "a file"))
}
