//! An argument of a resource that the address does not have.

struct Weather;

#[isogloss::server]
impl Weather {
    #[resource("city://{name}/profile")]
    fn profile(&self, name: String, language: String) -> String {
        name + &language
    }
}

fn main() {}
