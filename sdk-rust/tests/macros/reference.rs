//! Arguments that are borrowed.

struct Weather;

#[isogloss::server]
impl Weather {
    #[tool]
    fn get_forecast(&self, city: &str) -> String {
        city.to_owned()
    }

    #[tool]
    fn get_history(&self, cities: &[String]) -> usize {
        cities.len()
    }
}

fn main() {}
