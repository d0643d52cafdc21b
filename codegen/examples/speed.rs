//! How long generating everything takes: `cargo run --release -p isogloss-codegen --example speed`.

use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use isogloss_codegen::inputs::Inputs;
use isogloss_codegen::{build, corpus, generate, lang};

/// Enough for a steady middle value.
const RUNS: usize = 9;

fn main() -> Result<(), Box<dyn Error>> {
    let inputs = Inputs::read(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../spec"))?;
    let protocol = build(&inputs)?;
    let generated = generate(&inputs)?;
    let bytes: usize = generated.files.iter().map(|file| file.text.len()).sum();
    println!(
        "build              {:>6.1} ms  {} types of {} revisions",
        middle(|| build(&inputs).is_ok()),
        protocol.types.len(),
        protocol.revisions.len()
    );
    for language in lang::ALL {
        println!("{:<18} {:>6.1} ms", language.name, middle(|| (language.emit)(&protocol).is_ok()));
    }
    println!("corpus             {:>6.1} ms", middle(|| corpus::emit(&protocol).is_ok()));
    println!(
        "everything         {:>6.1} ms  {} files, {} KB",
        middle(|| generate(&inputs).is_ok()),
        generated.files.len(),
        bytes / 1024
    );
    Ok(())
}

/// The middle of several measurements, in milliseconds.
fn middle(work: impl Fn() -> bool) -> f64 {
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            assert!(work(), "it worked before");
            start.elapsed()
        })
        .collect();
    times.sort();
    times[RUNS / 2].as_secs_f64() * 1000.0
}
