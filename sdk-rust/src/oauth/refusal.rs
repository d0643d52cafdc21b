//! What an authorization server says that refuses: its words, cut and escaped, since anybody may have written them.
//! <https://www.rfc-editor.org/rfc/rfc6749.html#section-5.2>

use http::Uri;
use serde::Deserialize;

use crate::auth::fetch::object;
use crate::protocol::limits;

/// Why there is no token.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The authorization server says so, with a code.
    Said {
        /// `invalid_grant`
        code: String,
        /// All that there is to tell.
        words: String,
    },
    /// It could not be asked, or what it said is no answer.
    Failed(String),
}

impl Refusal {
    /// What a server answered that gave no token.
    pub(super) fn of(uri: &Uri, answer: &http::Response<Vec<u8>>) -> Self {
        #[derive(Deserialize)]
        struct Document {
            error: String,
            error_description: Option<String>,
        }
        match object(uri, answer.body()).map(|document| document.to::<Document>()) {
            Ok(Ok(Document { error, error_description })) => {
                let words = format!("{uri}: {}", quoted(&error, error_description.as_deref()));
                Refusal::Said { code: error, words }
            }
            _ => Refusal::Failed(format!("{uri}: expected HTTP 200, found {}", answer.status())),
        }
    }

    /// Whether the authorization server does not know the client, or not any more.
    pub(super) fn is_of_client(&self) -> bool {
        matches!(self, Refusal::Said { code, .. } if code == "invalid_client" || code == "unauthorized_client")
    }

    /// Whether what was shown is worth nothing any more.
    pub(super) fn is_of_grant(&self) -> bool {
        matches!(self, Refusal::Said { code, .. } if code == "invalid_grant")
    }

    pub(super) fn into_words(self) -> String {
        match self {
            Refusal::Said { words, .. } | Refusal::Failed(words) => words,
        }
    }
}

impl From<String> for Refusal {
    fn from(words: String) -> Self {
        Refusal::Failed(words)
    }
}

/// An error in its server's words.
pub(super) fn quoted(code: &str, description: Option<&str>) -> String {
    let cut = |text: &str| text.chars().take(limits::MAX_AUTH_ERROR_TEXT).collect::<String>();
    match description {
        Some(description) => format!("the authorization server says {:?}: {:?}", cut(code), cut(description)),
        None => format!("the authorization server says {:?}", cut(code)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_words_are_cut_and_escaped() {
        let words = quoted("bad\n\u{1b}[31m\u{202e}", Some(&"x".repeat(10_000)));
        assert!(words.is_ascii() && !words.contains(['\n', '\u{1b}']), "{words}");
        assert!(words.len() < limits::MAX_AUTH_ERROR_TEXT + 200, "{}", words.len());
    }
}
