//! Choose: how a union's alternatives are told apart, inferred from the types, or taken from the overlay.
//!
//! The rules, in order: by JSON kind, where kinds differ; by a string member whose constants differ; by the
//! presence of a required member that the others do not have. What they cannot decide the overlay must.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Error, Result};
use crate::ir::{Choose, Field, Kind, Shape, Type, Union};
use crate::lower::Types;
use crate::overlay::{ChooseEntry, Overlay};
use crate::revs::Revs;

/// Decides every union.
pub fn choose(types: &mut Types, overlay: &Overlay) -> Result<()> {
    let names: Vec<String> = types.keys().cloned().collect();
    for name in names {
        let Some(Shape::Union(union)) = types.get(&name).map(|def| &def.shape) else { continue };
        let chooser = Chooser { name: &name, union, types };
        let all: Vec<usize> = (0..union.variants.len()).collect();
        let decision = match overlay.union(&name) {
            Some(entry) => {
                let mut tree = chooser.entry(entry)?;
                chooser.complete(&mut tree, &all)?;
                tree
            }
            None => chooser.infer(&all)?,
        };
        if let Some(Shape::Union(union)) = types.get_mut(&name).map(|def| &mut def.shape) {
            union.choose = decision;
        }
    }
    Ok(())
}

struct Chooser<'a> {
    name: &'a str,
    union: &'a Union,
    types: &'a Types,
}

