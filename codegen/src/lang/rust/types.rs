//! The decisions about types: what each becomes in Rust, and how its members are stored.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{code, names};
use crate::ir::{Field, Protocol, Shape, Type, TypeDef};
use crate::revs::Revs;
use crate::view;

/// A file of types.
#[derive(Debug, Serialize)]
pub struct TypesView {
    /// Its name.
    pub file: String,
    area: String,
    types: Vec<TypeView>,
}

#[derive(Debug, Serialize)]
struct TypeView {
    kind: &'static str,
    name: String,
    doc: Vec<String>,
    /// Struct: `#[derive]`s besides Debug, Clone, PartialEq.
    derives: String,
    fields: Vec<FieldView>,
    /// Arguments of `new` and what they become, if `new` is worth having.
    new_args: Vec<ArgView>,
    has_default: bool,
    variants: Vec<VariantView>,
    /// Alias: the type it is another name of.
    target: String,
    decode: String,
    encode: String,
    /// Enum: the table of values.
    values: String,
    /// Union: its variants are each of another type, so that `From` is unambiguous.
    from: bool,
}

#[derive(Debug, Serialize)]
struct FieldView {
    name: String,
    doc: Vec<String>,
    ty: String,
}

#[derive(Debug, Serialize)]
struct ArgView {
    name: String,
    ty: String,
    value: String,
}

#[derive(Debug, Serialize)]
struct VariantView {
    name: String,
    doc: Vec<String>,
    ty: String,
    /// Enum: the text on the wire, as a literal.
    wire: String,
}

/// How a member is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// The value itself.
    Plain,
    /// `Option<T>`: absent or set.
    Optional,
    /// `Option<T>`: `null` or set.
    Nullable,
    /// `Option<Option<T>>`: absent, `null` or set.
    OptionalNullable,
    /// Nothing: it has only one value and is there wherever the revision has it.
    Constant,
    /// `bool`: it has only one value, and may be absent.
    OptionalConstant,
}

/// How a member of a type is stored.
pub fn storage(owner: &TypeDef, field: &Field) -> Storage {
    let constant = matches!(field.ty, Type::ConstStr(_) | Type::ConstInt(_));
    let required = field.always_required(owner.revs);
    match (constant, field.nullable, required) {
        (true, ..) if field.required == field.revs => Storage::Constant,
        (true, ..) => Storage::OptionalConstant,
        (_, true, true) => Storage::Nullable,
        (_, true, false) => Storage::OptionalNullable,
        (_, false, true) => Storage::Plain,
        (_, false, false) => Storage::Optional,
    }
}

/// What the type decisions need to look up.
pub struct Types<'a> {
    /// The whole protocol.
    pub protocol: &'a Protocol,
    index: BTreeMap<&'a str, &'a TypeDef>,
}

/// The view of an area's file.
pub fn view(protocol: &Protocol, area: &str, defs: &[&TypeDef]) -> TypesView {
    let types = Types { protocol, index: view::index(protocol) };
    TypesView {
        file: format!("{}.rs", names::module(area)),
        area: area.into(),
        types: defs.iter().map(|def| types.def(def)).collect(),
    }
}

/// The path of a type. One that would only be another name for a type of `wire` of the same name is that type.
pub fn path(protocol: &Protocol, def: &TypeDef) -> String {
    let types = Types { protocol, index: view::index(protocol) };
    let name = names::ty(&def.name);
    match &def.shape {
        Shape::Alias(ty) if types.rust(ty, def.revs) == name => format!("crate::wire::{name}"),
        _ => format!("types::{name}"),
    }
}

