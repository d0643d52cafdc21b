//! `cargo xtask codegen`: generates the four packages' `protocol`, or checks that they are fresh.

use std::path::Path;

use isogloss_codegen::generate;
use isogloss_codegen::inputs::Inputs;
use isogloss_codegen::output::{Mode, What, apply};

use crate::root::root;

/// Generate the protocol code of all four languages from spec/.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask codegen            write what changed
  cargo xtask codegen --check    fail if anything is stale, edited by hand or undocumented
  cargo xtask codegen --ir       print the intermediate representation as JSON")]
pub struct Args {
    /// Write nothing; fail if anything would change or is undocumented.
    #[arg(long)]
    check: bool,
    /// Print the intermediate representation instead.
    #[arg(long)]
    ir: bool,
}

/// Runs it.
pub fn run(args: &Args) -> Result<(), String> {
    let root = root();
    let inputs = Inputs::read(&root.join("spec")).map_err(|e| e.to_string())?;
    if args.ir {
        let protocol = isogloss_codegen::build(&inputs).map_err(|e| e.to_string())?;
        println!("{}", serde_json::to_string_pretty(&protocol).map_err(|e| e.to_string())?);
        return Ok(());
    }
    let mode = if args.check { Mode::Check } else { Mode::Write };
    println!("{}", make(&root, mode)?);
    Ok(())
}

/// Writes what changed; answers what was done.
pub fn write(root: &Path) -> Result<String, String> {
    make(root, Mode::Write)
}

/// Fails if anything is stale, edited by hand or undocumented.
pub fn check(root: &Path) -> Result<String, String> {
    make(root, Mode::Check).map(|said| said + "\n")
}

fn make(root: &Path, mode: Mode) -> Result<String, String> {
    let inputs = Inputs::read(&root.join("spec")).map_err(|e| e.to_string())?;
    let generated = generate(&inputs).map_err(|e| e.to_string())?;
    if mode == Mode::Write {
        for name in &generated.undocumented {
            eprintln!("warning: {name} has no documentation in spec/overlay/docs.toml");
        }
    }
    let changes = apply(root, &generated.files, mode).map_err(|e| e.to_string())?;
    let list: Vec<String> =
        changes.iter().map(|change| format!("{} {}\n", word(change.what, mode), change.path)).collect();
    if mode == Mode::Check && !changes.is_empty() {
        return Err(format!("{}generated files are not fresh: cargo xtask codegen", list.concat()));
    }
    if mode == Mode::Check && !generated.undocumented.is_empty() {
        return Err(format!(
            "undocumented, write it into spec/overlay/docs.toml: {}",
            generated.undocumented.join(", ")
        ));
    }
    Ok(format!(
        "{}{} files of {} types and {} methods, {} changed",
        list.concat(),
        generated.files.len(),
        generated.protocol.types.len(),
        generated.protocol.methods.len(),
        changes.len()
    ))
}

fn word(what: What, mode: Mode) -> &'static str {
    match (what, mode) {
        (What::Missing, Mode::Write) => "created",
        (What::Different, Mode::Write) => "updated",
        (What::Stale, Mode::Write) => "removed",
        (What::Missing, Mode::Check) => "missing",
        (What::Different, Mode::Check) => "differs",
        (What::Stale, Mode::Check) => "stale",
    }
}
