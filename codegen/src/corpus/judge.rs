//! Judge: what becomes of a message, by the rules of ARCHITECTURE.md ('What decoding and encoding mean') alone.
//!
//! It walks the IR as the rules read, one way, with no concern for speed: the measure for four decoders that are
//! fast. It shares nothing with them, nor with their emitters.

use std::collections::BTreeMap;

use super::node::{Node, quoted};
use crate::ir::{Choose, Enum, Field, Kind, Protocol, Shape, Struct, Type, TypeDef, Union};
use crate::revs::Revs;
use crate::view;

/// The deepest nesting that is read.
pub const MAX_DEPTH: usize = 128;
/// How much of a found string a message quotes, in characters.
const QUOTED: usize = 40;
/// Beyond this a double no longer says which integer was meant.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Why a message is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where, a JSON Pointer.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

impl Fault {
    fn new(message: impl Into<String>) -> Self {
        Fault { path: String::new(), message: message.into() }
    }

    fn within(mut self, step: &str) -> Self {
        self.path.insert_str(0, &format!("/{}", crate::import::escape(step)));
        self
    }

    fn missing(member: &str) -> Self {
        Fault::new("required member is missing").within(member)
    }

    fn expected(expected: &str, found: &Node) -> Self {
        Fault::new(format!("expected {expected}, found {}", found.kind().word()))
    }
}

type Verdict = Result<(), Fault>;

/// A message as it is encoded again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// The text.
    pub text: String,
    /// It holds a number that a language may spell its own way.
    pub free: bool,
}

/// Judges messages of one revision.
pub struct Judge<'a> {
    index: BTreeMap<&'a str, &'a TypeDef>,
    revision: usize,
}

/// Where the walk stands.
struct Walk {
    out: String,
    depth: usize,
    free: bool,
}

impl<'a> Judge<'a> {
    /// A judge for the revision with this index.
    pub fn new(protocol: &'a Protocol, revision: usize) -> Self {
        Judge { index: view::index(protocol), revision }
    }

    /// Decodes a message as a type and encodes it again.
    pub fn judge(&self, def: &TypeDef, message: &Node) -> Result<Encoded, Fault> {
        let mut walk = Walk { out: String::new(), depth: 0, free: false };
        self.shape(&def.shape, message, &mut walk)?;
        Ok(Encoded { text: walk.out, free: walk.free })
    }

    fn has(&self, revs: Revs) -> bool {
        revs.has(self.revision)
    }

    fn shape(&self, shape: &Shape, node: &Node, walk: &mut Walk) -> Verdict {
        match shape {
            Shape::Struct(shape) => self.structure(shape, node, walk),
            Shape::Union(union) => self.union(union, &union.choose, node, walk),
            Shape::Enum(shape) => self.enumeration(shape, node, walk),
            Shape::Alias(ty) => self.ty(ty, node, walk),
        }
    }

    fn ty(&self, ty: &Type, node: &Node, walk: &mut Walk) -> Verdict {
        match ty {
            Type::Bool => plain("boolean", Kind::Boolean, node, walk),
            Type::Str { .. } => plain("string", Kind::String, node, walk),
            Type::Int { min, max } => integer(*min, *max, node, walk),
            Type::Num { min, max } => number(*min, *max, node, walk),
            Type::ConstStr(text) => constant(text, node, walk),
            Type::ConstInt(value) => constant_integer(*value, node, walk),
            Type::Json { object_in } if self.has(*object_in) && node.kind() != Kind::Object => {
                Err(Fault::expected("object", node))
            }
            Type::Json { .. } => keep(node, walk),
            Type::List { item, max_items } => self.list(item, *max_items, node, walk),
            Type::Map { value } => self.map(value, node, walk),
            Type::Ref(name) => match self.index.get(name.as_str()) {
                Some(def) => self.shape(&def.shape, node, walk),
                None => Err(Fault::new(format!("no type {name}"))),
            },
        }
    }

