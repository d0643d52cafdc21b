//! Merge: the types of all revisions → one superset in which everything knows its revisions.
//!
//! Where two revisions differ, the wider type wins and the narrower one survives as the revisions it carries
//! (a variant's, a member's, `Json::object_in`). Two types that no rule widens are an error that names both.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::ir::{Enum, Field, Shape, Struct, Type, TypeDef, Union, Variant};
use crate::lower::Types;
use crate::revs::Revs;

/// Merges revisions given newest first, so that the newest order of variants wins.
pub fn merge(newest_first: Vec<Types>) -> Result<Types> {
    let mut merge = Merge { types: Types::new(), widened: BTreeMap::new(), revs: Revs::NONE };
    let mut sources = newest_first.into_iter();
    merge.types = sources.next().unwrap_or_default();
    for older in sources {
        for (name, def) in older {
            merge.definition(&name, def)?;
        }
    }
    merge.spread();
    Ok(merge.types)
}

struct Merge {
    types: Types,
    /// Types that stand for a plainer one in further revisions: they exist there too.
    widened: BTreeMap<String, Revs>,
    /// The revision that is being merged.
    revs: Revs,
}

impl Merge {
    fn definition(&mut self, name: &str, older: TypeDef) -> Result<()> {
        let Some(mut newer) = self.types.remove(name) else {
            self.types.insert(name.into(), older);
            return Ok(());
        };
        let revs = older.revs;
        self.revs = revs;
        newer.shape = self.shape(name, (newer.shape, newer.revs), (older.shape, revs))?;
        newer.revs = newer.revs.union(revs);
        newer.schema_names.extend(older.schema_names);
        self.types.insert(name.into(), newer);
        Ok(())
    }

    fn shape(&mut self, name: &str, newer: (Shape, Revs), older: (Shape, Revs)) -> Result<Shape> {
        match (newer.0, older.0) {
            (Shape::Struct(a), Shape::Struct(b)) => Ok(Shape::Struct(self.structure(name, a, b)?)),
            (Shape::Union(a), Shape::Union(b)) => Ok(Shape::Union(self.union(name, a, b)?)),
            (Shape::Enum(a), Shape::Enum(b)) => Ok(Shape::Enum(enumeration(a, b))),
            (Shape::Alias(a), Shape::Alias(b)) => Ok(Shape::Alias(self.join(name, a, b)?)),
            (Shape::Alias(alias), Shape::Union(union)) => Ok(Shape::Union(with_variant(union, alias, newer.1))),
            (Shape::Union(union), Shape::Alias(alias)) => Ok(Shape::Union(with_variant(union, alias, older.1))),
            // An object without members of its own, in one of the two.
            (Shape::Struct(s), Shape::Alias(Type::Json { .. }))
            | (Shape::Alias(Type::Json { .. }), Shape::Struct(s)) => Ok(Shape::Struct(s)),
            (a, b) => Err(conflict(name, &word(&a), &word(&b))),
        }
    }

    fn structure(&mut self, name: &str, newer: Struct, older: Struct) -> Result<Struct> {
        let mut fields: BTreeMap<String, Field> = newer.fields.into_iter().map(|f| (f.wire.clone(), f)).collect();
        for field in older.fields {
            let merged = match fields.remove(&field.wire) {
                None => field,
                Some(new) => self.field(name, new, field)?,
            };
            fields.insert(merged.wire.clone(), merged);
        }
        Ok(Struct { fields: fields.into_values().collect() })
    }

    fn field(&mut self, owner: &str, newer: Field, older: Field) -> Result<Field> {
        let position = format!("{owner}.{}", newer.wire);
        Ok(Field {
            ty: self.join(&position, newer.ty, older.ty)?,
            revs: newer.revs.union(older.revs),
            required: newer.required.union(older.required),
            nullable: newer.nullable || older.nullable,
            ..newer
        })
    }

    fn union(&mut self, name: &str, newer: Union, older: Union) -> Result<Union> {
        let mut union = newer;
        for variant in older.variants {
            let same = union.variants.iter_mut().find(|v| same_kind(&v.ty, &variant.ty));
            match same {
                Some(v) => {
                    v.revs = v.revs.union(variant.revs);
                    let (a, b) = (v.ty.clone(), variant.ty);
                    let joined = self.join(name, a.clone(), b)?;
                    if let Some(v) = union.variants.iter_mut().find(|v| v.ty == a) {
                        v.ty = joined;
                    }
                }
                None => union.variants.push(variant),
            }
        }
        Ok(union)
    }

