//! HTTP/1.1 towards other servers, with TLS where the address says so: hyper with rustls, without redirects or proxies.
//! It is set up at the first request. What is asked and what an answer means is for others to say.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

type Connected = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// A client, and the connections that it keeps.
#[derive(Default)]
pub(crate) struct Https(OnceLock<Result<Connected, String>>);

/// That there is no answer.
#[derive(Debug)]
pub(crate) struct Unanswered {
    /// Whether the request may have arrived.
    pub(crate) sent: bool,
    pub(crate) why: String,
}

impl Https {
    /// Sends a request; the answer's body is still to be read.
    pub(crate) async fn send(&self, request: Request<Bytes>) -> Result<Response<Incoming>, Unanswered> {
        let unsent = |why: &String| Unanswered { sent: false, why: why.clone() };
        let client = self.0.get_or_init(connected).as_ref().map_err(unsent)?;
        let answer = client.request(request.map(Full::new)).await;
        answer.map_err(|error| Unanswered { sent: !error.is_connect(), why: with_causes(&error) })
    }
}

fn connected() -> Result<Connected, String> {
    // The provider is named, so that nothing depends on what else a program has chosen for its process.
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut sockets = HttpConnector::new();
    sockets.enforce_http(false);
    sockets.set_nodelay(true);
    let connector = HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(provider)
        .map_err(|error| format!("the certificates that the system trusts cannot be read: {error}"))?
        .https_or_http()
        .enable_http1()
        .wrap_connector(sockets);
    Ok(Client::builder(TokioExecutor::new()).build(connector))
}

/// An error with what it comes from: hyper's own words are `client error (Connect)`.
pub(crate) fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}
