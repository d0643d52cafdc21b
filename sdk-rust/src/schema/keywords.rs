//! The keywords of one schema, read as what they have to be. What is wrong is told with its place in the schema.

use serde_json::{Map, Value};

use super::number::Number;
use super::rule::{Bound, Range};
use super::words::literal;

/// A schema's keywords, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Keywords<'s, 'p> {
    pub(super) all: &'s Map<String, Value>,
    /// A JSON Pointer.
    pub(super) place: &'p str,
}

impl<'s> Keywords<'s, '_> {
    pub(super) fn get(&self, keyword: &str) -> Option<&'s Value> {
        self.all.get(keyword)
    }

    /// An error that says where it is.
    pub(super) fn wrong(&self, what: impl std::fmt::Display) -> String {
        if self.place.is_empty() { what.to_string() } else { format!("at {}: {what}", self.place) }
    }

    fn expected<T>(
        &self,
        keyword: &str,
        what: &str,
        read: impl FnOnce(&'s Value) -> Option<T>,
    ) -> Result<Option<T>, String> {
        let Some(value) = self.get(keyword) else { return Ok(None) };
        match read(value) {
            Some(read) => Ok(Some(read)),
            None => Err(self.wrong(format!("{keyword} is {}: expected {what}", short(value)))),
        }
    }

    pub(super) fn text(&self, keyword: &str) -> Result<Option<&'s str>, String> {
        self.expected(keyword, "a string", Value::as_str)
    }

    pub(super) fn flag(&self, keyword: &str) -> Result<bool, String> {
        self.expected(keyword, "true or false", Value::as_bool).map(Option::unwrap_or_default)
    }

    pub(super) fn schema(&self, keyword: &str) -> Result<Option<&'s Value>, String> {
        self.expected(keyword, "a schema", |value| is_schema(value).then_some(value))
    }

    pub(super) fn schemas(&self, keyword: &str) -> Result<&'s [Value], String> {
        let list = |value: &'s Value| value.as_array().filter(|list| list.iter().all(is_schema)).map(Vec::as_slice);
        self.expected(keyword, "a list of schemas", list).map(Option::unwrap_or_default)
    }

    /// Schemas by name.
    pub(super) fn named(&self, keyword: &str) -> Result<Vec<(&'s str, &'s Value)>, String> {
        let read = |value: &'s Value| {
            let members = value.as_object().filter(|members| members.values().all(is_schema))?;
            Some(members.iter().map(|(name, schema)| (name.as_str(), schema)).collect())
        };
        self.expected(keyword, "an object of schemas", read).map(Option::unwrap_or_default)
    }

    pub(super) fn names(&self, keyword: &str) -> Result<Vec<&'s str>, String> {
        self.expected(keyword, "a list of strings", texts).map(Option::unwrap_or_default)
    }

    /// Lists of names by name.
    pub(super) fn lists(&self, keyword: &str) -> Result<Vec<(&'s str, Vec<&'s str>)>, String> {
        let read = |value: &'s Value| {
            value.as_object()?.iter().map(|(name, list)| Some((name.as_str(), texts(list)?))).collect()
        };
        self.expected(keyword, "an object of lists of strings", read).map(Option::unwrap_or_default)
    }

    pub(super) fn values(&self, keyword: &str) -> Result<Option<&'s [Value]>, String> {
        self.expected(keyword, "a list", |value| value.as_array().map(Vec::as_slice))
    }

    pub(super) fn range(&self, least: &str, most: &str) -> Result<Range, String> {
        let size = |keyword| self.expected(keyword, "an integer that is not negative", whole);
        Ok(Range { min: size(least)?, max: size(most)? })
    }

    pub(super) fn bound(&self, keyword: &str) -> Result<Option<Bound>, String> {
        self.expected(keyword, "a number", |value| {
            let text = value.as_number()?.to_string();
            let value = Number::of(&text);
            let shown = value.integer().map_or(text, |integer| integer.to_string());
            Some(Bound { value, shown })
        })
    }
}

fn is_schema(value: &Value) -> bool {
    value.is_object() || value.is_boolean()
}

fn texts(value: &Value) -> Option<Vec<&str>> {
    value.as_array()?.iter().map(Value::as_str).collect()
}

fn whole(value: &Value) -> Option<u64> {
    let number = Number::of(&value.as_number()?.to_string());
    number.integer().and_then(|value| u64::try_from(value).ok())
}

/// A value in a message to whoever wrote the schema.
fn short(value: &Value) -> String {
    match value {
        Value::String(text) => literal(text),
        Value::Array(_) => String::from("an array"),
        Value::Object(_) => String::from("an object"),
        other => other.to_string(),
    }
}
