//! How the superset looks in one revision: which types are there, under which names, and what their members are.

use std::collections::{BTreeMap, BTreeSet};

use isogloss_codegen::ir::{Choose, Direction, Field, Method, Protocol, Shape, Type, TypeDef};
use isogloss_codegen::methods::SENDERS;

/// One revision of the superset.
pub struct At<'a> {
    types: BTreeMap<&'a str, &'a TypeDef>,
    /// Types that are there: those its schema defines, and the unnamed ones that these are made of.
    there: BTreeSet<&'a str>,
    revision: &'a str,
    index: usize,
}

impl<'a> At<'a> {
    /// Looks at a revision.
    pub fn of(protocol: &'a Protocol, revision: &str) -> Result<Self, String> {
        let Some(index) = protocol.revisions.iter().position(|r| r.name == revision) else {
            let known: Vec<&str> = protocol.revisions.iter().map(|r| r.name.as_str()).collect();
            return Err(format!("no revision {revision:?} was imported; there are {}", known.join(", ")));
        };
        let types = protocol.types.iter().map(|def| (def.name.as_str(), def)).collect();
        let mut at = At { types, there: BTreeSet::new(), revision: &protocol.revisions[index].name, index };
        for def in &protocol.types {
            if at.schema_name(def).is_some() {
                at.reach(def);
            }
        }
        Ok(at)
    }

    fn reach(&mut self, def: &'a TypeDef) {
        if !def.revs.has(self.index) || !self.there.insert(&def.name) {
            return;
        }
        for target in self.parts(def) {
            // A type with a name of its own is there only if the schema defines it.
            let target = self.types.get(target).copied().filter(|target| target.schema_names.is_empty());
            if let Some(target) = target {
                self.reach(target);
            }
        }
    }

    /// The named types that a type is made of in this revision.
    fn parts(&self, def: &'a TypeDef) -> Vec<&'a str> {
        let here: Vec<&Type> = match &def.shape {
            Shape::Struct(s) => self.fields(s).map(|field| &field.ty).collect(),
            Shape::Union(u) => u.variants.iter().filter(|v| v.revs.has(self.index)).map(|v| &v.ty).collect(),
            Shape::Alias(ty) => vec![ty],
            Shape::Enum(_) => Vec::new(),
        };
        here.into_iter().filter_map(target).collect()
    }

    /// Members that the revision knows.
    pub fn fields(&self, shape: &'a isogloss_codegen::ir::Struct) -> impl Iterator<Item = &'a Field> {
        let index = self.index;
        shape.fields.iter().filter(move |field| field.revs.has(index))
    }

    /// Whether the type is there.
    pub fn has(&self, def: &TypeDef) -> bool {
        self.there.contains(def.name.as_str())
    }

    /// The name that the revision's schema gives a type, if it defines it.
    fn schema_name<'d>(&self, def: &'d TypeDef) -> Option<&'d str> {
        def.schema_names.iter().find(|name| name.schema == self.revision).map(|name| name.name.as_str())
    }

