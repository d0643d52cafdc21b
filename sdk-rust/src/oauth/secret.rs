//! Text that is never shown: tokens, secrets, codes.

use std::fmt;

use serde::{Deserialize, Serialize};

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Secret(String);

impl Secret {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Secret(text.into())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Text that nobody can guess, of characters that may stand anywhere.
pub(super) fn drawn() -> Result<String, String> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| String::from("the system gives no random numbers"))?;
    Ok(data_encoding::BASE64URL_NOPAD.encode(&bytes))
}

/// The SHA-256 of a text, as it stands in addresses and headers.
pub(super) fn digest(text: &str) -> String {
    data_encoding::BASE64URL_NOPAD
        .encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes()).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown_and_never_drawn_twice() {
        assert!(!format!("{:?}", Secret::new("hunter2")).contains("hunter2"));
        let (one, other) = (drawn().unwrap(), drawn().unwrap());
        assert!(one.len() >= 43 && one != other, "{one} {other}");
    }

    #[test]
    fn the_digest_is_the_one_of_rfc_7636() {
        assert_eq!(
            digest("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }
}
