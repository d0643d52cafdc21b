//! The decisions about types: what a reader of the generated package sees of each.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::codecs::Codecs;
use super::layout::{self, WIDTH};
use super::names;
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
    /// The declaration: `interface X {` … `}` or `type X = …;`
    declaration: String,
    /// The constant that describes it on the wire.
    codec: String,
}

/// What the decisions need to look up.
pub struct Types<'a> {
    pub protocol: &'a Protocol,
    /// Types whose members are not all the protocol's, so that users add to them freely.
    open: BTreeSet<&'a str>,
    all: Revs,
}

/// The view of an area's file.
pub fn view(protocol: &Protocol, area: &str, defs: &[&TypeDef]) -> TypesView {
    let types = Types { protocol, open: open(protocol), all: Revs::all(protocol.revisions.len()) };
    let mut codecs = Codecs::new(protocol);
    let views = defs.iter().map(|def| types.def(def, &mut codecs)).collect();
    TypesView { imports: types.imports(area, defs, &codecs), types: views }
}

/// Objects that hold what is not the protocol's: `_meta`, and those that are sent whatever the revision.
fn open(protocol: &Protocol) -> BTreeSet<&str> {
    let mut open = BTreeSet::new();
    for def in &protocol.types {
        let Shape::Struct(shape) = &def.shape else { continue };
        if !shape.fields.is_empty() && shape.fields.iter().all(|field| !field.gated) {
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

impl Types<'_> {
    fn def(&self, def: &TypeDef, codecs: &mut Codecs<'_>) -> TypeView {
        let name = names::ty(&def.name);
        let (declaration, ty) = match &def.shape {
            Shape::Struct(shape) => (self.interface(def, &name, shape), "Codec"),
            Shape::Union(union) => (self.union(def, &name, union), "Codec"),
            Shape::Enum(shape) => (enumeration(&name, shape), "EnumCodec"),
            Shape::Alias(target) => (format!("type {name} = {};", spell(target, def.revs)), "Codec"),
        };
        TypeView {
            doc: layout::doc(&self.doc(&def.doc, &def.see, def.revs, self.all), 0),
            declaration,
            codec: layout::constant(&name, &format!("{ty}<{name}>"), &codecs.def(def)),
        }
    }

    fn doc(&self, doc: &str, see: &str, revs: Revs, within: Revs) -> Vec<String> {
        let mut text: Vec<String> = Vec::new();
        text.extend((!doc.is_empty()).then(|| doc.to_owned()));
        text.extend(view::span(self.protocol, revs, within));
        let mut paragraphs: Vec<String> = (!text.is_empty()).then(|| text.join(" ")).into_iter().collect();
        if !see.is_empty() {
            paragraphs.push(format!("@see {{@link {}}}", view::address(self.protocol, see)));
        }
        paragraphs
    }

    fn interface(&self, def: &TypeDef, name: &str, shape: &Struct) -> String {
        let open = self.open.contains(def.name.as_str());
        if shape.fields.is_empty() && !open {
            return format!("interface {name} {{}}");
        }
        let mut members: String = shape.fields.iter().map(|field| self.field(def, field)).collect();
        if open {
            members.push_str("  [member: string]: unknown;\n");
        }
        format!("interface {name} {{\n{members}}}")
    }

    fn field(&self, def: &TypeDef, field: &Field) -> String {
        let mut doc = self.doc(&field.doc, "", field.revs, def.revs);
        doc.extend(self.required(def, field));
        let doc = layout::doc(&[doc.join(" ")].map_or_none(), 2);
        let optional = if field.always_required(def.revs) { "" } else { "?" };
        // Where it is not the protocol's, a revision that lacks it lets anything through.
        let unchecked = !field.gated && !field.revs.contains(def.revs);
        let ty = if unchecked { "JsonValue".into() } else { spell(&field.ty, field.revs) };
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

    fn union(&self, def: &TypeDef, name: &str, union: &Union) -> String {
        let mut members: Vec<String> = Vec::new();
        for variant in &union.variants {
            let member = spell(&variant.ty, variant.revs.intersect(def.revs));
            if !members.contains(&member) {
                members.push(member);
            }
        }
        let head = format!("type {name} =");
        let alternatives = layout::alternatives(&members, "export ".len() + head.len());
        format!("{head}{alternatives};")
    }

    /// The import statements of an area's file.
    fn imports(&self, area: &str, defs: &[&TypeDef], codecs: &Codecs<'_>, declarations: &str) -> Vec<String> {
        let mut from: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        ...
    }
}
