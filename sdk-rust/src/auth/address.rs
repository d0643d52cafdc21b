//! Addresses: which ones may be asked (HTTPS; HTTP on this machine alone), and when two of them name one resource.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

use http::Uri;

/// An address that may be asked, or named to clients.
///
/// Its error says what is wrong with it and what to do.
pub(crate) fn checked(what: &str, text: &str) -> Result<Uri, String> {
    let wrong = |why: &str| format!("{what} {text:?}: {why}");
    // A fragment is dropped in silence by the parser.
    if text.contains('#') {
        return Err(wrong("an address with a fragment is not allowed; leave out what begins with \"#\""));
    }
    let uri: Uri =
        text.parse().map_err(|error| wrong(&format!("expected an address such as https://host: {error}")))?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(wrong("expected an absolute address such as https://host"));
    };
    if authority.as_str().contains('@') {
        return Err(wrong("an address with a user in it is not allowed; leave out what ends with \"@\""));
    }
    match scheme {
        "https" => Ok(uri),
        "http" if is_loopback(&uri) => Ok(uri),
        "http" => Err(wrong("plain http is for addresses of this machine alone; use https")),
        _ => Err(wrong("expected https")),
    }
}

/// Whether an address is one of this machine, as its own programs name it: plain HTTP will do there.
pub(crate) fn is_loopback(uri: &Uri) -> bool {
    match Host::of(uri) {
        Host::Name(name) => name.eq_ignore_ascii_case("localhost"),
        Host::V4(ip) => ip.is_loopback(),
        Host::V6(ip) => ip.is_loopback(),
    }
}

/// Whether an address leads to this machine, however it is written: nobody elsewhere has a say in what is asked of it.
pub(crate) fn is_this_machine(uri: &Uri) -> bool {
    let own = |ip: Ipv4Addr| ip.is_loopback() || ip.octets()[0] == 0;
    match Host::of(uri) {
        Host::Name(name) => {
            let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
            name == "localhost" || name.ends_with(".localhost") || is_number(&name)
        }
        Host::V4(ip) => own(ip),
        Host::V6(ip) => ip.is_loopback() || ip.is_unspecified() || ip.to_ipv4_mapped().is_some_and(own),
    }
}

/// Whether a host is an IPv4 address in a spelling of its own, which some resolvers read: `127.1`, `0x7f000001`. No name
/// ends in a number.
fn is_number(host: &str) -> bool {
    host.rsplit('.').next().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_digit()))
}

enum Host<'u> {
    Name(&'u str),
    V4(Ipv4Addr),
    V6(Ipv6Addr),
}

impl<'u> Host<'u> {
    fn of(uri: &'u Uri) -> Self {
        let host = uri.host().unwrap_or_default();
        let v6 = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        match (host.parse(), v6.map(str::parse)) {
            (Ok(ip), _) => Host::V4(ip),
            (_, Some(Ok(ip))) => Host::V6(ip),
            _ => Host::Name(host),
        }
    }
}

/// Whether two identifiers name one resource. Scheme and host may differ in case, and a host alone may end with a
/// slash; everything else counts as it stands.
/// <https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization#canonical-server-uri>
pub(crate) fn same_resource(one: &str, other: &str) -> bool {
    one == other || canonical(one) == canonical(other)
}

fn canonical(text: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = text.split_once("://") else { return text.into() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let path = if path == "/" { "" } else { path };
    format!("{}://{}{path}", scheme.to_ascii_lowercase(), authority.to_ascii_lowercase()).into()
}

/// An address with `/.well-known/<name>` before its path, as RFC 8414 and RFC 9728 have it.
pub(crate) fn well_known(uri: &Uri, name: &str) -> String {
    let path = uri.path().trim_end_matches('/');
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}/.well-known/{name}{path}{query}", origin(uri))
}

/// Scheme and authority of an address.
pub(crate) fn origin(uri: &Uri) -> String {
    let authority = uri.authority().map(|authority| authority.as_str()).unwrap_or_default();
    format!("{}://{authority}", uri.scheme_str().unwrap_or("https"))
}
