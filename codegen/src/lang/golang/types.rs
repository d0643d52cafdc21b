//! The decisions about types: what each becomes in Go, and how its members are stored.
//!
//! Unions are sealed interfaces whose alternatives are pointers to structs: with the marker on the pointer only
//! one form compiles, so that a type switch cannot miss the other. Alternatives that are no objects get a type of
//! their own, comparable where JSON's scalars are.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{code, names};
use crate::ir::{Enum, Field, Protocol, Shape, Struct, Type, TypeDef, Union};
use crate::revs::Revs;
use crate::view;

/// The declarations of an area.
#[derive(Debug, Serialize)]
pub struct TypesView {
    types: Vec<TypeView>,
    imports_wire: bool,
}

/// How an area's types are read and written.
#[derive(Debug, Serialize)]
pub struct CodecView {
    types: Vec<CodecTypeView>,
}

#[derive(Debug, Serialize)]
struct TypeView {
    kind: &'static str,
    name: String,
    doc: Vec<String>,
    /// Struct: its members. Enum: its values.
    members: Vec<MemberView>,
    /// Union: the markers an alternative must have.
    markers: Vec<String>,
    /// Union: alternatives that are types of their own.
    wrappers: Vec<WrapperView>,
    /// Union: the lines that say who belongs to it.
    sealed: Vec<String>,
    /// Alias: what it is another name of.
    target: String,
}

#[derive(Debug, Serialize)]
struct MemberView {
    name: String,
    doc: Vec<String>,
    ty: String,
    /// Enum: the text on the wire, as a literal.
    wire: String,
}

#[derive(Debug, Serialize)]
struct WrapperView {
    name: String,
    doc: Vec<String>,
    ty: String,
    write: Vec<String>,
}

#[derive(Debug, Serialize)]
struct CodecTypeView {
    kind: &'static str,
    name: String,
    /// The newest revision that has it.
    revision: String,
    /// Tables that decoding looks at.
    tables: Vec<String>,
    decode: Vec<String>,
    encode: Vec<String>,
    /// Alias: the type it is another name of. Union: wrappers' methods.
    target: String,
    wrappers: Vec<WrapperView>,
}

/// How a member is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// The value itself; what Go leaves at zero is sent as that.
    Plain,
    /// A pointer, nil if it is absent.
    Pointer,
    /// A slice, a map, JSON or an interface, nil if it is absent.
    Nil,
    /// An enum's value, empty if it is absent.
    Empty,
    /// A pointer (or what can be nil anyway), nil for `null`.
    Nullable,
    /// `*wire.Nullable[T]`, nil if it is absent.
    OptionalNullable,
    /// Nothing: it has only one value and is there wherever the revision has it.
    Constant,
    /// The constant's text, empty if it is absent.
    OptionalConstant,
}

/// What the type decisions need to look up.
pub struct Types<'a> {
    /// The whole protocol.
    pub protocol: &'a Protocol,
    index: BTreeMap<&'a str, &'a TypeDef>,
    /// Type → the unions that it is an alternative of, at whatever remove.
    unions: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// The sets of revisions that were asked for by name.
    sets: RefCell<BTreeSet<Revs>>,
}

impl<'a> Types<'a> {
    /// Looks at a protocol.
    pub fn new(protocol: &'a Protocol) -> Self {
        let mut types =
            Types { protocol, index: view::index(protocol), unions: BTreeMap::new(), sets: RefCell::default() };
        for def in &protocol.types {
            types.enter(def, &def.name);
        }
        types
    }

    /// Notes that the alternatives of `def` belong to `union`.
    fn enter(&mut self, def: &'a TypeDef, union: &'a str) {
        let Shape::Union(shape) = &def.shape else { return };
        for variant in &shape.variants {
            let Some(alternative) = self.named(&variant.ty) else { continue };
            if self.unions.entry(&alternative.name).or_default().insert(union) {
                self.enter(alternative, union);
            }
        }
    }

