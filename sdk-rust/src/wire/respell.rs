//! JSON written once more with every name in an object once: of a name given twice the last value counts.

use std::collections::HashSet;

use super::encoder::write_string;
use super::error::DecodeError;
use super::json::Map;
use super::scan::Scanner;

/// How JSON is written once more.
pub(crate) struct Spelling {
    /// Whether members are ordered by their names; otherwise each stands where its name came first.
    pub(crate) sorted: bool,
    /// Reads the next value, which is no array and no object, and writes it.
    pub(crate) scalar: fn(&mut Scanner<'_>, &mut String) -> Result<(), DecodeError>,
}

impl Spelling {
    /// Reads the next value, and writes it.
    ///
    /// # Errors
    /// If it is no JSON, or nests too deep.
    pub(crate) fn write(&self, scanner: &mut Scanner<'_>, out: &mut String) -> Result<(), DecodeError> {
        let open = scanner.peek();
        if open != b'{' && open != b'[' {
            return (self.scalar)(scanner, out);
        }
        scanner.at += 1;
        scanner.enter()?;
        if open == b'{' { self.members(scanner, out) } else { self.elements(scanner, out) }
    }

    fn elements(&self, scanner: &mut Scanner<'_>, out: &mut String) -> Result<(), DecodeError> {
        out.push('[');
        let (mut first, mut begins) = (true, true);
        while scanner.next(&mut first, b']')? {
            if !std::mem::take(&mut begins) {
                out.push(',');
            }
            self.write(scanner, out)?;
        }
        out.push(']');
        Ok(())
    }

    fn members(&self, scanner: &mut Scanner<'_>, out: &mut String) -> Result<(), DecodeError> {
        let (mut first, mut members) = (true, Map::new());
        while scanner.next(&mut first, b'}')? {
            let name = scanner.string()?.into_owned();
            scanner.colon()?;
            let mut value = String::new();
            self.write(scanner, &mut value)?;
            members.insert(name, value);
        }
        if self.sorted {
            members.sort_unstable_keys();
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
        Ok(())
    }
}

/// The next value as it stands.
pub(crate) fn as_it_stands(scanner: &mut Scanner<'_>, out: &mut String) -> Result<(), DecodeError> {
    let from = scanner.at;
    scanner.skip()?;
    out.push_str(scanner.slice(from));
    Ok(())
}

/// The text with every name given once, at its first place and with its last value; none if no name comes twice.
pub(crate) fn last_values(text: &str) -> Option<String> {
    if !repeats(&mut Scanner::new(text)).ok()? {
        return None;
    }
    let mut settled = String::with_capacity(text.len());
    Spelling { sorted: false, scalar: as_it_stands }.write(&mut Scanner::new(text), &mut settled).ok()?;
    Some(settled)
}

/// Whether a name comes twice in an object of the next value: looked for before anything is written, since most texts
/// that are wrong have no such name.
fn repeats(scanner: &mut Scanner<'_>) -> Result<bool, DecodeError> {
    let open = scanner.peek();
    if open != b'{' && open != b'[' {
        scanner.skip()?;
        return Ok(false);
    }
    scanner.at += 1;
    scanner.enter()?;
    let (mut first, mut names) = (true, HashSet::new());
    while scanner.next(&mut first, if open == b'{' { b'}' } else { b']' })? {
        if open == b'{' {
            let name = scanner.string()?;
            scanner.colon()?;
            if !names.insert(name) {
                return Ok(true);
            }
        }
        if repeats(scanner)? {
            return Ok(true);
        }
    }
    Ok(false)
}
