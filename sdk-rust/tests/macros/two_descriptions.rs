//! Two things said where one is.

struct Weather;

#[isogloss::server]
impl Weather {
    #[tool(title = "Forecast", title = "Weather")]
    fn get_forecast(&self, city: String) -> String {
        city
    }

    #[tool]
    #[prompt]
    fn greet(&self, name: String) -> String {
        name
    }

    #[tool]
    fn get_history(
        &self,
        /// City to look up.
        #[arg(description = "Where.")]
        city: String,
    ) -> String {
        city
    }
}

fn main() {}