impl Chooser<'_> {
    fn infer(&self, among: &[usize]) -> Result<Choose> {
        if let [only] = among {
            return Ok(Choose::Variant(*only));
        }
        let by_kind = self.by_kind(among);
        if by_kind.len() > 1 {
            let cases = by_kind.into_iter().map(|(kind, group)| Ok((kind, self.infer(&group)?)));
            return Ok(Choose::Kind { cases: cases.collect::<Result<_>>()? });
        }
        if let Some(choose) = self.by_tag(among)? {
            return Ok(choose);
        }
        self.by_presence(among)
    }

    fn by_kind(&self, among: &[usize]) -> BTreeMap<Kind, Vec<usize>> {
        let mut groups: BTreeMap<Kind, Vec<usize>> = BTreeMap::new();
        for &i in among {
            for kind in self.kinds(&self.union.variants[i].ty) {
                groups.entry(kind).or_default().push(i);
            }
        }
        groups
    }

    fn kinds(&self, ty: &Type) -> Vec<Kind> {
        use Type::*;
        match ty {
            Bool => vec![Kind::Boolean],
            Int { .. } | Num { .. } | ConstInt(_) => vec![Kind::Number],
            Str { .. } | ConstStr(_) => vec![Kind::String],
            List { .. } => vec![Kind::Array],
            Map { .. } => vec![Kind::Object],
            Json { object_in } if object_in.is_empty() => {
                vec![Kind::Array, Kind::Boolean, Kind::Null, Kind::Number, Kind::Object, Kind::String]
            }
            Json { .. } => vec![Kind::Object],
            Ref(name) => match self.types.get(name).map(|def| &def.shape) {
                Some(Shape::Struct(_)) | None => vec![Kind::Object],
                Some(Shape::Enum(_)) => vec![Kind::String],
                Some(Shape::Alias(ty)) => self.kinds(ty),
                Some(Shape::Union(union)) => {
                    let all: BTreeSet<Kind> = union.variants.iter().flat_map(|v| self.kinds(&v.ty)).collect();
                    all.into_iter().collect()
                }
            },
        }
    }

    /// The members of a variant that is an object.
    fn fields(&self, variant: usize) -> &[Field] {
        let mut ty = &self.union.variants[variant].ty;
        loop {
            let Type::Ref(name) = ty else { return &[] };
            match self.types.get(name).map(|def| &def.shape) {
                Some(Shape::Struct(s)) => return &s.fields,
                Some(Shape::Alias(inner)) => ty = inner,
                _ => return &[],
            }
        }
    }

    fn field(&self, variant: usize, member: &str) -> Option<&Field> {
        self.fields(variant).iter().find(|field| field.wire == member)
    }

    /// The revisions in which any of the variants has the member.
    fn known(&self, member: &str) -> Revs {
        let fields = (0..self.union.variants.len()).filter_map(|i| self.field(i, member));
        fields.fold(Revs::NONE, |revs, field| revs.union(field.revs))
    }

    /// The string constants a member may have, if it is closed.
    fn constants(&self, field: &Field) -> Option<Vec<String>> {
        match &field.ty {
            Type::ConstStr(text) => Some(vec![text.clone()]),
            Type::Ref(name) => match self.types.get(name).map(|def| &def.shape) {
                Some(Shape::Enum(e)) => Some(e.values.iter().map(|v| v.wire.clone()).collect()),
                _ => None,
            },
            _ => None,
        }
    }

    fn required(&self, variant: usize, field: &Field) -> bool {
        field.required.contains(self.union.variants[variant].revs)
    }

    fn by_tag(&self, among: &[usize]) -> Result<Option<Choose>> {
        let mut members: Vec<&str> = self.fields(among[0]).iter().map(|f| f.wire.as_str()).collect();
        members.sort_by_key(|name| (*name != "method", *name != "type", *name));
        for member in members {
            let Some(groups) = self.groups(among, member) else { continue };
            let mut cases = Vec::new();
            for (value, group) in &groups.values {
                cases.push((value.clone(), self.infer(group)?));
            }
            let absent = groups.optional.map(|i| Box::new(Choose::Variant(i)));
            return Ok(Some(Choose::Tag {
                known: self.known(member),
                member: member.into(),
                cases,
                other: None,
                absent,
            }));
        }
        Ok(None)
    }

    /// The variants by the value of a member, if that tells any of them apart.
    fn groups(&self, among: &[usize], member: &str) -> Option<Groups> {
        let mut groups = Groups { values: BTreeMap::new(), optional: None };
        for &i in among {
            let field = self.field(i, member)?;
            if !self.required(i, field) && groups.optional.replace(i).is_some() {
                return None;
            }
            for value in self.constants(field)? {
                groups.values.entry(value).or_default().push(i);
            }
        }
        let distinct: BTreeSet<&Vec<usize>> = groups.values.values().collect();
        (distinct.len() > 1).then_some(groups)
    }

    fn by_presence(&self, among: &[usize]) -> Result<Choose> {
        let mut left: Vec<usize> = among.to_vec();
        let mut cases = Vec::new();
        while left.len() > 1 {
            let found = left.iter().find_map(|&i| Some((i, self.own_member(i, &left)?)));
            let Some((i, member)) = found else { return Err(self.undecided(&left)) };
            cases.push((vec![member], Choose::Variant(i)));
            left.retain(|&other| other != i);
        }
        // The last one is taken unasked only if nothing of its own could be asked for.
        let last = left[0];
        match self.own_member(last, among) {
            Some(member) => {
                cases.push((vec![member], Choose::Variant(last)));
                Ok(Choose::Presence { cases, otherwise: None })
            }
            None => Ok(Choose::Presence { cases, otherwise: Some(Box::new(Choose::Variant(last))) }),
        }
    }

    /// A member that the variant requires and none of the others has.
    fn own_member(&self, variant: usize, among: &[usize]) -> Option<String> {
        let others = |name: &str| among.iter().any(|&other| other != variant && self.field(other, name).is_some());
        let own = self.fields(variant).iter().find(|field| self.required(variant, field) && !others(&field.wire))?;
        Some(own.wire.clone())
    }

    fn undecided(&self, left: &[usize]) -> Error {
        let names: Vec<_> = left.iter().map(|&i| type_name(&self.union.variants[i].ty)).collect();
        Error::at("spec/overlay/unions.toml", self.name, "no entry", format!("how to tell apart {}", names.join(", ")))
            .mend("add an entry as the head of spec/overlay/unions.toml describes")
    }

    fn entry(&self, entry: &ChooseEntry) -> Result<Choose> {
        let boxed =
            |entry: &Option<Box<ChooseEntry>>| entry.as_deref().map(|e| self.entry(e).map(Box::new)).transpose();
        Ok(match entry {
            ChooseEntry::Type(name) => Choose::Variant(self.variant(name)?),
            ChooseEntry::Tag { tag, cases, other, absent } => Choose::Tag {
                member: tag.clone(),
                known: self.known(tag),
                cases: cases.iter().map(|(value, e)| Ok((value.clone(), self.entry(e)?))).collect::<Result<_>>()?,
                other: boxed(other)?,
                absent: boxed(absent)?,
            },
            ChooseEntry::Presence { presence, otherwise } => Choose::Presence {
                cases: presence
                    .iter()
                    .map(|(path, e)| Ok((path.split('/').map(str::to_owned).collect(), self.entry(e)?)))
                    .collect::<Result<_>>()?,
                otherwise: boxed(otherwise)?,
            },
            ChooseEntry::StandsFor { stands_for } => {
                return Err(Error::at(
                    "spec/overlay/unions.toml",
                    self.name,
                    format!("stands_for {stands_for} inside a decision"),
                    "a type, a tag or a presence",
                ));
            }
        })
    }

    fn variant(&self, name: &str) -> Result<usize> {
        self.union.variants.iter().position(|v| type_name(&v.ty) == name).ok_or_else(|| {
            let known: Vec<_> = self.union.variants.iter().map(|v| type_name(&v.ty)).collect();
            Error::at(
                "spec/overlay/unions.toml",
                self.name,
                format!("alternative {name}"),
                format!("one of {}", known.join(", ")),
            )
        })
    }

    /// Alternatives that the overlay's tree does not reach yet, as those of a new revision: added by a tag of
    /// their own, or by a member of their own.
    fn complete(&self, tree: &mut Choose, all: &[usize]) -> Result<()> {
        let mut reached = BTreeSet::new();
        reach(tree, &mut reached);
        for &i in all.iter().filter(|i| !reached.contains(i)) {
            if self.add_by_tag(tree, i) {
                continue;
            }
            let Some(member) = self.own_member(i, all) else { return Err(self.undecided(&[i])) };
            let rest = std::mem::replace(tree, Choose::Variant(i));
            *tree =
                Choose::Presence { cases: vec![(vec![member], Choose::Variant(i))], otherwise: Some(Box::new(rest)) };
        }
        Ok(())
    }

    /// Adds a variant to a tree that decides by a tag, if it has values of that tag for itself.
    fn add_by_tag(&self, tree: &mut Choose, variant: usize) -> bool {
        let Choose::Tag { member, cases, .. } = tree else { return false };
        let values = self.field(variant, member).and_then(|field| self.constants(field)).unwrap_or_default();
        let new: Vec<String> = values.into_iter().filter(|value| !cases.iter().any(|(old, _)| old == value)).collect();
        let any = !new.is_empty();
        cases.extend(new.into_iter().map(|value| (value, Choose::Variant(variant))));
        cases.sort_by(|a, b| a.0.cmp(&b.0));
        any
    }
}

struct Groups {
    values: BTreeMap<String, Vec<usize>>,
    optional: Option<usize>,
}

fn reach(tree: &Choose, into: &mut BTreeSet<usize>) {
    match tree {
        Choose::Variant(i) => {
            into.insert(*i);
        }
        Choose::Tag { cases, other, absent, .. } => {
            cases.iter().for_each(|(_, c)| reach(c, into));
            other.iter().chain(absent).for_each(|c| reach(c, into));
        }
        Choose::Presence { cases, otherwise } => {
            cases.iter().for_each(|(_, c)| reach(c, into));
            otherwise.iter().for_each(|c| reach(c, into));
        }
        Choose::Kind { cases } => cases.iter().for_each(|(_, c)| reach(c, into)),
    }
}

/// What an alternative is called in the overlay: its type's name, or its kind.
pub fn type_name(ty: &Type) -> String {
    match ty {
        Type::Ref(name) => name.clone(),
        Type::Bool => "boolean".into(),
        Type::Int { .. } | Type::Num { .. } | Type::ConstInt(_) => "number".into(),
        Type::Str { .. } | Type::ConstStr(_) => "string".into(),
        Type::List { .. } => "array".into(),
        Type::Map { .. } | Type::Json { .. } => "object".into(),
    }
}
