//! What a protected server says of itself: which authorization servers issue tokens for it. Anyone may read it, from
//! any web page.
//! <https://www.rfc-editor.org/rfc/rfc9728.html>

use http::header::{ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method, Response, StatusCode};
use serde::Serialize;

use crate::wire::Json;

/// The name under `/.well-known`.
pub(super) const WELL_KNOWN: &str = "oauth-protected-resource";

/// The document's members; RFC 9728 has more of them.
#[derive(Serialize)]
pub(super) struct Metadata<'a> {
    pub(super) resource: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub(super) authorization_servers: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub(super) scopes_supported: &'a [String],
    pub(super) bearer_methods_supported: &'static [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resource_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resource_documentation: Option<&'a str>,
}

/// A path that is served to everyone, without a token.
#[derive(Debug, Clone)]
pub struct PublicRoute {
    path: String,
    body: String,
}

impl PublicRoute {
    pub(super) fn new(path: String, metadata: &Metadata<'_>) -> Self {
        PublicRoute { path, body: Json::new(metadata).unwrap_or_default().as_str().to_owned() }
    }

    /// The path: `/.well-known/oauth-protected-resource/mcp`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The response to a request for it.
    pub fn respond(&self, method: &Method) -> Response<Vec<u8>> {
        let (status, body) = match *method {
            Method::GET => (StatusCode::OK, self.body.as_bytes()),
            Method::HEAD => (StatusCode::OK, &[][..]),
            Method::OPTIONS => (StatusCode::NO_CONTENT, &[][..]),
            _ => (StatusCode::METHOD_NOT_ALLOWED, &[][..]),
        };
        let mut response = Response::new(body.to_vec());
        *response.status_mut() = status;
        let methods = HeaderValue::from_static("GET, HEAD, OPTIONS");
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        match status {
            StatusCode::OK => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
            }
            StatusCode::NO_CONTENT => {
                headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
                headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("*"));
            }
            _ => {
                headers.insert(ALLOW, methods);
            }
        }
        response
    }
}
