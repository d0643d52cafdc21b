//! A completion of nothing.

struct Weather;

#[isogloss::server]
impl Weather {
    #[complete(prompt = "greet")]
    fn names(&self, typed: isogloss::Completing) -> Vec<String> {
        vec![typed.value]
    }
}

fn main() {}
