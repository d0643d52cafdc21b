//! A schema as rules to check by: the keywords that derived schemas use. Others are served but not enforced.

use std::collections::HashMap;

use serde_json::{Number, Value};

use crate::wire::{Json, Kind};

/// The rules of a schema and of the definitions that it refers to.
pub(super) struct Rules {
    pub(super) root: Rule,
    definitions: HashMap<String, Rule>,
}

/// What one value has to be. An empty rule takes any value.
#[derive(Default)]
pub(super) struct Rule {
    /// The names of the types that it may have; none means any.
    pub(super) types: Vec<Type>,
    /// The values that it may have, as compact text; none means any.
    pub(super) choices: Option<Vec<Json>>,
    pub(super) minimum: Option<Number>,
    pub(super) maximum: Option<Number>,
    pub(super) length: Range,
    pub(super) items: Range,
    pub(super) item: Option<Box<Rule>>,
    pub(super) members: Vec<(String, Rule)>,
    pub(super) required: Vec<String>,
    pub(super) others: Others,
    /// At least one of these, if there are any.
    pub(super) any_of: Vec<Rule>,
    /// Every one of these.
    pub(super) all_of: Vec<Rule>,
    reference: Option<String>,
}

/// How many there may be.
#[derive(Default, Clone, Copy)]
pub(super) struct Range {
    pub(super) min: Option<u64>,
    pub(super) max: Option<u64>,
}

/// What members that the rule does not name have to be.
#[derive(Default)]
pub(super) enum Others {
    #[default]
    Anything,
    Nothing,
    These(Box<Rule>),
}

/// A type of JSON Schema.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Integer,
    Kind(Kind),
}

impl Type {
    pub(super) fn word(self) -> &'static str {
        match self {
            Type::Integer => "integer",
            Type::Kind(kind) => kind.word(),
        }
    }
}

impl Rules {
    pub(super) fn of(schema: &Value) -> Self {
        let definitions = match schema.get("$defs") {
            Some(Value::Object(all)) => all.iter().map(|(name, one)| (name.clone(), Rule::of(one))).collect(),
            _ => HashMap::new(),
        };
        Rules { root: Rule::of(schema), definitions }
    }

    /// The rule that a rule refers to, or itself. A definition does not refer on: schemars makes none that does.
    pub(super) fn resolve<'r>(&'r self, rule: &'r Rule) -> &'r Rule {
        match rule.reference.as_deref() {
            None => rule,
            Some("#") => &self.root,
            Some(path) => path.strip_prefix("#/$defs/").and_then(|name| self.definitions.get(name)).unwrap_or(rule),
        }
    }

    /// Whether a member of the root may be a string, or anything.
    pub(super) fn takes_text(&self, name: &str) -> bool {
        let member = self.root.members.iter().find(|(member, _)| member == name);
        member.is_none_or(|(_, rule)| {
            let types = &self.resolve(rule).types;
            types.is_empty() || types.contains(&Type::Kind(Kind::String))
        })
    }
}

impl Rule {
    fn of(schema: &Value) -> Self {
        let Value::Object(keywords) = schema else { return Rule::default() };
        let size = |name: &str| keywords.get(name).and_then(Value::as_u64);
        let rules = |names: &[&str]| -> Vec<Rule> {
            let lists = names.iter().filter_map(|name| keywords.get(*name)).filter_map(Value::as_array);
            lists.flatten().map(Rule::of).collect()
        };
        let number = |name: &str| keywords.get(name).and_then(Value::as_number).cloned();
        Rule {
            types: types(keywords.get("type")),
            choices: choices(keywords.get("enum"), keywords.get("const")),
            minimum: number("minimum"),
            maximum: number("maximum"),
            length: Range { min: size("minLength"), max: size("maxLength") },
            items: Range { min: size("minItems"), max: size("maxItems") },
            item: keywords.get("items").map(|item| Box::new(Rule::of(item))),
            members: match keywords.get("properties") {
                Some(Value::Object(members)) => {
                    members.iter().map(|(name, member)| (name.clone(), Rule::of(member))).collect()
                }
                _ => Vec::new(),
            },
            required: strings(keywords.get("required")),
            others: match keywords.get("additionalProperties") {
                None | Some(Value::Bool(true)) => Others::Anything,
                Some(Value::Bool(false)) => Others::Nothing,
                Some(other) => Others::These(Box::new(Rule::of(other))),
            },
            any_of: rules(&["anyOf", "oneOf"]),
            all_of: rules(&["allOf"]),
            reference: keywords.get("$ref").and_then(Value::as_str).map(str::to_owned),
        }
    }
}

fn strings(list: Option<&Value>) -> Vec<String> {
    let list = list.and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn types(value: Option<&Value>) -> Vec<Type> {
    let names = match value {
        Some(Value::String(name)) => vec![name.clone()],
        list => strings(list),
    };
    let of = |name: &String| match name.as_str() {
        "integer" => Some(Type::Integer),
        "array" => Some(Type::Kind(Kind::Array)),
        "boolean" => Some(Type::Kind(Kind::Boolean)),
        "null" => Some(Type::Kind(Kind::Null)),
        "number" => Some(Type::Kind(Kind::Number)),
        "object" => Some(Type::Kind(Kind::Object)),
        "string" => Some(Type::Kind(Kind::String)),
        _ => None,
    };
    names.iter().filter_map(of).collect()
}

fn choices(list: Option<&Value>, constant: Option<&Value>) -> Option<Vec<Json>> {
    let values: Vec<&Value> = match (list, constant) {
        (Some(Value::Array(values)), _) => values.iter().collect(),
        (_, Some(value)) => vec![value],
        _ => return None,
    };
    values.into_iter().map(|value| Json::new(value).ok()).collect()
}
