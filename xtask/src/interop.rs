//! `cargo xtask interop`: generates, builds the peers, runs the matrix, prints it and writes the reports;
//! one of all our own brings README.md and its badge up to date.

use std::fs;
use std::io::{ErrorKind, IsTerminal};
use std::path::Path;
use std::process::ExitCode;

use isogloss_interop::{Extent, Picked, Report, Selection, Suite, Taken, Terminal, build_peers, run_matrix};

use crate::codegen;
use crate::readme;
use crate::root::root;

/// Run every client against every server: generate, build, run, report.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask interop                    our own and one official SDK a language, within minutes
  cargo xtask interop --ours             every two of which one is ours, in a quarter of an hour
  cargo xtask interop --pairwise         every two, also of others, in an hour and a half
  cargo xtask interop --full             everything, in hours
  cargo xtask interop --full --shard 1/8 a part of it
  cargo xtask interop --full --take 1/report.json 2/report.json
                                         everything but what these reports have, and one report of it all
  cargo xtask interop --changed          what the changes that are not committed touch
  cargo xtask interop --client go --server 'rust,official-*' --case 'asking/*' --revision 2026-07-28
  cargo xtask interop --json > report.json

A whole run of --ours or more brings README.md and its badge up to date.
Ends with 0 when nothing is red that interop-tests/known-failing.toml does not explain, and no entry of it is stale.")]
pub struct Args {
    #[command(flatten)]
    picked: Picked,
    /// Print the report as JSON instead of the table.
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub fn run(args: &Args) -> Result<ExitCode, String> {
    let root = root();
    eprintln!("{}", codegen::write(&root)?);
    let picked = &args.picked;
    let (report, page) = of_picked(&root, picked).map_err(|e| e.to_string())?;
    let shows_most = picked.is_everything() && picked.extent() != Extent::Usual;
    if shows_most && report.missing == 0 && report.not_built.is_empty() && std::env::var_os("CI").is_none() {
        bring_up_to_date(&root.join("README.md"), |text| readme::with_matrix(text, &report))?;
        bring_up_to_date(&root.join(readme::BADGE), |_| Ok(report.to_badge()))?;
    }
    if args.json {
        println!("{}", report.to_json().map_err(|e| e.to_string())?);
    } else {
        print!("{}", report.table(std::io::stdout().is_terminal()));
        println!("\nreport: {page}");
    }
    Ok(ExitCode::from(report.exit_code()))
}

fn of_picked(root: &Path, picked: &Picked) -> isogloss_interop::Result<(Report, String)> {
    let mut suite = Suite::open(root)?;
    suite.jobs = picked.jobs();
    let selection = picked.selection(root)?;
    let taken = picked.taken(&selection, &suite.places.output)?;
    matrix(&suite, &selection, taken)
}

/// Runs the matrix as a person does who picks nothing.
pub fn usual(root: &Path) -> isogloss_interop::Result<(Report, String)> {
    let selection = Selection { extent: Extent::Usual, ..Selection::default() };
    matrix(&Suite::open(root)?, &selection, Taken::default())
}

/// Builds the peers and runs what is not taken from other reports; writes the reports and answers where the page is.
fn matrix(suite: &Suite, selection: &Selection, taken: Taken) -> isogloss_interop::Result<(Report, String)> {
    let mut progress = Terminal::new().until_interrupted();
    let not_built = build_peers(suite, selection, &mut progress)?;
    let mut report = run_matrix(suite, selection, taken, not_built, &mut progress)?;
    let written = report.write(&suite.places.output)?;
    Ok((report, written.page.display().to_string()))
}

fn bring_up_to_date(path: &Path, new: impl FnOnce(&str) -> Result<String, String>) -> Result<(), String> {
    let place = path.display();
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        read => read.map_err(|e| format!("{place}: {e}"))?,
    };
    let new = new(&text).map_err(|e| format!("{place}: {e}"))?;
    if new != text {
        fs::write(path, new).map_err(|e| format!("{place}: {e}"))?;
        eprintln!("{place} is brought up to date");
    }
    Ok(())
}
