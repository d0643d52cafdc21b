//! The header `WWW-Authenticate`, read: what a server wants that refuses a request.
//! <https://www.rfc-editor.org/rfc/rfc9110.html#section-11.6.1>, <https://www.rfc-editor.org/rfc/rfc9728.html#section-5.1>

use http::HeaderMap;
use http::header::WWW_AUTHENTICATE;

use super::scopes::words;

/// What a server says about access tokens. What it says about other credentials is passed over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Challenge {
    pub(super) bearer: bool,
    pub(super) dpop: bool,
    pub(super) error: Option<String>,
    pub(super) scopes: Vec<String>,
    pub(super) resource_metadata: Option<String>,
}

impl Challenge {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut found = Challenge::default();
        for value in headers.get_all(WWW_AUTHENTICATE) {
            let mut scheme = String::new();
            let mut reader = Reader(value.as_bytes());
            while let Some(part) = reader.next() {
                match part {
                    Part::Scheme(name) => {
                        found.bearer |= name == "bearer";
                        found.dpop |= name == "dpop";
                        scheme = name;
                    }
                    Part::Parameter(name, value) if scheme == "bearer" || scheme == "dpop" => found.put(&name, value),
                    Part::Parameter(..) => {}
                }
            }
        }
        found
    }

    /// Whether the token has to be bound to a key.
    pub(super) fn wants_dpop(&self) -> bool {
        self.dpop && !self.bearer
    }

    /// Of a parameter given twice the first counts.
    fn put(&mut self, name: &str, value: String) {
        match name {
            "error" => drop(self.error.get_or_insert(value)),
            "resource_metadata" => drop(self.resource_metadata.get_or_insert(value)),
            "scope" if self.scopes.is_empty() => self.scopes = words(&value),
            _ => {}
        }
    }
}

/// For fuzzers: what is read is written and read back the same.
#[cfg(any(test, fuzzing))]
pub(crate) fn reread(value: &[u8]) {
    let read = |value: &[u8]| {
        let value = http::HeaderValue::from_bytes(value).ok()?;
        Some(Challenge::of(&HeaderMap::from_iter([(WWW_AUTHENTICATE, value)])))
    };
    let Some(found) = read(value) else { return };
    let schemes = [("Bearer", found.bearer), ("DPoP", found.dpop)].into_iter().filter(|(_, there)| *there);
    let mut written = schemes.map(|(scheme, _)| scheme).collect::<Vec<_>>().join(", ");
    let scope = (!found.scopes.is_empty()).then(|| found.scopes.join(" "));
    let parameters = [("error", &found.error), ("scope", &scope), ("resource_metadata", &found.resource_metadata)];
    for (name, value) in parameters {
        if let Some(value) = value {
            written += &format!(" {name}=\"{}\",", value.replace('\\', "\\\\").replace('"', "\\\""));
        }
    }
    assert_eq!(read(written.as_bytes()), Some(found), "{written:?}");
}

enum Part {
    /// In lower case.
    Scheme(String),
    Parameter(String, String),
}

/// What is left of a header's value.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn next(&mut self) -> Option<Part> {
        self.skip(|byte| matches!(byte, b' ' | b'\t' | b',' | b'='));
        let name = self.take(|byte| !matches!(byte, b' ' | b'\t' | b',' | b'=' | b'"')).to_ascii_lowercase();
        if name.is_empty() {
            // Text between quotes that nothing leads to.
            return (!self.0.is_empty()).then(|| Part::Parameter(name, self.quoted()));
        }
        let after = self.0;
        self.skip(|byte| matches!(byte, b' ' | b'\t'));
        let Some(rest) = self.0.strip_prefix(b"=") else {
            self.0 = after;
            return Some(Part::Scheme(name));
        };
        self.0 = rest;
        self.skip(|byte| matches!(byte, b' ' | b'\t'));
        let value = match self.0.first() {
            Some(b'"') => self.quoted(),
            _ => self.take(|byte| !matches!(byte, b' ' | b'\t' | b',' | b'=')),
        };
        Some(Part::Parameter(name, value))
    }

    fn skip(&mut self, skipped: impl Fn(u8) -> bool) {
        while let Some((first, rest)) = self.0.split_first()
            && skipped(*first)
        {
            self.0 = rest;
        }
    }

    fn take(&mut self, taken: impl Fn(u8) -> bool) -> String {
        let end = self.0.iter().position(|byte| !taken(*byte)).unwrap_or(self.0.len());
        let (text, rest) = self.0.split_at_checked(end).unwrap_or_default();
        self.0 = rest;
        String::from_utf8_lossy(text).into_owned()
    }

    /// Text from the quote at the beginning to the one at its end.
    fn quoted(&mut self) -> String {
        let (mut text, mut escaped) = (Vec::new(), false);
        self.0 = self.0.strip_prefix(b"\"").unwrap_or(self.0);
        while let Some((byte, rest)) = self.0.split_first() {
            self.0 = rest;
            match byte {
                _ if escaped => {
                    text.push(*byte);
                    escaped = false;
                }
                b'\\' => escaped = true,
                b'"' => break,
                _ => text.push(*byte),
            }
        }
        String::from_utf8_lossy(&text).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Challenge {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(WWW_AUTHENTICATE, value.parse().unwrap());
        }
        Challenge::of(&headers)
    }

    #[test]
    fn what_is_said_about_tokens_is_found_among_the_rest() {
        let metadata = || Some("https://m/x?a=b,c".to_owned());
        let bearer = Challenge { bearer: true, ..Challenge::default() };
        let table: [(&[&str], Challenge); 12] = [
            (&[], Challenge::default()),
            (&["Bearer"], bearer.clone()),
            (&["bEaReR realm=x"], bearer.clone()),
            (
                &[r#"Bearer resource_metadata="https://m/x?a=b,c", scope="a b",error="invalid_token""#],
                Challenge {
                    error: Some("invalid_token".into()),
                    scopes: words("a b"),
                    resource_metadata: metadata(),
                    ..bearer.clone()
                },
            ),
            (
                &[r#"Basic realm="Bearer, scope=\"x\"", Bearer scope = a"#],
                Challenge { scopes: words("a"), ..bearer.clone() },
            ),
            (&["Negotiate YWJj/ZGVm==, Bearer error=e"], Challenge { error: Some("e".into()), ..bearer.clone() }),
            (&[r#"Basic scope="no""#, r#"Bearer scope="yes""#], Challenge { scopes: words("yes"), ..bearer.clone() }),
            (&[r#"Bearer scope="first", scope="second""#], Challenge { scopes: words("first"), ..bearer.clone() }),
            (
                &[r#"DPoP algs="ES256", error="use_dpop_nonce""#],
                Challenge { dpop: true, error: Some("use_dpop_nonce".into()), ..Challenge::default() },
            ),
            (&["Bearer, DPoP"], Challenge { dpop: true, ..bearer.clone() }),
            (&[r#"Bearer scope="never ends"#], Challenge { scopes: words("never ends"), ..bearer.clone() }),
            (&[r#""x"=,=,,,"" Bearer error"#], bearer),
        ];
        for (values, expected) in table {
            assert_eq!(read(values), expected, "{values:?}");
        }
        assert!(read(&["DPoP"]).wants_dpop());
        assert!(!read(&["Bearer, DPoP"]).wants_dpop());
    }
}
