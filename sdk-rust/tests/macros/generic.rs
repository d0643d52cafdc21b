//! Methods that take more than one type.

struct Weather;

#[isogloss::server]
impl Weather {
    #[tool]
    fn get_forecast<T: ToString>(&self, city: T) -> String {
        city.to_string()
    }

    #[tool]
    fn get_history(&self, city: impl ToString) -> String {
        city.to_string()
    }
}

fn main() {}
