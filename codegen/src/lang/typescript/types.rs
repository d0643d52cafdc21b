//! The decisions about types: what a reader of the generated package sees of each.

use std::collections::BTreeSet;

use serde::Serialize;

use super::uses::Uses;
use super::{codecs, layout, names};
use crate::ir::{Enum, Field, Protocol, Shape, Struct, Type, TypeDef, Union};
use crate::revs::Revs;
use crate::view;

/// A file of types.
#[derive(Debug, Serialize)]
pub struct TypesView {
    imports: Vec<String>,
    types: Vec<TypeView>,
}

#[derive(Debug, Serialize)]
struct TypeView {
    doc: String,
    /// The type, from `interface` or `type` on.
    declaration: String,
    /// The constant that describes it on the wire.
    codec: String,
}

/// The view of an area's file.
pub fn view(protocol: &Protocol, area: &str, defs: &[&TypeDef]) -> TypesView {
    let mut file = File { protocol, open: open(protocol), uses: Uses::new(protocol) };
    let types = defs.iter().map(|def| file.def(def)).collect();
    TypesView { imports: file.uses.imports(&format!("protocol/types/{area}")), types }
}

/// Objects to which anybody may add members: `_meta`, and those that are sent whatever the revision.
fn open(protocol: &Protocol) -> BTreeSet<&str> {
    let mut open = BTreeSet::new();
    for def in &protocol.types {
        let Shape::Struct(shape) = &def.shape else { continue };
        if shape.fields.iter().any(|field| !field.gated) {
            open.insert(def.name.as_str());
        }
        for field in shape.fields.iter().filter(|field| field.wire == "_meta") {
            if let Type::Ref(name) = &field.ty {
                open.insert(name);
            }
        }
    }
    open
}

/// Documentation: what it is and when, in a paragraph, and where to read on.
pub fn doc(protocol: &Protocol, doc: &str, see: &str, revs: Revs) -> Vec<String> {
    let span = view::span(protocol, revs, Revs::all(protocol.revisions.len()));
    let text: Vec<String> = (!doc.is_empty()).then(|| doc.to_owned()).into_iter().chain(span).collect();
    let see = (!see.is_empty()).then(|| format!("@see {}", view::address(protocol, see)));
    (!text.is_empty()).then(|| text.join(" ")).into_iter().chain(see).collect()
}

struct File<'a> {
    protocol: &'a Protocol,
    open: BTreeSet<&'a str>,
    uses: Uses<'a>,
}

impl File<'_> {
    fn def(&mut self, def: &TypeDef) -> TypeView {
        let name = names::ty(&def.name);
        let declaration = match &def.shape {
            Shape::Struct(shape) => self.interface(def, &name, shape),
            Shape::Union(union) => self.union(def, &name, union),
            Shape::Enum(shape) => self.enumeration(&name, shape),
            Shape::Alias(target) => format!("type {name} = {};", self.spell(target, def.revs)),
        };
        let codec = if matches!(def.shape, Shape::Enum(_)) { "EnumCodec" } else { "Codec" };
        let codec = self.uses.ty("wire/codec", codec);
        TypeView {
            doc: layout::doc(&doc(self.protocol, &def.doc, &def.see, def.revs), 0),
            declaration,
            codec: layout::constant(&name, &format!("{codec}<{name}>"), &codecs::def(&mut self.uses, def).pure()),
        }
    }

    fn interface(&mut self, def: &TypeDef, name: &str, shape: &Struct) -> String {
        let mut members: String = shape.fields.iter().map(|field| self.field(def, field)).collect();
        if self.open.contains(def.name.as_str()) {
            members.push_str("  [member: string]: unknown;\n");
        }
        if members.is_empty() { format!("interface {name} {{}}") } else { format!("interface {name} {{\n{members}}}") }
    }

    fn field(&mut self, def: &TypeDef, field: &Field) -> String {
        let mut doc: Vec<String> = (!field.doc.is_empty()).then(|| field.doc.clone()).into_iter().collect();
        doc.extend(view::span(self.protocol, field.revs, def.revs));
        doc.extend(self.required(def, field));
        let doc = if doc.is_empty() { String::new() } else { layout::doc(&[doc.join(" ")], 2) };
        let optional = if field.always_required(def.revs) { "" } else { "?" };
        // Where a revision does not know it, and it is none of the protocol's, anything is let through.
        let unchecked = !field.gated && !field.revs.contains(def.revs);
        let ty = if unchecked { self.uses.json("JsonValue") } else { self.spell(&field.ty, field.revs) };
        let null = if field.nullable { " | null" } else { "" };
        format!("{doc}  {}{optional}: {ty}{null};\n", layout::key(&field.wire))
    }

    /// When a member that may be absent may not, as a sentence.
    fn required(&self, def: &TypeDef, field: &Field) -> Option<String> {
        let constant = matches!(field.ty, Type::ConstStr(_) | Type::ConstInt(_));
        if field.required.is_empty() || constant || field.always_required(def.revs) {
            return None;
        }
        let names: Vec<&str> = field.required.iter().map(|i| self.protocol.revisions[i].name.as_str()).collect();
        let place = if field.required == field.revs { "there".into() } else { format!("in {}", names.join(", ")) };
        Some(match &field.encode_default {
            None => format!("Required {place}."),
            Some(value) => format!("Required {place}; sent as `{value}` if it is not set."),
        })
    }

    fn union(&mut self, def: &TypeDef, name: &str, union: &Union) -> String {
        let mut members: Vec<String> = Vec::new();
        for variant in &union.variants {
            let member = self.spell(&variant.ty, variant.revs.intersect(def.revs));
            if !members.contains(&member) {
                members.push(member);
            }
        }
        let head = format!("type {name} =");
        let alternatives = layout::alternatives(&members, "export ".len() + head.len());
        format!("{head}{alternatives};")
    }

    fn enumeration(&self, name: &str, shape: &Enum) -> String {
        let values: Vec<String> = shape.values.iter().map(|value| layout::string(&value.wire)).collect();
        let head = format!("type {name} =");
        if shape.values.iter().all(|value| value.doc.is_empty()) {
            let alternatives = layout::alternatives(&values, "export ".len() + head.len());
            return format!("{head}{alternatives};");
        }
        let documented = shape.values.iter().zip(values).map(|(value, text)| {
            let doc: Vec<String> = (!value.doc.is_empty()).then(|| value.doc.clone()).into_iter().collect();
            format!("\n{}  | {text}", layout::doc(&doc, 2))
        });
        format!("{head}{};", documented.collect::<String>())
    }

    /// A type's name.
    fn spell(&mut self, ty: &Type, revs: Revs) -> String {
        match ty {
            Type::Bool => "boolean".into(),
            Type::Int { .. } | Type::Num { .. } => "number".into(),
            Type::Str { .. } => "string".into(),
            Type::ConstStr(text) => layout::string(text),
            Type::ConstInt(value) => value.to_string(),
            Type::Json { object_in } if object_in.contains(revs) => self.uses.json("JsonObject"),
            Type::Json { .. } => self.uses.json("JsonValue"),
            Type::List { item, .. } => format!("{}[]", self.spell(item, revs)),
            Type::Map { value } => format!("Record<string, {}>", self.spell(value, revs)),
            Type::Ref(name) => self.uses.def(name),
        }
    }
}
