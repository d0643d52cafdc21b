//! A default that is not of the type of its argument.

struct Weather;

#[isogloss::server]
impl Weather {
    #[tool]
    fn get_forecast(&self, #[arg(default = "one")] days: u8) -> u8 {
        days
    }
}

fn main() {}
