//! MCP servers and clients in Rust.
