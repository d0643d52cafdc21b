//! Lower: one schema → types of the IR, each known to exactly that revision.
//!
//! All thinking about JSON Schema happens here: `allOf` is flattened, anonymous types get names, unions are
//! listed. Revisions are lowered newest first, so that an anonymous type of an older one takes the name that
//! a newer one gives to the same position. Nothing here knows a target language.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::ir::{Choose, Enum, EnumValue, Field, SchemaName, Shape, Struct, Type, TypeDef, Union, Variant};
use crate::methods;
use crate::names;
use crate::overlay::{ChooseEntry, Overlay};
use crate::revs::Revs;
use crate::schema::{Document, Schema};

/// The names that positions (`Type.member`) have got so far, shared by all revisions.
pub type Positions = BTreeMap<String, String>;

/// The types of one revision, by name.
pub type Types = BTreeMap<String, TypeDef>;

/// Lowers one revision.
pub fn lower(document: &Document, revs: Revs, overlay: &Overlay, positions: &mut Positions) -> Result<Types> {
    let mut lowering =
        Lowering { document, revs, overlay, positions, equal: equal_texts(document), types: Types::new() };
    for (name, schema) in &document.definitions {
        let schema_name = SchemaName { schema: document.name.clone(), name: name.clone() };
        let new = overlay.rename(&document.name, name);
        let shape = lowering.definition(name, &new, schema)?;
        lowering.add(&new, shape, Some(schema_name), schema)?;
    }
    Ok(lowering.types)
}

/// Definition texts that mean an anonymous schema of the same text is that definition. Only texts that say
/// something (members, alternatives, values) and that one definition alone has.
fn equal_texts(document: &Document) -> BTreeMap<&str, Option<&str>> {
    let mut equal = BTreeMap::new();
    for (name, schema) in &document.definitions {
        if schema.properties.is_empty()
            && schema.any_of.is_empty()
            && schema.values.is_empty()
            && schema.all_of.is_empty()
        {
            continue;
        }
        equal.entry(schema.text.as_str()).and_modify(|other| *other = None).or_insert(Some(name.as_str()));
    }
    equal
}

struct Lowering<'a> {
    document: &'a Document,
    revs: Revs,
    overlay: &'a Overlay,
    positions: &'a mut Positions,
    equal: BTreeMap<&'a str, Option<&'a str>>,
    types: Types,
}

/// A member's type and whether `null` is one of its values.
struct Member {
    ty: Type,
    nullable: bool,
}

