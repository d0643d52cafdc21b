//! What two sides may speak: the revisions of an era, which of them to agree on, and params and results held to one.
//! How it is asked is the client's and the server's business.

use crate::error::Error;
use crate::protocol::methods::Method;
use crate::protocol::revisions::{Era, Revision};
use crate::wire::{Decode, DecodeError, Decoder, Encode, EncodeError, Encoded, Encoder, Json, Supplement, quoted};

/// How a client finds out which era a server is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// By asking: `server/discover` first, `initialize` if that leads nowhere.
    #[default]
    Auto,
    /// It is a legacy server: `initialize` at once.
    Legacy,
    /// It is a modern server: never `initialize`.
    Modern,
}

/// The name of the tasks extension in capabilities.
#[cfg(feature = "tasks")]
pub(crate) const TASKS_EXTENSION: &str = "io.modelcontextprotocol/tasks";

/// Every revision that is spoken, newest first.
pub(crate) fn supported() -> Vec<String> {
    Revision::ALL.into_iter().rev().map(|revision| revision.to_string()).collect()
}

/// The newest revision of an era.
pub(crate) fn newest(era: Era) -> Revision {
    // Both eras have revisions.
    Revision::newest(era).unwrap_or_default()
}

/// The newest revision of an era among those that the other side names.
pub(crate) fn best(era: Era, named: &[String]) -> Option<Revision> {
    let ours = Revision::ALL.into_iter().rev().filter(|revision| revision.era() == era);
    ours.into_iter().find(|revision| named.iter().any(|name| name == revision.as_str()))
}

/// With what a server answers a client's `initialize`: what it asks for if that is a legacy revision, otherwise the
/// newest of those.
pub(crate) fn agreed(asked: &str) -> Revision {
    Revision::parse(asked).filter(|revision| revision.era() == Era::Legacy).unwrap_or_else(|| newest(Era::Legacy))
}

/// The params of a method, as text in a revision.
///
/// # Errors
/// If the revision has no such method, or requires what is not set.
pub(crate) fn written(
    method: &Method,
    params: &impl Encode,
    revision: Revision,
    supplements: &[Supplement],
) -> Result<Encoded, Error> {
    if !method.revisions.has(revision.bit()) {
        let message = format!("does not exist in revision {revision}");
        return Err(Error::encode(method.name, EncodeError { path: String::new(), message }));
    }
    Encoder::supplemented(params, revision.bit(), supplements)
        .map_err(|error| Error::encode(&format!("the params of {}", method.name), error))
}

/// Reads a result. A modern one without `resultType`, as older servers write it, is complete.
///
/// # Errors
/// If it is no `R`.
pub(crate) fn read_result<R: Decode>(method: &Method, revision: Revision, result: &Json) -> Result<R, Error> {
    let wrong = |error| Error::decode(&format!("the result of {}", method.name), error);
    let read = |text: &str| Decoder::message(text.as_bytes(), revision.bit()).map_err(wrong);
    if revision.era() == Era::Legacy {
        return read(result.as_str());
    }
    match result.get_text(&["resultType"]).as_deref() {
        Some("complete" | "input_required") => read(result.as_str()),
        Some(other) => {
            let message = format!(r#"expected one of "complete", "input_required", found {}"#, quoted(other));
            Err(wrong(DecodeError::new(message).in_member("resultType")))
        }
        None => match result.as_str().strip_prefix('{') {
            Some("}") => read(r#"{"resultType":"complete"}"#),
            Some(rest) if result.get(&["resultType"]).is_none() => {
                read(&format!(r#"{{"resultType":"complete",{rest}"#))
            }
            _ => read(result.as_str()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_common_revision_of_the_era_is_taken() {
        let check = |era, named: &[&str], expected: Option<&str>| {
            let named: Vec<String> = named.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(best(era, &named).map(Revision::as_str), expected, "{era:?} of {named:?}");
        };
        check(Era::Legacy, &["2024-11-05", "2025-06-18", "2026-07-28"], Some("2025-06-18"));
        check(Era::Modern, &["2024-11-05", "2025-06-18", "2026-07-28"], Some("2026-07-28"));
        check(Era::Modern, &["2025-11-25", "2030-01-01"], None);
        check(Era::Legacy, &[], None);
    }

    #[test]
    fn a_server_answers_initialize_with_a_legacy_revision() {
        for (asked, expected) in [
            ("2024-11-05", "2024-11-05"),
            ("2025-11-25", "2025-11-25"),
            ("2026-07-28", "2025-11-25"),
            ("1900-01-01", "2025-11-25"),
        ] {
            assert_eq!(agreed(asked).as_str(), expected, "asked for {asked}");
        }
    }
}
