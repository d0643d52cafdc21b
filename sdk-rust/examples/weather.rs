//! A weather server over standard input and output: `cargo run --example weather`.

use isogloss::{Error, IntoServer, Result};

struct Weather;

#[isogloss::server(name = "weather")]
impl Weather {
    /// Forecast for a city.
    #[tool]
    async fn get_forecast(&self, #[arg(length = 1..=80)] city: String) -> Result<String> {
        Ok(format!("Sunny in {city}."))
    }

    /// What is known of a city.
    #[resource("city://{name}/profile")]
    async fn profile(&self, name: String) -> String {
        format!("{name} lies on a river.")
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    Weather.into_server().serve_stdio().await
}