    fn list(&self, item: &Type, max_items: Option<(Revs, u64)>, node: &Node, walk: &mut Walk) -> Verdict {
        let Node::List(items) = node else { return Err(Fault::expected("array", node)) };
        walk.enter('[')?;
        for (i, node) in items.iter().enumerate() {
            walk.comma(i > 0);
            self.ty(item, node, walk).map_err(|fault| fault.within(&i.to_string()))?;
        }
        walk.leave(']');
        match max_items {
            Some((revs, max)) if self.has(revs) && items.len() as u64 > max => {
                Err(Fault::new(format!("must have at most {max} items")))
            }
            _ => Ok(()),
        }
    }

    fn map(&self, value: &Type, node: &Node, walk: &mut Walk) -> Verdict {
        let Node::Object(_) = node else { return Err(Fault::expected("object", node)) };
        walk.enter('{')?;
        for (i, (name, node)) in last_of_each(node).into_iter().enumerate() {
            walk.comma(i > 0);
            walk.key(name);
            self.ty(value, node, walk).map_err(|fault| fault.within(name))?;
        }
        walk.leave('}');
        Ok(())
    }

    fn enumeration(&self, shape: &Enum, node: &Node, walk: &mut Walk) -> Verdict {
        let known: Vec<&str> = shape.values.iter().filter(|v| self.has(v.revs)).map(|v| v.wire.as_str()).collect();
        match node {
            Node::Text(text) if known.contains(&text.as_str()) => keep(node, walk),
            _ => Err(Fault::new(format!("expected {}, found {}", one_of(&known), found(node)))),
        }
    }

    fn structure(&self, shape: &Struct, node: &Node, walk: &mut Walk) -> Verdict {
        let Node::Object(_) = node else { return Err(Fault::expected("object", node)) };
        walk.enter('{')?;
        let known: Vec<&Field> = shape.fields.iter().filter(|field| self.has(field.revs)).collect();
        let mut written: Vec<Option<String>> = vec![None; known.len()];
        let mut unknown = Vec::new();
        for (name, node) in last_of_each(node) {
            let mut inner = Walk { out: String::new(), depth: walk.depth, free: false };
            let place = known.iter().position(|field| field.wire == name);
            let verdict = match place {
                Some(i) => self.member(known[i], node, &mut inner),
                None => keep(node, &mut inner),
            };
            verdict.map_err(|fault| fault.within(name))?;
            walk.free |= inner.free;
            match place {
                Some(i) => written[i] = Some(inner.out),
                None => unknown.push((name, inner.out)),
            }
        }
        if let Some((field, _)) =
            known.iter().zip(&written).find(|(field, text)| self.has(field.required) && text.is_none())
        {
            return Err(Fault::missing(&field.wire));
        }
        let known = known.iter().zip(written).filter_map(|(field, text)| Some((field.wire.as_str(), text?)));
        for (i, (name, text)) in known.chain(unknown).enumerate() {
            walk.comma(i > 0);
            walk.key(name);
            walk.out.push_str(&text);
        }
        walk.leave('}');
        Ok(())
    }

    fn member(&self, field: &Field, node: &Node, walk: &mut Walk) -> Verdict {
        if field.nullable && *node == Node::Null { keep(node, walk) } else { self.ty(&field.ty, node, walk) }
    }

