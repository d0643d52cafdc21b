//! `cargo xtask budget <language>`: what a package weighs for its users, measured from what would be published, and
//! written down. `dist` holds the sizes to it.

use std::process::ExitCode;

use crate::dist;
use crate::lanes;
use crate::languages::Language;
use crate::project::Project;
use crate::screen::Screen;

/// Measure what a language's package weighs, and write it to docs/.
#[derive(clap::Args)]
#[command(after_help = "Example:
  cargo xtask budget typescript      bundles against their budgets, the compiler's work, cold start

A figure over its budget is written as missed. `cargo xtask dist typescript` fails where a bundle has grown since.")]
pub struct Args {
    /// The language.
    #[arg(value_enum)]
    language: Language,
}

/// Runs it.
pub fn run(args: &Args) -> Result<ExitCode, String> {
    let project = Project::open()?;
    let (lane, page) = dist::budget(&project, args.language)?;
    let account = lanes::run(vec![lane], &project.toolchains, &project.logs(), &Screen::new());
    print!("{}", account.table());
    let good = account.counts().1 == 0;
    if good {
        println!("written: {page}");
    }
    Ok(ExitCode::from(u8::from(!good)))
}
