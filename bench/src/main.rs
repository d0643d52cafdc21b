//! The benchmark: servers of one language beside each other, under the same load, in one run.
//!
//! `cargo xtask bench` builds who takes part and calls this. Figures are medians over rounds; the steadiest is the
//! server's time on the CPU a call, as a ratio to a server that does nothing but answer.

#[cfg(target_os = "linux")]
mod call;
#[cfg(target_os = "linux")]
mod cell;
#[cfg(target_os = "linux")]
mod contestant;
#[cfg(target_os = "linux")]
mod figure;
#[cfg(target_os = "linux")]
mod framing;
#[cfg(target_os = "linux")]
mod load;
#[cfg(target_os = "linux")]
mod measure;
#[cfg(target_os = "linux")]
mod plot;
#[cfg(target_os = "linux")]
mod process;
#[cfg(target_os = "linux")]
mod report;
#[cfg(target_os = "linux")]
mod rounds;
#[cfg(target_os = "linux")]
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

/// Measures servers beside each other.
#[derive(Parser)]
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "what is measured is Linux's alone"))]
struct Args {
    /// Who takes part: a JSON file that `cargo xtask bench` writes.
    #[arg(long)]
    contestants: PathBuf,
    /// The language of all of them, for what is written.
    #[arg(long)]
    language: String,
    /// Only cells whose name has this in it; several are alternatives.
    #[arg(long)]
    only: Vec<String>,
    /// How often everything is measured.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Once, with few calls: shows that it works, and nothing about speed.
    #[arg(long)]
    quick: bool,
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// Write the section of this page, between its markers.
    #[arg(long)]
    page: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("\nerror: {message}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn run(_: &Args) -> Result<(), String> {
    Err("the benchmark reads a server's CPU time and memory in Linux's ways; run it on Linux".into())
}

#[cfg(target_os = "linux")]
fn run(args: &Args) -> Result<(), String> {
    /// What `--quick` divides the calls by.
    const QUICK: usize = 50;
    let extent = if args.quick {
        rounds::Extent { rounds: 1, fewer: QUICK }
    } else {
        rounds::Extent { rounds: args.rounds.max(1), fewer: 1 }
    };
    let contestants = contestant::Contestant::load(&args.contestants)?;
    let cells = select(cell::Cell::all(), &args.only)?;
    let results = rounds::run(&contestants, &cells, &extent)?;
    if args.json {
        println!("{}", report::json(&results)?);
    } else {
        print!("{}", table::table(&results));
    }
    match &args.page {
        Some(page) => report::write(page, &args.language, &results),
        None => Ok(()),
    }
}

#[cfg(target_os = "linux")]
fn select(cells: Vec<cell::Cell>, only: &[String]) -> Result<Vec<cell::Cell>, String> {
    let names: Vec<String> = cells.iter().map(ToString::to_string).collect();
    let wanted = |cell: &cell::Cell| only.is_empty() || only.iter().any(|part| cell.to_string().contains(part));
    let selected: Vec<cell::Cell> = cells.into_iter().filter(wanted).collect();
    if selected.is_empty() {
        return Err(format!("no cell has {} in its name; they are {}", only.join(" or "), names.join(", ")));
    }
    Ok(selected)
}
