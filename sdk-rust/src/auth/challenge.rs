//! The header `WWW-Authenticate`: what a client is told that has no token, or not the right one.
//! <https://www.rfc-editor.org/rfc/rfc6750.html#section-3>, <https://www.rfc-editor.org/rfc/rfc9728.html#section-5.1>

use http::HeaderValue;

#[derive(Debug, Default)]
pub(super) struct Challenge<'a> {
    /// None for a request that brought no token: it made no mistake.
    pub(super) error: Option<&'static str>,
    pub(super) description: &'a str,
    pub(super) scopes: &'a [String],
    pub(super) metadata_url: &'a str,
}

impl Challenge<'_> {
    pub(super) fn header(&self) -> HeaderValue {
        let scopes = self.scopes.join(" ");
        let parameters = [
            ("error", self.error.unwrap_or_default()),
            ("error_description", self.description),
            ("scope", &scopes),
            ("resource_metadata", self.metadata_url),
        ];
        let parameters: Vec<String> = parameters
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}=\"{}\"", quotable(value)))
            .collect();
        // What is quotable fits into a header: only an empty one is left to fear.
        HeaderValue::from_str(&format!("Bearer {}", parameters.join(", ")))
            .unwrap_or_else(|_| HeaderValue::from_static("Bearer"))
    }
}

/// Text that stands between quotes as it is: RFC 6750 allows neither quotes nor backslashes nor anything beyond ASCII,
/// so that nothing has to be escaped, and nothing can end the value early.
fn quotable(text: &str) -> String {
    let quotable = |c: char| match c {
        '"' => '\'',
        '\\' => '/',
        ' '..='~' => c,
        _ => '?',
    };
    text.chars().map(quotable).collect()
}
