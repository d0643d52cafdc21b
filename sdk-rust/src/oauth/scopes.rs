//! Scopes: those that a text names, what two sets of them make, and which are asked for.
//! <https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/index#scope-selection-strategy>

use crate::auth::scopes::is_scope;

/// What lets an authorization server of OpenID Connect hand out a token to renew with.
pub(super) const OFFLINE: &str = "offline_access";

/// The scopes of a text, each once and in order; what cannot be one is left out.
pub(super) fn words(text: &str) -> Vec<String> {
    union(&[], text.split(' ').map(str::to_owned))
}

/// These scopes and those of the others that are not among them.
pub(super) fn union(scopes: &[String], others: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut all = scopes.to_vec();
    for scope in others {
        if is_scope(&scope) && !all.contains(&scope) {
            all.push(scope);
        }
    }
    all
}

/// Whether all of these are among those.
pub(super) fn within(these: &[String], those: &[String]) -> bool {
    these.iter().all(|scope| those.contains(scope))
}

/// What to ask for: what the server asks for, else what it says it knows; and always what was there before, so that
/// nothing is lost.
pub(super) fn wanted(before: &[String], asked: &[String], supported: Option<&[String]>) -> Vec<String> {
    let now = match (asked, supported) {
        ([], Some(supported)) if before.is_empty() => supported,
        (asked, _) => asked,
    };
    let mut all = union(before, now.iter().cloned());
    // Whether it may be asked for is for the authorization server to say, not for whoever says so today.
    all.retain(|scope| scope != OFFLINE);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_what_the_server_wants_and_what_was_there() {
        let table = [
            ("", "a b", Some("c"), "a b"),
            ("", "", Some("c d"), "c d"),
            ("", "", None, ""),
            ("a", "b", Some("c"), "a b"),
            ("a", "", Some("c"), "a"),
            ("", "a offline_access", None, "a"),
            ("", "a \"b\" a", None, "a"),
        ];
        for (before, asked, supported, expected) in table {
            let supported = supported.map(words);
            let found = wanted(&words(before), &words(asked), supported.as_deref());
            assert_eq!(found.join(" "), expected, "{before} / {asked} / {supported:?}");
        }
    }
}
