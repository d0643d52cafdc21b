//! The mode `bench`: its two tools, as anybody would write them.

mod serving;

use std::process::ExitCode;

use isogloss::{JsonObject, Server};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::runtime::Builder;

#[derive(Deserialize, JsonSchema)]
struct Terms {
    /// The first number.
    a: i64,
    /// The second number.
    b: i64,
}

#[derive(Deserialize, JsonSchema)]
struct Given {
    /// Any object.
    payload: JsonObject,
}

fn server() -> Server {
    Server::new("isogloss-rust-bench", env!("CARGO_PKG_VERSION"))
        .tool("add", "Adds two integers.", async |terms: Terms, _| Ok(terms.a + terms.b))
        .tool("echo", "Gives the payload back.", async |given: Given, _| Ok(given.payload))
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    // What a user would take: one thread for one client, one a core for many. The benchmark measures both ways.
    let (mut runtime, how) = match words.as_slice() {
        ["bench", "--one-thread", how @ ..] => (Builder::new_current_thread(), how),
        ["bench", "--many-threads", how @ ..] => (Builder::new_multi_thread(), how),
        ["bench"] => (Builder::new_current_thread(), &[][..]),
        ["bench", how @ ..] => (Builder::new_multi_thread(), how),
        _ => {
            eprintln!("usage: isogloss-peer-rust-bench bench [--one-thread | --many-threads] [--http <port>]");
            return ExitCode::FAILURE;
        }
    };
    let ended = run(&mut runtime, how);
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(runtime: &mut Builder, how: &[&str]) -> Result<(), String> {
    let runtime = runtime.enable_all().build().map_err(|error| error.to_string())?;
    runtime.block_on(serving::serve(&server(), how))
}
