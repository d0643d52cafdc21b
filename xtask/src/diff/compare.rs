//! The differences between two revisions, as data.

use isogloss_codegen::ir::{Direction, Method, MethodKind, Protocol, Shape, TypeDef};
use serde::Serialize;

use super::at::At;

/// What a revision changed.
#[derive(Debug, Clone, Serialize)]
pub struct Difference {
    /// The older revision.
    pub old: String,
    /// The newer revision.
    pub new: String,
    /// Requests and notifications, by method.
    pub methods: Vec<MethodChange>,
    /// Types, by name.
    pub types: Vec<TypeChange>,
}

/// What happened to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is another.
    Changed,
}

/// A request or notification that changed.
#[derive(Debug, Clone, Serialize)]
pub struct MethodChange {
    /// Its name on the wire.
    pub method: String,
    /// What happened.
    pub what: What,
    /// `request` or `notification`.
    pub kind: &'static str,
    /// Who sent it, and what with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    /// Who sends it, and what with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is: Option<String>,
}

/// A type that changed.
#[derive(Debug, Clone, Serialize)]
pub struct TypeChange {
    /// Its name; the newer one where it has two.
    pub name: String,
    /// What happened.
    pub what: What,
    /// Its older name, where that was another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// Members, alternatives or values; of a type that is gone, none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<MemberChange>,
}

/// A member, an alternative of a union, or a value of an enumeration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MemberChange {
    /// The member's name, the alternative's type, the value.
    pub name: String,
    /// What happened.
    pub what: What,
    /// `member`, `alternative`, `value`, or `type` for another name's meaning.
    pub kind: &'static str,
    /// What it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is: Option<String>,
}

/// Compares two revisions.
pub fn compare(protocol: &Protocol, old: &str, new: &str) -> Result<Difference, String> {
    let (before, after) = (At::of(protocol, old)?, At::of(protocol, new)?);
    let mut methods: Vec<MethodChange> = protocol.methods.iter().filter_map(|m| method(m, &before, &after)).collect();
    methods.sort_by(|a, b| a.method.cmp(&b.method));
    let mut types: Vec<TypeChange> = protocol.types.iter().filter_map(|def| ty(def, &before, &after)).collect();
    types.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Difference { old: old.into(), new: new.into(), methods, types })
}

/// What happened to something that was or is there; nothing if it was and is the same.
fn what<T: PartialEq>(was: &Option<T>, is: &Option<T>) -> Option<What> {
    match (was, is) {
        (None, None) => None,
        (None, Some(_)) => Some(What::Added),
        (Some(_), None) => Some(What::Removed),
        (Some(a), Some(b)) => (a != b).then_some(What::Changed),
    }
}

fn method(method: &Method, before: &At<'_>, after: &At<'_>) -> Option<MethodChange> {
    let look = |at: &At<'_>| {
        at.has_method(method).then(|| format!("{} {}", arrow(at.direction(method)), at.signature(method)))
    };
    let (was, is) = (look(before), look(after));
    let kind = match method.kind {
        MethodKind::Request => "request",
        MethodKind::Notification => "notification",
    };
    Some(MethodChange { method: method.method.clone(), what: what(&was, &is)?, kind, was, is })
}

fn arrow(direction: Direction) -> &'static str {
    match direction {
        Direction::ToServer => "to server",
        Direction::ToClient => "to client",
        Direction::Both => "both ways",
    }
}

fn ty(def: &TypeDef, before: &At<'_>, after: &At<'_>) -> Option<TypeChange> {
    let name = |at: &At<'_>| at.has(def).then(|| at.name(def).to_owned());
    let (was, is) = (name(before), name(after));
    let members = match (&was, &is) {
        (_, None) => Vec::new(),
        _ => members(def, before, after),
    };
    let renamed_from = was.clone().filter(|was| is.as_ref().is_some_and(|is| is != was));
    let what = what(&was, &is).or_else(|| (!members.is_empty()).then_some(What::Changed))?;
    Some(TypeChange { name: is.or(was)?, what, renamed_from, members })
}

fn members(def: &TypeDef, before: &At<'_>, after: &At<'_>) -> Vec<MemberChange> {
    match &def.shape {
        Shape::Struct(shape) => {
            let look = |at: &At<'_>, wire: &str| {
                at.has(def)
                    .then(|| at.fields(shape).find(|field| field.wire == wire).map(|field| at.field(field)))
                    .flatten()
            };
            let change = |wire: &String| member("member", wire, look(before, wire), look(after, wire));
            shape.fields.iter().filter_map(|field| change(&field.wire)).collect()
        }
        Shape::Alias(alias) => {
            let look = |at: &At<'_>| at.has(def).then(|| at.text(alias));
            member("type", "", look(before), look(after)).into_iter().collect()
        }
        Shape::Enum(_) => listed("value", def, before, after),
        Shape::Union(union) => {
            let look = |at: &At<'_>| at.has(def).then(|| at.tag(&union.choose).map(str::to_owned)).flatten();
            let mut changes = listed("alternative", def, before, after);
            if before.has(def) && after.has(def) {
                changes.extend(member("tag", "", look(before), look(after)));
            }
            changes
        }
    }
}

fn member(kind: &'static str, name: &str, was: Option<String>, is: Option<String>) -> Option<MemberChange> {
    Some(MemberChange { name: name.into(), what: what(&was, &is)?, kind, was, is })
}

fn listed(kind: &'static str, def: &TypeDef, before: &At<'_>, after: &At<'_>) -> Vec<MemberChange> {
    let list = |at: &At<'_>| if at.has(def) { at.members(&def.shape) } else { Vec::new() };
    let (was, is) = (list(before), list(after));
    let change = |name: &String, what| MemberChange { name: name.clone(), what, kind, was: None, is: None };
    let gone = was.iter().filter(|name| !is.contains(name)).map(|name| change(name, What::Removed));
    let new = is.iter().filter(|name| !was.contains(name)).map(|name| change(name, What::Added));
    new.chain(gone).collect()
}
