//! `cargo xtask import`: brings an official schema into `spec/`, normalised and pinned.

use std::fs;
use std::path::{Path, PathBuf};

use isogloss_codegen::import::{normalise, to_text};
use isogloss_codegen::inputs::{Pin, Pins, pins};
use isogloss_codegen::schema::Document;
use sha2::{Digest, Sha256};

use crate::root::root;

/// Bring an official schema into spec/: normalised, without prose, its hash pinned.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask import ../shared/upstream-spec/2026-07-28/schema.json 2026-07-28
  cargo xtask import ../shared/upstream-spec/extensions/tasks/schema.json ext-tasks

Then: cargo xtask codegen")]
pub struct Args {
    /// The schema.json as the specification publishes it (draft-07 or 2020-12).
    schema: PathBuf,
    /// The revision it describes (a date, as 2026-07-28), or the name of an extension.
    revision: String,
}

/// Runs it.
pub fn run(args: &Args) -> Result<(), String> {
    bring_in(&root().join("spec"), &args.schema, &args.revision)?;
    println!("spec/schema/{}.json written; now: cargo xtask codegen", args.revision);
    Ok(())
}

/// Writes a schema's normalised form and its pin into a `spec` folder; all of it or nothing.
pub fn bring_in(spec: &Path, schema: &Path, revision: &str) -> Result<(), String> {
    let file = schema.display().to_string();
    let text = fs::read_to_string(schema).map_err(|e| format!("{file}: {e}"))?;
    if !revision.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') || revision.is_empty() {
        return Err(format!(
            "{revision:?} is no revision: found other characters than letters, digits and `-`, expected a date or an extension's name"
        ));
    }
    let normalised = normalise(&file, &text).map_err(|e| e.to_string())?;
    // What the generator could not read is not brought in at all.
    Document::parse(&file, revision, &normalised).map_err(|e| e.to_string())?;
    let mut all = pins(spec).map_err(|e| e.to_string())?;
    let extends = (!is_date(revision)).then(|| newest(&all)).flatten();
    if !is_date(revision) && extends.is_none() {
        return Err("an extension needs a revision to extend: import one first".into());
    }
    let sha256 = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    all.insert(revision.into(), Pin { sha256, extends });
    write(spec, &all, revision, &to_text(&normalised)).map_err(|e| e.to_string())
}

fn write(spec: &Path, all: &Pins, revision: &str, text: &str) -> std::io::Result<()> {
    let head = "# Where each schema came from: the SHA-256 of the official file as it was published.\n# Written by `cargo xtask import`.\n\n";
    let pins = toml::to_string(all).map_err(std::io::Error::other)?;
    fs::create_dir_all(spec.join("schema"))?;
    fs::write(spec.join("schema").join(format!("{revision}.json")), text)?;
    fs::write(spec.join("pins.toml"), format!("{head}{pins}"))
}

/// `2026-07-28`
fn is_date(name: &str) -> bool {
    let digits = |part: &str, n: usize| part.len() == n && part.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<&str> = name.split('-').collect();
    matches!(parts.as_slice(), [y, m, d] if digits(y, 4) && digits(m, 2) && digits(d, 2))
}

/// The newest revision that was imported.
fn newest(all: &Pins) -> Option<String> {
    all.keys().rfind(|name| is_date(name)).cloned()
}
