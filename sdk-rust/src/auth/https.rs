//! The HTTP client that is built in: hyper with rustls, without redirects or proxies. It is set up at the first request.

use std::sync::{Arc, OnceLock};

use http::{Request, Response};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::fetch::{Fetch, Fetching, too_long};
use crate::protocol::limits;

type Connected = Client<HttpsConnector<HttpConnector>, Full<std::io::Cursor<Vec<u8>>>>;

#[derive(Default)]
pub(super) struct HttpsClient(OnceLock<Result<Connected, String>>);

fn connected() -> Result<Connected, String> {
    // The provider is named, so that nothing depends on what else a program has chosen for its process.
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let connector = HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(provider)
        .map_err(|error| format!("the certificates that the system trusts cannot be read: {error}"))?
        .https_or_http()
        .enable_http1()
        .build();
    Ok(Client::builder(TokioExecutor::new()).build(connector))
}

impl Fetch for HttpsClient {
    fn fetch(&self, request: Request<Vec<u8>>) -> Fetching<'_> {
        Box::pin(async move {
            let client = self.0.get_or_init(connected).as_ref().map_err(Clone::clone)?;
            let request = request.map(|body| Full::new(std::io::Cursor::new(body)));
            let answer = client.request(request).await.map_err(|error| with_causes(&error))?;
            let (head, body) = answer.into_parts();
            let body = Limited::new(body, limits::MAX_AUTH_DOCUMENT).collect().await;
            let body = body.map_err(|error| match error.is::<LengthLimitError>() {
                true => too_long(),
                false => with_causes(error.as_ref()),
            })?;
            Ok(Response::from_parts(head, body.to_bytes().into()))
        })
    }
}

/// An error with what it comes from: hyper's own words are `client error (Connect)`.
fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}
