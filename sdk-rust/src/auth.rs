//! Who may ask a server over HTTP: a [`Protection`] asks every request for an access token, has a [`TokenVerifier`]
//! check it, and tells a client without one where to get it. What the token says reaches handlers as
//! [`Claims`](crate::Claims). Which handler needs which scope is the offers' to say; getting tokens is a client's.
//!
//! Tokens of an authorization server that signs them are checked with its published keys:
//!
//! ```
//! use isogloss::auth::{JwtVerifier, Protection};
//!
//! let protection = Protection::new("https://mcp.example.com/mcp", JwtVerifier::new("https://auth.example.com"))
//!     .require_scopes(["notes:read"]);
//!
//! assert_eq!(protection.metadata_url(), "https://mcp.example.com/.well-known/oauth-protected-resource/mcp");
//! ```
//!
//! Tokens that mean something to their authorization server alone are [asked about](IntrospectionVerifier), and
//! whatever else a token may be is a [`TokenVerifier`] of your own.
//!
//! <https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization>

pub(crate) mod address;
mod challenge;
mod denied;
pub(crate) mod discovery;
pub(crate) mod fetch;
mod fixed;
mod guard;
mod https;
mod introspection;
mod jwks;
mod jwt;
mod keys;
mod metadata;
mod payload;
mod protection;
mod remembered;
pub(crate) mod scopes;
#[cfg(test)]
mod tests;
mod token;
mod verifier;

pub use denied::Denied;
pub use fetch::{Fetch, Fetching};
pub use fixed::FixedTokens;
pub use introspection::IntrospectionVerifier;
pub use jwt::JwtVerifier;
pub use keys::Algorithm;
pub use metadata::PublicRoute;
pub use protection::Protection;
pub use scopes::missing_scopes;
pub use token::AccessToken;
pub use verifier::{Refusal, TokenVerifier, Verifying};
