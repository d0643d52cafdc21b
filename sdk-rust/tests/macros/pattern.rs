//! An argument without a name.

struct Weather;

#[isogloss::server]
impl Weather {
    #[tool]
    fn distance(&self, (x, y): (f64, f64)) -> f64 {
        x + y
    }
}

fn main() {}
