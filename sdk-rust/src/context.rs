//! What a handler is told about the request that it answers, and what it can tell the client meanwhile.
//!
//! A request that its client cancels has its handler dropped where it waits; a guard that is dropped with it can
//! take note.

use std::fmt;
use std::sync::Arc;

use crate::error::Error;
use crate::protocol::methods;
use crate::protocol::revisions::Revision;
use crate::protocol::types::{
    ClientCapabilities, Implementation, InitializeRequestParams, ProgressNotificationParams, ProgressToken,
    RequestMetaObject,
};
use crate::session::Session;
use crate::wire::{Decoder, Encoder, Json, JsonObject};

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
        let revision = self.0.revision.bit();
        let what = methods::PROGRESS_NOTIFICATION.name;
        let token: ProgressToken = Decoder::message(token.as_str().as_bytes(), revision)
            .map_err(|e| Error::decode("_meta.progressToken", e))?;
        let message = (!message.is_empty()).then(|| message.to_owned());
        let params = ProgressNotificationParams { message, total, ..ProgressNotificationParams::new(progress, token) };
        let text = Encoder::message(&params, revision).map_err(|e| Error::encode(what, e))?.text;
        self.0.session.notify(what, &text).await
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("revision", &self.0.revision).field("params", &self.0.params).finish()
    }
}
