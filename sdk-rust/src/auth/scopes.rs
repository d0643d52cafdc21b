//! Scopes: what a token lacks for what is asked, and scopes that include others.

use crate::context::Claims;

/// Those of the scopes that a token does not allow, each once, in the order given; empty if it allows all of them.
pub fn missing_scopes(claims: &Claims, needed: &[String]) -> Vec<String> {
    let mut missing: Vec<String> = Vec::new();
    for scope in needed {
        if !claims.has_scope(scope) && !missing.contains(scope) {
            missing.push(scope.clone());
        }
    }
    missing
}

/// Adds what the scopes include, and what that includes.
pub(super) fn expand(scopes: &mut Vec<String>, includes: &[(String, Vec<String>)]) {
    let mut at = 0;
    while let Some(scope) = scopes.get(at).cloned() {
        let narrower = includes.iter().filter(|(broader, _)| *broader == scope).flat_map(|(_, narrower)| narrower);
        for scope in narrower {
            if !scopes.contains(scope) {
                scopes.push(scope.clone());
            }
        }
        at += 1;
    }
}

/// Whether RFC 6749 allows it as a scope.
pub(crate) fn is_scope(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn what_a_token_lacks_is_named_once_and_in_order() {
        let table = [
            ("a b", "a", ""),
            ("a b", "b a", ""),
            ("a", "c a b c", "c b"),
            ("", "a", "a"),
            ("files", "files:read", "files:read"),
            ("a", "", ""),
        ];
        for (held, needed, missing) in table {
            let claims = Claims { scopes: words(held), ..Claims::default() };
            assert_eq!(missing_scopes(&claims, &words(needed)), words(missing), "{held} / {needed}");
        }
    }
}
