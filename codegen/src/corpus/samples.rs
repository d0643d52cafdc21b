//! Samples: values of a type and near misses of one, for one revision. Which is which the judge says.
//!
//! A type that has a name in the schema is asked for by it, so where another type holds one it is sampled
//! once; an anonymous type is sampled in full wherever it stands.

use std::collections::BTreeMap;

use super::node::Node;
use super::steer::{Probe, probes, steer};
use crate::ir::{Enum, Field, Kind, Protocol, Shape, Struct, Type, TypeDef, Union, Variant};
use crate::revs::Revs;
use crate::view;

/// The levels of a full sample below its top: what lies deeper is sampled under its own name.
const LEVELS: usize = 1;

/// A value and what is special about it.
pub type Sample = (String, Node);

/// Makes samples for one schema.
pub struct Samples<'a> {
    index: BTreeMap<&'a str, &'a TypeDef>,
    /// The names under which types can be asked for: the schema's, and for an extension its base's.
    schemas: Vec<&'a str>,
    revision: usize,
}

impl<'a> Samples<'a> {
    /// Samples for the revision with this index, in which the types of these schemas have names.
    pub fn new(protocol: &'a Protocol, schemas: Vec<&'a str>, revision: usize) -> Self {
        Samples { index: view::index(protocol), schemas, revision }
    }

    fn has(&self, revs: Revs) -> bool {
        revs.has(self.revision)
    }

