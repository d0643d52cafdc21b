//! A server with one tool, on standard input and output.

use isogloss::{Error, Server};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, JsonSchema)]
struct Ask {
    /// City to look up.
    city: String,
    /// Days ahead.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 10))]
    days: u8,
}

fn one() -> u8 {
    1
}

#[derive(Serialize, JsonSchema)]
struct Forecast {
    summary: String,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    Server::new("weather", "1.0.0")
        .tool("get_forecast", "Forecast for a city.", async |ask: Ask, _| {
            Ok(Forecast { summary: format!("{}: sunny for {} days", ask.city, ask.days) })
        })
        .serve_stdio()
        .await
}
