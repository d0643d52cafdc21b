//! What cannot be made from a request.

struct Weather;

#[isogloss::server]
impl Weather {
    #[tool]
    fn get_history(&self, #[extract] days: u8) -> u8 {
        days
    }
}

fn main() {}
