//! Ranges that say nothing, or not what one would think.

struct Weather;

#[isogloss::server]
impl Weather {
    #[tool]
    fn a(&self, #[arg(range = 1..10)] days: u8) -> u8 {
        days
    }

    #[tool]
    fn b(&self, #[arg(range = 10)] days: u8) -> u8 {
        days
    }

    #[tool]
    fn c(&self, #[arg(length = ..)] city: String) -> String {
        city
    }

    #[tool]
    fn d(&self, #[arg(range = 10..=1)] days: u8) -> u8 {
        days
    }
}

fn main() {}
