//! Headers held to the message that they repeat: gateways route by the headers, servers act by the body, and nobody may
//! tell the two different things.
//! <https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#server-validation>

use std::borrow::Cow;

use http::HeaderMap;
use http::header::HeaderName;

use crate::error::{ProtocolError, code};
use crate::headers;
use crate::protocol::methods::Method;
use crate::schema::Mirrored;
use crate::wire::{Outlined, Scanner, each_member, quoted};

pub(super) const PROTOCOL_VERSION: HeaderName = HeaderName::from_static(headers::PROTOCOL_VERSION);
const METHOD: HeaderName = HeaderName::from_static(headers::METHOD);
const NAME: HeaderName = HeaderName::from_static(headers::NAME);

/// What a request says of itself in its params, where headers say it, too. Of a member given twice the last counts, as
/// it does where the params are decoded.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said<'p> {
    /// `_meta` is there.
    meta: bool,
    /// The revision.
    pub(super) revision: Option<Cow<'p, str>>,
    /// What the client can do is there.
    capabilities: bool,
    /// The tool, prompt or resource that it is about.
    pub(super) name: Option<Cow<'p, str>>,
    /// The arguments, as text.
    arguments: Option<&'p str>,
}

impl<'p> Said<'p> {
    /// Reads the params of a request.
    pub(super) fn of(params: Option<&'p Outlined>, name: Option<&str>) -> Self {
        let mut said = Said::default();
        let Some(params) = params else { return said };
        params.each(|member, value| match member {
            "_meta" => said.read_meta(value),
            "arguments" => said.arguments = Some(value),
            member if Some(member) == name => said.name = text(value),
            _ => {}
        });
        said
    }

    fn read_meta(&mut self, meta: &'p str) {
        (self.meta, self.revision, self.capabilities) = (true, None, false);
        each_member(meta, |member, value| match member {
            "io.modelcontextprotocol/protocolVersion" => self.revision = text(value),
            "io.modelcontextprotocol/clientCapabilities" => self.capabilities = true,
            _ => {}
        });
    }

    /// What every modern request has to say.
    ///
    /// # Errors
    /// The first thing that is missing.
    pub(super) fn complete(&self) -> Result<(), ProtocolError> {
        let missing = match self {
            Said { meta: false, .. } => "",
            Said { revision: None, .. } => ".io.modelcontextprotocol/protocolVersion",
            Said { capabilities: false, .. } => ".io.modelcontextprotocol/clientCapabilities",
            _ => return Ok(()),
        };
        let message = format!("params._meta{missing}: required member is missing");
        Err(ProtocolError::new(code::INVALID_PARAMS, message))
    }

    /// Holds the headers to the request.
    ///
    /// # Errors
    /// The first header that says something else, or is missing.
    pub(super) fn agrees(
        &self,
        headers: &HeaderMap,
        method: &str,
        known: Option<&Method>,
    ) -> Result<(), ProtocolError> {
        let found = required(headers, &METHOD)?;
        if found != method.as_bytes() {
            return Err(differs(&METHOD, &String::from_utf8_lossy(found), method));
        }
        if known.is_some_and(|method| method.name_header.is_some())
            && let Some(name) = &self.name
        {
            let found = decoded(&NAME, required(headers, &NAME)?)?;
            if found != *name {
                return Err(differs(&NAME, &found, name));
            }
        }
        Ok(())
    }

    /// Holds the headers that repeat arguments to them.
    ///
    /// # Errors
    /// The first header that says something else, or is missing.
    pub(super) fn agrees_in(&self, headers: &HeaderMap, mirrored: &[Mirrored]) -> Result<(), ProtocolError> {
        for argument in mirrored {
            // The name was found fit for a header when the tool was offered.
            let Ok(name) = HeaderName::from_bytes(argument.header.as_bytes()) else { continue };
            let value = argument.value(self.arguments.unwrap_or("{}"));
            match (value, single(headers, &name)?) {
                (None, None) => {}
                (None, Some(found)) => {
                    let found = decoded(&name, found)?;
                    let what = format!("{name} is {}, and the body has no {}", quoted(&found), argument.shown());
                    return Err(mismatch(&what));
                }
                (Some(_), None) => return Err(missing(&name)),
                (Some(value), Some(found)) => {
                    let found = decoded(&name, found)?;
                    if !argument.agrees(&found, &value) {
                        return Err(differs(&name, &found, &value));
                    }
                }
            }
        }
        Ok(())
    }
}

/// The revision that the headers name.
///
/// # Errors
/// If they name several.
pub(super) fn revision(headers: &HeaderMap) -> Result<Option<Cow<'_, str>>, ProtocolError> {
    let found = single(headers, &PROTOCOL_VERSION)?;
    Ok(found.map(String::from_utf8_lossy))
}

/// That the headers name another revision than the body, or none.
pub(super) fn other_revision(found: Option<&str>, said: &str) -> ProtocolError {
    match found {
        Some(found) => differs(&PROTOCOL_VERSION, found, said),
        None => missing(&PROTOCOL_VERSION),
    }
}

/// The value of a header that may be there once.
fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h [u8]>, ProtocolError> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    match values.next() {
        None => Ok(Some(value.as_bytes())),
        Some(_) => Err(mismatch(&format!("{name} is there more than once"))),
    }
}

fn required<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<&'h [u8], ProtocolError> {
    single(headers, name)?.ok_or_else(|| missing(name))
}

