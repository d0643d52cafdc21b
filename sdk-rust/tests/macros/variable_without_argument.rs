//! A variable of the address that the method does not take.

struct Weather;

#[isogloss::server]
impl Weather {
    #[resource("city://{name}/profile")]
    fn profile(&self) -> String {
        String::new()
    }
}

fn main() {}
