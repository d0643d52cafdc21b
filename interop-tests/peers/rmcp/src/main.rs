//! The two modes of the rmcp peer: `server [--http <port>]`, and
//! `client <stdio|http> <auto|legacy|modern> <command…|url>`.

mod client;
mod server;
mod steps;
mod tools;

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["server"] => server::serve().await,
        ["server", "--http", port] => server::serve_http(port).await,
        ["client", transport, era, target @ ..] if !target.is_empty() => {
            client::run(transport, era, target).await
        }
        _ => {
            eprintln!(
                "usage: isogloss-peer-rmcp server [--http <port>] | client <stdio|http> <auto|legacy|modern> <command…|url>"
            );
            ExitCode::from(2)
        }
    }
}
