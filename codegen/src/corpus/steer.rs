//! Steer: what a value must have so that a union's decision takes a certain way, or none.

use super::node::Node;
use crate::ir::{Choose, Union};
use crate::view;

/// The value, with what leads the decision to this variant.
pub fn steer(
    union: &Union,
    choose: &Choose,
    variant: usize,
    node: Node,
    revision: usize,
    missing: &dyn Fn(&str) -> Node,
) -> Node {
    let leads = |choose: &Choose| leads_to(choose, variant) && view::reachable(union, choose).has(revision);
    match choose {
        Choose::Variant(_) => node,
        Choose::Kind { cases } => match cases.iter().find(|(_, case)| leads(case)) {
            Some((_, case)) => steer(union, case, variant, node, revision, missing),
            None => node,
        },
        Choose::Tag { member, cases, absent, .. } => {
            if node.get(member).is_none() && absent.as_deref().is_some_and(leads) {
                return node;
            }
            let kept = cases.iter().find(|(value, case)| node.get(member) == Some(&Node::text(value)) && leads(case));
            match kept.or_else(|| cases.iter().find(|(_, case)| leads(case))) {
                Some((value, case)) => {
                    steer(union, case, variant, node.with(member, Node::text(value)), revision, missing)
                }
                None => node,
            }
        }
        Choose::Presence { cases, otherwise } => match (cases.iter().find(|(_, case)| leads(case)), otherwise) {
            (Some((path, _)), _) => match path.as_slice() {
                [member] if node.get(member).is_none() => {
                    let value = missing(member);
                    node.with(member, value)
                }
                _ => node,
            },
            (None, Some(otherwise)) => steer(union, otherwise, variant, node, revision, missing),
            (None, None) => node,
        },
    }
}

fn leads_to(choose: &Choose, variant: usize) -> bool {
    match choose {
        Choose::Variant(i) => *i == variant,
        Choose::Tag { cases, other, absent, .. } => {
            cases.iter().map(|(_, c)| c).chain(other.as_deref()).chain(absent.as_deref()).any(|c| leads_to(c, variant))
        }
        Choose::Presence { cases, otherwise } => {
            cases.iter().map(|(_, c)| c).chain(otherwise.as_deref()).any(|c| leads_to(c, variant))
        }
        Choose::Kind { cases } => cases.iter().any(|(_, c)| leads_to(c, variant)),
    }
}

/// A value that no alternative, or another than it looks like, should take.
pub struct Probe {
    /// What is special about it.
    pub name: String,
    /// The alternative it is made from; none: an empty object.
    pub variant: Option<usize>,
    /// The tag to put in its place, or to take away.
    pub tag: Option<(String, Option<Node>)>,
}

/// Probes of all decisions of a tree.
pub fn probes(union: &Union, choose: &Choose, revision: usize) -> Vec<Probe> {
    let here = |choose: &Choose| view::reachable(union, choose).has(revision);
    match choose {
        Choose::Variant(_) => vec![],
        Choose::Kind { cases } => {
            cases.iter().filter(|(_, case)| here(case)).flat_map(|(_, case)| probes(union, case, revision)).collect()
        }
        Choose::Presence { .. } => vec![Probe { name: "no member that decides".into(), variant: None, tag: None }],
        Choose::Tag { member, cases, .. } => {
            let variant = cases.iter().find(|(_, case)| here(case)).and_then(|(_, case)| first(union, case, revision));
            let probe =
                |name: &str, tag: Option<Node>| Probe { name: name.into(), variant, tag: Some((member.clone(), tag)) };
            let mut probes = vec![
                probe("an unknown tag", Some(Node::text("x-other"))),
                probe("a tag that is a number", Some(Node::number(7))),
                probe("a tag that is null", Some(Node::Null)),
                probe("no tag", None),
            ];
            if let Some((value, _)) = cases.iter().find(|(_, case)| !here(case)) {
                probes.push(probe("a tag of another revision", Some(Node::text(value))));
            }
            probes
        }
    }
}

fn first(union: &Union, choose: &Choose, revision: usize) -> Option<usize> {
    (0..union.variants.len()).find(|&i| leads_to(choose, i) && union.variants[i].revs.has(revision))
}
