//! A peer of the interoperability matrix, made with our own Rust SDK. Its modes are those of PEER.md.

mod bench;
mod client;
mod codec;
mod conformance;
mod server;
mod steps;

use std::process::ExitCode;

use isogloss::http_server::{HttpOptions, Site};
use isogloss::{Mode, Server};
use tokio::runtime::Builder;

const USAGE: &str = "isogloss-peer-rust codec | server [--http <port>] | conformance-server | \
                     bench [--one-thread] [--http <port>] | client stdio <auto|legacy|modern> <command …>";

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
        ["server", how @ ..] => ended(serve(&server::server(), how).await),
        ["bench", how @ ..] => ended(serve(&bench::server(), how).await),
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

/// On standard input and output, or at a port of this machine; then the address is the first line of output.
async fn serve(server: &Server, how: &[&str]) -> Result<(), String> {
    let served = match how {
        [] => server.serve_stdio().await,
        ["--http", port] => {
            let port: u16 = port.parse().map_err(|_| format!("{port:?} is no port"))?;
            over_http(server, port).await
        }
        _ => return Err(format!("usage: {USAGE}")),
    };
    served.map_err(|error| error.to_string())
}

async fn over_http(server: &Server, port: u16) -> Result<(), isogloss::Error> {
    let listening = Site::new(server.http(HttpOptions::default())?).bind(("127.0.0.1", port)).await?;
    println!("{{\"url\":\"{}\"}}", listening.url());
    listening.serve().await
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
