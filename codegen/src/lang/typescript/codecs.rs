//! The tables that describe types on the wire, in the words of `wire/codec`.

use super::layout::{self, Expr};
use super::uses::Uses;
use crate::ir::{Choose, Enum, Field, Shape, Type, TypeDef, Union};
use crate::revs::Revs;

/// Beyond this a TypeScript number is not exact: a bound there is none.
const EXACT: i64 = (1 << 53) - 1;

/// The table of a type.
pub fn def(uses: &mut Uses<'_>, def: &TypeDef) -> Expr {
    match &def.shape {
        Shape::Struct(shape) => {
            let members = shape.fields.iter().map(|f| (layout::key(&f.wire), member(uses, def, f))).collect();
            call(uses, "struct", [thunk(Expr::Block(members))])
        }
        Shape::Enum(shape) => enumeration(uses, def, shape),
        Shape::Union(union) => match &union.choose {
            Choose::Variant(_) => lazy(uses, |uses| choose(uses, def, union, &union.choose)),
            tree => choose(uses, def, union, tree),
        },
        Shape::Alias(ty @ (Type::Ref(_) | Type::List { .. } | Type::Map { .. })) => {
            lazy(uses, |uses| of(uses, ty, def.revs))
        }
        Shape::Alias(ty) => of(uses, ty, def.revs),
    }
}

/// The table of a type within another, in the revisions that have that.
pub fn of(uses: &mut Uses<'_>, ty: &Type, revs: Revs) -> Expr {
    match ty {
        Type::Bool => word(uses, "boolean"),
        Type::Str { .. } => word(uses, "string"),
        Type::Int { min, max } => {
            let (min, max) = (min.filter(|min| *min > -EXACT), max.filter(|max| *max < EXACT));
            call(uses, "integer", bounds(min, max))
        }
        Type::Num { min, max } => call(uses, "number", bounds(*min, *max)),
        Type::ConstStr(text) => call(uses, "literal", [Expr::Atom(layout::string(text))]),
        Type::ConstInt(value) => call(uses, "literal", [Expr::atom(value)]),
        Type::Json { object_in } if object_in.contains(revs) => word(uses, "jsonObject"),
        Type::Json { object_in } if object_in.intersect(revs).is_empty() => word(uses, "json"),
        Type::Json { object_in } => {
            let set = Expr::Atom(uses.set(*object_in));
            call(uses, "jsonWith", [set])
        }
        Type::List { item, max_items } => {
            let mut arguments = vec![of(uses, item, revs)];
            if let Some((bounded, max)) = max_items {
                arguments.push(Expr::atom(max));
                arguments.extend((!bounded.contains(revs)).then(|| Expr::Atom(uses.set(*bounded))));
            }
            call(uses, "list", arguments)
        }
        Type::Map { value } => {
            let value = of(uses, value, revs);
            call(uses, "map", [value])
        }
        Type::Ref(name) => Expr::Atom(uses.def(name)),
    }
}

fn bounds<T: ToString>(min: Option<T>, max: Option<T>) -> Vec<Expr> {
    match (min, max) {
        (None, None) => vec![],
        (Some(min), None) => vec![Expr::atom(min)],
        (min, Some(max)) => vec![Expr::Atom(min.map_or("-Infinity".into(), |min| min.to_string())), Expr::atom(max)],
    }
}

fn member(uses: &mut Uses<'_>, def: &TypeDef, field: &Field) -> Expr {
    let mut arguments = vec![of(uses, &field.ty, field.revs)];
    let wherever_known = field.required == field.revs;
    if !field.revs.contains(def.revs) {
        arguments.push(Expr::Atom(uses.set(field.revs)));
    } else if !wherever_known && !field.required.is_empty() {
        arguments.push(word(uses, "EVERYWHERE"));
    }
    if !wherever_known && !field.required.is_empty() {
        arguments.push(Expr::Atom(uses.set(field.required)));
    }
    let mut member = call(uses, if wherever_known { "required" } else { "optional" }, arguments);
    if field.nullable {
        member = call(uses, "nullable", [member]);
    }
    if let Some(value) = &field.encode_default {
        member = call(uses, "withFallback", [json(value), member]);
    }
    if !field.gated && !field.revs.contains(def.revs) {
        member = call(uses, "free", [member]);
    }
    member
}

