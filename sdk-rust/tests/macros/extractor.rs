//! What is made from the request is not sent by the client.

struct Weather;

#[isogloss::server]
impl Weather {
    #[tool]
    fn get_forecast(&self, #[arg(description = "Who asks.")] claims: isogloss::Claims) -> String {
        claims.subject.unwrap_or_default()
    }
}

fn main() {}
