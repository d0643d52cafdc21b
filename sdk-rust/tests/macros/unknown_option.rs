//! Options that nobody knows.

struct Weather;

#[isogloss::server]
impl Weather {
    #[tool(titel = "Forecast")]
    fn get_forecast(&self, city: String) -> String {
        city
    }

    #[tool]
    fn get_history(&self, #[arg(colour = "red")] city: String) -> String {
        city
    }
}

fn main() {}