impl Types<'_> {
    fn def(&self, def: &TypeDef) -> TypeView {
        let all = Revs::all(self.protocol.revisions.len());
        let mut view = TypeView {
            kind: "",
            name: names::ty(&def.name),
            doc: names::paragraphs(&view::doc_lines(
                self.protocol,
                names::documented(&def.doc),
                &def.see,
                def.revs,
                all,
            )),
            derives: String::new(),
            fields: vec![],
            new_args: vec![],
            has_default: false,
            variants: vec![],
            target: String::new(),
            decode: String::new(),
            encode: String::new(),
            values: String::new(),
            from: false,
        };
        match &def.shape {
            Shape::Struct(shape) => {
                view.kind = "struct";
                view.has_default = self.has_default(&def.name, &mut vec![]);
                view.derives = if view.has_default { ", Default".into() } else { String::new() };
                view.fields = shape.fields.iter().filter_map(|field| self.field(def, field)).collect();
                view.new_args = self.new_args(def, &shape.fields);
                view.decode = code::decode_struct(self, def, &shape.fields);
                view.encode = code::encode_struct(self, def, &shape.fields);
            }
            Shape::Union(union) => {
                view.kind = "union";
                view.variants = union.variants.iter().map(|v| self.variant(def, v)).collect();
                view.decode = code::decode_union(self, def, union);
                view.from = true;
            }
            Shape::Enum(shape) => {
                view.kind = "enum";
                view.derives = ", Copy, Eq, Hash".into();
                view.variants = shape
                    .values
                    .iter()
                    .map(|v| VariantView {
                        name: names::variant(&v.words),
                        doc: view::doc_lines(self.protocol, names::documented(&v.doc), "", v.revs, def.revs),
                        ty: String::new(),
                        wire: names::literal(&v.wire),
                    })
                    .collect();
                let table: Vec<_> =
                    shape.values.iter().map(|v| format!("({:?}, {})", v.wire, self.revs(v.revs))).collect();
                view.values = table.join(", ");
            }
            Shape::Alias(ty) => {
                view.kind = "alias";
                view.target = self.rust(ty, def.revs);
            }
        }
        view
    }

    fn field(&self, owner: &TypeDef, field: &Field) -> Option<FieldView> {
        let doc = view::doc_lines(self.protocol, names::documented(&field.doc), "", field.revs, owner.revs);
        let ty = self.stored(owner, field)?;
        Some(FieldView { name: names::field(&field.words), doc, ty })
    }

    /// The Rust type a member is stored as; none if it takes no room.
    fn stored(&self, owner: &TypeDef, field: &Field) -> Option<String> {
        let mut ty = self.rust(&field.ty, field.revs);
        if let Type::Ref(name) = &field.ty
            && view::holds(&self.index, name, &owner.name)
        {
            ty = format!("Box<{ty}>");
        }
        match storage(owner, field) {
            Storage::Plain => Some(ty),
            Storage::Optional | Storage::Nullable => Some(format!("Option<{ty}>")),
            Storage::OptionalNullable => Some(format!("Option<Option<{ty}>>")),
            Storage::OptionalConstant => Some("bool".into()),
            Storage::Constant => None,
        }
    }

    fn variant(&self, owner: &TypeDef, variant: &crate::ir::Variant) -> VariantView {
        let doc = match &variant.ty {
            Type::Ref(name) => self.index.get(name.as_str()).map_or("", |def| def.doc.as_str()),
            _ => "",
        };
        let doc = if doc.is_empty() {
            format!("As a JSON {}.", crate::choose::type_name(&variant.ty))
        } else {
            doc.to_owned()
        };
        VariantView {
            name: variant.name.clone(),
            doc: view::doc_lines(self.protocol, &doc, "", variant.revs, owner.revs),
            ty: self.variant_type(&variant.ty, variant.revs),
            wire: String::new(),
        }
    }

    /// A number that is one of several kinds (an id, a token) stays exact.
    pub fn variant_type(&self, ty: &Type, revs: Revs) -> String {
        match ty {
            Type::Num { .. } => "Number".into(),
            ty => self.rust(ty, revs),
        }
    }

    /// The Rust type of a type that is there.
    pub fn rust(&self, ty: &Type, revs: Revs) -> String {
        match ty {
            Type::Bool => "bool".into(),
            Type::Int { .. } | Type::ConstInt(_) => "i64".into(),
            Type::Num { .. } => "f64".into(),
            Type::Str { .. } | Type::ConstStr(_) => "String".into(),
            Type::Json { object_in } if !object_in.is_empty() && object_in.contains(revs) => "JsonObject".into(),
            Type::Json { .. } => "Json".into(),
            Type::List { item, .. } => format!("Vec<{}>", self.rust(item, revs)),
            Type::Map { value } => format!("Map<{}>", self.rust(value, revs)),
            Type::Ref(name) => names::ty(name),
        }
    }

    /// The constant for a set of revisions.
    pub fn revs(&self, revs: Revs) -> String {
        names::revs(self.protocol, revs)
    }

    /// What `new` takes: the members that every revision requires. One that only newer revisions require is set
    /// apart, so that a revision to come changes no signature.
    fn new_args(&self, def: &TypeDef, fields: &[Field]) -> Vec<ArgView> {
        let needed = |field: &&Field| storage(def, field) == Storage::Plain;
        fields.iter().filter(needed).map(|field| self.arg(def, field)).collect()
    }

    fn arg(&self, def: &TypeDef, field: &Field) -> ArgView {
        let name = names::field(&field.words);
        match self.stored(def, field).unwrap_or_default() {
            ty if ty == "String" => ArgView { ty: "impl Into<String>".into(), value: format!("{name}.into()"), name },
            ty => ArgView { ty, value: name.clone(), name },
        }
    }

    /// Whether a struct has a value without being told anything.
    fn has_default(&self, name: &str, seen: &mut Vec<String>) -> bool {
        if seen.iter().any(|s| s == name) {
            return true;
        }
        seen.push(name.into());
        match self.index.get(name).map(|def| (def, &def.shape)) {
            Some((def, Shape::Struct(shape))) => {
                shape.fields.iter().all(|field| match (&field.ty, storage(def, field)) {
                    (Type::Ref(inner), Storage::Plain) => self.has_default(inner, seen),
                    _ => true,
                })
            }
            Some((_, Shape::Alias(Type::Ref(inner)))) => self.has_default(inner, seen),
            Some((_, Shape::Alias(_))) => true,
            _ => false,
        }
    }
}