    /// The declarations of an area.
    pub fn types(&self, defs: &[&'a TypeDef]) -> TypesView {
        let types: Vec<_> = defs.iter().map(|def| self.declaration(def)).collect();
        let imports_wire = types.iter().any(|view| {
            view.kind == "struct"
                || view.target.contains("wire.")
                || view.kind == "union"
                || view.wrappers.iter().any(|w| w.ty.contains("wire."))
        });
        TypesView { types, imports_wire }
    }

    /// How an area's types are read and written.
    pub fn codec(&self, defs: &[&'a TypeDef]) -> CodecView {
        CodecView { types: defs.iter().map(|def| self.codec_of(def)).collect() }
    }

    /// The type of this name.
    pub fn def(&self, name: &str) -> Option<&'a TypeDef> {
        self.index.get(name).copied()
    }

    /// The struct, enum or union that a type stands for, aliases followed.
    pub fn named(&self, ty: &Type) -> Option<&'a TypeDef> {
        let Type::Ref(name) = ty else { return None };
        let def = *self.index.get(name.as_str())?;
        match &def.shape {
            Shape::Alias(ty) => self.named(ty),
            _ => Some(def),
        }
    }

    /// The type itself, with aliases of anything but named types followed.
    pub fn resolve<'t>(&'t self, ty: &'t Type) -> &'t Type {
        match ty {
            Type::Ref(name) => match self.index.get(name.as_str()).map(|def| &def.shape) {
                Some(Shape::Alias(ty)) => self.resolve(ty),
                _ => ty,
            },
            ty => ty,
        }
    }

    /// The Go type of a value that is there.
    pub fn go(&self, ty: &Type) -> String {
        match ty {
            Type::Bool => "bool".into(),
            Type::Int { .. } | Type::ConstInt(_) => "int64".into(),
            Type::Num { .. } => "float64".into(),
            Type::Str { .. } | Type::ConstStr(_) => "string".into(),
            Type::Json { .. } => "wire.Raw".into(),
            Type::List { item, .. } => format!("[]{}", self.go(item)),
            Type::Map { value } => format!("wire.Map[{}]", self.go(value)),
            Type::Ref(name) => names::ty(name),
        }
    }

    /// The Go type a member is stored as; none if it takes no room.
    fn stored(&self, owner: &TypeDef, field: &Field) -> Option<String> {
        let ty = self.go(&field.ty);
        match self.storage(owner, field) {
            Storage::Constant => None,
            Storage::Pointer => Some(format!("*{ty}")),
            Storage::Nullable if !self.nilable(&field.ty) => Some(format!("*{ty}")),
            Storage::OptionalNullable => Some(format!("*wire.Nullable[{ty}]")),
            _ => Some(ty),
        }
    }

    /// Whether Go's zero value of the type is nil.
    pub fn nilable(&self, ty: &Type) -> bool {
        match self.resolve(ty) {
            Type::List { .. } | Type::Map { .. } | Type::Json { .. } => true,
            ty => self.named(ty).is_some_and(|def| matches!(def.shape, Shape::Union(_))),
        }
    }

