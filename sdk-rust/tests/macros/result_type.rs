//! Results that cannot be written.

struct Forecast;

struct Weather;

#[isogloss::server]
impl Weather {
    #[tool]
    async fn get_forecast(&self) -> Forecast {
        Forecast
    }

    #[resource("text://terms")]
    async fn terms(&self) -> u8 {
        1
    }

    #[prompt]
    async fn greet(&self) -> u8 {
        1
    }
}

fn main() {}
