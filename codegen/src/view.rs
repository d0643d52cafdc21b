//! View: what several emitters need to know of the IR, decided once.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::ir::{Choose, Protocol, Shape, Type, TypeDef, Union};
use crate::names;
use crate::revs::Revs;

/// Where the specification's pages are.
const SPECIFICATION: &str = "https://modelcontextprotocol.io";

/// The address of a `see` entry: below its own revision if it begins with one, else below the newest.
pub fn address(protocol: &Protocol, see: &str) -> String {
    if see.starts_with("extensions/") {
        return format!("{SPECIFICATION}/{see}");
    }
    let newest = protocol.revisions.last().map_or("", |r| r.name.as_str());
    let own = protocol.revisions.iter().any(|r| see.starts_with(&r.name));
    let page = if own { see.to_owned() } else { format!("{newest}/{see}") };
    format!("{SPECIFICATION}/specification/{page}")
}

/// The lines of a documentation comment: what it is, since and until when, where to read on.
pub fn doc_lines(protocol: &Protocol, doc: &str, see: &str, revs: Revs, within: Revs) -> Vec<String> {
    let mut lines = Vec::new();
    if !doc.is_empty() {
        lines.push(doc.to_owned());
    }
    if let Some(span) = span(protocol, revs, within) {
        lines.push(span);
    }
    if !see.is_empty() {
        lines.push(address(protocol, see));
    }
    lines
}

/// In which revisions something exists, as a sentence, if not in all that could have it.
pub fn span(protocol: &Protocol, revs: Revs, within: Revs) -> Option<String> {
    let (first, last) = (revs.first()?, revs.last()?);
    if revs.contains(within) {
        return None;
    }
    let name = |i: usize| protocol.revisions[i].name.as_str();
    let since = within.first() != Some(first);
    let until = within.last() != Some(last);
    Some(match (since, until) {
        _ if first == last => format!("Only in {}.", name(first)),
        (true, false) => format!("Since {}.", name(first)),
        (false, true) => format!("Until {}.", name(last)),
        _ => format!("From {} to {}.", name(first), name(last)),
    })
}

/// A name for a set of revisions, as words: `since 2025 06 18`.
pub fn revs_words(protocol: &Protocol, revs: Revs) -> Vec<String> {
    let date = |i: usize| protocol.revisions[i].name.split('-').map(str::to_owned).collect::<Vec<_>>();
    let words = |word: &str, i: usize| std::iter::once(word.to_owned()).chain(date(i)).collect::<Vec<_>>();
    let count = protocol.revisions.len();
    match (revs.first(), revs.last()) {
        (None, _) | (_, None) => vec!["never".into()],
        _ if revs == Revs::all(count) => vec!["always".into()],
        (Some(first), Some(last)) if first == last => words("only", first),
        (Some(first), _) if revs == Revs::since(first, count) => words("since", first),
        (_, Some(last)) if revs == Revs::all(last + 1) => words("until", last),
        _ => revs.iter().flat_map(|i| words(if Some(i) == revs.first() { "in" } else { "and" }, i)).collect(),
    }
}

/// Every set of revisions that the types mention, with its name; the empty one and all of them included.
pub fn revision_sets(protocol: &Protocol) -> Vec<RevisionSet> {
    let mut sets = BTreeSet::from([Revs::NONE, Revs::all(protocol.revisions.len())]);
    for def in &protocol.types {
        sets.insert(def.revs);
        match &def.shape {
            Shape::Struct(s) => s.fields.iter().for_each(|f| {
                sets.extend([f.revs, f.required]);
                sets.extend(type_sets(&f.ty));
            }),
            Shape::Union(u) => {
                sets.extend(u.variants.iter().map(|v| v.revs));
                if let Choose::Tag { known, .. } = &u.choose {
                    sets.insert(*known);
                }
            }
            Shape::Enum(e) => sets.extend(e.values.iter().map(|v| v.revs)),
            Shape::Alias(ty) => sets.extend(type_sets(ty)),
        }
    }
    for method in &protocol.methods {
        sets.extend([method.revs, method.params_required]);
    }
    sets.into_iter().map(|revs| RevisionSet { words: revs_words(protocol, revs), revs }).collect()
}

fn type_sets(ty: &Type) -> Vec<Revs> {
    match ty {
        Type::Json { object_in } => vec![*object_in],
        Type::List { item, max_items } => type_sets(item).into_iter().chain(max_items.map(|(revs, _)| revs)).collect(),
        Type::Map { value } => type_sets(value),
        _ => vec![],
    }
}

/// A set of revisions that generated code names.
#[derive(Debug, Clone, Serialize)]
pub struct RevisionSet {
    /// Its name.
    pub words: Vec<String>,
    /// The set.
    pub revs: Revs,
}

/// Types by area, areas by name.
pub fn areas(protocol: &Protocol) -> BTreeMap<&str, Vec<&TypeDef>> {
    let mut areas: BTreeMap<&str, Vec<&TypeDef>> = BTreeMap::new();
    for def in &protocol.types {
        areas.entry(def.area.as_str()).or_default().push(def);
    }
    areas
}

/// Types by name.
pub fn index(protocol: &Protocol) -> BTreeMap<&str, &TypeDef> {
    protocol.types.iter().map(|def| (def.name.as_str(), def)).collect()
}

/// `JSONRPCRequest` → `JsonRpcRequest`: a type's name where abbreviations are words like any other.
pub fn type_name(name: &str) -> String {
    names::pascal(&names::words(name))
}

/// Whether values of type `from` hold one of type `to` directly, with no array or map between: such a cycle
/// needs an indirection in languages that store values in place.
pub fn holds(index: &BTreeMap<&str, &TypeDef>, from: &str, to: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut todo = vec![from];
    while let Some(name) = todo.pop() {
        if name == to {
            return true;
        }
        let Some(def) = index.get(name).filter(|_| seen.insert(name)) else { continue };
        match &def.shape {
            Shape::Struct(s) => todo.extend(s.fields.iter().filter_map(|f| direct(&f.ty))),
            Shape::Union(u) => todo.extend(u.variants.iter().filter_map(|v| direct(&v.ty))),
            Shape::Alias(ty) => todo.extend(direct(ty)),
            Shape::Enum(_) => {}
        }
    }
    false
}

fn direct(ty: &Type) -> Option<&str> {
    match ty {
        Type::Ref(name) => Some(name),
        _ => None,
    }
}

/// The revisions in which a decision leads anywhere.
pub fn reachable(union: &Union, choose: &Choose) -> Revs {
    let any = |choices: Vec<&Choose>| choices.into_iter().fold(Revs::NONE, |revs, c| revs.union(reachable(union, c)));
    match choose {
        Choose::Variant(i) => union.variants[*i].revs,
        Choose::Tag { cases, other, absent, .. } => {
            any(cases.iter().map(|(_, c)| c).chain(other.as_deref()).chain(absent.as_deref()).collect())
        }
        Choose::Presence { cases, otherwise } => {
            any(cases.iter().map(|(_, c)| c).chain(otherwise.as_deref()).collect())
        }
        Choose::Kind { cases } => any(cases.iter().map(|(_, c)| c).collect()),
    }
}