    fn known<'s>(&self, shape: &'s Struct) -> impl Iterator<Item = &'s Field> {
        let revision = self.revision;
        shape.fields.iter().filter(move |field| field.revs.has(revision))
    }

    fn variants<'s>(&self, union: &'s Union) -> impl Iterator<Item = (usize, &'s Variant)> {
        let revision = self.revision;
        union.variants.iter().enumerate().filter(move |(_, variant)| variant.revs.has(revision))
    }

    fn target(&self, ty: &Type) -> Option<&'a TypeDef> {
        match ty {
            Type::Ref(name) => self.index.get(name.as_str()).copied(),
            _ => None,
        }
    }

    fn is_named(&self, def: &TypeDef) -> bool {
        def.schema_names.iter().any(|name| self.schemas.contains(&name.schema.as_str()))
    }

    /// The least that is a value of the type.
    pub fn least(&self, ty: &Type) -> Node {
        self.value(ty, 0)
    }

    /// All that a value of the type can hold, to this depth.
    fn value(&self, ty: &Type, levels: usize) -> Node {
        match ty {
            Type::Bool => Node::Bool(true),
            Type::Int { min, max } => Node::number(1.max(min.unwrap_or(1)).min(max.unwrap_or(1))),
            Type::Num { .. } => Node::number("0.5"),
            Type::Str { format } => Node::text(formatted(format.as_deref())),
            Type::ConstStr(text) => Node::text(text),
            Type::ConstInt(value) => Node::number(value),
            Type::Json { .. } if levels == 0 => Node::Object(vec![]),
            Type::Json { .. } => Node::object([
                ("b", Node::List(vec![Node::Null, Node::text("é")])),
                ("a", Node::object([("$ref", Node::number(1))])),
            ]),
            Type::List { .. } | Type::Map { .. } if levels == 0 => self.empty(ty),
            Type::List { item, .. } => Node::List(vec![self.value(item, levels - 1)]),
            Type::Map { value } => {
                Node::object([("z", self.value(value, levels - 1)), ("a/b~c", self.value(value, 0))])
            }
            Type::Ref(_) => self.target(ty).map_or(Node::Null, |def| self.of_shape(&def.shape, levels)),
        }
    }

    fn empty(&self, ty: &Type) -> Node {
        if matches!(ty, Type::List { .. }) { Node::List(vec![]) } else { Node::Object(vec![]) }
    }

    fn of_shape(&self, shape: &Shape, levels: usize) -> Node {
        match shape {
            Shape::Struct(shape) => self.of_struct(shape, levels),
            Shape::Union(union) => {
                self.variants(union).next().map_or(Node::Null, |(i, _)| self.of_variant(union, i, levels))
            }
            Shape::Enum(shape) => self.values(shape).first().map_or(Node::Null, |wire| Node::text(wire)),
            Shape::Alias(ty) => self.value(ty, levels),
        }
    }

    fn of_struct(&self, shape: &Struct, levels: usize) -> Node {
        let wanted = |field: &&Field| levels > 0 || self.has(field.required);
        Node::Object(
            self.known(shape)
                .filter(wanted)
                .map(|field| (field.wire.clone(), self.of_field(field, levels.saturating_sub(1))))
                .collect(),
        )
    }

    fn of_field(&self, field: &Field, levels: usize) -> Node {
        field.encode_default.as_ref().map_or_else(|| self.value(&field.ty, levels), Node::from_json)
    }

    fn of_variant(&self, union: &Union, variant: usize, levels: usize) -> Node {
        let ty = &union.variants[variant].ty;
        let node = self.value(ty, levels);
        let missing = |member: &str| {
            let field = self
                .target(ty)
                .and_then(|def| self.fields(def))
                .and_then(|shape| self.known(shape).find(|f| f.wire == member));
            field.map_or(Node::Object(vec![]), |field| self.of_field(field, 0))
        };
        steer(union, &union.choose, variant, node, self.revision, &missing)
    }

    fn fields(&self, def: &'a TypeDef) -> Option<&'a Struct> {
        match &def.shape {
            Shape::Struct(shape) => Some(shape),
            Shape::Alias(ty) => self.target(ty).and_then(|def| self.fields(def)),
            _ => None,
        }
    }

    fn values<'s>(&self, shape: &'s Enum) -> Vec<&'s str> {
        shape.values.iter().filter(|v| self.has(v.revs)).map(|v| v.wire.as_str()).collect()
    }

    /// Everything to ask a type that has a name.
    pub fn of(&self, def: &TypeDef) -> Vec<Sample> {
        let mut samples = self.good_shape(&def.shape);
        if let Shape::Struct(shape) = &def.shape {
            let unknown = Node::object([("b", Node::List(vec![])), ("a", Node::Null)]);
            samples.push(("full, in the opposite order".into(), self.of_struct(shape, LEVELS + 1).reversed()));
            samples.push(("an unknown member".into(), self.of_struct(shape, 0).with_first("x-unknown", unknown)));
        }
        samples.extend(self.bad_shape(&def.shape));
        samples
    }

    fn good_shape(&self, shape: &Shape) -> Vec<Sample> {
        match shape {
            Shape::Struct(shape) => self.good_struct(shape),
            Shape::Union(union) => self.good_union(union),
            Shape::Enum(shape) => {
                self.values(shape).into_iter().map(|wire| (format!("the value {wire}"), Node::text(wire))).collect()
            }
            Shape::Alias(ty) => {
                let mut samples = vec![("least".into(), self.least(ty)), ("full".into(), self.value(ty, LEVELS + 1))];
                samples.extend(self.good(ty));
                samples
            }
        }
    }

    fn good_struct(&self, shape: &Struct) -> Vec<Sample> {
        let least = self.of_struct(shape, 0);
        let full = self.of_struct(shape, LEVELS + 1);
        let mut samples = vec![
            ("least".into(), least.clone()),
            ("full".into(), full.clone()),
            ("unknown members at every depth".into(), self.strewn(shape, full)),
        ];
        let foreign: Vec<&Field> = shape.fields.iter().filter(|field| !self.has(field.revs)).collect();
        if !foreign.is_empty() {
            let with = |node: Node, field: &&Field| node.with_first(&field.wire, Node::List(vec![Node::Bool(false)]));
            samples.push(("members of other revisions".into(), foreign.iter().fold(least.clone(), with)));
        }
        for field in self.known(shape) {
            let mut good = self.good(&field.ty);
            if field.nullable {
                good.push(("null".into(), Node::Null));
            }
            samples.extend(
                good.into_iter()
                    .map(|(name, node)| (format!("{}: {name}", field.wire), least.clone().with(&field.wire, node))),
            );
        }
        samples
    }

    /// The value with an unknown member in it and in every object of a known type below.
    fn strewn(&self, shape: &Struct, node: Node) -> Node {
        let Node::Object(members) = node else { return node };
        let strewn = |(name, node): (String, Node)| {
            let ty = self.known(shape).find(|field| field.wire == name).map(|field| &field.ty);
            let node = ty.map_or(node.clone(), |ty| self.strewn_type(ty, node));
            (name, node)
        };
        Node::Object(members.into_iter().map(strewn).collect()).with_first("x-unknown", Node::text("kept"))
    }

    fn strewn_type(&self, ty: &Type, node: Node) -> Node {
        match (ty, node) {
            (Type::List { item, .. }, Node::List(items)) => {
                Node::List(items.into_iter().map(|node| self.strewn_type(item, node)).collect())
            }
            (Type::Map { value }, Node::Object(members)) => {
                Node::Object(members.into_iter().map(|(name, node)| (name, self.strewn_type(value, node))).collect())
            }
            (Type::Ref(_), node) => match self.target(ty).map(|def| &def.shape) {
                Some(Shape::Struct(shape)) => self.strewn(shape, node),
                Some(Shape::Alias(ty)) => self.strewn_type(ty, node),
                Some(Shape::Union(union)) => match self.variants(union).next() {
                    Some((_, first)) => self.strewn_type(&first.ty, node),
                    None => node,
                },
                _ => node,
            },
            (_, node) => node,
        }
    }

    fn good_union(&self, union: &Union) -> Vec<Sample> {
        let mut samples = Vec::new();
        for (i, variant) in self.variants(union) {
            let least = self.of_variant(union, i, 0);
            samples.push((format!("as {}", variant.name), least.clone()));
            if self.target(&variant.ty).is_some_and(|def| self.fields(def).is_some()) {
                let full = self.of_variant(union, i, LEVELS);
                samples.push((format!("as {}, the tag late", variant.name), full.reversed()));
            }
            let mut good = self.good(&variant.ty);
            if matches!(variant.ty, Type::Num { .. }) {
                // Such a number is an id or a token, so an integer must stay exact.
                good = good_integers(None, None);
            }
            samples.extend(good.into_iter().map(|(name, node)| (format!("as {}: {name}", variant.name), node)));
        }
        samples
    }

    /// Further values of a type in some place: alternatives and bounds.
    fn good(&self, ty: &Type) -> Vec<Sample> {
        let sample = |name: &str, node: Node| (name.to_owned(), node);
        match ty {
            Type::Bool => vec![sample("false", Node::Bool(false))],
            Type::Int { min, max } => good_integers(*min, *max),
            Type::Num { min, max } => {
                [min, max].into_iter().flatten().map(|bound| sample(&format!("{bound}"), Node::number(bound))).collect()
            }
            Type::Str { format: None } => vec![sample("empty", Node::text(""))],
            Type::List { item, max_items } => {
                let mut samples = vec![sample("empty", Node::List(vec![]))];
                samples.extend(
                    self.good(item)
                        .into_iter()
                        .map(|(name, node)| (format!("an element {name}"), Node::List(vec![node]))),
                );
                if let Some((_, max)) = max_items.filter(|(revs, _)| self.has(*revs)) {
                    samples.push((format!("{max} elements"), Node::List(vec![self.least(item); max as usize])));
                }
                samples
            }
            Type::Map { value } => {
                let mut samples = vec![sample("empty", Node::Object(vec![]))];
                samples.extend(
                    self.good(value)
                        .into_iter()
                        .map(|(name, node)| (format!("a value {name}"), Node::object([("", node)]))),
                );
                samples
            }
            Type::Json { object_in } if !self.has(*object_in) => vec![
                sample("null", Node::Null),
                sample("a fraction", Node::number("0.25")),
                sample("an array", Node::List(vec![Node::object([]), Node::List(vec![])])),
            ],
            Type::Ref(_) => match self.target(ty) {
                Some(def) if !self.is_named(def) => self.good_shape(&def.shape),
                Some(def) if matches!(def.shape, Shape::Enum(_) | Shape::Alias(_)) => self.good_shape(&def.shape),
                _ => vec![],
            },
            _ => vec![],
        }
    }

    fn bad_shape(&self, shape: &Shape) -> Vec<Sample> {
        match shape {
            Shape::Struct(shape) => {
                let mut samples = vec![("null".into(), Node::Null), ("an array".into(), Node::List(vec![]))];
                samples.extend(self.bad_struct(shape));
                samples
            }
            Shape::Union(union) => self.bad_union(union),
            Shape::Enum(_) => vec![
                ("null".into(), Node::Null),
                ("another value".into(), Node::text("x-other")),
                // Messages quote 40 characters: of whatever width.
                ("a value of 40 characters".into(), Node::text(&"é😀".repeat(20))),
                ("a value of 41 characters".into(), Node::text(&format!("{}x", "é😀".repeat(20)))),
                ("a number".into(), Node::number(7)),
            ],
            Shape::Alias(ty) => {
                let mut samples = self.bad(ty);
                if !matches!(ty, Type::Json { object_in } if !self.has(*object_in)) {
                    samples.push(("null".into(), Node::Null));
                }
                samples
            }
        }
    }

    fn bad_struct(&self, shape: &Struct) -> Vec<Sample> {
        let least = self.of_struct(shape, 0);
        let mut samples = Vec::new();
        for field in self.known(shape) {
            let wire = &field.wire;
            if self.has(field.required) {
                samples.push((format!("{wire} missing"), least.clone().without(wire)));
            }
            let mut bad = self.bad(&field.ty);
            if !field.nullable && !self.takes_null(&field.ty) {
                bad.insert(0, ("null".into(), Node::Null));
            }
            samples.extend(
                bad.into_iter().map(|(name, node)| (format!("{wire}: {name}"), least.clone().with(wire, node))),
            );
        }
        samples
    }

    fn takes_null(&self, ty: &Type) -> bool {
        match ty {
            Type::Json { object_in } => !self.has(*object_in),
            Type::Ref(_) => {
                matches!(self.target(ty).map(|def| &def.shape), Some(Shape::Alias(ty)) if self.takes_null(ty))
            }
            _ => false,
        }
    }

    fn bad_union(&self, union: &Union) -> Vec<Sample> {
        let mut samples = vec![("null".into(), Node::Null), (other_kind(&self.kinds_of(union)))];
        for probe in probes(union, &union.choose, self.revision) {
            let Probe { name, variant, tag } = probe;
            let node = variant.map_or(Node::Object(vec![]), |i| self.of_variant(union, i, 0));
            let node = match tag {
                None => node,
                Some((member, None)) => node.without(&member),
                Some((member, Some(tag))) => node.with(&member, tag),
            };
            samples.push((name, node));
        }
        for (i, variant) in self.variants(union) {
            // One near miss shows that the alternative's own rules are applied, with the path from here.
            let mut misses = self.bad(&variant.ty);
            if matches!(variant.ty, Type::Num { .. }) {
                misses.extend(bad_integers(None, None));
            }
            let Some(shape) = self.target(&variant.ty).and_then(|def| self.fields(def)) else {
                samples.extend(
                    misses.into_iter().skip(1).map(|(name, node)| (format!("as {}: {name}", variant.name), node)),
                );
                continue;
            };
            let least = self.of_variant(union, i, 0);
            let tagged = |field: &&Field| !matches!(field.ty, Type::ConstStr(_));
            if let Some(field) = self.known(shape).filter(tagged).find(|field| self.has(field.required)) {
                samples.push((format!("as {}: {} missing", variant.name, field.wire), least.without(&field.wire)));
            }
        }
        samples
    }

    /// Near misses of a type in some place, `null` excepted; the first is one of another kind.
    fn bad(&self, ty: &Type) -> Vec<Sample> {
        let sample = |name: &str, node: Node| (name.to_owned(), node);
        let mut samples = match ty {
            Type::Json { object_in } if !self.has(*object_in) => return vec![],
            ty => vec![other_kind(&self.kinds(ty))],
        };
        match ty {
            Type::Int { min, max } => samples.extend(bad_integers(*min, *max)),
            Type::Num { min, max } => {
                samples.extend(min.map(|min| sample("below", Node::number(min - 1.0))));
                samples.extend(max.map(|max| sample("above", Node::number(max + 0.5))));
            }
            Type::ConstStr(_) => samples.push(sample("another value", Node::text("x-other"))),
            Type::ConstInt(value) => samples.push(sample("another number", Node::number(value + 1))),
            Type::List { item, max_items } => {
                let inner = self.bad(item);
                let wanted = if self.is_anonymous(item) { inner.len() } else { 1 };
                let with = |node: Node| Node::List(vec![self.least(item), node]);
                samples.extend(
                    inner.into_iter().take(wanted).map(|(name, node)| (format!("an element: {name}"), with(node))),
                );
                if let Some((_, max)) = max_items.filter(|(revs, _)| self.has(*revs)) {
                    samples.push(sample("too many elements", Node::List(vec![self.least(item); max as usize + 1])));
                }
            }
            Type::Map { value } => {
                let inner = self.bad(value);
                let wanted = if self.is_anonymous(value) { inner.len() } else { 1 };
                samples.extend(
                    inner
                        .into_iter()
                        .take(wanted)
                        .map(|(name, node)| (format!("a value: {name}"), Node::object([("a/b~c", node)]))),
                );
            }
            Type::Ref(_) => samples.extend(self.bad_reference(ty)),
            _ => {}
        }
        samples
    }

    fn is_anonymous(&self, ty: &Type) -> bool {
        self.target(ty).is_some_and(|def| !self.is_named(def))
    }

    fn bad_reference(&self, ty: &Type) -> Vec<Sample> {
        let Some(def) = self.target(ty) else { return vec![] };
        let all = match &def.shape {
            Shape::Struct(shape) => self.bad_struct(shape),
            Shape::Alias(ty) => self.bad(ty).into_iter().skip(1).collect(),
            shape => self.bad_shape(shape).into_iter().skip(1).collect(),
        };
        let wanted = if self.is_named(def) { 1 } else { all.len() };
        all.into_iter().take(wanted).collect()
    }

    fn kinds(&self, ty: &Type) -> Vec<Kind> {
        match ty {
            Type::Bool => vec![Kind::Boolean],
            Type::Int { .. } | Type::Num { .. } | Type::ConstInt(_) => vec![Kind::Number],
            Type::Str { .. } | Type::ConstStr(_) => vec![Kind::String],
            Type::List { .. } => vec![Kind::Array],
            Type::Json { .. } | Type::Map { .. } => vec![Kind::Object],
            Type::Ref(_) => match self.target(ty).map(|def| &def.shape) {
                Some(Shape::Enum(_)) => vec![Kind::String],
                Some(Shape::Alias(ty)) => self.kinds(ty),
                Some(Shape::Union(union)) => self.kinds_of(union),
                _ => vec![Kind::Object],
            },
        }
    }

    fn kinds_of(&self, union: &Union) -> Vec<Kind> {
        self.variants(union).flat_map(|(_, variant)| self.kinds(&variant.ty)).collect()
    }
}

