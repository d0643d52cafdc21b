//! A default that is another kind of number.

struct Weather;

#[isogloss::server]
impl Weather {
    #[tool]
    fn get_history(&self, #[arg(default = 1.5)] days: u8) -> u8 {
        days
    }
}

fn main() {}
