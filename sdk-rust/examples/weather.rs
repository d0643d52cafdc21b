//! A weather server over standard input and output: `cargo run --example weather`.

use isogloss::{Error, Server};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Place {
    /// City to look up.
    city: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    Server::new("weather", "1.0.0")
        .tool("get_forecast", "Forecast for a city.", async |place: Place, _| Ok(format!("Sunny in {}.", place.city)))
        .serve_stdio()
        .await
}