    fn union(&self, union: &Union, choose: &Choose, node: &Node, walk: &mut Walk) -> Verdict {
        let next = |choose: &Choose, walk: &mut Walk| self.union(union, choose, node, walk);
        let here = |choose: &Choose| self.has(view::reachable(union, choose));
        match choose {
            Choose::Variant(i) => match &union.variants[*i].ty {
                Type::Num { .. } => exact(node, walk),
                ty => self.ty(ty, node, walk),
            },
            Choose::Kind { cases } => match cases.iter().find(|(kind, case)| *kind == node.kind() && here(case)) {
                Some((_, case)) => next(case, walk),
                None => {
                    let kinds: Vec<&str> =
                        cases.iter().filter(|(_, case)| here(case)).map(|(kind, _)| kind.word()).collect();
                    Err(Fault::expected(&kinds.join(" or "), node))
                }
            },
            _ if node.kind() != Kind::Object => Err(Fault::expected("object", node)),
            Choose::Presence { cases, otherwise } => {
                let case = cases.iter().find(|(path, case)| here(case) && has_path(node, path)).map(|(_, case)| case);
                match (case, otherwise) {
                    (Some(case), _) => next(case, walk),
                    (None, Some(otherwise)) => next(otherwise, walk),
                    (None, None) => {
                        let mut names: Vec<String> =
                            cases.iter().filter(|(_, c)| here(c)).map(|(path, _)| quoted(&path.join("."))).collect();
                        names.sort();
                        Err(Fault::new(format!("expected one of the members {}", names.join(", "))))
                    }
                }
            }
            Choose::Tag { member, known, cases, other, absent } => {
                let tag = node.get(member).filter(|_| self.has(*known));
                let named = |tag: &Node| {
                    cases.iter().find(|(value, case)| *tag == Node::text(value) && here(case)).map(|(_, case)| case)
                };
                let decision = match tag {
                    None => absent.as_deref().or(other.as_deref()),
                    Some(tag) => named(tag).or(other.as_deref()),
                };
                match (decision, tag) {
                    (Some(decision), _) => next(decision, walk),
                    (None, None) => Err(Fault::missing(member)),
                    (None, Some(tag)) => {
                        let known: Vec<&str> =
                            cases.iter().filter(|(_, case)| here(case)).map(|(value, _)| value.as_str()).collect();
                        Err(Fault::new(format!("expected {}, found {}", one_of(&known), found(tag))).within(member))
                    }
                }
            }
        }
    }
}

impl Walk {
    fn enter(&mut self, open: char) -> Verdict {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Fault::new(format!("nesting deeper than {MAX_DEPTH}")));
        }
        self.out.push(open);
        Ok(())
    }

    fn leave(&mut self, close: char) {
        self.depth -= 1;
        self.out.push(close);
    }

    fn comma(&mut self, wanted: bool) {
        if wanted {
            self.out.push(',');
        }
    }

    fn key(&mut self, name: &str) {
        self.out.push_str(&quoted(name));
        self.out.push(':');
    }
}

/// Any value, as it came.
fn keep(node: &Node, walk: &mut Walk) -> Verdict {
    match node {
        Node::List(items) => {
            walk.enter('[')?;
            for (i, item) in items.iter().enumerate() {
                walk.comma(i > 0);
                keep(item, walk).map_err(|fault| fault.within(&i.to_string()))?;
            }
            walk.leave(']');
        }
        Node::Object(members) => {
            walk.enter('{')?;
            for (i, (name, node)) in members.iter().enumerate() {
                walk.comma(i > 0);
                walk.key(name);
                keep(node, walk).map_err(|fault| fault.within(name))?;
            }
            walk.leave('}');
        }
        scalar => walk.out.push_str(&scalar.compact()),
    }
    Ok(())
}

/// An object's members, each name once: where it came first, with the value that came last.
fn last_of_each(node: &Node) -> Vec<(&str, &Node)> {
    let Node::Object(members) = node else { return vec![] };
    let mut once: Vec<(&str, &Node)> = Vec::new();
    for (name, node) in members {
        match once.iter_mut().find(|(other, _)| other == name) {
            Some(member) => member.1 = node,
            None => once.push((name, node)),
        }
    }
    once
}

fn has_path(node: &Node, path: &[String]) -> bool {
    path.split_first().is_none_or(|(name, rest)| node.get(name).is_some_and(|inner| has_path(inner, rest)))
}