    /// The values, if the type is an enum that the empty string is not one of.
    pub fn enumeration(&self, ty: &Type) -> Option<&'a Enum> {
        match self.named(ty).map(|def| &def.shape) {
            Some(Shape::Enum(shape)) if shape.values.iter().all(|value| !value.wire.is_empty()) => Some(shape),
            _ => None,
        }
    }

    /// How a member of a type is stored.
    pub fn storage(&self, owner: &TypeDef, field: &Field) -> Storage {
        let always = field.always_required(owner.revs);
        match field.ty {
            Type::ConstStr(_) | Type::ConstInt(_) if always || (field.gated && field.required == field.revs) => {
                return Storage::Constant;
            }
            Type::ConstStr(_) => return Storage::OptionalConstant,
            _ => {}
        }
        match (field.nullable, always) {
            (true, true) => return Storage::Nullable,
            (true, false) => return Storage::OptionalNullable,
            (false, true) if field.encode_default.as_ref().is_none_or(is_zero) => return Storage::Plain,
            _ => {}
        }
        if self.nilable(&field.ty) {
            Storage::Nil
        } else if self.enumeration(&field.ty).is_some() {
            Storage::Empty
        } else {
            Storage::Pointer
        }
    }

    /// The constant for a set of revisions.
    pub fn revs(&self, revs: Revs) -> String {
        self.sets.borrow_mut().insert(revs);
        names::revs(self.protocol, revs)
    }

    /// The sets of revisions that generated code has named so far.
    pub fn sets(&self) -> Vec<Revs> {
        self.sets.borrow().iter().copied().collect()
    }

    /// The same where any set that holds all of `within` will do.
    pub fn revs_within(&self, revs: Revs, within: Revs) -> String {
        if revs.contains(within) { "wire.Always".into() } else { self.revs(revs) }
    }

    /// The type of an alternative, if it is one of its own: `RequestIDString`.
    pub fn wrapper(&self, union: &TypeDef, name: &str) -> String {
        format!("{}{}", names::ty(&union.name), names::exported(&crate::names::words(name)))
    }

    fn doc(&self, name: &str, def: &TypeDef) -> Vec<String> {
        let all = Revs::all(self.protocol.revisions.len());
        let mut lines = Vec::new();
        for (i, line) in
            names_first(name, view::doc_lines(self.protocol, &def.doc, &def.see, def.revs, all)).into_iter().enumerate()
        {
            if i > 0 {
                lines.push(String::new());
            }
            lines.extend(names::comment(&[line], 0));
        }
        lines
    }

    fn declaration(&self, def: &'a TypeDef) -> TypeView {
        let name = names::ty(&def.name);
        let mut view = TypeView {
            kind: "",
            doc: self.doc(&name, def),
            name,
            members: vec![],
            markers: vec![],
            wrappers: vec![],
            sealed: vec![],
            target: String::new(),
        };
        match &def.shape {
            Shape::Struct(shape) => {
                view.kind = "struct";
                view.members = self.members(def, shape);
            }
            Shape::Union(union) => {
                view.kind = "union";
                view.markers = self.markers(def);
                view.wrappers = self.wrappers(def, union);
                view.sealed = self.sealed(def, union);
            }
            Shape::Enum(shape) => {
                view.kind = "enum";
                view.members = shape.values.iter().map(|value| self.value(def, value)).collect();
            }
            Shape::Alias(ty) => {
                view.kind = "alias";
                view.target = self.go(ty);
            }
        }
        view
    }

    fn members(&self, def: &TypeDef, shape: &Struct) -> Vec<MemberView> {
        let member = |field: &Field| {
            let ty = self.stored(def, field)?;
            let name = names::field(&field.words);
            let mut doc = view::doc_lines(self.protocol, &field.doc, "", field.revs, def.revs);
            if field.doc.is_empty() {
                doc.insert(0, format!("{name} is the member {}.", field.wire));
            }
            if let Type::ConstStr(text) = &field.ty {
                doc.push(format!("It is {text:?} or empty."));
            }
            Some(MemberView { doc: names::comment(&doc, 1), name, ty, wire: String::new() })
        };
        shape.fields.iter().filter_map(member).collect()
    }

    fn value(&self, def: &TypeDef, value: &crate::ir::EnumValue) -> MemberView {
        let name = format!("{}{}", names::ty(&def.name), names::exported(&value.words));
        let mut doc = view::doc_lines(self.protocol, &value.doc, "", value.revs, def.revs);
        if value.doc.is_empty() {
            doc.insert(0, format!("{name} is {:?}.", value.wire));
        }
        MemberView { doc: names::comment(&doc, 1), ty: names::ty(&def.name), name, wire: names::literal(&value.wire) }
    }

    fn markers(&self, def: &TypeDef) -> Vec<String> {
        let outer = self.unions.get(def.name.as_str()).into_iter().flatten().copied();
        std::iter::once(def.name.as_str()).chain(outer).map(|name| format!("is{}()", names::ty(name))).collect()
    }

    /// Who belongs to a union: `func (*TextContent) isContentBlock() {}`, aligned as gofmt does.
    fn sealed(&self, def: &TypeDef, union: &Union) -> Vec<String> {
        let mut receivers = Vec::new();
        self.receivers(def, union, &mut receivers);
        aligned(
            receivers
                .into_iter()
                .map(|receiver| (format!("func ({receiver}) is{}()", names::ty(&def.name)), "{}".into())),
        )
    }

    /// The alternatives of a union, those of unions among them included.
    fn receivers(&self, def: &TypeDef, union: &Union, into: &mut Vec<String>) {
        for variant in &union.variants {
            let mut add = |receiver: String| {
                if !into.contains(&receiver) {
                    into.push(receiver);
                }
            };
            match self.named(&variant.ty).map(|named| (named, &named.shape)) {
                Some((named, Shape::Struct(_))) => add(format!("*{}", names::ty(&named.name))),
                Some((named, Shape::Union(inner))) => self.receivers(named, inner, into),
                Some((named, _)) => add(names::ty(&named.name)),
                None => {
                    add(self.wrapper(def, &variant.name));
                    if matches!(self.resolve(&variant.ty), Type::Num { .. }) {
                        add(self.integer(def));
                    }
                }
            }
        }
    }

    /// The type of a union's numbers that are integers: exact, as float64 is not.
    pub fn integer(&self, union: &TypeDef) -> String {
        self.wrapper(union, "Integer")
    }

    fn wrappers(&self, def: &TypeDef, union: &Union) -> Vec<WrapperView> {
        let mut wrappers = Vec::new();
        let union_name = names::ty(&def.name);
        for variant in union.variants.iter().filter(|variant| self.named(&variant.ty).is_none()) {
            let name = self.wrapper(def, &variant.name);
            let ty = self.resolve(&variant.ty);
            let mut doc = match ty {
                Type::Num { .. } => vec![format!("{name} is a {union_name} that is a number, but not an integer.")],
                _ => vec![format!("{name} is a {union_name} that is {}.", noun(ty))],
            };
            doc.extend(view::span(self.protocol, variant.revs, def.revs));
            let plain = self.go(ty);
            let write = code::write(self, ty, &convert(&plain, "v"));
            wrappers.push(WrapperView { doc: names::comment(&doc, 0), name, ty: plain, write });
            if matches!(ty, Type::Num { .. }) {
                let name = self.integer(def);
                let doc = names::comment(&[format!("{name} is a {union_name} that is an integer.")], 0);
                wrappers.push(WrapperView { doc, name, ty: "int64".into(), write: vec!["e.Int(int64(v))".into()] });
            }
        }
        wrappers
    }

    fn codec_of(&self, def: &'a TypeDef) -> CodecTypeView {
        let name = names::ty(&def.name);
        let revision = def.revs.last().map_or_else(String::new, |i| names::revision(&self.protocol.revisions[i].name));
        let mut view = CodecTypeView {
            kind: "",
            revision,
            tables: vec![],
            decode: vec![],
            encode: vec![],
            target: String::new(),
            wrappers: vec![],
            name,
        };
        match &def.shape {
            Shape::Struct(shape) => {
                view.kind = "struct";
                view.decode = code::decode_struct(self, def, &shape.fields);
                view.encode = code::encode_struct(self, def, &shape.fields);
            }
            Shape::Union(union) => {
                view.kind = "union";
                (view.tables, view.decode) = code::decode_union(self, def, union);
                view.wrappers = self.wrappers(def, union);
            }
            Shape::Enum(shape) => {
                view.kind = "enum";
                let words = shape.values.iter().map(|v| (v.wire.clone(), v.revs));
                view.tables = code::words(self, &format!("{}Words", unexported(&def.name)), words, def.revs);
                view.target = format!("{}Words", unexported(&def.name));
            }
            Shape::Alias(ty) => {
                let shared = matches!(ty, Type::List { .. } | Type::Map { .. });
                view.kind = if shared { "alias" } else { "" };
                view.target = code::read(self, ty, def.revs);
                view.encode = code::write(self, ty, "v");
            }
        }
        view
    }
}

