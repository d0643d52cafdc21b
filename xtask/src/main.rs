//! `cargo xtask <verb>`: everything that is done with the repository. `cargo xtask --help` lists the verbs.

mod codegen;
mod import;
mod root;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The verbs of the Isogloss repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Import(import::Args),
    Codegen(codegen::Args),
}

fn main() -> ExitCode {
    let result = match Args::parse().verb {
        Verb::Import(args) => import::run(&args),
        Verb::Codegen(args) => codegen::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}