impl Lowering<'_> {
    fn error(&self, schema: &Schema, found: impl Into<String>, expected: &str) -> Error {
        Error::at(&self.document.file, &schema.pointer, found, expected)
    }

    fn add(&mut self, name: &str, shape: Shape, schema_name: Option<SchemaName>, schema: &Schema) -> Result<()> {
        let def = TypeDef {
            name: name.into(),
            area: String::new(),
            schema_names: schema_name.into_iter().collect(),
            revs: self.revs,
            doc: String::new(),
            see: String::new(),
            shape,
        };
        match self.types.get_mut(name) {
            None => {
                self.types.insert(name.into(), def);
            }
            Some(old) if old.shape == def.shape => old.schema_names.extend(def.schema_names),
            Some(_) => {
                return Err(self
                    .error(schema, format!("a second, different type `{name}`"), "one meaning a name")
                    .mend("name one of them in spec/overlay/names.toml, under [rename] or [position]"));
            }
        }
        Ok(())
    }

    /// A named definition.
    fn definition(&mut self, name: &str, new: &str, schema: &Schema) -> Result<Shape> {
        if let Some(ChooseEntry::StandsFor { stands_for }) = self.overlay.union(new) {
            return Ok(Shape::Alias(Type::Ref(stands_for.clone())));
        }
        // A revision with a single message in one direction defines the union as that message once more.
        if methods::SENDERS.iter().any(|(union, _)| *union == new)
            && let Some((twin, _)) =
                self.document.definitions.iter().find(|(other, twin)| other != name && twin.text == schema.text)
        {
            return Ok(Shape::Alias(Type::Ref(self.overlay.rename(&self.document.name, twin))));
        }
        self.shape(new, schema)
    }

    /// The shape of a schema that has (or is getting) the name `name`.
    fn shape(&mut self, name: &str, schema: &Schema) -> Result<Shape> {
        if !schema.all_of.is_empty() {
            return self.all_of(name, schema);
        }
        if let Some(values) = string_values(schema) {
            return Ok(Shape::Enum(self.enumeration(values)));
        }
        if !schema.any_of.is_empty() || schema.types.len() > 1 {
            return Ok(Shape::Union(self.union(name, schema)?));
        }
        if !schema.properties.is_empty() {
            return Ok(Shape::Struct(self.structure(name, schema)?));
        }
        Ok(Shape::Alias(self.member(&format!("{name}Item"), name, schema)?.ty))
    }

    fn enumeration(&self, values: Vec<String>) -> Enum {
        let mut values: Vec<_> = values
            .into_iter()
            .map(|wire| EnumValue { words: names::words(&wire), wire, doc: String::new(), revs: self.revs })
            .collect();
        values.sort_by(|a, b| a.wire.cmp(&b.wire));
        Enum { values }
    }

    fn structure(&mut self, name: &str, schema: &Schema) -> Result<Struct> {
        for required in &schema.required {
            if !schema.properties.iter().any(|(member, _)| member == required) {
                return Err(self.error(
                    schema,
                    format!("required member `{required}` without a schema"),
                    "every required member in `properties`",
                ));
            }
        }
        let mut fields = Vec::new();
        for (wire, property) in &schema.properties {
            let position = format!("{name}.{wire}");
            let hint = format!("{name}{}", names::capitalised(&names::camel(&names::words(wire))));
            let Member { ty, nullable } = self.member(&hint, &position, property)?;
            let required = if schema.required.contains(wire) { self.revs } else { Revs::NONE };
            fields.push(Field {
                wire: wire.clone(),
                words: names::words(wire),
                doc: String::new(),
                revs: self.revs,
                required,
                ty,
                nullable,
                encode_default: None,
                gated: true,
            });
        }
        Ok(Struct { fields })
    }

    fn union(&mut self, name: &str, schema: &Schema) -> Result<Union> {
        let mut alternatives: Vec<Schema> = schema.any_of.clone();
        if alternatives.is_empty() {
            alternatives = one_type_each(schema);
        }
        let mut variants = Vec::new();
        for alternative in &alternatives {
            let mut parts = vec![alternative.clone()];
            if alternative.types.len() > 1 {
                parts = one_type_each(alternative);
            }
            for part in &parts {
                let hint = match self.equal.get(part.text.as_str()) {
                    Some(Some(named)) => format!("{name}{named}"),
                    _ => format!("{name}{}", variants.len() + 1),
                };
                let ty = self.member(&hint, name, part)?.ty;
                if !variants.iter().any(|v: &Variant| v.ty == ty) {
                    variants.push(Variant { name: String::new(), ty, revs: self.revs });
                }
            }
        }
        // How they are told apart is decided once all revisions are merged.
        Ok(Union { variants, choose: Choose::Variant(0) })
    }

    /// The type of a schema at a position; an anonymous type is named and added.
    fn member(&mut self, hint: &str, position: &str, schema: &Schema) -> Result<Member> {
        if let Some(inner) = without_null(schema) {
            let ty = self.member(hint, position, &inner)?.ty;
            return Ok(Member { ty, nullable: true });
        }
        Ok(Member { ty: self.plain(hint, position, schema)?, nullable: false })
    }

    fn plain(&mut self, hint: &str, position: &str, schema: &Schema) -> Result<Type> {
        if let Some(reference) = &schema.reference {
            return self.reference(position, reference, schema);
        }
        if let Some(constant) = &schema.constant {
            return match (constant.as_str(), constant.as_i64()) {
                (Some(text), _) => Ok(Type::ConstStr(text.into())),
                (_, Some(number)) => Ok(Type::ConstInt(number)),
                _ => Err(self.error(schema, format!("const {constant}"), "a string or an integer")),
            };
        }
        if needs_name(schema) {
            return self.named(hint, position, schema);
        }
        let Some(kind) = schema.types.first() else {
            return Ok(Type::Json { object_in: Revs::NONE });
        };
        match kind.as_str() {
            "boolean" => Ok(Type::Bool),
            "integer" => Ok(Type::Int { min: schema.minimum.map(|v| v as i64), max: schema.maximum.map(|v| v as i64) }),
            "number" => Ok(Type::Num { min: schema.minimum, max: schema.maximum }),
            "string" => Ok(Type::Str { format: schema.format.clone() }),
            "array" => {
                let any = Schema::default();
                let items = schema.items.as_deref().unwrap_or(&any);
                let item = Box::new(self.plain(hint, &format!("{position}[]"), items)?);
                Ok(Type::List { item, max_items: schema.max_items.map(|max| (self.revs, max)) })
            }
            "object" => self.object(hint, position, schema),
            other => Err(self.error(schema, format!("type `{other}`"), "a type the codec knows")),
        }
    }

    /// An object without members of its own: a map if its values have a type, raw JSON otherwise.
    fn object(&mut self, hint: &str, position: &str, schema: &Schema) -> Result<Type> {
        match schema.additional.as_deref() {
            Some(values) if values.text != "{}" => {
                let value = Box::new(self.plain(hint, &format!("{position}{{}}"), values)?);
                Ok(Type::Map { value })
            }
            _ => Ok(Type::Json { object_in: self.revs }),
        }
    }

    /// `$ref`: the definition, unless the overlay wants this position to have a type of its own.
    fn reference(&mut self, position: &str, reference: &str, schema: &Schema) -> Result<Type> {
        let Some(target) = self.document.get(reference) else {
            return Err(self.error(
                schema,
                format!("a reference to `{reference}`, which is not defined"),
                "a definition's name",
            ));
        };
        let name = self.overlay.rename(&self.document.name, reference);
        if let Some(own) =
            self.overlay.position(&self.document.name, position).filter(|own| **own != name).map(str::to_owned)
        {
            let shape = self.shape(&own, target)?;
            self.add(&own, shape, None, target)?;
            return Ok(self.remember(position, own));
        }
        Ok(self.remember(position, name))
    }

    fn remember(&mut self, position: &str, name: String) -> Type {
        if !position.is_empty() {
            self.positions.entry(position.into()).or_insert_with(|| name.clone());
        }
        Type::Ref(name)
    }

    /// An anonymous type: its name is the overlay's, or a newer revision's for this position, or that of a
    /// definition with the same text, or the rule's.
    fn named(&mut self, hint: &str, position: &str, schema: &Schema) -> Result<Type> {
        let wanted = self.overlay.position(&self.document.name, position).map(str::to_owned);
        let known = self.positions.get(position).filter(|_| position.contains('.')).cloned();
        let named = wanted.or(known);
        if let (None, Some(Some(twin))) = (&named, self.equal.get(schema.text.as_str())) {
            let twin = self.overlay.rename(&self.document.name, twin);
            return Ok(self.remember(position, twin));
        }
        let by_rule = || self.overlay.position(&self.document.name, hint).unwrap_or(hint).to_owned();
        let name = named.unwrap_or_else(by_rule);
        let shape = self.shape(&name, schema)?;
        self.add(&name, shape, None, schema)?;
        Ok(self.remember(position, name))
    }

    /// `allOf`: objects are laid over each other; alternatives inside are distributed over.
    fn all_of(&mut self, name: &str, schema: &Schema) -> Result<Shape> {
        let mut merged = Schema { pointer: schema.pointer.clone(), types: vec!["object".into()], ..Schema::default() };
        let document = self.document;
        let mut alternatives: Option<&Schema> = None;
        for part in &schema.all_of {
            let part = resolve(document, part)?;
            if !part.any_of.is_empty() {
                alternatives = Some(part);
            } else if part.all_of.is_empty() && part.types == ["object"] {
                overlay_object(&mut merged, part);
            } else {
                return Err(self.error(
                    part,
                    "a part of `allOf` that is no object",
                    "objects, and at most one list of alternatives",
                ));
            }
        }
        let Some(alternatives) = alternatives else {
            return Ok(Shape::Struct(self.structure(name, &merged)?));
        };
        let mut variants = Vec::new();
        for (i, alternative) in alternatives.any_of.iter().enumerate() {
            let mut whole = merged.clone();
            overlay_object(&mut whole, resolve(document, alternative)?);
            let hint = match self.equal.get(alternative.text.as_str()) {
                Some(Some(named)) => format!("{name}{named}"),
                _ => format!("{name}{}", i + 1),
            };
            let own = self.overlay.position(&self.document.name, &hint).map_or(hint.clone(), str::to_owned);
            let shape = Shape::Struct(self.structure(&own, &whole)?);
            self.add(&own, shape, None, alternative)?;
            variants.push(Variant { name: String::new(), ty: Type::Ref(own), revs: self.revs });
        }
        Ok(Shape::Union(Union { variants, choose: Choose::Variant(0) }))
    }
}

