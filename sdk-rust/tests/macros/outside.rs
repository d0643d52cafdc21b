//! `#[tool]` where no server is.

struct Weather;

impl Weather {
    #[tool]
    fn get_forecast(&self, city: String) -> String {
        city
    }
}

fn main() {}
