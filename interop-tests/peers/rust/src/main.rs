//! A peer of the interoperability matrix, made with our own Rust SDK. Its modes are those of PEER.md.

mod client;
mod codec;
mod conformance;
mod server;
mod serving;
mod steps;

use std::process::ExitCode;

use isogloss::Mode;

use serving::serve;

const USAGE: &str = "isogloss-peer-rust codec | server [--http <port>] | conformance-server | \
                     client stdio <auto|legacy|modern> <command …>";

#[tokio::main]
async fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["codec"] => ended(codec::run().map_err(|error| error.to_string())),
        ["server", how @ ..] => ended(serve(&server::server(), how).await),
        ["conformance-server"] => ended(serve(&conformance::server(), &["--http", "0"]).await),
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
