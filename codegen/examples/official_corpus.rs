//! Writes `target/official-corpus.jsonl`: the published examples of the newest revision and what follows from them,
//! a line a message for the codec mode of a peer. `cargo run -p isogloss-codegen --example official_corpus [<folder of the
//! official schemas> [<output>]]`; without the folder `../shared/upstream-spec` it says so and writes nothing.

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::path::PathBuf;

use isogloss_codegen::examples::{Kind, derive};
use jsonschema::Validator;
use serde_json::{Value, json};

const REVISION: &str = "2026-07-28";
const KINDS: [Kind; 5] = [Kind::Example, Kind::Unknown, Kind::Dropped, Kind::WrongKind, Kind::WrongValue];

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut args = std::env::args().skip(1);
    let folder = args.next().map_or_else(|| root.join("../shared/upstream-spec"), PathBuf::from).join(REVISION);
    let output = args.next().map_or_else(|| root.join("target/official-corpus.jsonl"), PathBuf::from);
    if !folder.exists() {
        println!("official examples: not run, {} is not there", folder.display());
        return Ok(());
    }
    let schema: Value = serde_json::from_str(&fs::read_to_string(folder.join("schema.json"))?)?;
    let validators = validators(&schema)?;
    let accepts = |ty: &str, value: &Value| validators.get(ty).is_some_and(|validator| validator.is_valid(value));
    let messages = derive(&folder, REVISION, &accepts)?;
    let lines: Vec<String> = messages.iter().map(|message| message.line(REVISION).to_string() + "\n").collect();
    if let Some(folder) = output.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&output, lines.concat())?;
    let counts = KINDS.map(|kind| format!("{} {}", messages.iter().filter(|m| m.kind == kind).count(), kind.word()));
    println!("official examples of {REVISION}: {}", counts.join(", "));
    Ok(())
}

/// A validator a definition.
fn validators(schema: &Value) -> Result<HashMap<String, Validator>, Box<dyn Error>> {
    let mut validators = HashMap::new();
    for name in schema["$defs"].as_object().into_iter().flatten().map(|(name, _)| name) {
        let whole = json!({"$schema": schema["$schema"], "$ref": format!("#/$defs/{name}"), "$defs": schema["$defs"]});
        validators.insert(name.clone(), jsonschema::validator_for(&whole).map_err(|e| e.to_string())?);
    }
    Ok(validators)
}