fn formatted(format: Option<&str>) -> &'static str {
    match format {
        Some("uri") => "https://example.com/a",
        Some("uri-template") => "https://example.com/{id}",
        Some("byte") => "aGVsbG8=",
        _ => "text",
    }
}

fn good_integers(min: Option<i64>, max: Option<i64>) -> Vec<Sample> {
    // The greatest integers that a double, and so every language, holds exactly.
    const EXACT: i64 = 9_007_199_254_740_991;
    let (least, most) = (min.unwrap_or(-EXACT), max.unwrap_or(EXACT));
    vec![
        ("least".into(), Node::number(least)),
        ("greatest".into(), Node::number(most)),
        ("an integer spelled as a fraction".into(), Node::number("2.0")),
    ]
}

fn bad_integers(min: Option<i64>, max: Option<i64>) -> Vec<Sample> {
    let mut samples = vec![
        ("a fraction".to_owned(), Node::number("0.5")),
        ("out of range".into(), Node::number("9223372036854775808")),
    ];
    // Just beyond ±(2^53 − 1) not every language can tell.
    samples.extend(min.filter(|min| *min >= 0).map(|min| ("below".into(), Node::number(min - 1))));
    samples.extend(max.filter(|max| *max < 1 << 32).map(|max| ("above".into(), Node::number(max + 1))));
    samples
}

/// A value of a kind that is none of these, if there is one.
fn other_kind(kinds: &[Kind]) -> Sample {
    let candidates = [
        ("a number", Node::number(7)),
        ("a string", Node::text("text")),
        ("an array", Node::List(vec![])),
        ("a boolean", Node::Bool(true)),
        ("an object", Node::Object(vec![])),
        ("null", Node::Null),
    ];
    let near = usize::from(kinds.contains(&Kind::Object)) * 2;
    let order = candidates.iter().cycle().skip(near).take(candidates.len());
    let found = order
        .filter(|(_, node)| !kinds.contains(&node.kind()))
        .map(|(name, node)| ((*name).to_owned(), node.clone()))
        .next();
    found.unwrap_or(("null".into(), Node::Null))
}
