//! Import: an official schema as it is published → the normalised, prose-free form of `spec/schema`.
//!
//! Keys sorted, `definitions` → `$defs`, one form of `$ref`, annotations dropped (they assert nothing, and
//! their prose is not ours). A keyword that is neither kept nor a known annotation is an error.

use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// The dialect that normalised schemas are written in.
pub const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Keywords that assert nothing. Dropped.
const ANNOTATIONS: [&str; 11] = [
    "$comment",
    "$id",
    "$schema",
    "default",
    "deprecated",
    "description",
    "examples",
    "readOnly",
    "title",
    "writeOnly",
    "markdownDescription",
];

/// Keywords whose value is kept as it is.
const PLAIN: [&str; 9] =
    ["const", "format", "maxItems", "maximum", "minItems", "minimum", "maxLength", "minLength", "pattern"];

/// Normalises an official schema. `file` is only for messages.
pub fn normalise(file: &str, text: &str) -> Result<Value> {
    let root: Value = serde_json::from_str(text)
        .map_err(|e| Error::at(file, "", format!("text that is not JSON ({e})"), "a JSON Schema"))?;
    let Value::Object(root) = root else {
        return Err(Error::at(file, "", "no object", "a JSON Schema with `$defs` or `definitions`"));
    };
    let mut definitions = None;
    for (key, value) in &root {
        match (key.as_str(), value) {
            ("$defs" | "definitions", Value::Object(map)) => definitions = Some((key, map)),
            (key, _) if ANNOTATIONS.contains(&key) => {}
            _ => return Err(unknown(file, &format!("/{key}"))),
        }
    }
    let Some((key, map)) = definitions else {
        return Err(Error::at(file, "", "no definitions", "an object `$defs` or `definitions`")
            .mend("give the schema.json that the specification's repository publishes for the revision"));
    };
    let defs = schemas(file, &format!("/{key}"), map)?;
    let mut out = Map::new();
    out.insert("$schema".into(), DIALECT.into());
    out.insert("$defs".into(), defs);
    Ok(Value::Object(out))
}

/// The text of a normalised schema as it is stored.
pub fn to_text(schema: &Value) -> String {
    let mut text = format!("{schema:#}");
    text.push('\n');
    text
}

fn unknown(file: &str, pointer: &str) -> Error {
    Error::at(file, pointer, "a keyword the generator does not know", "a keyword of its JSON Schema subset")
        .mend("teach it to `codegen/src/import.rs` and `schema.rs`, or, if it asserts nothing, add it to ANNOTATIONS")
}

/// A map of name → schema, sorted by name.
fn schemas(file: &str, pointer: &str, map: &Map<String, Value>) -> Result<Value> {
    let mut names: Vec<_> = map.keys().collect();
    names.sort();
    let mut out = Map::new();
    for name in names {
        out.insert(name.clone(), schema(file, &format!("{pointer}/{}", escape(name)), &map[name])?);
    }
    Ok(Value::Object(out))
}

/// One schema, in schema position: `properties` is a keyword here, a property called `title` is not.
fn schema(file: &str, pointer: &str, value: &Value) -> Result<Value> {
    let map = match value {
        Value::Object(map) => map,
        Value::Bool(true) => return Ok(Value::Object(Map::new())),
        Value::Bool(false) => return Ok(serde_json::json!({"not": {}})),
        _ => return Err(Error::at(file, pointer, kind(value), "a schema (an object or a boolean)")),
    };
    let mut keys: Vec<_> = map.keys().collect();
    keys.sort();
    let mut out = Map::new();
    for key in keys {
        let value = &map[key];
        let here = format!("{pointer}/{}", escape(key));
        let new = match key.as_str() {
            key if ANNOTATIONS.contains(&key) => continue,
            key if PLAIN.contains(&key) => value.clone(),
            "$ref" => reference(file, &here, value)?,
            "properties" | "patternProperties" => schemas(file, &here, object(file, &here, value)?)?,
            "items" | "additionalProperties" | "not" | "propertyNames" => schema(file, &here, value)?,
            "anyOf" | "oneOf" | "allOf" => list(file, &here, value)?,
            "required" | "enum" => sorted(file, &here, value)?,
            "type" => value.clone(),
            _ => return Err(unknown(file, &here)),
        };
        out.insert(key.clone(), new);
    }
    Ok(Value::Object(out))
}

fn list(file: &str, pointer: &str, value: &Value) -> Result<Value> {
    let Value::Array(items) = value else {
        return Err(Error::at(file, pointer, kind(value), "an array of schemas"));
    };
    let items = items.iter().enumerate().map(|(i, item)| schema(file, &format!("{pointer}/{i}"), item));
    Ok(Value::Array(items.collect::<Result<_>>()?))
}

fn object<'a>(file: &str, pointer: &str, value: &'a Value) -> Result<&'a Map<String, Value>> {
    value.as_object().ok_or_else(|| Error::at(file, pointer, kind(value), "an object"))
}

fn reference(file: &str, pointer: &str, value: &Value) -> Result<Value> {
    let name =
        value.as_str().and_then(|text| text.strip_prefix("#/definitions/").or_else(|| text.strip_prefix("#/$defs/")));
    match name {
        Some(name) => Ok(format!("#/$defs/{name}").into()),
        None => Err(Error::at(file, pointer, value.to_string(), "a reference into this file: `#/$defs/<name>`")),
    }
}

fn sorted(file: &str, pointer: &str, value: &Value) -> Result<Value> {
    let Value::Array(items) = value else {
        return Err(Error::at(file, pointer, kind(value), "an array"));
    };
    let mut items = items.clone();
    items.sort_by_key(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned));
    Ok(Value::Array(items))
}

/// A JSON value's kind, for messages.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// A name as a segment of a JSON Pointer.
pub(crate) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
