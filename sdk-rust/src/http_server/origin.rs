//! From where a server may be asked: the names under which it is reached, and the pages whose scripts may reach it.
//! Without it any page that a user looks at could talk to the servers on the user's own machine.
//! <https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#security--endpoint>

use std::net::IpAddr;
use std::sync::OnceLock;

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HOST, HeaderName, ORIGIN, VARY,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

use super::body::Body;
use super::refusal;
use crate::protocol::limits;

/// The names of this machine, for itself.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// What a page needs to see of a response, besides what it sees anyway.
const EXPOSED: &str = "mcp-session-id, mcp-protocol-version, www-authenticate, retry-after";

/// Names and origins that are let in.
#[derive(Debug, Default)]
pub(super) struct Origins {
    hosts: Vec<String>,
    origins: Vec<String>,
    /// The address that the server listens at, if it is one that can be named.
    bound: OnceLock<String>,
}

/// The header that a response to a page of a listed origin needs.
pub(super) type Listed = Option<HeaderValue>;

impl Origins {
    /// `hosts` besides the loopback names, `origins` besides their own.
    pub(super) fn new(hosts: &[String], origins: &[String]) -> Self {
        Origins { hosts: hosts.to_vec(), origins: origins.to_vec(), bound: OnceLock::new() }
    }

    /// Lets the address in that the server listens at. One that is all addresses names none.
    pub(super) fn listens_at(&self, address: IpAddr) {
        let name = match address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        if !address.is_unspecified() {
            // The first one, if it listens at several.
            let _ = self.bound.set(name);
        }
    }

    fn named(&self) -> impl Iterator<Item = &str> {
        self.hosts.iter().chain(self.bound.get()).map(String::as_str)
    }

    /// Lets a request in, or refuses it with the setting that would let it in.
    pub(super) fn admit(&self, parts: &Parts) -> Result<Listed, Box<Response<Body>>> {
        let host = single(&parts.headers, &HOST)?;
        let authority = parts.uri.authority().map(|authority| authority.as_str());
        if host.is_none() && authority.is_none() {
            return Err(Box::new(refusal::refuse(StatusCode::BAD_REQUEST, "the Host header is missing")));
        }
        // Where both are given a proxy may have looked at either.
        for name in host.into_iter().chain(authority) {
            if !self.answers_to(name) {
                return Err(Box::new(unknown_host(name)));
            }
        }
        let Some(origin) = single(&parts.headers, &ORIGIN)? else { return Ok(None) };
        if self.origins.iter().any(|listed| listed == origin) {
            return Ok(HeaderValue::from_str(origin).ok());
        }
        let own = host.or(authority).is_some_and(|host| self.is_own(origin, host));
        if own { Ok(None) } else { Err(Box::new(unknown_origin(origin))) }
    }

    fn answers_to(&self, host: &str) -> bool {
        let (name, _) = split(host);
        is_loopback(name)
            || self
                .named()
                .any(|listed| listed == "*" || listed.eq_ignore_ascii_case(host) || listed.eq_ignore_ascii_case(name))
    }

    /// Whether a page is this server's own, or one of this machine that asks this machine.
    fn is_own(&self, origin: &str, host: &str) -> bool {
        let Some((scheme, page)) = origin.split_once("://").filter(|(scheme, _)| matches!(*scheme, "http" | "https"))
        else {
            return false;
        };
        let ((name, port), (own_name, own_port)) = (split(page), split(host));
        if is_loopback(name) && is_loopback(own_name) {
            return true;
        }
        // Under a name that only `*` lets in, a page could be anybody's.
        let named = self.named().any(|listed| {
            listed != "*" && (listed.eq_ignore_ascii_case(host) || listed.eq_ignore_ascii_case(own_name))
        });
        let usual = if scheme == "http" { "80" } else { "443" };
        named && name.eq_ignore_ascii_case(own_name) && port.unwrap_or(usual) == own_port.unwrap_or(usual)
    }
}

fn is_loopback(name: &str) -> bool {
    LOOPBACK.iter().any(|own| own.eq_ignore_ascii_case(name))
}

/// A host's name and its port, if it has one.
fn split(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => (name, Some(port)),
        _ => (host, None),
    }
}

/// The text of a header that may be there once.
fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h str>, Box<Response<Body>>> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    match (value.to_str(), values.next()) {
        (Ok(text), None) => Ok(Some(text)),
        _ => Err(Box::new(refusal::refuse(
            StatusCode::BAD_REQUEST,
            format!("expected one {name} header of visible ASCII"),
        ))),
    }
}

fn unknown_host(host: &str) -> Response<Body> {
    let why = format!(
        "the Host header names {host:?}, and this server answers to localhost alone unless it is told more names: if {host:?} is one of them, add it to allowed_hosts"
    );
    refusal::refuse(StatusCode::FORBIDDEN, why)
}

