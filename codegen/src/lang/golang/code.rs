//! The bodies that read and write a type: lines of plain calls into `wire`, indented with tabs as gofmt does.

use super::names;
use super::types::{Storage, Types, unexported};
use crate::ir::{Choose, Field, Shape, Type, TypeDef, Union};
use crate::revs::Revs;

/// The body of `decodeX` of a struct.
pub fn decode_struct(types: &Types<'_>, owner: &TypeDef, fields: &[Field]) -> Vec<String> {
    let required: Vec<&Field> = fields.iter().filter(|field| !field.required.is_empty()).collect();
    let mut lines = Vec::new();
    if required.is_empty() {
        lines.push("for d.BeginObject(); d.NextMember(); {".into());
    } else {
        lines.push("at := d.BeginObject()".into());
        lines.push(match waived(types, owner, &required) {
            Some(waived) => format!("seen := {waived}"),
            None => "var seen uint64".into(),
        });
        lines.push("for d.NextMember() {".into());
    }
    if fields.is_empty() {
        lines.push("\td.Keep(&v.Extra)".into());
    } else {
        lines.push("\tswitch string(d.Name()) {".into());
        for field in fields {
            lines.push(format!("\tcase {}:", names::literal(&field.wire)));
            let mark = required.iter().position(|f| f.wire == field.wire);
            lines.extend(indented(2, case(types, owner, field, mark)));
        }
        lines.extend(["\tdefault:", "\t\td.Keep(&v.Extra)", "\t}"].map(String::from));
    }
    lines.extend(["}", "d.EndObject(&v.Extra)"].map(String::from));
    if !required.is_empty() {
        let names: Vec<_> = required.iter().map(|field| names::literal(&field.wire)).collect();
        lines.push(format!("if seen != 0b{} {{", "1".repeat(names.len())));
        lines.push(format!("\td.Missing(at, seen, {})", names.join(", ")));
        lines.push("}".into());
    }
    lines.push("return v".into());
    lines
}

/// The marks of members that only some revisions require, given in the others.
fn waived(types: &Types<'_>, owner: &TypeDef, required: &[&Field]) -> Option<String> {
    let mut groups: Vec<(Revs, Vec<String>)> = Vec::new();
    for (i, field) in required.iter().enumerate().filter(|(_, field)| !field.required.contains(owner.revs)) {
        let mark = format!("1<<{i}");
        match groups.iter_mut().find(|(revs, _)| *revs == field.required) {
            Some((_, marks)) => marks.push(mark),
            None => groups.push((field.required, vec![mark])),
        }
    }
    let calls = groups.iter().map(|(revs, marks)| format!("d.Waive({}, {})", types.revs(*revs), marks.join("|")));
    (!groups.is_empty()).then(|| calls.collect::<Vec<_>>().join(" | "))
}

/// What happens when a member is met.
fn case(types: &Types<'_>, owner: &TypeDef, field: &Field, mark: Option<usize>) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(mark) = mark {
        lines.push(format!("seen |= 1 << {mark}"));
    }
    lines.extend(assign(types, owner, field));
    if field.revs.contains(owner.revs) {
        return lines;
    }
    block(&format!("if d.Knows({}, &v.Extra)", types.revs(field.revs)), lines)
}

fn assign(types: &Types<'_>, owner: &TypeDef, field: &Field) -> Vec<String> {
    let name = names::field(&field.words);
    let value = read(types, &field.ty, field.revs);
    match types.storage(owner, field) {
        Storage::Constant => vec![value],
        Storage::OptionalConstant => vec![value, format!("v.{name} = {}", constant(&field.ty))],
        Storage::Pointer if matches!(field.ty, Type::ConstInt(_)) => {
            vec![value, format!("v.{name} = wire.Ptr(int64({}))", constant(&field.ty))]
        }
        Storage::Pointer => vec![format!("v.{name} = wire.Ptr({value})")],
        Storage::Nullable if types.nilable(&field.ty) => {
            let mut lines = vec![format!("v.{name} = nil")];
            lines.extend(block("if !d.Null()", vec![format!("v.{name} = {value}")]));
            lines
        }
        Storage::Nullable => vec![format!("v.{name} = wire.PtrOrNull(d, {})", reader(types, &field.ty, field.revs))],
        Storage::OptionalNullable => {
            vec![format!("v.{name} = wire.Ptr(wire.OrNull(d, {}))", reader(types, &field.ty, field.revs))]
        }
        Storage::Plain | Storage::Nil | Storage::Empty => vec![format!("v.{name} = {value}")],
    }
}

