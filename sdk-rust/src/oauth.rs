//! Access tokens for a client: [`OAuth`] gets them from the authorization server that a protected server names, puts
//! them on requests, and renews them. Who decides whether a server may be used at all is the program; what a token
//! allows is the server's business.
//!
//! A user is asked in a browser, and comes back to this machine:
//!
//! ```
//! use isogloss::oauth::{Browser, OAuth};
//!
//! let oauth = OAuth::authorization_code("https://mcp.example.com/mcp", Browser::new())
//!     .client_name("Notes desk")
//!     .build()?;
//! # Ok::<(), isogloss::Error>(())
//! ```
//!
//! A program that acts for itself says who it is instead ([`OAuth::client_credentials`]), shows what its platform says
//! of it ([`OAuth::jwt_bearer`]), or what an enterprise says of its user ([`OAuth::enterprise`]).
//!
//! <https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization>

mod assertion;
mod browser;
mod builder;
mod challenge;
mod client;
mod code;
mod discovery;
mod dpop;
mod endpoint;
mod grant;
mod held;
mod identity;
mod metadata;
mod private_key;
mod redirect;
mod refusal;
mod registration;
mod scopes;
mod secret;
mod session;
mod store;
mod token;
mod user_agent;

pub use assertion::{Assertion, IdentityProvider};
pub use browser::Browser;
pub use builder::OAuthBuilder;
#[cfg(any(test, fuzzing))]
pub(crate) use challenge::reread as reread_challenge;
pub use client::OAuth;
pub use identity::ClientIdentity;
pub use private_key::PrivateKey;
pub use store::{FileStore, MemoryStore, Storing, TokenStore};
pub use user_agent::{Unattended, UserAgent, Visit};
