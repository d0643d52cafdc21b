//! Annotate: what the overlay adds to merged types: areas, documentation, names of variants, values to encode.

use crate::choose::type_name;
use crate::ir::{Shape, Type, Variant};
use crate::lower::Types;
use crate::names;
use crate::overlay::Overlay;

/// Adds it in place.
pub fn annotate(types: &mut Types, overlay: &Overlay) {
    for (name, def) in types.iter_mut() {
        let doc = overlay.type_doc(name);
        def.doc = doc.doc;
        def.see = doc.see;
        def.area = overlay.area(name).to_owned();
        def.schema_names.sort();
        match &mut def.shape {
            Shape::Struct(shape) => {
                let gated = !overlay.ungated(name);
                for field in &mut shape.fields {
                    field.doc = overlay.field_doc(name, &field.wire);
                    let constant = matches!(field.ty, Type::ConstStr(_) | Type::ConstInt(_));
                    field.encode_default = overlay.encode_default(name, &field.wire).filter(|_| !constant);
                    field.gated = gated;
                }
            }
            Shape::Enum(shape) => {
                for value in &mut shape.values {
                    value.doc = overlay.value_doc(name, &value.wire);
                }
            }
            Shape::Union(union) => name_variants(name, &mut union.variants, overlay),
            Shape::Alias(_) => {}
        }
    }
}

/// `TextContent`, `ImageContent` → `Text`, `Image`: a last word that two or more share is dropped, then last
/// and first words that all share.
fn name_variants(union: &str, variants: &mut [Variant], overlay: &Overlay) {
    let mut words: Vec<Vec<String>> = variants.iter().map(|v| variant_words(&v.ty)).collect();
    let shared_last = shared(words.iter().map(|w| (w.last(), w.len())));
    for words in words.iter_mut().filter(|w| w.len() > 1) {
        if words.last().is_some_and(|last| shared_last.contains(last)) {
            words.pop();
        }
    }
    while all_share(&words, |w| w.last()) {
        words.iter_mut().for_each(|w| drop(w.pop()));
    }
    while all_share(&words, |w| w.first()) {
        words.iter_mut().for_each(|w| drop(w.remove(0)));
    }
    for (variant, words) in variants.iter_mut().zip(&words) {
        let wanted = overlay.variant(union, &type_name(&variant.ty));
        variant.name = wanted.map_or_else(|| names::pascal(words), str::to_owned);
    }
}

/// Whether all names have this word in common, and something besides.
fn all_share(words: &[Vec<String>], word: impl Fn(&Vec<String>) -> Option<&String>) -> bool {
    let mut same = words.iter().map(&word);
    let first = same.next().flatten();
    words.len() > 1 && first.is_some() && same.all(|other| other == first) && words.iter().all(|w| w.len() > 1)
}

fn variant_words(ty: &Type) -> Vec<String> {
    match ty {
        Type::Ref(name) => names::words(name),
        other => vec![type_name(other)],
    }
}

/// The words that at least two have, among names of more than one word.
fn shared<'a>(words: impl Iterator<Item = (Option<&'a String>, usize)>) -> Vec<String> {
    let mut seen: Vec<&String> = Vec::new();
    let mut shared = Vec::new();
    for (word, length) in words {
        let Some(word) = word.filter(|_| length > 1) else { continue };
        if seen.contains(&word) {
            shared.push(word.clone());
        }
        seen.push(word);
    }
    shared
}
