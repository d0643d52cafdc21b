//! Lists with items that are wrong: those are set aside and told to the diagnostics, and the rest is usable. A strict
//! client has the whole list refused instead.

use crate::error::Error;
use crate::protocol::methods::{self, Method};
use crate::protocol::revisions::Revision;
use crate::protocol::types::{Prompt, Resource, ResourceTemplate, Tool};
use crate::revision::read_result;
use crate::session::Diagnostics;
use crate::wire::{Decode, DecodeError, Decoder, Json, JsonObject, Revs, quoted};

/// Where the items of a list stand, and whether one is right.
struct List {
    member: &'static str,
    check: fn(&Json, Revs) -> Result<(), DecodeError>,
}

impl List {
    fn of(method: &Method) -> Option<List> {
        match method.name {
            name if name == methods::LIST_TOOLS.name => Some(List { member: "tools", check: check::<Tool> }),
            name if name == methods::LIST_RESOURCES.name => {
                Some(List { member: "resources", check: check::<Resource> })
            }
            name if name == methods::LIST_RESOURCE_TEMPLATES.name => {
                Some(List { member: "resourceTemplates", check: check::<ResourceTemplate> })
            }
            name if name == methods::LIST_PROMPTS.name => Some(List { member: "prompts", check: check::<Prompt> }),
            _ => None,
        }
    }

    /// The result without the items that are wrong; none if it is wrong in another way.
    fn sifted(&self, method: &Method, revision: Revision, result: &Json, diagnostics: &Diagnostics) -> Option<Json> {
        let mut members = JsonObject::from_text(result.as_str()).ok()?.members();
        let mut items: Vec<Json> = members.get(self.member)?.to().ok()?;
        let mut place = 0;
        items.retain(|item| {
            let found = (self.check)(item, revision.bit());
            if let Err(error) = &found {
                let name = item.get_text(&["name"]).map(|name| format!(" {}", quoted(&name))).unwrap_or_default();
                diagnostics.report(|| format!("{}: {}[{place}]{name} is set aside: {error}", method.name, self.member));
            }
            place += 1;
            found.is_ok()
        });
        members.insert(self.member.to_owned(), Json::new(&items).ok()?);
        Json::new(&members).ok()
    }
}

fn check<T: Decode>(item: &Json, revision: Revs) -> Result<(), DecodeError> {
    Decoder::message::<T>(item.as_str().as_bytes(), revision).map(|_| ())
}

/// Reads a result; of a list what is right in it.
///
/// # Errors
/// If it is no `R`, and would be none without the items that are wrong.
pub(super) fn read<R: Decode>(
    method: &Method,
    revision: Revision,
    result: &Json,
    diagnostics: &Diagnostics,
) -> Result<R, Error> {
    read_result(method, revision, result).or_else(|error| {
        let list = List::of(method).ok_or_else(|| error.clone())?;
        let sifted = list.sifted(method, revision, result, diagnostics).ok_or(error)?;
        read_result(method, revision, &sifted)
    })
}
