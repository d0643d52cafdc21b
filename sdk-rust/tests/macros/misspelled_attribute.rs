//! An attribute that is nearly one of ours.

struct Weather;

#[isogloss::server]
impl Weather {
    #[tol]
    fn get_forecast(&self, city: String) -> String {
        city
    }

    #[tool]
    fn get_history(&self, #[args(length = 1..=40)] city: String) -> String {
        city
    }
}

fn main() {}
