//! A JSON object and where its members stand, seen while it was read: who asks for one of them reads no text again.

use std::fmt;

use super::decoder::Decoder;
use super::error::DecodeError;
use super::json::{Json, JsonObject, compacted};
use super::scan::Scanner;
use super::{Decode, Kind, Revs};

/// Of how many members the places are kept. Params have three as a rule; an object with more is read again for each
/// question.
const KEPT: usize = 4;

/// A JSON object, and where its members stand in it.
#[derive(Clone)]
pub(crate) struct Outlined {
    object: Json,
    places: [Place; KEPT],
    /// How many places there are; none says that the object is to be read.
    kept: Option<u8>,
}

/// Where a member stands: its name without quotation marks, and its value.
#[derive(Clone, Copy, Default)]
struct Place {
    name: (u32, u32),
    value: (u32, u32),
}

impl Outlined {
    /// The object itself.
    pub(crate) fn json(&self) -> &Json {
        &self.object
    }

    /// Shows all members in order: names, and values as text. Of a name given twice the last one counts.
    pub(crate) fn each<'o>(&'o self, mut see: impl FnMut(&str, &'o str)) {
        let text = self.object.as_str();
        let Some(kept) = self.kept else { return each_member(text, see) };
        let part = |(from, to): (u32, u32)| text.get(from as usize..to as usize).unwrap_or_default();
        for place in self.places.iter().take(usize::from(kept)) {
            see(part(place.name), part(place.value));
        }
    }

    /// The text of a member's value.
    pub(crate) fn member(&self, name: &str) -> Option<&str> {
        let mut found = None;
        self.each(|member, value| {
            if member == name {
                found = Some(value);
            }
        });
        found
    }

    /// Reads the object that follows, and compacts it if it is not.
    fn scan(scanner: &mut Scanner<'_>) -> Result<Self, DecodeError> {
        let (from, depth) = (scanner.at, scanner.depth);
        let (mut places, mut kept) = ([Place::default(); KEPT], Some(0));
        scanner.loose = false;
        scanner.at += 1;
        scanner.enter()?;
        let mut first = true;
        while scanner.next(&mut first, b'}')? {
            scanner.peek();
            let name_from = scanner.at + 1;
            let name = scanner.string()?;
            // What is written with escapes is found by reading alone.
            let plain = name_from + name.len() + 1 == scanner.at;
            let name_to = scanner.at - 1;
            scanner.colon()?;
            scanner.peek();
            let value_from = scanner.at;
            scanner.skip().map_err(|e| e.in_member(&name))?;
            let place = plain.then(|| Place::of((name_from, name_to), (value_from, scanner.at), from)).flatten();
            kept = kept.and_then(|at: u8| {
                *places.get_mut(usize::from(at))? = place?;
                at.checked_add(1)
            });
        }
        let text = scanner.slice(from);
        if !scanner.loose {
            return Ok(Outlined { object: Json::known(text.into()), places, kept });
        }
        let text = compacted(text, depth)?;
        Outlined::scan(&mut Scanner::known(&text))
    }
}

impl Place {
    /// A place in the whole text, as one in the object that begins here; none if it is too far for that.
    fn of(name: (usize, usize), value: (usize, usize), from: usize) -> Option<Self> {
        let part =
            |(begin, end): (usize, usize)| Some((u32::try_from(begin - from).ok()?, u32::try_from(end - from).ok()?));
        Some(Place { name: part(name)?, value: part(value)? })
    }
}

/// Shows the members of an object that is known to be compact JSON: names, and values as text.
pub(crate) fn each_member<'o>(object: &'o str, mut see: impl FnMut(&str, &'o str)) {
    let mut d = Decoder::known(object, Revs(u32::MAX));
    let mut read = || {
        let mut members = d.object()?;
        while let Some(name) = d.key(&mut members)? {
            see(&name, d.raw()?);
        }
        Ok::<_, DecodeError>(())
    };
    // It is known to be JSON; what is no object has no members.
    let _ = read();
}

impl Decode for Outlined {
    fn decode(d: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        match d.kind()? {
            Kind::Object => Outlined::scan(d.scanner()),
            _ => Err(d.expected("object")),
        }
    }
}

impl From<JsonObject> for Outlined {
    fn from(object: JsonObject) -> Self {
        Outlined { object: object.into(), places: Default::default(), kept: None }
    }
}

impl PartialEq for Outlined {
    fn eq(&self, other: &Self) -> bool {
        self.object == other.object
    }
}

impl fmt::Debug for Outlined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.object.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Outlined {
        Decoder::message(text.as_bytes(), Revs(u32::MAX)).expect("an object")
    }

    fn members(object: &Outlined) -> Vec<(String, String)> {
        let mut members = Vec::new();
        object.each(|name, value| members.push((name.to_owned(), value.to_owned())));
        members
    }

    #[test]
    fn members_are_found_as_they_were_written() {
        for (text, name, expected) in [
            (r#"{"a":1,"b":{"a":2}}"#, "a", Some("1")),
            (r#"{"a":1,"b":{"a":2}}"#, "b", Some(r#"{"a":2}"#)),
            (r#"{"a":1,"a":[ 2 ]}"#, "a", Some("[2]")),
            (r#" { "a" : "x\u0041" , "b" : 2 } "#, "a", Some(r#""xA""#)),
            (r#"{"\u0061":1}"#, "a", Some("1")),
            (r#"{"\n":1}"#, "\n", Some("1")),
            (r#"{"a":1,"b":2,"c":3,"d":4,"e":5}"#, "e", Some("5")),
            ("{}", "a", None),
        ] {
            assert_eq!(read(text).member(name), expected, "{name} of {text}");
        }
        for (text, error) in [("[]", "expected object, found array"), (r#"{"a":{"b":1,}}"#, "invalid JSON")] {
            let found = Decoder::message::<Outlined>(text.as_bytes(), Revs(u32::MAX)).expect_err(text).to_string();
            assert!(found.starts_with(error), "{text}: {found}");
        }
    }

    proptest! {
        #[test]
        fn what_was_seen_is_what_is_read(
            members_in in proptest::collection::vec(("[ab\"é\\n]{0,3}", "[a ]{0,3}"), 0..7),
            spaces in "[ \n]{0,2}",
        ) {
            let written: Vec<String> = members_in
                .iter()
                .map(|(name, value)| {
                    let quoted = |text: &str| serde_json::to_string(text).expect("JSON");
                    format!("{}{spaces}:{spaces}[{}]", quoted(name), quoted(value))
                })
                .collect();
            let seen = read(&format!("{{{spaces}{}{spaces}}}", written.join(&format!("{spaces},"))));
            let again = Outlined::from(JsonObject::try_from(seen.json().clone()).expect("an object"));
            prop_assert_eq!(members(&seen), members(&again));
            prop_assert_eq!(members(&seen).len(), members_in.len());
        }
    }
}
