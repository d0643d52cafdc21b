//! Globs over slash-separated names: `*` stays within a segment, `**` crosses them, a comma means "or".
//!
//! They pick peers, cases and known failures. No regular expressions, so that a list stays readable.

use std::fmt;

use serde::{Deserialize, Deserializer};

/// A parsed glob, e.g. `tools/*,prompts/get` or `official-*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    alternatives: Vec<String>,
}

impl Pattern {
    /// Parses a comma-separated list of globs.
    pub fn new(text: &str) -> Self {
        let alternatives = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        Self { text: text.to_owned(), alternatives: alternatives.map(str::to_owned).collect() }
    }

    /// The pattern that matches every name.
    pub fn everything() -> Self {
        Self::new("**")
    }

    /// Whether any of the alternatives matches the whole name.
    pub fn matches(&self, name: &str) -> bool {
        self.alternatives.iter().any(|glob| glob_matches(glob.as_bytes(), name.as_bytes()))
    }

    /// Whether this is the pattern that matches every name.
    pub fn is_everything(&self) -> bool {
        self.alternatives.iter().any(|glob| glob == "**")
    }
}

impl Default for Pattern {
    fn default() -> Self {
        Self::everything()
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::new(&String::deserialize(deserializer)?))
    }
}

/// Patterns are short and written by us, so plain backtracking is fast enough.
fn glob_matches(glob: &[u8], name: &[u8]) -> bool {
    match glob {
        [] => name.is_empty(),
        [b'*', b'*', rest @ ..] => (0..=name.len()).any(|from| glob_matches(rest, &name[from..])),
        [b'*', rest @ ..] => {
            let segment = name.iter().position(|&byte| byte == b'/').unwrap_or(name.len());
            (0..=segment).any(|from| glob_matches(rest, &name[from..]))
        }
        [first, rest @ ..] => name.first() == Some(first) && glob_matches(rest, &name[1..]),
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn stars_stay_in_their_segment_and_double_stars_do_not() {
        for (pattern, name, expected) in [
            ("tools/add", "tools/add", true),
            ("tools/add", "tools/add/more", false),
            ("tools/*", "tools/add", true),
            ("tools/*", "tools/add/more", false),
            ("tools/**", "tools/add/more", true),
            ("**", "schema/server/tools/call", true),
            ("schema/*/tools/*", "schema/server/tools/call", true),
            ("*", "go-sdk", true),
            ("*-sdk", "go-sdk", true),
            ("*-sdk", "rmcp", false),
            ("go, rust", "rust", true),
            ("go,rust", "python", false),
            ("", "anything", false),
        ] {
            assert_eq!(Pattern::new(pattern).matches(name), expected, "{pattern} on {name}");
        }
    }
}
