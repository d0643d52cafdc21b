//! Percent-encoding: texts out of addresses, and addresses in the one spelling in which equal ones are equal.

use std::fmt::Write;

/// The text that a percent-encoded one stands for; none if it stands for none.
pub(crate) fn decoded(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' { hex(rest.next(), rest.next())? } else { byte });
    }
    String::from_utf8(bytes).ok()
}

fn hex(high: Option<u8>, low: Option<u8>) -> Option<u8> {
    let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// An address as it is compared: what needs no encoding is decoded, what an address cannot have is encoded, in
/// capitals. None if a `%` is followed by no two digits.
/// <https://www.rfc-editor.org/rfc/rfc3986#section-6.2.2>
pub(crate) fn settled(address: &str) -> Option<String> {
    let mut out = String::with_capacity(address.len());
    let mut rest = address.bytes();
    while let Some(byte) = rest.next() {
        let (byte, encoded) = if byte == b'%' { (hex(rest.next(), rest.next())?, true) } else { (byte, false) };
        let plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let reserved = !encoded && b":/?#[]@!$&'()*+,;=".contains(&byte);
        if plain || reserved {
            out.push(char::from(byte));
        } else {
            // Writing into a string does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    Some(out)
}