fn decoded<'h>(name: &HeaderName, value: &'h [u8]) -> Result<Cow<'h, str>, ProtocolError> {
    headers::decode(value.trim_ascii()).map_err(|why| mismatch(&format!("{name}: {why}")))
}

fn differs(name: &HeaderName, found: &str, said: &str) -> ProtocolError {
    mismatch(&format!("{name} is {}, and the body says {}", quoted(found), quoted(said)))
}

fn missing(name: &HeaderName) -> ProtocolError {
    mismatch(&format!("{name}: required header is missing"))
}

fn mismatch(what: &str) -> ProtocolError {
    ProtocolError::new(code::HEADER_MISMATCH, format!("header mismatch: {what}"))
}

/// The text that a value is, if it is one.
fn text(value: &str) -> Option<Cow<'_, str>> {
    Scanner::new(value).string().ok().filter(|_| value.starts_with('"'))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::methods;
    use crate::wire::{Decoder, Revs};

    const META: &str = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).expect("a value"));
        }
        headers
    }

    fn outlined(params: &str) -> Outlined {
        Decoder::message(params.as_bytes(), Revs(u32::MAX)).expect("an object")
    }

    #[test]
    fn a_request_has_to_say_its_revision_and_what_its_client_can_do() {
        for (params, missing) in [
            (None, Some("params._meta: ")),
            (Some("{}"), Some("params._meta: ")),
            (Some(r#"{"_meta":{}}"#), Some("params._meta.io.modelcontextprotocol/protocolVersion: ")),
            (
                Some(r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}"#),
                Some("params._meta.io.modelcontextprotocol/clientCapabilities: "),
            ),
            (
                Some(r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"},"_meta":{}}"#),
                Some("params._meta.io.modelcontextprotocol/protocolVersion: "),
            ),
        ] {
            let params = params.map(outlined);
            let found = Said::of(params.as_ref(), None).complete().map_err(|error| error.message);
            let expected = missing.map_or(Ok(()), |missing| Err(format!("{missing}required member is missing")));
            assert_eq!(found, expected, "{params:?}");
        }
        let params = outlined(&format!("{{{META}}}"));
        assert_eq!(Said::of(Some(&params), None).complete(), Ok(()));
    }

    #[test]
    fn headers_are_held_to_method_and_name() {
        let check = |pairs: &[(&'static str, &str)], name: &str, expected: Option<&str>| {
            let params = outlined(&format!(r#"{{"name":{name},{META}}}"#));
            let said = Said::of(Some(&params), Some("name"));
            let found = said.agrees(&headers(pairs), "tools/call", Some(&methods::CALL_TOOL));
            match (found, expected) {
                (Ok(()), None) => {}
                (Err(error), Some(expected)) => {
                    assert_eq!(error.code, code::HEADER_MISMATCH);
                    assert!(error.message.contains(expected), "{pairs:?}: {error}");
                }
                (found, expected) => panic!("{pairs:?}: {found:?}, and not {expected:?}"),
            }
        };
        const METHOD: (&str, &str) = ("mcp-method", "tools/call");
        check(&[METHOD, ("mcp-name", "add")], r#""add""#, None);
        check(&[METHOD, ("mcp-name", "  add\t")], r#""add""#, None);
        check(&[METHOD, ("mcp-name", "=?base64?YWRk?=")], r#""add""#, None);
        check(&[METHOD, ("mcp-name", "=?base64?Z3LDvMOf?=")], r#""gr\u00fcß""#, None);
        check(&[METHOD, ("mcp-name", "add")], r#""safe","name":"evil""#, Some(r#"is "add", and the body says "evil""#));
        check(&[METHOD, ("mcp-name", "Add")], r#""add""#, Some("mcp-name is \"Add\""));
        check(&[METHOD, ("mcp-name", "=?base64?Z?=")], r#""add""#, Some("mcp-name: wrong Base64"));
        check(&[METHOD, ("mcp-name", "grüß")], r#""grüß""#, Some("mcp-name: byte 2 is 0xc3"));
        check(&[METHOD], r#""add""#, Some("mcp-name: required header is missing"));
        check(&[METHOD, ("mcp-name", "add"), ("mcp-name", "add")], r#""add""#, Some("more than once"));
        check(&[("mcp-name", "add")], r#""add""#, Some("mcp-method: required header is missing"));
        check(&[("mcp-method", "TOOLS/CALL"), ("mcp-name", "add")], r#""add""#, Some("mcp-method is \"TOOLS/CALL\""));
        // What the method takes is for the method to say.
        check(&[METHOD], "7", None);
    }

    proptest! {
        #[test]
        fn any_name_agrees_with_its_own_header_alone(name in "(?s).{0,20}", other in "(?s).{0,20}") {
            let text = serde_json::to_string(&name).expect("JSON");
            let params = outlined(&format!(r#"{{"name":{text},{META}}}"#));
            let said = Said::of(Some(&params), Some("name"));
            for (header, agrees) in [(&name, true), (&other, name == other)] {
                let headers = headers(&[("mcp-method", "tools/call"), ("mcp-name", &headers::encode(header))]);
                let found = said.agrees(&headers, "tools/call", Some(&methods::CALL_TOOL));
                prop_assert_eq!(found.is_ok(), agrees, "{:?} for {:?}: {:?}", header, name, found);
            }
        }
    }
}
