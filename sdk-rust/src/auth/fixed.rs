//! Tokens that are written down: for a server on a machine of one's own, and for tests.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;

use super::token::{Fingerprint, fingerprint};
use super::{AccessToken, Refusal, TokenVerifier, Verifying};
use crate::context::Claims;

/// Accepts the tokens that it was given, each with what it stands for. Only their SHA-256 is kept, and compared
/// in constant time.
///
/// ```
/// use isogloss::Claims;
/// use isogloss::auth::FixedTokens;
///
/// # let (from_environment, hers) = ("a-long-random-text", "another-one");
/// let tokens = FixedTokens::new()
///     .token(from_environment, Claims::default())
///     .token(hers, Claims { subject: Some("ada".into()), scopes: vec!["notes:write".into()], ..Claims::default() });
/// ```
#[derive(Clone, Default)]
pub struct FixedTokens(Vec<(Fingerprint, Claims)>);

impl FixedTokens {
    /// No token yet.
    pub fn new() -> Self {
        FixedTokens::default()
    }

    /// One more token. Make it from at least 16 random bytes: nothing else keeps it from being guessed.
    pub fn token(mut self, token: &str, claims: Claims) -> Self {
        self.0.push((fingerprint(token), claims));
        self
    }
}

impl TokenVerifier for FixedTokens {
    fn verify<'a>(&'a self, token: &'a AccessToken) -> Verifying<'a> {
        Box::pin(async move {
            let asked = token.fingerprint();
            let mut found = None;
            // To the end, so that the time tells nothing of where a token stands.
            for (known, claims) in &self.0 {
                if verify_slices_are_equal(known, &asked).is_ok() {
                    found = Some(claims);
                }
            }
            found.cloned().ok_or_else(|| Refusal::invalid("the token is not known"))
        })
    }

    /// They were given to this server alone.
    fn binds_audience(&self) -> bool {
        true
    }
}

impl fmt::Debug for FixedTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FixedTokens({})", self.0.len())
    }
}