    /// What to call a type.
    pub fn name<'d>(&self, def: &'d TypeDef) -> &'d str {
        self.schema_name(def).unwrap_or(&def.name)
    }

    /// A member: its type and whether it must be there.
    pub fn field(&self, field: &Field) -> String {
        let required = if field.required.has(self.index) { ", required" } else { "" };
        let null = if field.nullable { " or null" } else { "" };
        format!("{}{null}{required}", self.text(&field.ty))
    }

    /// A type in words.
    pub fn text(&self, ty: &Type) -> String {
        match ty {
            Type::Bool => "boolean".into(),
            Type::Int { min, max } => bounded("integer", min.map(|n| n.to_string()), max.map(|n| n.to_string())),
            Type::Num { min, max } => bounded("number", min.map(|n| n.to_string()), max.map(|n| n.to_string())),
            Type::Str { format: None } => "string".into(),
            Type::Str { format: Some(format) } => format!("string ({format})"),
            Type::ConstStr(text) => format!("{text:?}"),
            Type::ConstInt(number) => number.to_string(),
            Type::Json { object_in } if object_in.has(self.index) => "object".into(),
            Type::Json { .. } => "any value".into(),
            Type::List { item, max_items: Some((revs, most)) } if revs.has(self.index) => {
                format!("list of {}, at most {most}", self.text(item))
            }
            Type::List { item, .. } => format!("list of {}", self.text(item)),
            Type::Map { value } => format!("map of {}", self.text(value)),
            Type::Ref(name) => self.named(name),
        }
    }

    /// A type by name; where the revision has no such name, what stands there instead.
    fn named(&self, name: &str) -> String {
        let Some(def) = self.types.get(name) else { return name.into() };
        if self.has(def) {
            return self.name(def).into();
        }
        match &def.shape {
            Shape::Struct(_) => "object".into(),
            Shape::Enum(_) => "string".into(),
            Shape::Alias(ty) => self.text(ty),
            Shape::Union(union) => {
                let mut variants: Vec<String> = Vec::new();
                for variant in union.variants.iter().filter(|variant| variant.revs.has(self.index)) {
                    let text = self.text(&variant.ty);
                    if !variants.contains(&text) {
                        variants.push(text);
                    }
                }
                variants.join(" or ")
            }
        }
    }

    /// What an enumeration's values, or a union's alternatives, are.
    pub fn members(&self, shape: &Shape) -> Vec<String> {
        match shape {
            Shape::Enum(e) => {
                e.values.iter().filter(|v| v.revs.has(self.index)).map(|v| format!("{:?}", v.wire)).collect()
            }
            Shape::Union(u) => u.variants.iter().filter(|v| v.revs.has(self.index)).map(|v| self.text(&v.ty)).collect(),
            _ => Vec::new(),
        }
    }

    /// The member whose value tells a union's alternatives apart, where one does.
    pub fn tag<'u>(&self, choose: &'u Choose) -> Option<&'u str> {
        match choose {
            Choose::Tag { member, known, .. } if known.has(self.index) => Some(member),
            _ => None,
        }
    }

    /// Whether a method is a message of its own.
    pub fn has_method(&self, method: &Method) -> bool {
        method.revs.has(self.index) && self.types.get(method.message.as_str()).is_some_and(|def| self.has(def))
    }

    /// Who sends a method, by the schema's unions of messages where they say it.
    pub fn direction(&self, method: &Method) -> Direction {
        let message = Type::Ref(method.message.clone());
        let sends = |union: &str| {
            let Some(Shape::Union(union)) = self.types.get(union).map(|def| &def.shape) else { return false };
            union.variants.iter().any(|variant| variant.ty == message && variant.revs.has(self.index))
        };
        let said = |direction: Direction| SENDERS.iter().any(|(union, of)| *of == direction && sends(union));
        match (said(Direction::ToServer), said(Direction::ToClient)) {
            (true, true) => Direction::Both,
            (true, false) => Direction::ToServer,
            (false, true) => Direction::ToClient,
            (false, false) => method.direction,
        }
    }

    /// A method's parameters and result.
    pub fn signature(&self, method: &Method) -> String {
        let name = |name: &Option<String>| name.as_ref().map(|name| self.named(name));
        let optional = if method.params_required.has(self.index) { "" } else { "?" };
        let params = name(&method.params).map_or(String::new(), |params| format!("{params}{optional}"));
        match name(&method.result) {
            Some(result) => format!("({params}) → {result}"),
            None => format!("({params})"),
        }
    }
}

fn target(ty: &Type) -> Option<&str> {
    match ty {
        Type::Ref(name) => Some(name),
        Type::List { item, .. } => target(item),
        Type::Map { value } => target(value),
        _ => None,
    }
}

fn bounded(kind: &str, min: Option<String>, max: Option<String>) -> String {
    match (min, max) {
        (Some(min), Some(max)) => format!("{kind} {min}–{max}"),
        (Some(min), None) => format!("{kind} ≥ {min}"),
        (None, Some(max)) => format!("{kind} ≤ {max}"),
        (None, None) => kind.into(),
    }
}
