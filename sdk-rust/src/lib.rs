//! MCP servers and clients in Rust.
//!
//! [`wire`] is how JSON becomes values and back, [`protocol`] is MCP's types over all its revisions (generated),
//! and the other modules are the runtime, each using only those named before it in ARCHITECTURE.md.

#[rustfmt::skip]
pub mod protocol;
pub mod wire;
