//! Tasks that are nothing of the kind.

struct Jobs;

#[isogloss::server]
impl Jobs {
    #[tool(task = "requierd")]
    async fn report(&self) -> String {
        String::new()
    }

    #[tool(task("required", "optional"))]
    async fn backup(&self) -> String {
        String::new()
    }

    #[tool(task = true)]
    async fn cleanup(&self) -> String {
        String::new()
    }
}

fn main() {}
