//! `cargo xtask ci`: what `.ci/run` and the workflow call. Tidy and all tests, then the matrix, the packages, what a call
//! costs, and that the benchmark runs, as one account.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use crate::bench;
use crate::dist;
use crate::interop;
use crate::lanes;
use crate::project::Project;
use crate::reading::Read;
use crate::screen::Screen;
use crate::step::Done;
use crate::test;

/// Run everything that must hold: tidy, all tests of all languages, conformance, the matrix, the packages, the benchmark once.
#[derive(clap::Args)]
#[command(after_help = "Example:
  cargo xtask ci

Writes nothing but build results. The last line counts steps: `N passed, N failed`.")]
pub struct Args {}

/// Runs it.
pub fn run(_: &Args) -> Result<ExitCode, String> {
    let project = Project::open()?;
    let mut account = test::all(&project, &[]);
    let (done, table) = matrix(&project.places.root);
    Screen::new().end("interop: matrix", &done);
    account.steps.push(done);
    account.extend(lanes::run(dist::lanes(&project), &project.toolchains, &project.logs(), &Screen::new()));
    // By itself: packing builds anew what the benchmark runs.
    if cfg!(target_os = "linux") {
        let bench = vec![bench::lane(&project)];
        account.extend(lanes::run(bench, &project.toolchains, &project.logs(), &Screen::new()));
    }
    print!("\n{table}{}", account.table());
    Ok(ExitCode::from(u8::from(account.counts().1 > 0)))
}

/// The matrix as a step, and its table. It shows its own progress, so it is no step of a lane.
fn matrix(root: &Path) -> (Done, String) {
    let started = Instant::now();
    let (ok, table, shown) = match interop::usual(root) {
        Ok((report, page)) => {
            let shown = if report.is_good() { "" } else { "the matrix is red, see its table below" };
            (report.is_good(), format!("{}\nreport: {page}\n", report.table(false)), shown.to_owned())
        }
        Err(problem) => (false, String::new(), problem.to_string()),
    };
    let done = Done {
        lane: "interop".into(),
        name: "matrix".into(),
        ok,
        took: Some(started.elapsed()),
        read: Read::default(),
        shown,
    };
    (done, table)
}
