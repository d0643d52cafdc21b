//! Methods that Rust alone cannot call.

struct Weather;

#[isogloss::server]
impl Weather {
    #[tool]
    unsafe fn get_forecast(&self, city: String) -> String {
        city
    }

    #[tool]
    extern "C" fn count(&self) -> u8 {
        1
    }
}

fn main() {}