/// The expression that reads a value.
pub fn read(types: &Types<'_>, ty: &Type, revs: Revs) -> String {
    match ty {
        Type::Bool => "d.Bool()".into(),
        Type::Int { min, max } => bounded("Int", min.map(|n| n.to_string()), max.map(|n| n.to_string())),
        Type::Num { min, max } => bounded("Number", min.map(|n| n.to_string()), max.map(|n| n.to_string())),
        Type::Str { .. } => "d.String()".into(),
        Type::ConstStr(_) => format!("d.Const({})", constant(ty)),
        Type::ConstInt(_) => format!("d.ConstInt({})", constant(ty)),
        Type::Json { object_in } if object_in.is_empty() => "d.Raw()".into(),
        Type::Json { object_in } if object_in.contains(revs) => "d.RawObject()".into(),
        Type::Json { object_in } => format!("d.RawObjectIn({})", types.revs(*object_in)),
        Type::List { item, max_items: None } => format!("wire.List(d, {})", reader(types, item, revs)),
        Type::List { item, max_items: Some((limited, most)) } => {
            format!("wire.ListMax(d, {}, {most}, {})", types.revs_within(*limited, revs), reader(types, item, revs))
        }
        Type::Map { value } => format!("wire.Object(d, {})", reader(types, value, revs)),
        Type::Ref(name) => match alias(types, name) {
            Some(target) => read(types, target, revs),
            None => format!("decode{}(d)", names::ty(name)),
        },
    }
}

/// What an alias stands for, unless it has functions of its own.
fn alias<'t>(types: &'t Types<'_>, name: &str) -> Option<&'t Type> {
    match types.def(name).map(|def| &def.shape) {
        Some(Shape::Alias(Type::List { .. } | Type::Map { .. })) => None,
        Some(Shape::Alias(target)) => Some(target),
        _ => None,
    }
}

fn bounded(call: &str, min: Option<String>, max: Option<String>) -> String {
    match (min, max) {
        (None, None) => format!("d.{call}()"),
        (Some(min), None) => format!("d.{call}From({min})"),
        (None, Some(max)) => format!("d.{call}To({max})"),
        (Some(min), Some(max)) => format!("d.{call}In({min}, {max})"),
    }
}

/// The function that reads a value.
pub fn reader(types: &Types<'_>, ty: &Type, revs: Revs) -> String {
    let value = read(types, ty, revs);
    if let Type::ConstStr(_) | Type::ConstInt(_) = ty {
        return format!("func(d *wire.Decoder) {} {{ {value}; return {} }}", types.go(ty), constant(ty));
    }
    if let Some(function) = value.strip_suffix("(d)") {
        return function.into();
    }
    match value.strip_prefix("d.").and_then(|call| call.strip_suffix("()")) {
        Some(method) => format!("(*wire.Decoder).{method}"),
        None => format!("func(d *wire.Decoder) {} {{ return {value} }}", types.go(ty)),
    }
}

/// A constant as a literal.
fn constant(ty: &Type) -> String {
    match ty {
        Type::ConstStr(text) => names::literal(text),
        Type::ConstInt(value) => value.to_string(),
        _ => String::new(),
    }
}

/// The body of `encode` of a struct.
pub fn encode_struct(types: &Types<'_>, owner: &TypeDef, fields: &[Field]) -> Vec<String> {
    let mut lines = vec!["at := e.BeginObject()".to_owned()];
    for field in fields {
        lines.extend(member(types, owner, field));
    }
    lines.push("e.EndObject(at, v.Extra)".into());
    lines
}

/// What writes a member, or does not.
fn member(types: &Types<'_>, owner: &TypeDef, field: &Field) -> Vec<String> {
    let value = format!("v.{}", names::field(&field.words));
    let storage = types.storage(owner, field);
    let always = field.always_required(owner.revs);
    let set = match storage {
        Storage::Plain | Storage::Nullable => return named(field, stored(types, storage, field, &value)),
        Storage::Constant if always => return named(field, write(types, &field.ty, "")),
        Storage::Constant => {
            return block(
                &format!("if e.Speaks({})", types.revs(field.revs)),
                named(field, write(types, &field.ty, "")),
            );
        }
        Storage::Empty | Storage::OptionalConstant => format!("{value} != \"\""),
        Storage::Pointer | Storage::Nil | Storage::OptionalNullable => format!("{value} != nil"),
    };
    let gated = field.gated && !field.revs.contains(owner.revs);
    let knows = format!("e.Knows({}, {})", types.revs(field.revs), names::literal(&field.wire));
    let written = named(field, stored(types, storage, field, &value));
    if field.required.is_empty() {
        return block(&if gated { format!("if {set} && {knows}") } else { format!("if {set}") }, written);
    }
    let mut lines = vec![format!("if {set} {{")];
    lines.extend(indented(1, if gated { block(&format!("if {knows}"), written) } else { written }));
    lines.push(if always {
        "} else {".into()
    } else {
        format!("}} else if e.Speaks({}) {{", types.revs(field.required))
    });
    lines.extend(indented(1, unset(types, field)));
    lines.push("}".into());
    lines
}

