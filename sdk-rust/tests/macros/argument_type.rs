//! An argument whose type nothing is known of.

struct Place {
    city: String,
}

struct Weather;

#[isogloss::server]
impl Weather {
    #[tool]
    fn get_forecast(&self, place: Place) -> String {
        place.city
    }
}

fn main() {}
