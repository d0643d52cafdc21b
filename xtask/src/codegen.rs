//! `cargo xtask codegen`: generates the four packages' `protocol`, or checks that they are fresh.

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
    let generated = generate(&inputs).map_err(|e| e.to_string())?;
    for name in &generated.undocumented {
        eprintln!(
            "{}: {name} has no documentation in spec/overlay/docs.toml",
            if args.check { "error" } else { "warning" }
        );
    }
    let mode = if args.check { Mode::Check } else { Mode::Write };
    let changes = apply(&root, &generated.files, mode).map_err(|e| e.to_string())?;
    for change in &changes {
        println!("{} {}", word(change.what, mode), change.path);
    }
    if args.check && !changes.is_empty() {
        return Err("generated files are not fresh: cargo xtask codegen".into());
    }
    if args.check && !generated.undocumented.is_empty() {
        return Err("undocumented names: write them into spec/overlay/docs.toml".into());
    }
    println!(
        "{} files of {} types and {} methods, {} changed",
        generated.files.len(),
        generated.protocol.types.len(),
        generated.protocol.methods.len(),
        changes.len()
    );
    Ok(())
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
