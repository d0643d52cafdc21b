//! The two tools of the benchmark, as anybody would write them.

use isogloss::{JsonObject, Server};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
struct Terms {
    /// The first number.
    a: i64,
    /// The second number.
    b: i64,
}

#[derive(Deserialize, JsonSchema)]
struct Given {
    /// Any object.
    payload: JsonObject,
}

pub fn server() -> Server {
    Server::new("isogloss-rust-bench", env!("CARGO_PKG_VERSION"))
        .tool("add", "Adds two integers.", async |terms: Terms, _| Ok(terms.a + terms.b))
        .tool("echo", "Gives the payload back.", async |given: Given, _| Ok(given.payload))
}