/// What is written for a member that is required and not set.
fn unset(types: &Types<'_>, field: &Field) -> Vec<String> {
    use serde_json::Value;
    match (&field.ty, &field.encode_default) {
        (Type::ConstStr(_) | Type::ConstInt(_), _) => named(field, write(types, &field.ty, "")),
        (_, None) => vec![format!("e.Missing(at, {})", names::literal(&field.wire))],
        (_, Some(Value::String(text))) => named(field, vec![format!("e.String({})", names::literal(text))]),
        (_, Some(Value::Bool(value))) => named(field, vec![format!("e.Bool({value})")]),
        (_, Some(value)) => named(field, vec![format!("e.Raw(wire.Raw({}))", names::literal(&value.to_string()))]),
    }
}

fn named(field: &Field, mut value: Vec<String>) -> Vec<String> {
    let call = if field.wire.chars().any(|c| c == '"' || c == '\\' || c.is_control()) { "Key" } else { "Name" };
    value.insert(0, format!("e.{call}({})", names::literal(&field.wire)));
    value
}

/// What writes a member that is set.
fn stored(types: &Types<'_>, storage: Storage, field: &Field, value: &str) -> Vec<String> {
    let pointer =
        !types.nilable(&field.ty) && types.named(&field.ty).is_none_or(|def| matches!(def.shape, Shape::Enum(_)));
    let there = if pointer { format!("*{value}") } else { value.to_owned() };
    match storage {
        Storage::Pointer => write(types, &field.ty, &there),
        Storage::Nullable => either(&format!("if {value} == nil"), write(types, &field.ty, &there)),
        Storage::OptionalNullable => {
            either(&format!("if {value}.Null"), write(types, &field.ty, &format!("{value}.Value")))
        }
        _ => write(types, &field.ty, value),
    }
}

fn either(null: &str, value: Vec<String>) -> Vec<String> {
    let mut lines = vec![format!("{null} {{"), "\te.Null()".into(), "} else {".into()];
    lines.extend(indented(1, value));
    lines.push("}".into());
    lines
}

/// What writes a value.
pub fn write(types: &Types<'_>, ty: &Type, value: &str) -> Vec<String> {
    write_at(types, ty, value, 0)
}

fn write_at(types: &Types<'_>, ty: &Type, value: &str, loops: usize) -> Vec<String> {
    let i = ["i", "j", "k", "l", "m", "n"][loops.min(5)];
    match ty {
        Type::Bool => vec![format!("e.Bool({value})")],
        Type::Int { .. } => vec![format!("e.Int({value})")],
        Type::Num { .. } => vec![format!("e.Number({value})")],
        Type::Str { .. } => vec![format!("e.String({value})")],
        Type::ConstStr(_) => vec![format!("e.String({})", constant(ty))],
        Type::ConstInt(_) => vec![format!("e.Int({})", constant(ty))],
        Type::Json { .. } => vec![format!("e.Raw({value})")],
        Type::List { item, .. } => {
            let mut body = vec!["e.Item()".to_owned()];
            body.extend(write_at(types, item, &format!("{value}[{i}]"), loops + 1));
            let mut lines = vec!["e.BeginArray()".to_owned()];
            lines.extend(block(&format!("for {i} := range {value}"), body));
            lines.push("e.EndArray()".into());
            lines
        }
        Type::Map { value: held } => {
            let mut body = vec![format!("e.Key({value}[{i}].Name)")];
            body.extend(write_at(types, held, &format!("{value}[{i}].Value"), loops + 1));
            let mut lines = vec!["e.BeginMap()".to_owned()];
            lines.extend(block(&format!("for {i} := range {value}"), body));
            lines.push("e.EndMap()".into());
            lines
        }
        Type::Ref(name) => match (alias(types, name), types.named(ty).map(|def| &def.shape)) {
            (Some(target), _) => write_at(types, target, value, loops),
            (None, Some(Shape::Struct(_))) => vec![format!("{value}.encode(e)")],
            (None, Some(Shape::Enum(_))) => vec![format!("e.Enum(string({value}))")],
            _ => vec![format!("encode{}(e, {value})", names::ty(name))],
        },
    }
}

