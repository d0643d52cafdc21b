//! `cargo xtask ci`: what `.ci/run` and the workflow call. Tidy and all tests, then the matrix, as one account.

use std::process::ExitCode;

use isogloss_interop::Selection;

use crate::interop;
use crate::lanes::{self, Lane};
use crate::project::Project;
use crate::screen::Screen;
use crate::step::Step;
use crate::test;

/// Run everything that must hold: tidy, all tests of all languages, the matrix.
#[derive(clap::Args)]
#[command(after_help = "Example:
  cargo xtask ci

Writes nothing but build results. The last line counts steps: `N passed, N failed`.")]
pub struct Args {}

/// Runs it.
pub fn run(_: &Args) -> Result<ExitCode, String> {
    let project = Project::open()?;
    let mut account = test::all(&project, &[]);
    let root = project.places.root.clone();
    let (sender, table) = std::sync::mpsc::channel();
    let matrix = Step::check("matrix", move || {
        let (report, page) = interop::matrix(&root, &Selection::default())?;
        let table = report.table(false);
        let said = format!("{table}\nreport: {page}\n");
        // The table is shown whatever it says; the receiver outlives the step.
        let _ = sender.send(said.clone());
        if report.is_good() { Ok(said) } else { Err("the matrix is red, see below".into()) }
    });
    let lanes = vec![Lane { name: "interop".into(), steps: vec![matrix] }];
    account.extend(lanes::run(lanes, &project.toolchains, &project.logs(), &Screen::new()));
    if let Ok(table) = table.try_recv() {
        print!("\n{table}");
    }
    print!("{}", account.table());
    Ok(ExitCode::from(u8::from(account.counts().1 > 0)))
}
