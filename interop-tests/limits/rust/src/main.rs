//! The floor of the benchmark in Rust: the least that a program can do and still answer the two tools' calls.
//!
//! It checks no protocol, has no limits, and knows neither eras nor cancellation. A server that does all of that is
//! measured by how many times this it costs. Answers are in `answer.rs`, the transports in `stdio.rs` and `http.rs`.

mod answer;
mod http;
mod stdio;

use std::io;
use std::process::ExitCode;

const USAGE: &str = "isogloss-limit-rust bench [--one-thread] [--http <port>]";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ended = match words.as_slice() {
        ["bench"] => stdio::serve(),
        ["bench", "--http", port] => http::serve(&mut tokio::runtime::Builder::new_multi_thread(), port),
        ["bench", "--one-thread", "--http", port] => {
            http::serve(&mut tokio::runtime::Builder::new_current_thread(), port)
        }
        _ => Err(io::Error::other(format!("usage: {USAGE}"))),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
