//! Calls share the server: only `&self` can be taken.

struct Weather;

#[isogloss::server]
impl Weather {
    #[tool]
    fn count(self) -> u64 {
        1
    }

    #[tool]
    fn more(&mut self) -> u64 {
        2
    }
}

fn main() {}
