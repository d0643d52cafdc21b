//! Check: the IR is whole. References resolve, names are unique, documentation is there.
//!
//! Errors stop generation; warnings do not, so that a brand-new revision can be generated at once
//! (`codegen --check` and `tidy` turn them into errors).

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Error, Result};
use crate::ir::{Protocol, Shape, Type};

/// Checks it.
pub fn check(protocol: &Protocol) -> Result<()> {
    let names: BTreeSet<&str> = protocol.types.iter().map(|def| def.name.as_str()).collect();
    for def in &protocol.types {
        for ty in types_of(&def.shape) {
            if let Some(name) = reference(ty).filter(|name| !names.contains(name)) {
                return Err(Error::at(
                    "spec/schema",
                    &def.name,
                    format!("a reference to {name}"),
                    "a type that exists",
                ));
            }
        }
        unique(&def.name, &labels(&def.shape))?;
    }
    Ok(())
}

fn types_of(shape: &Shape) -> Vec<&Type> {
    match shape {
        Shape::Struct(s) => s.fields.iter().map(|f| &f.ty).collect(),
        Shape::Union(u) => u.variants.iter().map(|v| &v.ty).collect(),
        Shape::Enum(_) => vec![],
        Shape::Alias(ty) => vec![ty],
    }
}

fn reference(ty: &Type) -> Option<&str> {
    match ty {
        Type::Ref(name) => Some(name),
        Type::List { item, .. } => reference(item),
        Type::Map { value } => reference(value),
        _ => None,
    }
}

/// The names that a type's members, variants or values get in code.
fn labels(shape: &Shape) -> Vec<String> {
    match shape {
        Shape::Struct(s) => s.fields.iter().map(|f| f.words.join("_")).collect(),
        Shape::Union(u) => u.variants.iter().map(|v| v.name.clone()).collect(),
        Shape::Enum(e) => e.values.iter().map(|v| v.words.join("_")).collect(),
        Shape::Alias(_) => vec![],
    }
}

fn unique(owner: &str, labels: &[String]) -> Result<()> {
    let mut seen = BTreeMap::new();
    for label in labels {
        if label.is_empty() || seen.insert(label, ()).is_some() {
            return Err(Error::at(
                "spec/schema",
                owner,
                format!("the name {label:?} twice, or empty"),
                "one name a member",
            )
            .mend("name one of them in spec/overlay/names.toml"));
        }
    }
    Ok(())
}

/// What nobody has documented yet: `Type`, `Type.member`, `Type=value`, `method tools/call`.
pub fn undocumented(protocol: &Protocol) -> Vec<String> {
    let mut missing = Vec::new();
    for def in &protocol.types {
        if def.doc.is_empty() {
            missing.push(def.name.clone());
        }
        match &def.shape {
            Shape::Struct(s) => {
                missing.extend(s.fields.iter().filter(|f| f.doc.is_empty()).map(|f| format!("{}.{}", def.name, f.wire)))
            }
            Shape::Enum(e) => {
                missing.extend(e.values.iter().filter(|v| v.doc.is_empty()).map(|v| format!("{}={}", def.name, v.wire)))
            }
            _ => {}
        }
    }
    missing.extend(protocol.methods.iter().filter(|m| m.doc.is_empty()).map(|m| format!("method {}", m.method)));
    missing
}