fn plain(word: &str, kind: Kind, node: &Node, walk: &mut Walk) -> Verdict {
    if node.kind() == kind { keep(node, walk) } else { Err(Fault::expected(word, node)) }
}

fn integer(min: Option<i64>, max: Option<i64>, node: &Node, walk: &mut Walk) -> Verdict {
    let Node::Number(text) = node else { return Err(Fault::expected("integer", node)) };
    let value = match whole(text) {
        Whole::Exact(value) => value,
        Whole::TooFar => return Err(Fault::new("integer out of range")),
        Whole::Fraction => return Err(Fault::expected("integer", node)),
    };
    bounds(min.is_some_and(|min| value < min), max.is_some_and(|max| value > max), min, max)?;
    walk.out.push_str(&value.to_string());
    Ok(())
}

fn number(min: Option<f64>, max: Option<f64>, node: &Node, walk: &mut Walk) -> Verdict {
    let Node::Number(text) = node else { return Err(Fault::expected("number", node)) };
    let value: f64 = text.parse().unwrap_or(f64::NAN);
    bounds(min.is_some_and(|min| value < min), max.is_some_and(|max| value > max), min, max)?;
    walk.free |= !matches!(whole(text), Whole::Fraction);
    walk.out.push_str(text);
    Ok(())
}

/// A number that is one of several kinds (an id, a token): an integer stays exact.
fn exact(node: &Node, walk: &mut Walk) -> Verdict {
    match node {
        Node::Number(text) if matches!(whole(text), Whole::Fraction) => number(None, None, node, walk),
        Node::Number(_) => integer(None, None, node, walk),
        _ => Err(Fault::expected("number", node)),
    }
}

fn bounds<T: ToString>(low: bool, high: bool, min: Option<T>, max: Option<T>) -> Verdict {
    match (min, max) {
        (Some(min), _) if low => Err(Fault::new(format!("must be at least {}", min.to_string()))),
        (_, Some(max)) if high => Err(Fault::new(format!("must be at most {}", max.to_string()))),
        _ => Ok(()),
    }
}

/// What a number's text is as an integer.
enum Whole {
    Exact(i64),
    TooFar,
    Fraction,
}

fn whole(text: &str) -> Whole {
    if let Ok(value) = text.parse() {
        return Whole::Exact(value);
    }
    match text.parse::<f64>() {
        Ok(value) if value.fract() != 0.0 => Whole::Fraction,
        Ok(value) if text.contains(['.', 'e', 'E']) && value.abs() <= EXACT => Whole::Exact(value as i64),
        _ => Whole::TooFar,
    }
}

fn constant(text: &str, node: &Node, walk: &mut Walk) -> Verdict {
    if *node == Node::text(text) {
        return keep(node, walk);
    }
    Err(Fault::new(format!("expected {}, found {}", quoted(text), found(node))))
}

fn constant_integer(value: i64, node: &Node, walk: &mut Walk) -> Verdict {
    let Node::Number(text) = node else { return Err(Fault::expected(&value.to_string(), node)) };
    if !matches!(whole(text), Whole::Exact(found) if found == value) {
        return Err(Fault::new(format!("expected {value}, found another number")));
    }
    walk.out.push_str(&value.to_string());
    Ok(())
}

/// Several values as messages list them; a single one stands alone.
fn one_of(values: &[&str]) -> String {
    let mut values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
    values.sort();
    match values.as_slice() {
        [only] => only.clone(),
        _ => format!("one of {}", values.join(", ")),
    }
}

/// A found value as messages name it: a string itself, cut if it is long; anything else by its kind.
fn found(node: &Node) -> String {
    let Node::Text(text) = node else { return node.kind().word().into() };
    match text.char_indices().nth(QUOTED) {
        Some((end, _)) => quoted(&format!("{}…", &text[..end])),
        None => quoted(text),
    }
}
