//! Asking an authorization server: the interface that a program can put its own client behind, and the bounds that
//! hold for every client.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use http::header::ACCEPT;
use http::{Request, Response, StatusCode, Uri};

use crate::https::Https;
use crate::protocol::limits;
use crate::wire::JsonObject;

/// A request that is on its way. What went wrong is told to who runs the server, never to its clients.
pub type Fetching<'a> = Pin<Box<dyn Future<Output = Result<Response<Vec<u8>>, String>> + Send + 'a>>;

/// An HTTP client, for what a verifier asks an authorization server. The one that is built in speaks HTTP/1.1, trusts
/// the certificates that the system trusts, and uses no proxy; with another, all of that is yours to decide.
///
/// It is to follow no redirects: an authorization server's documents are where its metadata says.
pub trait Fetch: Send + Sync {
    /// Sends a request, and reads the whole answer.
    fn fetch(&self, request: Request<Vec<u8>>) -> Fetching<'_>;
}

/// A client, and its bounds. Clones share it.
#[derive(Clone)]
pub(crate) struct Fetcher(Arc<dyn Fetch>);

impl Default for Fetcher {
    fn default() -> Self {
        Fetcher(Arc::new(Https::default()))
    }
}

impl Fetcher {
    pub(crate) fn new(client: impl Fetch + 'static) -> Self {
        Fetcher(Arc::new(client))
    }

    /// The JSON object at an address.
    pub(crate) async fn get(&self, uri: &Uri) -> Result<JsonObject, String> {
        let request = Request::get(uri).header(ACCEPT, "application/json").body(Vec::new());
        self.ask(uri, request.map_err(|error| format!("{uri}: {error}"))?).await
    }

    /// The JSON object that answers a request to this address.
    pub(super) async fn ask(&self, uri: &Uri, request: Request<Vec<u8>>) -> Result<JsonObject, String> {
        let answer = self.send(uri, request).await?;
        if answer.status() != StatusCode::OK {
            return Err(format!("{uri}: expected HTTP 200, found {}", answer.status()));
        }
        object(uri, answer.body())
    }

    /// The answer to a request to this address, whatever its status.
    pub(crate) async fn send(&self, uri: &Uri, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, String> {
        let after = limits::AUTH_FETCH_TIMEOUT;
        let answer = match tokio::time::timeout(after, self.0.fetch(request)).await {
            Ok(answer) => answer.map_err(|error| format!("{uri}: {error}"))?,
            Err(_) => return Err(format!("{uri}: no answer within {after:?} (auth_fetch_timeout)")),
        };
        match answer.body().len() > limits::MAX_AUTH_DOCUMENT {
            true => Err(format!("{uri}: {}", too_long())),
            false => Ok(answer),
        }
    }
}

/// The JSON object that this address answered with.
pub(crate) fn object(uri: &Uri, body: &[u8]) -> Result<JsonObject, String> {
    let text = std::str::from_utf8(body).map_err(|_| format!("{uri}: expected JSON, found no UTF-8"))?;
    JsonObject::from_text(text).map_err(|error| format!("{uri}: {error}"))
}

pub(super) fn too_long() -> String {
    format!("the answer is longer than max_auth_document ({} bytes)", limits::MAX_AUTH_DOCUMENT)
}
