"""MCP servers and clients, typed from the protocol's own schemas."""
