//! Streamable HTTP, the client's side.

mod authorize;

pub use authorize::{Authorize, Authorizing};
