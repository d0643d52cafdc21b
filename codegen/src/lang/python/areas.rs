//! Areas: in which order the files of types import each other.
//!
//! Python imports must not go in circles. The areas are put in the order in which the fewest members refer to
//! a file further down; those members are decoded in a second step and need no import. The same goes for
//! members that only older revisions have, so that what nobody uses any more is not even loaded.

use std::collections::BTreeMap;

use super::types::Types;
use crate::ir::{Protocol, Shape, Type};

/// Every area's position.
pub type Order = BTreeMap<String, usize>;

/// The order with the fewest references to what comes later.
pub fn order(types: &Types<'_>, protocol: &Protocol) -> Order {
    let edges = edges(types, protocol);
    let mut areas: Vec<String> = crate::view::areas(protocol).keys().map(|area| (*area).to_owned()).collect();
    let mut best = later(&edges, &areas);
    while let Some((cost, better)) = improved(&edges, &areas, best) {
        (best, areas) = (cost, better);
    }
    areas.into_iter().enumerate().map(|(i, area)| (area, i)).collect()
}

type Edges = BTreeMap<(String, String), usize>;

/// The first order that moving one area makes better.
fn improved(edges: &Edges, areas: &[String], best: usize) -> Option<(usize, Vec<String>)> {
    for from in 0..areas.len() {
        for to in 0..areas.len() {
            let mut moved = areas.to_vec();
            let area = moved.remove(from);
            moved.insert(to, area);
            let cost = later(edges, &moved);
            if cost < best {
                return Some((cost, moved));
            }
        }
    }
    None
}

/// How many references go to what comes later.
fn later(edges: &Edges, areas: &[String]) -> usize {
    let position = |area: &String| areas.iter().position(|other| other == area);
    edges.iter().filter(|((from, to), _)| position(to) > position(from)).map(|(_, count)| count).sum()
}

/// How many references go from one area to another, of those that an import would serve.
fn edges(types: &Types<'_>, protocol: &Protocol) -> Edges {
    let mut edges = Edges::new();
    for def in &protocol.types {
        let refs: Vec<&str> = match &def.shape {
            Shape::Struct(s) => {
                s.fields.iter().filter(|f| !types.apart(def, f)).flat_map(|f| types.at_once(&f.ty)).collect()
            }
            Shape::Union(u) => u.variants.iter().flat_map(|v| named(&v.ty)).collect(),
            Shape::Enum(_) | Shape::Alias(_) => vec![],
        };
        for name in refs {
            let area = types.area(name);
            if area != def.area {
                *edges.entry((def.area.clone(), area.to_owned())).or_default() += 1;
            }
        }
    }
    edges
}

/// The named type that a type is or holds.
pub fn named(ty: &Type) -> Option<&str> {
    match ty {
        Type::Ref(name) => Some(name),
        Type::List { item, .. } => named(item),
        Type::Map { value } => named(value),
        _ => None,
    }
}
