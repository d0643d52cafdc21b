//! An error that cannot say what went wrong.

struct NoSuchCity;

struct Weather;

#[isogloss::server]
impl Weather {
    #[tool]
    async fn get_forecast(&self, city: String) -> Result<String, NoSuchCity> {
        Ok(city)
    }
}

fn main() {}
