//! The bodies that read and write a type: plain calls into `wire`, one a member.

use std::fmt::Write;

use super::names;
use super::types::{Storage, Types, storage};
use crate::ir::{Choose, Field, Type, TypeDef, Union};
use crate::revs::Revs;
use crate::view;

/// Writing to a string cannot fail.
macro_rules! put {
    ($out:expr, $($arg:tt)*) => {{ let _ = writeln!($out, $($arg)*); }};
}

/// `Decode::decode` of a struct.
pub fn decode_struct(types: &Types<'_>, owner: &TypeDef, fields: &[Field]) -> String {
    let mut out = String::new();
    for field in fields {
        match storage(owner, field) {
            Storage::Constant | Storage::OptionalConstant => {
                put!(out, "let mut {} = false;", names::local(&field.words))
            }
            _ => put!(out, "let mut {} = None;", names::local(&field.words)),
        }
    }
    put!(out, "let mut extra = Extra::new(); let mut members = d.object()?;");
    put!(out, "while let Some(key) = d.key(&mut members)? {{ match &*key {{");
    for field in fields {
        let guard = if field.revs.contains(owner.revs) {
            String::new()
        } else {
            format!(" if d.has({})", types.revs(field.revs))
        };
        put!(out, "{:?}{guard} => {}", field.wire, arm(types, owner, field));
    }
    put!(out, "_ => d.keep(&mut extra, key)?, }} }}");
    for field in fields {
        if let Some(check) = presence(types, owner, field) {
            put!(out, "{check}");
        }
    }
    let stored = fields
        .iter()
        .filter(|f| storage(owner, f) != Storage::Constant)
        .map(|f| filled(&names::field(&f.words), names::local(&f.words)));
    let names: Vec<String> = stored.chain(["extra".into()]).collect();
    put!(out, "Ok(Self {{ {} }})", names.join(", "));
    out
}

/// A field in the expression that makes a struct.
fn filled(field: &str, local: String) -> String {
    if field == local { local } else { format!("{field}: {local}") }
}

fn arm(types: &Types<'_>, owner: &TypeDef, field: &Field) -> String {
    let name = names::local(&field.words);
    let read = reader(types, &field.ty, field.revs);
    match storage(owner, field) {
        Storage::Constant | Storage::OptionalConstant => {
            format!("{{ d.member_with({:?}, |d| {})?; {name} = true; }}", field.wire, read.unwrap_or_default())
        }
        Storage::Nullable | Storage::OptionalNullable => {
            let read = read.unwrap_or_else(|| "d.value()".into());
            format!("{name} = Some(d.member_with({:?}, |d| d.nullable(|d| {read}))?),", field.wire)
        }
        _ => match read {
            Some(read) => format!("{name} = Some(d.member_with({:?}, |d| {read})?),", field.wire),
            None => format!("{name} = Some(d.member({:?})?),", field.wire),
        },
    }
}

/// The expression that reads a type with `d`, where its Rust type does not say it all.
fn reader(types: &Types<'_>, ty: &Type, revs: Revs) -> Option<String> {
    match ty {
        Type::ConstStr(text) => Some(format!("d.constant({text:?})")),
        Type::ConstInt(value) => Some(format!("d.constant_integer({value})")),
        Type::Int { min, max } if min.is_some() || max.is_some() => {
            let bound = |value: &Option<i64>, open: &str| value.map_or_else(|| open.to_owned(), |v| v.to_string());
            Some(format!("d.integer({}, {})", bound(min, "i64::MIN"), bound(max, "i64::MAX")))
        }
        Type::Num { min, max } if min.is_some() || max.is_some() => {
            let bound = |value: &Option<f64>, open: &str| value.map_or_else(|| open.to_owned(), |v| format!("{v:?}"));
            Some(format!("d.number({}, {})", bound(min, "f64::MIN"), bound(max, "f64::MAX")))
        }
        Type::Json { object_in } if !object_in.is_empty() && !object_in.contains(revs) => {
            Some(format!("d.json({})", types.revs(*object_in)))
        }
        Type::List { max_items: Some((revs, max)), .. } => {
            Some(format!("d.list(Some(({}, {max})))", types.revs(*revs)))
        }
        _ => None,
    }
}

fn presence(types: &Types<'_>, owner: &TypeDef, field: &Field) -> Option<String> {
    let name = names::local(&field.words);
    let wire = &field.wire;
    match storage(owner, field) {
        Storage::Constant => Some(format!("d.seen_in({}, {wire:?}, {name})?;", types.revs(field.required))),
        Storage::OptionalConstant if field.required.is_empty() => None,
        Storage::OptionalConstant => Some(format!("d.seen_in({}, {wire:?}, {name})?;", types.revs(field.required))),
        Storage::Plain | Storage::Nullable => Some(format!("let {name} = d.required({wire:?}, {name})?;")),
        _ if field.required.is_empty() => None,
        _ => Some(format!("let {name} = d.required_in({}, {wire:?}, {name})?;", types.revs(field.required))),
    }
}

