//! JSON in the one spelling in which equal values are equal texts: members by name, the last of a name, numbers as
//! they count.

use super::number::Number;
use crate::wire::{DecodeError, Kind, Scanner, Spelling, as_it_stands, kind, write_string};

const CANONICAL: Spelling = Spelling { sorted: true, scalar };

/// # Errors
/// If the text is no JSON, or nests too deep.
pub(super) fn canonical(text: &str) -> Result<String, DecodeError> {
    let mut out = String::with_capacity(text.len());
    CANONICAL.write(&mut Scanner::new(text), &mut out)?;
    Ok(out)
}

fn scalar(scanner: &mut Scanner<'_>, out: &mut String) -> Result<(), DecodeError> {
    match kind(scanner.peek()) {
        Kind::String => write_string(out, &scanner.string()?),
        Kind::Number => out.push_str(&Number::of(scanner.number()?).canonical()),
        _ => as_it_stands(scanner, out)?,
    }
    Ok(())
}
