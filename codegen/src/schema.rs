//! Schema: the JSON Schema subset that MCP uses, as plain data.
//!
//! Parsed from the normalised form only. An unknown keyword is an error, never ignored.

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::import::{escape, kind};

/// A schema. An empty one allows everything.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Schema {
    /// `$ref`: the definition's name.
    pub reference: Option<String>,
    /// `type`: one or several.
    pub types: Vec<String>,
    /// `const`.
    pub constant: Option<Value>,
    /// `enum`.
    pub values: Vec<Value>,
    /// `format`.
    pub format: Option<String>,
    /// `properties`, by name.
    pub properties: Vec<(String, Schema)>,
    /// `required`, by name.
    pub required: Vec<String>,
    /// `additionalProperties`.
    pub additional: Option<Box<Schema>>,
    /// `items`.
    pub items: Option<Box<Schema>>,
    /// `anyOf` and `oneOf`, which mean the same to a decoder that decides by tags.
    pub any_of: Vec<Schema>,
    /// `allOf`.
    pub all_of: Vec<Schema>,
    /// `minimum`.
    pub minimum: Option<f64>,
    /// `maximum`.
    pub maximum: Option<f64>,
    /// `maxItems`.
    pub max_items: Option<u64>,
    /// Where it stands, a JSON Pointer.
    pub pointer: String,
    /// Its normalised text: equal texts mean the same.
    pub text: String,
}

/// A revision's or extension's definitions, by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The file, for messages.
    pub file: String,
    /// The revision's or extension's name.
    pub name: String,
    /// Name → schema.
    pub definitions: Vec<(String, Schema)>,
}

impl Document {
    /// Reads a normalised schema.
    pub fn parse(file: &str, name: &str, root: &Value) -> Result<Self> {
        let defs = root.get("$defs").and_then(Value::as_object).ok_or_else(|| {
            Error::at(file, "", "no `$defs`", "a normalised schema").mend("cargo xtask import <schema.json> <revision>")
        })?;
        let definitions = named(file, "/$defs", defs)?;
        Ok(Document { file: file.into(), name: name.into(), definitions })
    }

    /// A definition by name.
    pub fn get(&self, name: &str) -> Option<&Schema> {
        let at = self.definitions.binary_search_by(|(n, _)| n.as_str().cmp(name)).ok()?;
        Some(&self.definitions[at].1)
    }
}

fn named(file: &str, pointer: &str, map: &Map<String, Value>) -> Result<Vec<(String, Schema)>> {
    let mut out = Vec::with_capacity(map.len());
    for (name, value) in map {
        out.push((name.clone(), parse(file, &format!("{pointer}/{}", escape(name)), value)?));
    }
    out.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(out)
}

/// Reads one schema.
pub fn parse(file: &str, pointer: &str, value: &Value) -> Result<Schema> {
    let Value::Object(map) = value else {
        return Err(Error::at(file, pointer, kind(value), "a schema object"));
    };
    let mut schema = Schema { pointer: pointer.into(), text: value.to_string(), ..Schema::default() };
    for (key, value) in map {
        let here = format!("{pointer}/{}", escape(key));
        keyword(&mut schema, file, &here, key, value)?;
    }
    Ok(schema)
}

fn keyword(schema: &mut Schema, file: &str, here: &str, key: &str, value: &Value) -> Result<()> {
    match key {
        "$ref" => {
            let text = string(file, here, value)?;
            schema.reference = Some(text.strip_prefix("#/$defs/").unwrap_or(&text).to_owned());
        }
        "type" => schema.types = strings(file, here, value)?,
        "const" => schema.constant = Some(value.clone()),
        "enum" => schema.values = value.as_array().cloned().unwrap_or_default(),
        "format" => schema.format = Some(string(file, here, value)?),
        "properties" => schema.properties = named(file, here, object(file, here, value)?)?,
        "required" => schema.required = strings(file, here, value)?,
        "additionalProperties" => schema.additional = Some(Box::new(parse(file, here, value)?)),
        "items" => schema.items = Some(Box::new(parse(file, here, value)?)),
        "anyOf" | "oneOf" => schema.any_of = list(file, here, value)?,
        "allOf" => schema.all_of = list(file, here, value)?,
        "minimum" => schema.minimum = value.as_f64(),
        "maximum" => schema.maximum = value.as_f64(),
        "maxItems" => schema.max_items = value.as_u64(),
        // `{"type": "string"}` says nothing about names in JSON; anything narrower would.
        "propertyNames" if value == &serde_json::json!({"type": "string"}) => {}
        _ => {
            return Err(Error::at(file, here, format!("keyword `{key}` = {value}"), "a keyword of the subset")
                .mend("teach it to `codegen/src/schema.rs`, or replace it in `spec/overlay/patches.toml`"));
        }
    }
    Ok(())
}

fn list(file: &str, pointer: &str, value: &Value) -> Result<Vec<Schema>> {
    let items = value.as_array().ok_or_else(|| Error::at(file, pointer, kind(value), "an array of schemas"))?;
    items.iter().enumerate().map(|(i, item)| parse(file, &format!("{pointer}/{i}"), item)).collect()
}

fn object<'a>(file: &str, pointer: &str, value: &'a Value) -> Result<&'a Map<String, Value>> {
    value.as_object().ok_or_else(|| Error::at(file, pointer, kind(value), "an object"))
}

fn string(file: &str, pointer: &str, value: &Value) -> Result<String> {
    value.as_str().map(str::to_owned).ok_or_else(|| Error::at(file, pointer, kind(value), "a string"))
}

/// One string or several.
fn strings(file: &str, pointer: &str, value: &Value) -> Result<Vec<String>> {
    match value {
        Value::Array(items) => items.iter().map(|item| string(file, pointer, item)).collect(),
        other => Ok(vec![string(file, pointer, other)?]),
    }
}