    /// The narrowest type that is wide enough for both.
    fn join(&mut self, position: &str, newer: Type, older: Type) -> Result<Type> {
        use Type::*;
        Ok(match (newer, older) {
            (a, b) if a == b => a,
            (Json { object_in: a }, Json { object_in: b }) => Json { object_in: a.union(b) },
            (Num { min, max }, Int { .. }) | (Int { .. }, Num { min, max }) => Num { min, max },
            (Str { format: a }, Str { format: b }) => Str { format: a.or(b) },
            (List { item: a, max_items: m }, List { item: b, max_items: n }) => List {
                item: Box::new(self.join(&format!("{position}[]"), *a, *b)?),
                max_items: bounds(position, m, n)?,
            },
            (Map { value: a }, Map { value: b }) => {
                Map { value: Box::new(self.join(&format!("{position}{{}}"), *a, *b)?) }
            }
            (Ref(name), Json { object_in }) | (Json { object_in }, Ref(name)) if !object_in.is_empty() => {
                let old = self.widened.entry(name.clone()).or_default();
                *old = old.union(object_in);
                Ref(name)
            }
            (Ref(a), Ref(b)) => self.wider(position, a, b)?,
            (a, b) => return Err(conflict(position, &format!("{a:?}"), &format!("{b:?}"))),
        })
    }

    /// Of two named types, the union that has the other as an alternative.
    fn wider(&mut self, position: &str, newer: String, older: String) -> Result<Type> {
        for (union, variant) in [(&newer, &older), (&older, &newer)] {
            let Some(def) = self.types.get_mut(union) else { continue };
            let Shape::Union(shape) = &def.shape else { continue };
            if shape.variants.iter().any(|v| v.ty == Type::Ref(variant.clone())) {
                let variant_revs = self.types.get(variant).map_or(Revs::NONE, |v| v.revs);
                let old = self.widened.entry(union.clone()).or_default();
                *old = old.union(variant_revs).union(self.revs);
                return Ok(Type::Ref(union.clone()));
            }
        }
        Err(conflict(position, &newer, &older))
    }

    /// Widened types exist in the revisions of what they stand for.
    fn spread(&mut self) {
        for (name, revs) in std::mem::take(&mut self.widened) {
            let Some(def) = self.types.get_mut(&name) else { continue };
            let added = revs.minus(def.revs);
            def.revs = def.revs.union(revs);
            match &mut def.shape {
                Shape::Alias(Type::Json { object_in }) => *object_in = object_in.union(added),
                Shape::Union(union) => {
                    for variant in &mut union.variants {
                        variant.revs = variant.revs.union(added);
                    }
                    let refs: Vec<_> = union.variants.iter().map(|v| v.ty.clone()).collect();
                    self.trim(&name, &refs);
                }
                _ => {}
            }
        }
    }

    /// A variant is known only where its type is.
    fn trim(&mut self, union: &str, refs: &[Type]) {
        for ty in refs {
            let Type::Ref(target) = ty else { continue };
            let Some(revs) = self.types.get(target).map(|t| t.revs) else { continue };
            let Some(Shape::Union(u)) = self.types.get_mut(union).map(|t| &mut t.shape) else { continue };
            for variant in u.variants.iter_mut().filter(|v| &v.ty == ty) {
                variant.revs = variant.revs.intersect(revs);
            }
        }
    }
}

fn enumeration(mut newer: Enum, older: Enum) -> Enum {
    for value in older.values {
        match newer.values.iter_mut().find(|v| v.wire == value.wire) {
            Some(v) => v.revs = v.revs.union(value.revs),
            None => newer.values.push(value),
        }
    }
    newer.values.sort_by(|a, b| a.wire.cmp(&b.wire));
    newer
}

fn with_variant(mut union: Union, alias: Type, revs: Revs) -> Union {
    match union.variants.iter_mut().find(|v| v.ty == alias) {
        Some(variant) => variant.revs = variant.revs.union(revs),
        None => union.variants.push(Variant { name: String::new(), ty: alias, revs }),
    }
    union
}

/// Whether two alternatives are the same one, possibly in a wider form.
fn same_kind(a: &Type, b: &Type) -> bool {
    let number = |ty: &Type| matches!(ty, Type::Int { .. } | Type::Num { .. });
    a == b
        || number(a) && number(b)
        || matches!((a, b), (Type::List { .. }, Type::List { .. }) | (Type::Str { .. }, Type::Str { .. }))
}

fn bounds(position: &str, a: Option<(Revs, u64)>, b: Option<(Revs, u64)>) -> Result<Option<(Revs, u64)>> {
    match (a, b) {
        (Some((r, n)), Some((s, m))) if n == m => Ok(Some((r.union(s), n))),
        (Some(a), Some(b)) => {
            Err(conflict(position, &format!("at most {} items", a.1), &format!("at most {} items", b.1)))
        }
        (a, b) => Ok(a.or(b)),
    }
}

fn word(shape: &Shape) -> String {
    match shape {
        Shape::Struct(_) => "an object".into(),
        Shape::Union(_) => "a union".into(),
        Shape::Enum(_) => "an enumeration".into(),
        Shape::Alias(ty) => format!("another name for {ty:?}"),
    }
}

fn conflict(position: &str, newer: &str, older: &str) -> Error {
    Error::at("spec/schema", position, format!("{newer} in a newer revision and {older} in an older one"), "types that one can widen to the other")
        .mend("give one of them a name of its own in spec/overlay/names.toml, or correct a schema in spec/overlay/patches.toml")
}
