//! What HTTP repeats of a message in headers: their names, and texts as header values and back.
//! Which headers a message needs, and whether they agree with it, is for its sender and its receiver to see.
//! <https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#request-metadata>

use std::borrow::Cow;

use data_encoding::BASE64;

/// The revision of a request.
pub const PROTOCOL_VERSION: &str = "mcp-protocol-version";
/// The method of a request.
pub const METHOD: &str = "mcp-method";
/// What a request is about: the name of a tool or a prompt, the address of a resource.
pub const NAME: &str = "mcp-name";
/// How the names of headers that repeat an argument of a tool begin.
pub const PARAM: &str = "mcp-param-";
/// A legacy session.
pub const SESSION_ID: &str = "mcp-session-id";
/// What a reader of a legacy stream has seen last.
pub const LAST_EVENT_ID: &str = "last-event-id";

const BEFORE: &str = "=?base64?";
const BEHIND: &str = "?=";

/// A text as the value of a header: as it is, or in Base64 where a header could not carry it.
/// <https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#value-encoding>
pub fn encode(text: &str) -> Cow<'_, str> {
    let edge = text.starts_with(' ') || text.ends_with(' ');
    if edge || enclosed(text).is_some() || !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return format!("{BEFORE}{}{BEHIND}", BASE64.encode(text.as_bytes())).into();
    }
    text.into()
}

/// The text that the value of a header stands for.
///
/// # Errors
/// What is wrong with it, to be read after the header's name.
pub fn decode(value: &[u8]) -> Result<Cow<'_, str>, String> {
    if let Some(position) = value.iter().position(|byte| !matches!(byte, b'\t' | b' '..=b'~')) {
        let found = value.get(position).copied().unwrap_or_default();
        return Err(format!(
            "byte {position} is 0x{found:02x}: expected visible ASCII, or Base64 as {BEFORE}…{BEHIND}"
        ));
    }
    // ASCII only, as was just seen.
    let text = std::str::from_utf8(value).map_err(|error| error.to_string())?;
    let Some(encoded) = enclosed(text) else { return Ok(text.into()) };
    let bytes = BASE64.decode(encoded.as_bytes()).map_err(|error| format!("wrong Base64: {error}"))?;
    let text =
        String::from_utf8(bytes).map_err(|error| format!("Base64 of what is not UTF-8: {}", error.utf8_error()))?;
    Ok(text.into())
}

fn enclosed(text: &str) -> Option<&str> {
    text.strip_prefix(BEFORE)?.strip_suffix(BEHIND)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_are_header_values_and_back() {
        for (text, value) in [
            ("us-west1", "us-west1"),
            ("", ""),
            ("a b~!", "a b~!"),
            ("Hello, 世界", "=?base64?SGVsbG8sIOS4lueVjA==?="),
            (" padded ", "=?base64?IHBhZGRlZCA=?="),
            ("line1\nline2", "=?base64?bGluZTEKbGluZTI=?="),
            ("\tx", "=?base64?CXg=?="),
            ("=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="),
            ("=?base64?open", "=?base64?open"),
            ("=?BASE64?eA==?=", "=?BASE64?eA==?="),
            ("SGVsbG8=", "SGVsbG8="),
            ("grüß 日本", "=?base64?Z3LDvMOfIOaXpeacrA==?="),
        ] {
            assert_eq!(encode(text), value, "{text:?}");
            assert_eq!(decode(value.as_bytes()).as_deref(), Ok(text), "{value:?}");
        }
    }

    #[test]
    fn a_value_that_stands_for_nothing_is_refused_with_the_reason() {
        for (value, reason) in [
            ("=?base64?SGVsbG8?=".as_bytes(), "wrong Base64: "),
            (b"=?base64?SGVs!!!bG8=?=", "wrong Base64: "),
            (b"=?base64?SGVsbG9=?=", "wrong Base64: "),
            (b"=?base64?/w==?=", "Base64 of what is not UTF-8: "),
            (b"caf\xc3\xa9", "byte 3 is 0xc3: expected visible ASCII"),
            (b"a\0b", "byte 1 is 0x00: "),
            (b"a\x7f", "byte 1 is 0x7f: "),
        ] {
            let found = decode(value).expect_err("a wrong value");
            assert!(found.starts_with(reason), "{}: {found}", value.escape_ascii());
        }
    }

    #[test]
    fn the_marker_alone_is_the_empty_text() {
        assert_eq!(decode(b"=?base64??=").as_deref(), Ok(""));
        assert_eq!(decode(b"=?base64?=").as_deref(), Ok("=?base64?="), "its two halves overlap");
    }

    proptest! {
        #[test]
        fn any_text_comes_back_and_is_safe(text in "(?s).{0,30}|=\\?base64\\?.{0,5}\\?=| ?[a-z]{0,3} ?") {
            let value = encode(&text);
            prop_assert!(value.bytes().all(|byte| matches!(byte, b' '..=b'~')));
            prop_assert_eq!(value.trim(), &*value, "what trims values changes nothing");
            let back = decode(value.as_bytes());
            prop_assert_eq!(back.as_deref(), Ok(text.as_str()));
        }

        #[test]
        fn any_bytes_are_read_or_refused(value in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = decode(&value);
            let _ = decode(&[BEFORE.as_bytes(), &value, BEHIND.as_bytes()].concat());
        }
    }
}
