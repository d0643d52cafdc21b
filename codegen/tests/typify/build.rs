//! Has typify make Rust of the official schema, and a table from a definition's name to what it made of it.

use std::fmt::Write;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::{env, fs};

use typify::{TypeSpace, TypeSpaceSettings};

const MEASURED: &str = "2026-07-28";
const ALSO_TRIED: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../..");
    let schemas = root.join("../shared/upstream-spec");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    println!("cargo::rerun-if-changed={}", schemas.display());
    let mut tried = String::new();
    for revision in ALSO_TRIED {
        let path = schemas.join(revision).join("schema.json");
        let made = path.exists().then(|| catch_unwind(|| generate(&path).map(drop)));
        let word = match made {
            None => continue,
            Some(Ok(Ok(()))) => "generates".to_owned(),
            Some(Ok(Err(error))) => format!("fails: {error}"),
            Some(Err(_)) => "panics".to_owned(),
        };
        writeln!(tried, "{revision}: {word}").expect("to a string");
    }
    let path = schemas.join(MEASURED).join("schema.json");
    let (types, table) = if path.exists() { generate(&path).expect("typify takes this revision") } else { Default::default() };
    fs::write(out.join("types.rs"), types).expect("to write");
    fs::write(out.join("table.rs"), format!("match definition {{\n{table}    _ => None,\n}}\n")).expect("to write");
    fs::write(out.join("tried.txt"), tried).expect("to write");
}

/// The types, and an arm of a `match` for each definition.
fn generate(path: &Path) -> Result<(String, String), String> {
    let text = fs::read_to_string(path).map_err(|e| e.to_string())?;
    let value: serde_json::Value = serde_json::from_str(&text).map_err(|e| e.to_string())?;
    let schema: schemars::schema::RootSchema = serde_json::from_str(&text).map_err(|e| e.to_string())?;
    let mut space = TypeSpace::new(&TypeSpaceSettings::default());
    space.add_root_schema(schema).map_err(|e| e.to_string())?;
    let mut table = String::new();
    for key in ["$defs", "definitions"] {
        for name in value[key].as_object().into_iter().flatten().map(|(name, _)| name) {
            let reference = schemars::schema::Schema::new_ref(format!("#/{key}/{name}"));
            let id = space.add_type(&reference).map_err(|e| e.to_string())?;
            let ident = space.get_type(&id).map_err(|e| e.to_string())?.ident();
            writeln!(table, "    {name:?} => Some(through::<types::{ident}>(text)),").expect("to a string");
        }
    }
    let file = syn::parse2(space.to_stream()).map_err(|e| e.to_string())?;
    Ok((prettyplease::unparse(&file), table))
}
