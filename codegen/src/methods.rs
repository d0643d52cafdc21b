//! Methods: which message asks for which result, who sends it, and since when.
//!
//! By convention (`XRequest` with a constant `method` → `XResultResponse.result`, else `XResult`, else
//! `EmptyResult`); direction from the schemas' unions of requests and notifications; the rest from the overlay.

use crate::error::{Error, Result};
use crate::ir::{Direction, Field, Method, MethodKind, Shape, Struct, Type, TypeDef};
use crate::lower::Types;
use crate::names;
use crate::overlay::Overlay;
use crate::revs::Revs;

/// The unions that say who sends a message.
pub const SENDERS: [(&str, Direction); 4] = [
    ("ClientRequest", Direction::ToServer),
    ("ClientNotification", Direction::ToServer),
    ("ServerRequest", Direction::ToClient),
    ("ServerNotification", Direction::ToClient),
];

/// Finds all methods.
pub fn methods(types: &Types, overlay: &Overlay) -> Result<Vec<Method>> {
    let mut methods = Vec::new();
    for def in types.values() {
        let Shape::Struct(shape) = &def.shape else { continue };
        let Some(Type::ConstStr(method)) = field(shape, "method").map(|f| &f.ty) else { continue };
        let Some((kind, stem)) = kind_of(&def.name) else { continue };
        methods.push(describe(types, overlay, def, shape, method, kind, stem)?);
    }
    methods.sort_by(|a, b| (&a.method, &a.message).cmp(&(&b.method, &b.message)));
    Ok(methods)
}

/// A result that is one of several shapes is so in every revision that has the method, with the shapes it has there.
pub fn spread_results(types: &mut Types, methods: &[Method]) {
    for method in methods {
        let Some(name) = &method.result else { continue };
        let known: Vec<(Type, Revs)> = types.values().map(|def| (Type::Ref(def.name.clone()), def.revs)).collect();
        let Some(def) = types.get_mut(name) else { continue };
        let Shape::Union(union) = &mut def.shape else { continue };
        let added = method.revs.minus(def.revs);
        def.revs = def.revs.union(added);
        for variant in &mut union.variants {
            let own = known.iter().find(|(ty, _)| *ty == variant.ty).map_or(def.revs, |(_, revs)| *revs);
            variant.revs = variant.revs.union(added.intersect(own));
        }
    }
}

fn field<'a>(shape: &'a Struct, name: &str) -> Option<&'a Field> {
    shape.fields.iter().find(|field| field.wire == name)
}

fn kind_of(name: &str) -> Option<(MethodKind, &str)> {
    if let Some(stem) = name.strip_suffix("Request") {
        return Some((MethodKind::Request, stem));
    }
    name.strip_suffix("Notification").map(|stem| (MethodKind::Notification, stem))
}

fn describe(
    types: &Types,
    overlay: &Overlay,
    def: &TypeDef,
    shape: &Struct,
    method: &str,
    kind: MethodKind,
    stem: &str,
) -> Result<Method> {
    let entry = overlay.method(method);
    let doc = overlay.method_doc(method);
    let (direction, revs) = sender(types, def, entry.direction.as_deref())?;
    let params = field(shape, "params");
    let result = match kind {
        MethodKind::Notification => None,
        MethodKind::Request => Some(entry.result.clone().unwrap_or_else(|| result_of(types, stem))),
    };
    if let Some(result) = result.as_ref().filter(|result| !types.contains_key(*result)) {
        return Err(Error::at("spec/overlay/methods.toml", method, format!("result {result}"), "a type's name"));
    }
    Ok(Method {
        method: method.into(),
        words: names::words(stem),
        kind,
        direction,
        revs,
        message: def.name.clone(),
        params: params.and_then(|field| named(&field.ty)),
        params_required: params.map_or(Revs::NONE, |field| field.required.intersect(revs)),
        result,
        capability: entry.capability,
        replay_safe: entry.replay_safe,
        streaming: entry.streaming,
        name_header: entry.name_header,
        doc: doc.doc,
        see: doc.see,
    })
}

fn named(ty: &Type) -> Option<String> {
    match ty {
        Type::Ref(name) => Some(name.clone()),
        _ => None,
    }
}

/// Who sends it, and the revisions in which it is a message of its own (and not only part of a result).
fn sender(types: &Types, def: &TypeDef, wanted: Option<&str>) -> Result<(Direction, Revs)> {
    let message = Type::Ref(def.name.clone());
    let mut found: Option<(Direction, Revs)> = None;
    for (union, direction) in SENDERS {
        let Some(Shape::Union(union)) = types.get(union).map(|t| &t.shape) else { continue };
        let Some(variant) = union.variants.iter().find(|v| v.ty == message) else { continue };
        found = Some(match found {
            None => (direction, variant.revs),
            Some((other, revs)) if other == direction => (direction, revs.union(variant.revs)),
            Some((_, revs)) => (Direction::Both, revs.union(variant.revs)),
        });
    }
    let (direction, revs) = found.unwrap_or((Direction::ToServer, def.revs));
    let direction = match wanted {
        None => direction,
        Some("to_server") => Direction::ToServer,
        Some("to_client") => Direction::ToClient,
        Some("both") => Direction::Both,
        Some(other) => {
            return Err(Error::at(
                "spec/overlay/methods.toml",
                &def.name,
                format!("direction {other:?}"),
                "to_server, to_client or both",
            ));
        }
    };
    Ok((direction, revs))
}

fn result_of(types: &Types, stem: &str) -> String {
    let response = types.get(&format!("{stem}ResultResponse")).map(|def| &def.shape);
    if let Some(Shape::Struct(shape)) = response
        && let Some(name) = field(shape, "result").and_then(|field| named(&field.ty))
    {
        return name;
    }
    let result = format!("{stem}Result");
    if types.contains_key(&result) { result } else { "EmptyResult".into() }
}
