//! An address with variables that templates do not have.

struct Weather;

#[isogloss::server]
impl Weather {
    #[resource("city://profiles{?name}")]
    fn profile(&self, name: String) -> String {
        name
    }
}

fn main() {}