/// `Encode::encode` of a struct.
pub fn encode_struct(types: &Types<'_>, owner: &TypeDef, fields: &[Field]) -> String {
    let mut out = String::from("let mut o = e.object(&self.extra);\n");
    for field in fields {
        put!(out, "{}", write(types, owner, field));
    }
    out.push_str("o.end()");
    out
}

fn write(types: &Types<'_>, owner: &TypeDef, field: &Field) -> String {
    let name = names::field(&field.words);
    let wire = &field.wire;
    let revs = types.revs(field.revs);
    let required = types.revs(field.required);
    match storage(owner, field) {
        Storage::Plain => format!("o.required({wire:?}, &self.{name})?;"),
        Storage::Nullable => format!("o.nullable({revs}, {wire:?}, &self.{name})?;"),
        Storage::OptionalNullable => {
            format!("if let Some({name}) = &self.{name} {{ o.nullable({revs}, {wire:?}, {name})?; }}")
        }
        Storage::Constant => format!("o.constant({revs}, {wire:?}, {:?});", constant(&field.ty)),
        Storage::OptionalConstant => {
            format!("if self.{name} {{ o.constant({revs}, {wire:?}, {:?}); }}", constant(&field.ty))
        }
        Storage::Optional if !field.gated => format!("o.ungated({wire:?}, &self.{name})?;"),
        Storage::Optional => match &field.encode_default {
            Some(json) => format!("o.member_or({revs}, {required}, {wire:?}, &self.{name}, {:?})?;", json.to_string()),
            None => format!("o.member({revs}, {required}, {wire:?}, &self.{name})?;"),
        },
    }
}

/// A constant's JSON.
fn constant(ty: &Type) -> String {
    match ty {
        Type::ConstInt(value) => value.to_string(),
        Type::ConstStr(text) => serde_json::Value::from(text.as_str()).to_string(),
        _ => String::new(),
    }
}

/// `Decode::decode` of a union.
pub fn decode_union(types: &Types<'_>, owner: &TypeDef, union: &Union) -> String {
    decide(types, owner, union, &union.choose)
}

fn decide(types: &Types<'_>, owner: &TypeDef, union: &Union, choose: &Choose) -> String {
    let next = |choose: &Choose| decide(types, owner, union, choose);
    let revs = |choose: &Choose| view::reachable(union, choose);
    let guard = |choose: &Choose| {
        if revs(choose).contains(owner.revs) {
            String::new()
        } else {
            format!(" if d.has({})", types.revs(revs(choose)))
        }
    };
    let mut out = String::new();
    match choose {
        Choose::Variant(i) => return format!("d.value().map(Self::{})", union.variants[*i].name),
        Choose::Tag { member, known: member_revs, cases, other, absent } => {
            if member_revs.contains(owner.revs) {
                put!(out, "let tag = d.tag({member:?})?; match tag.text() {{");
            } else {
                put!(out, "let tag = d.tag_in({}, {member:?})?; match tag.text() {{", types.revs(*member_revs));
            }
            for (value, case) in cases {
                put!(out, "Some({value:?}){} => {{ {} }}", guard(case), next(case));
            }
            if let Some(absent) = absent {
                put!(out, "_ if tag.is_absent() => {{ {} }}", next(absent));
            }
            match other {
                Some(other) => put!(out, "_ => {{ {} }}", next(other)),
                None => put!(
                    out,
                    "_ => Err(d.unknown_tag({member:?}, &tag, &[{}])),",
                    known(types, union, cases, |v| format!("{v:?}"))
                ),
            }
            put!(out, "}}");
        }
        Choose::Presence { cases, otherwise } => {
            for (path, case) in cases {
                let rev = if revs(case).contains(owner.revs) {
                    String::new()
                } else {
                    format!("d.has({}) && ", types.revs(revs(case)))
                };
                put!(out, "if {rev}d.has_member(&{path:?})? {{ return {}; }}", next(case));
            }
            match otherwise {
                Some(otherwise) => put!(out, "{}", next(otherwise)),
                None => put!(
                    out,
                    "Err(d.none_of(&[{}]))",
                    known(types, union, cases, |path| format!("{:?}", path.join(".")))
                ),
            }
        }
        Choose::Kind { cases } => {
            put!(out, "match d.kind()? {{");
            for (kind, case) in cases {
                put!(out, "Kind::{kind:?}{} => {{ {} }}", guard(case), next(case));
            }
            put!(
                out,
                "_ => Err(d.none_of_kinds(&[{}])),",
                known(types, union, cases, |kind| format!("Kind::{kind:?}"))
            );
            put!(out, "}}");
        }
    }
    out
}

/// The table of cases that an error names, each with its revisions.
fn known<K>(types: &Types<'_>, union: &Union, cases: &[(K, Choose)], key: impl Fn(&K) -> String) -> String {
    let entries = cases.iter().map(|(k, case)| format!("({}, {})", key(k), types.revs(view::reachable(union, case))));
    entries.collect::<Vec<_>>().join(", ")
}
