//! What a handler is told about the request that it answers, and what it can tell the client meanwhile.
//!
//! A request that its client cancels has its handler dropped where it waits; a guard that is dropped with it can
//! take note.

mod claims;

use std::fmt;
use std::sync::Arc;

use crate::error::Error;
use crate::protocol::calls::Caller;
use crate::protocol::methods::{self, Method};
use crate::protocol::revisions::Revision;
use crate::protocol::types::{
    ClientCapabilities, Implementation, InitializeRequestParams, ProgressNotificationParams, ProgressToken,
    RequestMetaObject,
};
use crate::revision::{read_result, written};
use crate::session::{Call, Session};
use crate::wire::{Decode, Decoder, Encode, Json, JsonObject};

pub use claims::Claims;

/// The request that a handler answers. Clones are the same.
#[derive(Clone)]
pub struct Context(Arc<Inner>);

struct Inner {
    session: Arc<Session>,
    revision: Revision,
    params: Option<Json>,
    /// What a legacy client said of itself when it connected.
    client: Option<Arc<InitializeRequestParams>>,
}

impl Context {
    pub(crate) fn new(
        session: Arc<Session>,
        revision: Revision,
        params: Option<Json>,
        client: Option<Arc<InitializeRequestParams>>,
    ) -> Self {
        Context(Arc::new(Inner { session, revision, params, client }))
    }

    /// The revision that the request is made in.
    pub fn revision(&self) -> Revision {
        self.0.revision
    }

    /// The request's params, as they came.
    pub(crate) fn params(&self) -> Option<&Json> {
        self.0.params.as_ref()
    }

    /// The request's `_meta`, as it came.
    pub fn meta(&self) -> Option<JsonObject> {
        self.0.params.as_ref()?.get(&["_meta"])?.try_into().ok()
    }

    /// What the client says of itself.
    pub fn client_info(&self) -> Option<Implementation> {
        match &self.0.client {
            Some(client) => Some(client.client_info.clone()),
            None => self.said()?.client_info,
        }
    }

    /// What the client can do.
    pub fn client_capabilities(&self) -> ClientCapabilities {
        match &self.0.client {
            Some(client) => client.capabilities.clone(),
            None => self.said().and_then(|said| said.client_capabilities).unwrap_or_default(),
        }
    }

    /// What a modern request says of its client; that it can be read was seen when the params were.
    fn said(&self) -> Option<RequestMetaObject> {
        let meta = self.meta()?;
        Decoder::message(meta.as_str().as_bytes(), self.0.revision.bit()).ok()
    }

    /// Tells the client how far the work has got: to be called with growing numbers. A client that did not ask for
    /// it is told nothing.
    ///
    /// # Errors
    /// If the connection is closed.
    pub async fn progress(&self, progress: f64, total: Option<f64>, message: &str) -> Result<(), Error> {
        let Some(token) = self.0.params.as_ref().and_then(|params| params.get(&["_meta", "progressToken"])) else {
            return Ok(());
        };
        let token: ProgressToken = Decoder::message(token.as_str().as_bytes(), self.0.revision.bit())
            .map_err(|error| Error::decode("_meta.progressToken", error))?;
        let message = (!message.is_empty()).then(|| message.to_owned());
        let params = ProgressNotificationParams { message, total, ..ProgressNotificationParams::new(progress, token) };
        self.notify(&methods::PROGRESS_NOTIFICATION, &params).await
    }
}

/// Asks the client, as [`ClientCalls`](crate::protocol::calls::ClientCalls) has it. Only legacy revisions let a server
/// ask; what the revision lacks is left out without a word.
impl Caller for Context {
    type Error = Error;

    async fn call<P: Encode + Sync, R: Decode + Send>(&self, method: &'static Method, params: &P) -> Result<R, Error> {
        let params = written(method, params, self.0.revision, &[])?.text;
        let call = Call { method: method.name, params: &params, timeout: None, cancellable: true };
        let result = self.0.session.call(call).await?;
        read_result(method, self.0.revision, &result)
    }

    async fn notify<P: Encode + Sync>(&self, method: &'static Method, params: &P) -> Result<(), Error> {
        let params = written(method, params, self.0.revision, &[])?.text;
        self.0.session.notify(method.name, &params).await
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("revision", &self.0.revision).field("params", &self.0.params).finish()
    }
}
