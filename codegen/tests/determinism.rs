//! The same facts give the same bytes, in whatever order they come.

use std::path::PathBuf;

use isogloss_codegen::generate;
use isogloss_codegen::inputs::Inputs;
use serde_json::Value;

fn spec() -> Inputs {
    Inputs::read(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../spec")).expect("spec/")
}

/// The value with the members of every object in the opposite order.
fn turned(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            Value::Object(members.into_iter().rev().map(|(name, value)| (name, turned(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(turned).collect()),
        scalar => scalar,
    }
}

/// A TOML file with its top-level tables in the opposite order. Lists of tables, whose order means something, stay.
fn turned_toml(text: &str) -> String {
    let table: toml::Table = toml::from_str(text).expect("TOML");
    let parts = table
        .into_iter()
        .rev()
        .map(|(key, value)| toml::to_string(&toml::Table::from_iter([(key, value)])).expect("TOML"));
    let (values, tables): (Vec<_>, Vec<_>) = parts.partition(|part| !part.starts_with('['));
    values.concat() + &tables.concat()
}

#[test]
fn the_order_of_inputs_changes_nothing() {
    let first = generate(&spec()).expect("what is in spec/");
    let mut inputs = spec();
    inputs.schemas.reverse();
    for source in &mut inputs.schemas {
        source.text = turned(serde_json::from_str(&source.text).expect("JSON")).to_string();
    }
    for text in inputs.overlay.values_mut() {
        *text = turned_toml(text);
    }
    let second = generate(&inputs).expect("the same, turned");
    assert_eq!(first.files.len(), second.files.len());
    for (a, b) in first.files.iter().zip(&second.files) {
        assert_eq!(a.path, b.path);
        assert!(a.text == b.text, "{} depends on the order of inputs", a.path);
    }
}

#[test]
fn output_has_no_trace_of_time_or_place() {
    for file in generate(&spec()).expect("what is in spec/").files {
        assert!(!file.text.contains('\r'), "{}: a carriage return", file.path);
        assert!(file.text.ends_with('\n'), "{}: no newline at the end", file.path);
        assert!(!file.path.contains('\\') && !file.path.starts_with('/'), "{}: a path of this machine", file.path);
        assert!(!file.text.contains(env!("CARGO_MANIFEST_DIR")), "{}: a path of this machine", file.path);
    }
}
