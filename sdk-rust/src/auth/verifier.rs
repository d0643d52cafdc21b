//! What checks a token: an interface, and the ways in which it can say no.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::context::Claims;
use crate::error::Error;

use super::AccessToken;

/// A check that goes on.
pub type Verifying<'a> = Pin<Box<dyn Future<Output = Result<Claims, Refusal>> + Send + 'a>>;

/// Checks access tokens. That a token is meant for this server, has not expired and allows what is asked is looked at
/// by [`Protection`](super::Protection), in what the verifier found.
///
/// ```
/// use isogloss::auth::{AccessToken, Refusal, TokenVerifier, Verifying};
/// use isogloss::Claims;
///
/// struct Sessions;
///
/// impl TokenVerifier for Sessions {
///     fn verify<'a>(&'a self, token: &'a AccessToken) -> Verifying<'a> {
///         Box::pin(async move {
///             let user = look_up(token.as_str()).await.ok_or_else(|| Refusal::invalid("there is no such session"))?;
///             Ok(Claims { subject: Some(user), ..Claims::default() })
///         })
///     }
///
///     /// Our sessions are for this server alone.
///     fn binds_audience(&self) -> bool {
///         true
///     }
/// }
/// # async fn look_up(_: &str) -> Option<String> { None }
/// ```
pub trait TokenVerifier: Send + Sync {
    /// What the token says, if it is genuine.
    fn verify<'a>(&'a self, token: &'a AccessToken) -> Verifying<'a>;

    /// Whether the verifier itself makes sure that tokens are meant for this server, so that
    /// [`Claims::audience`] need not name it. Say so only if it is true: a token for another server must be refused.
    /// <https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/security-considerations#token-audience-binding-and-validation>
    fn binds_audience(&self) -> bool {
        false
    }

    /// Who issues the tokens, to be told to clients that need one.
    fn issuers(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether it was set up so that it can work; asked when the server is built.
    ///
    /// # Errors
    /// What is wrong, as [`Error::Setup`].
    fn check_setup(&self) -> Result<(), Error> {
        Ok(())
    }
}

impl<V: TokenVerifier + ?Sized> TokenVerifier for Arc<V> {
    fn verify<'a>(&'a self, token: &'a AccessToken) -> Verifying<'a> {
        (**self).verify(token)
    }

    fn binds_audience(&self) -> bool {
        (**self).binds_audience()
    }

    fn issuers(&self) -> Vec<String> {
        (**self).issuers()
    }

    fn check_setup(&self) -> Result<(), Error> {
        (**self).check_setup()
    }
}

/// Why a token is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// It is no good, and the client is told why: HTTP 401 with `invalid_token`. Say nothing here that helps to forge one.
    Invalid(String),
    /// Whether it is good cannot be found out now: HTTP 503. The reason is for who runs the server; the client is not told.
    Unavailable(String),
}

impl Refusal {
    /// The token is no good; the client is told this.
    pub fn invalid(why: impl Into<String>) -> Self {
        Refusal::Invalid(why.into())
    }

    /// It cannot be found out now; the client is not told this.
    pub fn unavailable(why: impl Into<String>) -> Self {
        Refusal::Unavailable(why.into())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Invalid(why) => f.write_str(why),
            Refusal::Unavailable(why) => write!(f, "the token cannot be checked now: {why}"),
        }
    }
}

impl std::error::Error for Refusal {}
