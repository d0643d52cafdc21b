//! Where a user comes back to on this machine: a port that listens for one visit, and takes nothing but its end.
//! <https://www.rfc-editor.org/rfc/rfc8252.html#section-7.3>

use std::convert::Infallible;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::protocol::limits;

const PATH: &str = "/callback";

/// What the user sees: the same whatever happened, and nothing of what came.
const PAGE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Back to the program</title>\
                    <p>That was all here. You can close this page and go back to the program.</p></html>\n";

pub(super) struct Receiver {
    listener: TcpListener,
    port: u16,
    redirect_uri: String,
}

impl Receiver {
    /// Listens at this port; at any free one if it is 0.
    pub(super) async fn bind(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        Ok(Receiver { listener, port: address.port(), redirect_uri: format!("http://{address}{PATH}") })
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// The address that a user comes back to with this state. Whatever else comes is turned away, so that no page that
    /// guesses the port ends the visit.
    pub(super) async fn receive(self, state: &str) -> io::Result<String> {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept(), if connections.len() < limits::MAX_REDIRECTS => {
                    connections.spawn(serve(accepted?.0, state.to_owned()));
                }
                Some(served) = connections.join_next() => {
                    if let Ok(Some(query)) = served {
                        return Ok(format!("{}?{query}", self.redirect_uri));
                    }
                }
            }
        }
    }
}

/// Answers one request; the query that the user came back with, once they have seen the page.
async fn serve(socket: TcpStream, state: String) -> Option<String> {
    let back = Arc::new(Mutex::new(None));
    let service = service_fn(|request: Request<Incoming>| {
        let (status, query) = taken(&request, &state);
        if query.is_some() {
            *back.lock().unwrap_or_else(PoisonError::into_inner) = query;
        }
        std::future::ready(Ok::<_, Infallible>(page(status)))
    });
    let connection = http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(socket), service);
    // Whether the page arrived is the browser's business.
    let _served = tokio::time::timeout(limits::AUTH_FETCH_TIMEOUT, connection).await;
    back.lock().unwrap_or_else(PoisonError::into_inner).take()
}

fn taken(request: &Request<Incoming>, state: &str) -> (StatusCode, Option<String>) {
    if request.uri().path() != PATH {
        return (StatusCode::NOT_FOUND, None);
    }
    if request.method() != Method::GET {
        return (StatusCode::METHOD_NOT_ALLOWED, None);
    }
    let query = request.uri().query().unwrap_or_default();
    match form_urlencoded::parse(query.as_bytes()).any(|(name, value)| name == "state" && value == state) {
        true => (StatusCode::OK, Some(query.to_owned())),
        false => (StatusCode::BAD_REQUEST, None),
    }
}

fn page(status: StatusCode) -> Response<Full<Bytes>> {
    let mut page = Response::new(Full::new(Bytes::from_static(PAGE.as_bytes())));
    *page.status_mut() = status;
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        // The address has the code in it.
        (REFERRER_POLICY, "no-referrer"),
    ];
    page.headers_mut().extend(headers.map(|(name, value)| (name, HeaderValue::from_static(value))));
    page
}
