//! Asks the weather server for a forecast: build both examples with `cargo build --features client --examples`, then
//! `target/debug/examples/client target/debug/examples/weather`.

use std::process::Command;

use isogloss::{Client, Error};
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let server = std::env::args_os().nth(1).unwrap_or_else(|| "weather".into());
    let client = Client::connect(Command::new(server)).await?;
    let forecast: String = client.call("get_forecast", json!({"city": "Oslo"})).await?;
    println!("{forecast}");
    client.close().await;
    Ok(())
}
