//! A peer of the interoperability matrix, made with our own Rust SDK. Its modes are those of PEER.md.

mod bench;
mod client;
mod codec;
mod conformance;
mod server;
mod steps;

use std::process::ExitCode;

use isogloss::Mode;
use tokio::runtime::Builder;

const USAGE: &str = "isogloss-peer-rust codec | server | bench [--one-thread] | \
                     client stdio <auto|legacy|modern> <command …>";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    // The benchmark compares one thread with one a core; everything else takes what tokio takes by default.
    let one_thread = words.get(1) == Some(&"--one-thread");
    let mut runtime = if one_thread { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    if one_thread {
        words.remove(1);
    }
    match runtime.enable_all().build() {
        Ok(runtime) => runtime.block_on(run(&words)),
        Err(error) => ended(Err(error.to_string())),
    }
}

async fn run(words: &[&str]) -> ExitCode {
    match words {
        ["codec"] => ended(codec::run().map_err(|error| error.to_string())),
        ["server"] => ended(server::server().serve_stdio().await.map_err(|error| error.to_string())),
        ["conformance-server"] => ended(conformance::server().serve_stdio().await.map_err(|error| error.to_string())),
        ["bench"] => ended(bench::server().serve_stdio().await.map_err(|error| error.to_string())),
        ["client", "stdio", mode @ ("auto" | "legacy" | "modern"), program, arguments @ ..] => {
            let mode = match *mode {
                "legacy" => Mode::Legacy,
                "modern" => Mode::Modern,
                _ => Mode::Auto,
            };
            client::run(mode, program, arguments).await
        }
        _ => ended(Err(format!("usage: {USAGE}"))),
    }
}

fn ended(result: Result<(), String>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