/// The schema a reference names, or the schema itself.
fn resolve<'s>(document: &'s Document, schema: &'s Schema) -> Result<&'s Schema> {
    let Some(name) = &schema.reference else { return Ok(schema) };
    document.get(name).ok_or_else(|| {
        Error::at(
            &document.file,
            &schema.pointer,
            format!("a reference to `{name}`, which is not defined"),
            "a definition's name",
        )
    })
}

/// Lays `part` over `merged`: members of `part` win (they narrow), what either requires is required.
fn overlay_object(merged: &mut Schema, part: &Schema) {
    for (name, property) in &part.properties {
        match merged.properties.iter_mut().find(|(other, _)| other == name) {
            Some((_, old)) => *old = property.clone(),
            None => merged.properties.push((name.clone(), property.clone())),
        }
    }
    merged.properties.sort_by(|a, b| a.0.cmp(&b.0));
    for name in &part.required {
        if !merged.required.contains(name) {
            merged.required.push(name.clone());
        }
    }
}

/// A schema that needs a type of its own.
fn needs_name(schema: &Schema) -> bool {
    !schema.properties.is_empty()
        || !schema.any_of.is_empty()
        || !schema.all_of.is_empty()
        || !schema.values.is_empty()
        || schema.types.len() > 1
}

/// The values of a closed set of strings: `enum`, or `anyOf` of string constants.
fn string_values(schema: &Schema) -> Option<Vec<String>> {
    if !schema.values.is_empty() {
        return schema.values.iter().map(|value| value.as_str().map(str::to_owned)).collect();
    }
    if schema.any_of.is_empty() {
        return None;
    }
    schema.any_of.iter().map(|s| s.constant.as_ref().and_then(|c| c.as_str()).map(str::to_owned)).collect()
}

/// `type: [a, b]` as one schema a type.
fn one_type_each(schema: &Schema) -> Vec<Schema> {
    let one = |kind: &String| Schema {
        types: vec![kind.clone()],
        text: format!("{{\"type\":\"{kind}\"}}"),
        ..schema.clone()
    };
    schema.types.iter().map(one).collect()
}

/// The schema without its alternative `null`, if it has one.
fn without_null(schema: &Schema) -> Option<Schema> {
    let mut inner = schema.clone();
    if schema.types.len() > 1 && schema.types.iter().any(|t| t == "null") {
        inner.types.retain(|t| t != "null");
        return Some(inner);
    }
    if schema.any_of.iter().any(|s| s.types == ["null"]) {
        inner.any_of.retain(|s| s.types != ["null"]);
        return match inner.any_of.as_slice() {
            [only] => Some(only.clone()),
            _ => Some(inner),
        };
    }
    None
}
