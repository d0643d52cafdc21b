//! Who asks, as an access token says it. How a token is checked, and that it is, is the auth room's; here is only
//! what a handler may read of it. The token itself is not kept.

use std::fmt;
use std::time::SystemTime;

use crate::wire::{Json, JsonObject};

/// What the access token of a request says, once it was verified.
/// <https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/security-considerations#access-token-privilege-restriction>
///
/// `Debug` shows the names of the claims in [`all`](Claims::all), not what they say: they may tell more of a person
/// than a log should keep.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Claims {
    /// Whom the token speaks for: `sub`. Unique within the issuer alone.
    pub subject: Option<String>,
    /// The OAuth client that the token was issued to: `client_id`, or `azp`.
    pub client_id: Option<String>,
    /// Who issued it: `iss`.
    pub issuer: Option<String>,
    /// Whom it is meant for: `aud`.
    pub audience: Vec<String>,
    /// What it allows, each once, in the order of the token: `scope`, or `scp`.
    pub scopes: Vec<String>,
    /// When it ends: `exp`.
    pub expires_at: Option<SystemTime>,
    /// Everything that the token, or the authorization server asked about it, says.
    pub all: JsonObject,
}

impl Claims {
    /// Whether the token allows this.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|held| held == scope)
    }

    /// A claim by its name.
    pub fn get(&self, name: &str) -> Option<Json> {
        self.all.members().swap_remove(name)
    }
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims")
            .field("subject", &self.subject)
            .field("client_id", &self.client_id)
            .field("issuer", &self.issuer)
            .field("audience", &self.audience)
            .field("scopes", &self.scopes)
            .field("expires_at", &self.expires_at)
            .field("all", &self.all.members().keys().collect::<Vec<_>>())
            .finish()
    }
}