/// `toolAnnotations` of `ToolAnnotations`.
pub fn unexported(name: &str) -> String {
    names::unexported(&crate::names::words(name))
}

fn names_first(name: &str, mut lines: Vec<String>) -> Vec<String> {
    if let Some(first) = lines.first_mut() {
        *first = names::sentence(name, first);
        return lines;
    }
    vec![format!("{name} is not documented yet.")]
}

/// Lines of two columns, the second one aligned.
pub fn aligned(rows: impl IntoIterator<Item = (String, String)>) -> Vec<String> {
    let rows: Vec<_> = rows.into_iter().collect();
    let width = rows.iter().map(|(left, _)| left.chars().count()).max().unwrap_or(0);
    rows.into_iter().map(|(left, right)| format!("{left:width$} {right}")).collect()
}

/// The value of a defined type as the type beneath it.
fn convert(plain: &str, value: &str) -> String {
    // Slices convert to and from their defined types by themselves.
    if plain.starts_with("[]") || plain.starts_with("wire.Map") {
        value.to_owned()
    } else {
        format!("{plain}({value})")
    }
}

fn noun(ty: &Type) -> &'static str {
    match ty {
        Type::Bool => "a boolean",
        Type::Int { .. } | Type::ConstInt(_) => "an integer",
        Type::Num { .. } => "a number",
        Type::Str { .. } | Type::ConstStr(_) => "a string",
        Type::List { .. } => "an array",
        _ => "an object",
    }
}

fn is_zero(value: &serde_json::Value) -> bool {
    *value == serde_json::json!(0) || *value == serde_json::json!(false) || *value == serde_json::json!("")
}
