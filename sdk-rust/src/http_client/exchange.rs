//! One HTTP request and the head of its answer, with credentials, without redirects.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue, LOCATION};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use hyper::body::Incoming;

use super::deadline::Deadline;
use super::target::HttpTarget;
use crate::error::Error;
use crate::https::Https;
use crate::protocol::limits;
use crate::protocol::recovery::Failed;

/// Why an attempt did not lead to an answer.
#[derive(Debug)]
pub(super) enum NoAnswer {
    /// This is how the call ends.
    Ended(Error),
    /// Something for which there is a rule.
    Broken(Broken),
}

/// What broke an attempt off.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) failed: Failed,
    /// The request may have reached the server.
    pub(super) sent: bool,
    /// How the call ends if nothing is done about it.
    pub(super) error: Error,
}

impl NoAnswer {
    pub(super) fn broken(failed: Failed, sent: bool, error: Error) -> Self {
        NoAnswer::Broken(Broken { failed, sent, error })
    }

    /// What is told if nothing is done about it.
    pub(super) fn into_error(self) -> Error {
        match self {
            NoAnswer::Ended(error) | NoAnswer::Broken(Broken { error, .. }) => error,
        }
    }
}

impl From<Error> for NoAnswer {
    fn from(error: Error) -> Self {
        NoAnswer::Ended(error)
    }
}

/// What sends requests to a target.
pub(super) struct Exchange {
    pub(super) target: HttpTarget,
    https: Https,
}

impl Exchange {
    pub(super) fn new(target: HttpTarget) -> Self {
        Exchange { target, https: Https::default() }
    }

    /// Sends a message.
    pub(super) async fn post(
        &self,
        headers: &HeaderMap,
        message: Bytes,
        deadline: &mut Deadline,
    ) -> Result<Response<Incoming>, NoAnswer> {
        self.send(Method::POST, headers, message, deadline).await
    }

    /// Sends a request until it is not refused for its credentials any more, or cannot get better ones.
    pub(super) async fn send(
        &self,
        method: Method,
        headers: &HeaderMap,
        message: Bytes,
        deadline: &mut Deadline,
    ) -> Result<Response<Incoming>, NoAnswer> {
        for _ in 0..=limits::AUTH_ATTEMPTS {
            let request = self.request(&method, headers, message.clone())?;
            let (mut head, body) = request.into_parts();
            if let Some(authorize) = &self.target.authorize {
                deadline.beside(authorize.authorize(&mut head)).await?;
            }
            let sent = self.target.authorize.as_ref().map(|authorize| (authorize, head.clone()));
            let answer = deadline.within(self.https.send(Request::from_parts(head, body))).await?;
            let answer = answer.map_err(|unanswered| {
                let why = format!("{}: {}", self.address(), unanswered.why);
                match unanswered.sent {
                    true => NoAnswer::broken(Failed::Interrupted, true, Error::Closed(why)),
                    false => NoAnswer::broken(Failed::Unreachable, false, Error::Unreachable(why)),
                }
            })?;
            if answer.status().is_redirection() {
                return Err(self.redirected(&answer).into());
            }
            let Some((authorize, sent)) = sent else { return Ok(answer) };
            let (head, body) = answer.into_parts();
            let refused = matches!(head.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
            if !deadline.beside(authorize.answered(&sent, &head)).await? || !refused {
                return Ok(Response::from_parts(head, body));
            }
        }
        let text = format!(
            "{} refused {} credentials in a row, each said to be better (auth_attempts)",
            self.address(),
            limits::AUTH_ATTEMPTS
        );
        Err(Error::Http { status: StatusCode::UNAUTHORIZED.as_u16(), text }.into())
    }

    fn request(&self, method: &Method, headers: &HeaderMap, message: Bytes) -> Result<Request<Bytes>, Error> {
        let accepted = match *method {
            Method::GET => "text/event-stream",
            _ => "application/json, text/event-stream",
        };
        let mut request = Request::new(message);
        *request.method_mut() = method.clone();
        *request.uri_mut() = self.target.uri.clone();
        let all = request.headers_mut();
        *all = self.target.headers.clone();
        all.insert(ACCEPT, HeaderValue::from_static(accepted));
        if *method == Method::POST {
            all.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        all.extend(headers.clone());
        Ok(request)
    }

    /// The address without its query, which may hold a key.
    pub(super) fn address(&self) -> String {
        let uri = &self.target.uri;
        let host = uri.authority().map_or("", |authority| authority.as_str());
        format!("{}://{host}{}", uri.scheme_str().unwrap_or_default(), uri.path())
    }

    fn redirected(&self, answer: &Response<Incoming>) -> Error {
        let to = answer.headers().get(LOCATION).map(|to| String::from_utf8_lossy(to.as_bytes()));
        let to = to.as_deref().map(|to| to.split(['?', '#']).next().unwrap_or_default());
        let to = to.map(crate::jsonrpc::cut).unwrap_or_default();
        let status = answer.status();
        let text = format!(
            "{} leads to {to:?} (HTTP {}), and redirects are not followed: connect to that address if it is yours",
            self.address(),
            status.as_u16()
        );
        Error::Http { status: status.as_u16(), text }
    }
}

/// Whether the body is of this kind.
pub(super) fn is(headers: &HeaderMap, kind: &str) -> bool {
    let found = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    found.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(kind)
}
