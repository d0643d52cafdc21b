//! Two tools of one name.

struct Weather;

#[isogloss::server]
impl Weather {
    #[tool]
    fn get_forecast(&self) -> u8 {
        1
    }

    #[tool(name = "get_forecast")]
    fn forecast(&self) -> u8 {
        2
    }
}

fn main() {}
