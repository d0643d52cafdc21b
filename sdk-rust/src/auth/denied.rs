//! A request that is not let in: its HTTP response.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};

use super::challenge::Challenge;
use crate::protocol::limits;
use crate::wire::Json;

/// A request that is not let in, and why.
#[derive(Debug, Clone)]
pub struct Denied {
    status: StatusCode,
    /// RFC 6750's name for the error, or ours.
    error: &'static str,
    description: String,
    challenge: Option<HeaderValue>,
    cause: Option<String>,
}

impl Denied {
    /// A denial with a challenge.
    pub(super) fn challenged(status: StatusCode, challenge: &Challenge<'_>) -> Self {
        Denied {
            status,
            error: challenge.error.unwrap_or("unauthorized"),
            description: challenge.description.to_owned(),
            challenge: Some(challenge.header()),
            cause: None,
        }
    }

    /// It is not the client's fault, and it is not told whose.
    pub(super) fn failed(status: StatusCode, description: &str, cause: String) -> Self {
        let error = if status == StatusCode::SERVICE_UNAVAILABLE { "temporarily_unavailable" } else { "server_error" };
        Denied { status, error, description: description.to_owned(), challenge: None, cause: Some(cause) }
    }

    /// The same in other words; the challenge stays.
    pub(super) fn described(mut self, description: &str) -> Self {
        self.description = description.to_owned();
        self
    }

    /// 400, 401, 403, 500 or 503.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// What the client is told, in words.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// What the client is not told, for who runs the server.
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// The header `WWW-Authenticate`.
    pub fn challenge(&self) -> Option<&HeaderValue> {
        self.challenge.as_ref()
    }

    /// The whole response.
    pub fn into_response(self) -> Response<Vec<u8>> {
        let body = [("error", self.error), ("error_description", &self.description)];
        let body: indexmap::IndexMap<_, _> = body.into_iter().collect();
        let body = Json::new(&body).unwrap_or_default().as_str().as_bytes().to_vec();
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(challenge) = self.challenge {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            // Sooner the authorization server is not asked for its keys again.
            headers.insert(RETRY_AFTER, limits::JWKS_REFRESH_INTERVAL.as_secs().into());
        }
        response
    }
}
