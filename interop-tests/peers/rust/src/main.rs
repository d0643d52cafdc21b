//! A peer of the interoperability matrix, made with our own Rust SDK. Its modes are those of PEER.md.

mod client;
mod codec;
mod conformance;
mod conformance_client;
mod server;
mod serving;
mod steps;

use std::process::{Command, ExitCode};

use isogloss::Mode;

use serving::serve;

const USAGE: &str = "isogloss-peer-rust codec | server [--http <port>] | conformance-server | \
                     conformance-client <url> | client stdio <auto|legacy|modern> <command …> | \
                     client http <auto|legacy|modern> <url>";

#[tokio::main]
async fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["codec"] => ended(codec::run().map_err(|error| error.to_string())),
        ["server", how @ ..] => ended(serve(&server::server(), how).await),
        ["conformance-server"] => ended(serve(&conformance::server(), &["--http", "0"]).await),
        ["conformance-client", .., url] => ended(conformance_client::run(url).await),
        ["client", "stdio", mode @ ("auto" | "legacy" | "modern"), program, arguments @ ..] => {
            let mut command = Command::new(program);
            command.args(arguments);
            client::run(era(mode), command).await
        }
        ["client", "http", mode @ ("auto" | "legacy" | "modern"), url] => client::run(era(mode), *url).await,
        _ => ended(Err(format!("usage: {USAGE}"))),
    }
}

fn era(word: &str) -> Mode {
    match word {
        "legacy" => Mode::Legacy,
        "modern" => Mode::Modern,
        _ => Mode::Auto,
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
