//! A peer of the interoperability matrix, made with our own Rust SDK. Its modes are those of PEER.md.

mod client;
mod codec;
mod server;
mod steps;

use std::process::ExitCode;

use isogloss::Mode;

const USAGE: &str = "isogloss-peer-rust codec | server | client stdio <auto|legacy|modern> <command …>";

#[tokio::main]
async fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ended = match words.as_slice() {
        ["codec"] => codec::run().map_err(|error| error.to_string()),
        ["server"] => server::server().serve_stdio().await.map_err(|error| error.to_string()),
        ["client", "stdio", mode @ ("auto" | "legacy" | "modern"), program, arguments @ ..] => {
            let mode = match *mode {
                "legacy" => Mode::Legacy,
                "modern" => Mode::Modern,
                _ => Mode::Auto,
            };
            return client::run(mode, program, arguments).await;
        }
        _ => Err(format!("usage: {USAGE}")),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