fn unknown_origin(origin: &str) -> Response<Body> {
    let why = format!(
        "a page of {origin:?} asks, and this server answers no pages of other sites unless it is told to: if it should answer this one, add {origin:?} to allowed_origins"
    );
    refusal::refuse(StatusCode::FORBIDDEN, why)
}

/// The answer to a browser that asks, before a page does, what the page may do. None if it is no such question.
pub(super) fn preflight(parts: &Parts, listed: &Listed, methods: &'static str) -> Option<Response<Body>> {
    if parts.method != Method::OPTIONS || !parts.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
        return None;
    }
    if listed.is_none() {
        let origin = parts.headers.get(ORIGIN).and_then(|origin| origin.to_str().ok()).unwrap_or_default();
        return Some(unknown_origin(origin));
    }
    let mut response = refusal::bare(StatusCode::NO_CONTENT);
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
    // Any: the arguments that headers repeat have names of the tools' own.
    if let Some(wanted) = parts.headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
    }
    headers.insert(ACCESS_CONTROL_MAX_AGE, limits::CORS_MAX_AGE.as_secs().into());
    Some(exposed(response, listed))
}

/// A response that a page of the origin that was let in may see.
pub(super) fn exposed(mut response: Response<Body>, listed: &Listed) -> Response<Body> {
    let Some(origin) = listed else { return response };
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    headers.append(VARY, HeaderValue::from_static("origin"));
    response
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn status(origins: &Origins, host: &str, origin: Option<&str>) -> Option<StatusCode> {
        let mut request = Request::post("/mcp").header(HOST, host);
        if let Some(origin) = origin {
            request = request.header(ORIGIN, origin);
        }
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        origins.admit(&parts).err().map(|response| response.status())
    }

    #[test]
    fn only_own_names_and_pages_are_let_in() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let origins =
            Origins::new(&names(&["mcp.example.com", "other.example:8443"]), &names(&["https://app.example"]));
        let in_default = |host: &str, origin: Option<&str>| status(&Origins::default(), host, origin).is_none();
        let in_named = |host: &str, origin: Option<&str>| status(&origins, host, origin).is_none();
        for (host, origin, by_default, when_named) in [
            ("localhost:8080", None, true, true),
            ("LOCALHOST", None, true, true),
            ("127.0.0.1:1", None, true, true),
            ("[::1]:8080", None, true, true),
            ("localhost.evil.example", None, false, false),
            ("evil.example", None, false, false),
            ("evil.example", Some("http://evil.example"), false, false),
            ("evil.example:8080", Some("http://localhost:8080"), false, false),
            ("127.0.0.1@evil.example", None, false, false),
            ("", None, false, false),
            ("localhost:8080", Some("http://localhost:8080"), true, true),
            ("localhost:8080", Some("http://127.0.0.1:5173"), true, true),
            ("localhost:8080", Some("https://evil.example"), false, false),
            ("localhost:8080", Some("https://localhost.evil.example"), false, false),
            ("localhost:8080", Some("null"), false, false),
            ("localhost:8080", Some("file://localhost"), false, false),
            ("localhost:8080", Some("https://app.example"), false, true),
            ("localhost:8080", Some("https://app.example:444"), false, false),
            ("localhost:8080", Some("http://app.example"), false, false),
            ("mcp.example.com", None, false, true),
            ("MCP.example.com:444", None, false, true),
            ("mcp.example.com", Some("https://mcp.example.com"), false, true),
            ("mcp.example.com", Some("https://mcp.example.com:8443"), false, false),
            ("mcp.example.com", Some("http://localhost:1"), false, false),
            ("other.example:8443", None, false, true),
            ("other.example:8444", None, false, false),
            ("other.example", None, false, false),
        ] {
            assert_eq!(in_default(host, origin), by_default, "{host} {origin:?} by default");
            assert_eq!(in_named(host, origin), when_named, "{host} {origin:?} with names");
        }
    }

    #[test]
    fn a_server_of_any_name_still_has_no_foreign_pages() {
        let origins = Origins::new(&["*".to_owned()], &[]);
        for (host, origin, let_in) in [
            ("anything.example", None, true),
            ("evil.example", Some("http://evil.example"), false),
            ("localhost", Some("http://localhost"), true),
        ] {
            assert_eq!(status(&origins, host, origin).is_none(), let_in, "{host} {origin:?}");
        }
    }

    #[test]
    fn a_header_given_twice_is_refused() {
        for name in [HOST, ORIGIN] {
            let request = Request::post("/mcp").header(HOST, "localhost").header(&name, "a").header(&name, "localhost");
            let (parts, ()) = request.body(()).expect("a request").into_parts();
            let refused = Origins::default().admit(&parts).expect_err("refused");
            assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{name}");
        }
    }
}