/// A table of words, each with its revisions.
pub fn words(types: &Types<'_>, name: &str, words: impl Iterator<Item = (String, Revs)>, within: Revs) -> Vec<String> {
    let mut lines = vec![format!("var {name} = []wire.Word{{")];
    lines.extend(words.map(|(text, revs)| {
        format!("\t{{Text: {}, Revs: {}}},", names::literal(&text), types.revs_within(revs, within))
    }));
    lines.push("}".into());
    lines
}

/// The tables and the body of `decodeX` of a union.
pub fn decode_union(types: &Types<'_>, owner: &TypeDef, union: &Union) -> (Vec<String>, Vec<String>) {
    let mut decision = Decision { types, owner, union, tables: vec![] };
    let (mut lines, returns) = decision.decide(&union.choose);
    if !returns {
        lines.push("return nil".into());
    }
    (decision.tables, lines)
}

struct Decision<'a> {
    types: &'a Types<'a>,
    owner: &'a TypeDef,
    union: &'a Union,
    tables: Vec<String>,
}

impl Decision<'_> {
    /// Lines that return the alternative or fail, and whether they always return.
    fn decide(&mut self, choose: &Choose) -> (Vec<String>, bool) {
        match choose {
            Choose::Variant(i) => (self.variant(*i), true),
            Choose::Tag { member, known, cases, other, absent } => {
                let open = other.is_some() || !known.contains(self.owner.revs);
                let tag = match open {
                    true => format!(
                        "d.OpenTag({}, {})",
                        self.types.revs_within(*known, self.owner.revs),
                        names::literal(member)
                    ),
                    false => format!("d.Tag({})", names::literal(member)),
                };
                self.by_tag(&tag, cases, other.as_deref(), absent.as_deref())
            }
            Choose::Presence { cases, otherwise } => self.by_presence(cases, otherwise.as_deref()),
            Choose::Kind { cases } => {
                let mut lines = vec!["switch d.Kind() {".to_owned()];
                for (kind, case) in cases {
                    let body = self.guarded(case);
                    lines.push(format!("case wire.Kind{}:", crate::names::capitalised(kind.word())));
                    lines.extend(indented(1, body));
                }
                lines.push("}".into());
                let table = self.table(
                    "Kinds",
                    cases.iter().map(|(kind, case)| (kind.word().to_owned(), reachable(self.union, case))).collect(),
                );
                lines.push(format!("d.RefuseKind({table})"));
                (lines, false)
            }
        }
    }

    fn variant(&self, i: usize) -> Vec<String> {
        let variant = &self.union.variants[i];
        match self.types.named(&variant.ty).map(|def| (&def.shape, names::ty(&def.name))) {
            Some((Shape::Struct(_), name)) => vec![format!("return wire.Ptr(decode{name}(d))")],
            Some((_, name)) => vec![format!("return decode{name}(d)")],
            None => {
                let name = self.types.wrapper(self.owner, &variant.name);
                let ty = self.types.resolve(&variant.ty);
                if let Type::Num { .. } = ty {
                    let mut lines = vec!["integer, number, whole := d.IntOrNumber()".to_owned()];
                    lines
                        .extend(block("if whole", vec![format!("return {}(integer)", self.types.integer(self.owner))]));
                    lines.push(format!("return {name}(number)"));
                    return lines;
                }
                vec![format!("return {name}({})", read(self.types, ty, variant.revs))]
            }
        }
    }

    /// A decision, made only in the revisions in which it leads anywhere.
    fn guarded(&mut self, choose: &Choose) -> Vec<String> {
        let revs = reachable(self.union, choose);
        let (lines, _) = self.decide(choose);
        if revs.contains(self.owner.revs) {
            lines
        } else {
            block(&format!("if d.Speaks({})", self.types.revs(revs)), lines)
        }
    }

    fn by_tag(
        &mut self,
        tag: &str,
        cases: &[(String, Choose)],
        other: Option<&Choose>,
        absent: Option<&Choose>,
    ) -> (Vec<String>, bool) {
        let mut lines = vec![format!("tag := {tag}"), "switch string(tag.Text) {".into()];
        let mut done: Vec<&Choose> = Vec::new();
        for (_, case) in cases {
            if done.contains(&case) {
                continue;
            }
            done.push(case);
            let values: Vec<_> =
                cases.iter().filter(|(_, c)| c == case).map(|(value, _)| names::literal(value)).collect();
            lines.push(format!("case {}:", values.join(", ")));
            lines.extend(indented(1, self.guarded(case)));
        }
        lines.push("}".into());
        if let Some(absent) = absent.filter(|absent| Some(*absent) != other) {
            let body = self.guarded(absent);
            lines.extend(block("if tag.Absent()", body));
        }
        if let Some(other) = other {
            let (body, returns) = self.decide(other);
            lines.extend(body);
            return (lines, returns);
        }
        let table = self
            .table("Tags", cases.iter().map(|(value, case)| (value.clone(), reachable(self.union, case))).collect());
        lines.push(format!("d.Refuse(tag, {table})"));
        (lines, false)
    }

    fn by_presence(&mut self, cases: &[(Vec<String>, Choose)], otherwise: Option<&Choose>) -> (Vec<String>, bool) {
        let path = |path: &[String]| {
            path.iter().map(|name| name.replace('~', "~0").replace('/', "~1")).collect::<Vec<_>>().join("/")
        };
        let everywhere = cases.iter().all(|(_, case)| reachable(self.union, case).contains(self.owner.revs));
        let mut lines = Vec::new();
        if everywhere && cases.len() > 1 {
            let paths: Vec<_> = cases.iter().map(|(p, _)| names::literal(&path(p))).collect();
            lines.push(format!("switch d.Present({}) {{", paths.join(", ")));
            for ((_, case), path) in cases.iter().zip(&paths) {
                lines.push(format!("case {path}:"));
                lines.extend(indented(1, self.decide(case).0));
            }
            lines.push("}".into());
        } else {
            for (p, case) in cases {
                let revs = reachable(self.union, case);
                let speaks = if revs.contains(self.owner.revs) {
                    String::new()
                } else {
                    format!("d.Speaks({}) && ", self.types.revs(revs))
                };
                let body = self.decide(case).0;
                lines.extend(block(&format!("if {speaks}d.Present({}) != \"\"", names::literal(&path(p))), body));
            }
        }
        if let Some(otherwise) = otherwise {
            let (body, returns) = self.decide(otherwise);
            lines.extend(body);
            return (lines, returns);
        }
        let mut members: Vec<_> = cases.iter().map(|(p, case)| (path(p), reachable(self.union, case))).collect();
        members.sort();
        let table = self.table("Members", members);
        lines.push(format!("d.RefuseAbsent({table})"));
        (lines, false)
    }

    /// Adds a table of what there was to choose from; answers its name.
    fn table(&mut self, what: &str, entries: Vec<(String, Revs)>) -> String {
        let stem = format!("{}{what}", unexported(&self.owner.name));
        let same = self.tables.iter().filter(|line| line.starts_with(&format!("var {stem}"))).count();
        let name = if same == 0 { stem } else { format!("{stem}{}", same + 1) };
        if !self.tables.is_empty() {
            self.tables.push(String::new());
        }
        self.tables.extend(words(self.types, &name, entries.into_iter(), self.owner.revs));
        name
    }
}

/// The revisions in which a decision leads anywhere.
fn reachable(union: &Union, choose: &Choose) -> Revs {
    let all: Vec<&Choose> = match choose {
        Choose::Variant(i) => return union.variants[*i].revs,
        Choose::Tag { cases, other, absent, .. } => {
            cases.iter().map(|(_, c)| c).chain(other.as_deref()).chain(absent.as_deref()).collect()
        }
        Choose::Presence { cases, otherwise } => cases.iter().map(|(_, c)| c).chain(otherwise.as_deref()).collect(),
        Choose::Kind { cases } => cases.iter().map(|(_, c)| c).collect(),
    };
    all.into_iter().fold(Revs::NONE, |revs, choose| revs.union(reachable(union, choose)))
}

/// `head {`, the lines, `}`.
pub fn block(head: &str, lines: Vec<String>) -> Vec<String> {
    let mut out = vec![format!("{head} {{")];
    out.extend(indented(1, lines));
    out.push("}".into());
    out
}

/// The lines, further in.
fn indented(by: usize, lines: Vec<String>) -> Vec<String> {
    lines.into_iter().map(|line| format!("{}{line}", "\t".repeat(by))).collect()
}
