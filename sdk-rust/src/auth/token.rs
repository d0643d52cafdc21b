//! The access token of a request: where it may stand, and that it is never shown.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::protocol::limits;

/// An access token, as it came. `Debug` does not show it; do not show, keep or forward it either.
/// <https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization#token-handling>
#[derive(Clone)]
pub struct AccessToken(Box<str>);

impl AccessToken {
    /// A token of this text; for tests of a verifier of your own.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        AccessToken(text.into())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands for it where it is looked up: its SHA-256.
    pub(super) fn fingerprint(&self) -> Fingerprint {
        fingerprint(&self.0)
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(…)")
    }
}

/// A SHA-256.
pub(super) type Fingerprint = [u8; 32];

pub(super) fn fingerprint(text: &str) -> Fingerprint {
    let mut found = [0; 32];
    for (to, from) in found.iter_mut().zip(digest(&SHA256, text.as_bytes()).as_ref()) {
        *to = *from;
    }
    found
}

/// Why a request has no token that can be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Absent {
    /// It does not try to.
    None,
    /// It is no proper request.
    Malformed(&'static str),
    /// It has one that cannot be a token.
    Impossible(String),
}

/// The token of a request: in the header `Authorization`, and nowhere else.
/// <https://www.rfc-editor.org/rfc/rfc6750.html#section-2.1>
pub(super) fn bearer(headers: &HeaderMap) -> Result<AccessToken, Absent> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Err(Absent::None) };
    if values.next().is_some() {
        return Err(Absent::Malformed("found more than one header Authorization: send one"));
    }
    let value = value.as_bytes().trim_ascii();
    let scheme = value.iter().position(|byte| *byte == b' ').unwrap_or(value.len());
    let (scheme, token) = value.split_at_checked(scheme).unwrap_or_default();
    let token = token.trim_ascii();
    if !scheme.eq_ignore_ascii_case(b"Bearer") || token.is_empty() {
        return Err(Absent::None);
    }
    if token.len() > limits::MAX_TOKEN {
        return Err(Absent::Impossible(format!("the token is longer than max_token ({} bytes)", limits::MAX_TOKEN)));
    }
    match std::str::from_utf8(token) {
        Ok(text) if is_token(text) => Ok(AccessToken::new(text)),
        _ => Err(Absent::Impossible(String::from("the token has characters that no token has"))),
    }
}

/// What RFC 6750 calls a `b64token`.
fn is_token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    !body.is_empty() && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_not_shown() {
        let token = AccessToken::new("secret");
        assert_eq!(format!("{token:?}"), "AccessToken(…)");
        assert_ne!(token.fingerprint(), AccessToken::new("secreT").fingerprint());
    }
}