/// A JSON value as TypeScript writes it; the overlay has texts and numbers only.
fn json(value: &serde_json::Value) -> Expr {
    value.as_str().map_or_else(|| Expr::atom(value), |text| Expr::Atom(layout::string(text)))
}

fn enumeration(uses: &mut Uses<'_>, def: &TypeDef, shape: &Enum) -> Expr {
    let values = shape.values.iter().map(|value| Expr::Atom(layout::string(&value.wire))).collect();
    let mut arguments = vec![Expr::Array(values)];
    let limited = shape.values.iter().filter(|value| !value.revs.contains(def.revs));
    let limited: Vec<_> = limited.map(|value| (layout::key(&value.wire), Expr::Atom(uses.set(value.revs)))).collect();
    arguments.extend((!limited.is_empty()).then_some(Expr::Object(limited)));
    call(uses, "oneOf", arguments)
}

fn choose(uses: &mut Uses<'_>, def: &TypeDef, union: &Union, tree: &Choose) -> Expr {
    let next = |uses: &mut Uses<'_>, tree: &Choose| choose(uses, def, union, tree);
    match tree {
        Choose::Variant(index) => {
            let variant = &union.variants[*index];
            let codec = match variant.ty {
                Type::Num { min: None, max: None } => word(uses, "exactNumber"),
                _ => of(uses, &variant.ty, variant.revs),
            };
            if variant.revs.contains(def.revs) {
                return codec;
            }
            let set = Expr::Atom(uses.set(variant.revs));
            call(uses, "within", [set, codec])
        }
        Choose::Tag { member, known, cases, other, absent } => {
            let cases = cases.iter().map(|(value, tree)| (layout::key(value), next(uses, tree))).collect();
            let mut members = vec![("cases".into(), Expr::Object(cases))];
            members.extend(other.iter().map(|tree| ("other".into(), next(uses, tree))));
            members.extend(absent.iter().map(|tree| ("absent".into(), next(uses, tree))));
            members.extend((!known.contains(def.revs)).then(|| ("known".into(), Expr::Atom(uses.set(*known)))));
            call(uses, "byTag", [Expr::Atom(layout::string(member)), thunk(Expr::Block(members))])
        }
        Choose::Presence { cases, otherwise } => {
            let row = |uses: &mut Uses<'_>, (path, tree): &(Vec<String>, Choose)| {
                let path = path.iter().map(|name| Expr::Atom(layout::string(name))).collect();
                Expr::Array(vec![Expr::Array(path), choose(uses, def, union, tree)])
            };
            let cases = cases.iter().map(|case| row(uses, case)).collect();
            let mut members = vec![("cases".into(), Expr::Array(cases))];
            members.extend(otherwise.iter().map(|tree| ("otherwise".into(), next(uses, tree))));
            call(uses, "byPresence", [thunk(Expr::Block(members))])
        }
        Choose::Kind { cases } => {
            let cases = cases.iter().map(|(kind, tree)| (kind.word().to_owned(), next(uses, tree))).collect();
            call(uses, "byKind", [thunk(Expr::Block(cases))])
        }
    }
}

fn word(uses: &mut Uses<'_>, name: &str) -> Expr {
    Expr::Atom(uses.word(name))
}

fn call(uses: &mut Uses<'_>, name: &str, arguments: impl IntoIterator<Item = Expr>) -> Expr {
    Expr::Call(uses.word(name), arguments.into_iter().collect())
}

fn thunk(body: Expr) -> Expr {
    Expr::Thunk(Box::new(body))
}

fn lazy(uses: &mut Uses<'_>, body: impl FnOnce(&mut Uses<'_>) -> Expr) -> Expr {
    let body = body(uses);
    call(uses, "lazy", [thunk(body)])
}
