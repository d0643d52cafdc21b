//! JSON in the one spelling in which equal values are equal texts: members by name, the last of a name, numbers as
//! they count.

use std::collections::BTreeMap;

use super::number::Number;
use crate::wire::{DecodeError, Kind, Scanner, kind, write_string};

/// # Errors
/// If the text is no JSON, or nests too deep.
pub(super) fn canonical(text: &str) -> Result<String, DecodeError> {
    let mut out = String::with_capacity(text.len());
    write(&mut Scanner::new(text), &mut out)?;
    Ok(out)
}

/// Reads the next value.
pub(super) fn write(scanner: &mut Scanner<'_>, out: &mut String) -> Result<(), DecodeError> {
    let found = kind(scanner.peek());
    let mut first = true;
    match found {
        Kind::String => write_string(out, &scanner.string()?),
        Kind::Number => out.push_str(&Number::of(scanner.number()?).canonical()),
        Kind::Boolean | Kind::Null => {
            let from = scanner.at;
            scanner.skip()?;
            out.push_str(scanner.slice(from));
        }
        Kind::Array => {
            scanner.at += 1;
            scanner.enter()?;
            out.push('[');
            let mut begins = true;
            while scanner.next(&mut first, b']')? {
                if !std::mem::take(&mut begins) {
                    out.push(',');
                }
                write(scanner, out)?;
            }
            out.push(']');
        }
        Kind::Object => {
            scanner.at += 1;
            scanner.enter()?;
            let mut members = BTreeMap::new();
            while scanner.next(&mut first, b'}')? {
                let name = scanner.string()?;
                scanner.colon()?;
                let mut value = String::new();
                write(scanner, &mut value)?;
                members.insert(name, value);
            }
            out.push('{');
            for (i, (name, value)) in members.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_string(out, name);
                out.push(':');
                out.push_str(value);
            }
            out.push('}');
        }
    }
    Ok(())
}
