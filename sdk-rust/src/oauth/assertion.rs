//! What others say of a client or its user, and that is shown instead of asking a user.

use std::fmt;
use std::sync::Arc;

use super::identity::ClientIdentity;
use crate::error::Error;
use crate::http_client::Authorizing;

type Source = dyn Fn(&str) -> Authorizing<'static, String> + Send + Sync;

/// A signed statement: what a platform says of a workload, or an identity provider of a user. It is never shown.
///
/// ```
/// use isogloss::oauth::Assertion;
///
/// // Written anew by the platform every hour.
/// let assertion = Assertion::from_fn(async |_issuer| Ok(std::fs::read_to_string("/var/run/secrets/token")?));
/// ```
#[derive(Clone)]
pub struct Assertion(Arc<Source>);

impl Assertion {
    /// Always this one.
    pub fn fixed(text: impl Into<String>) -> Self {
        let text = text.into();
        Assertion(Arc::new(move |_| {
            let text = text.clone();
            Box::pin(async move { Ok(text) })
        }))
    }

    /// Whatever this gives, each time that one is needed; it is told for whom (the issuer).
    pub fn from_fn<F, Fut>(source: F) -> Self
    where
        F: Fn(String) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<String, Error>> + Send + 'static,
    {
        Assertion(Arc::new(move |issuer| Box::pin(source(issuer.to_owned()))))
    }

    /// One for this issuer.
    pub(super) fn get(&self, issuer: &str) -> Authorizing<'static, String> {
        (self.0)(issuer)
    }
}

impl<T: Into<String>> From<T> for Assertion {
    fn from(text: T) -> Self {
        Assertion::fixed(text)
    }
}

impl fmt::Debug for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Assertion(…)")
    }
}

/// An enterprise's identity provider, which decides what its people may use.
#[derive(Debug, Clone)]
pub struct IdentityProvider {
    pub(super) issuer: String,
    pub(super) client: ClientIdentity,
    pub(super) id_token: Assertion,
    pub(super) token_endpoint: Option<String>,
}

impl IdentityProvider {
    /// The provider of this issuer, to whom the program is this client, and that signed the user in with this ID token.
    pub fn new(issuer: impl Into<String>, client: impl Into<ClientIdentity>, id_token: impl Into<Assertion>) -> Self {
        let (issuer, client, id_token) = (issuer.into(), client.into(), id_token.into());
        IdentityProvider { issuer, client, id_token, token_endpoint: None }
    }

    /// Its token endpoint is here; its metadata is not asked for.
    pub fn token_endpoint(mut self, url: impl Into<String>) -> Self {
        self.token_endpoint = Some(url.into());
        self
    }
}
