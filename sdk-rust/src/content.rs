//! Short ways to make and to read what tools, prompts and resources are made of. The types are the protocol's own.

use crate::protocol::types::{AnyResourceContents, CallToolResult, ContentBlock, PromptMessage, Role, TextContent};

impl ContentBlock {
    /// A block of text.
    pub fn text(text: impl Into<String>) -> Self {
        ContentBlock::Text(TextContent::new(text))
    }

    /// The text of a block of text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            ContentBlock::Text(content) => Some(&content.text),
            _ => None,
        }
    }
}

impl CallToolResult {
    /// A result that tells the model what went wrong.
    pub fn failed(message: impl Into<String>) -> Self {
        CallToolResult { is_error: Some(true), ..CallToolResult::new(vec![ContentBlock::text(message)]) }
    }

    /// The text of all its blocks of text, a line each.
    pub fn text(&self) -> String {
        let blocks: Vec<&str> = self.content.iter().filter_map(ContentBlock::as_text).collect();
        blocks.join("\n")
    }
}

impl PromptMessage {
    /// What the user says.
    pub fn user(text: impl Into<String>) -> Self {
        PromptMessage::new(ContentBlock::text(text), Role::User)
    }

    /// What the model says.
    pub fn assistant(text: impl Into<String>) -> Self {
        PromptMessage::new(ContentBlock::text(text), Role::Assistant)
    }
}

impl AnyResourceContents {
    /// The text, if it is text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            AnyResourceContents::Text(contents) => Some(&contents.text),
            AnyResourceContents::Blob(_) => None,
        }
    }
}

/// Bytes as base64, with padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const DIGITS: [char; 64] = digits();
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let at = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let group = at(0) << 16 | at(1) << 8 | at(2);
        for i in 0..4 {
            let digit = DIGITS.get((group >> (18 - 6 * i)) as usize & 63);
            out.push(if i <= chunk.len() { digit.copied().unwrap_or('=') } else { '=' });
        }
    }
    out
}

#[allow(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const fn digits() -> [char; 64] {
    let all = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut digits = ['='; 64];
    let mut i = 0;
    while i < 64 {
        digits[i] = all[i] as char;
        i += 1;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn bytes_are_written_as_base64() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xfe]), "+//+");
    }
}
