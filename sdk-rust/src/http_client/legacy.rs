//! A legacy session: opened by `initialize`, named on every request after it, and opened anew if the server has
//! forgotten it. <https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management>

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderMap;
use http::header::HeaderValue;

use super::call::Call;
use super::deadline::Deadline;
use super::endpoint::Endpoint;
use super::exchange::NoAnswer;
use crate::error::Error;
use crate::headers;
use crate::protocol::methods;
use crate::protocol::recovery::Failed;
use crate::wire::Json;

/// The session that is open, if there is one.
#[derive(Default)]
pub(super) struct Legacy {
    current: Mutex<Option<Arc<Opened>>>,
    /// One at a time opens it anew.
    reopening: tokio::sync::Mutex<()>,
}

/// What `initialize` has led to.
pub(super) struct Opened {
    /// Without one the server keeps no sessions.
    id: Option<HeaderValue>,
    revision: HeaderValue,
    /// What it was opened with.
    params: Box<str>,
    lost: AtomicBool,
}

impl Opened {
    /// What every request in it says.
    pub(super) fn headers(&self) -> HeaderMap {
        let mut all = self.named().unwrap_or_default();
        all.insert(headers::PROTOCOL_VERSION, self.revision.clone());
        all
    }

    /// The same for a session that has a name.
    pub(super) fn named(&self) -> Option<HeaderMap> {
        let mut all = HeaderMap::new();
        all.insert(headers::SESSION_ID, self.id.clone()?);
        all.insert(headers::PROTOCOL_VERSION, self.revision.clone());
        Some(all)
    }

    pub(super) fn has_name(&self) -> bool {
        self.id.is_some()
    }

    /// The server has forgotten it.
    pub(super) fn lose(&self) {
        self.lost.store(true, Ordering::Relaxed);
    }

    /// What happens to a call that would be sent in it.
    pub(super) fn known_to_be_lost(&self) -> NoAnswer {
        let text = String::from("the server has forgotten the session");
        NoAnswer::broken(Failed::SessionLost, false, Error::Http { status: 404, text })
    }

    pub(super) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }
}

impl Legacy {
    pub(super) fn current(&self) -> Option<Arc<Opened>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes note of an answered `initialize`. What is no answer to it is for whoever decodes it.
    pub(super) fn opened(&self, params: &str, id: Option<HeaderValue>, result: &Json) {
        let revision = result.get_text(&["protocolVersion"]);
        let Some(Ok(revision)) = revision.map(|revision| HeaderValue::from_str(&revision)) else { return };
        let opened = Opened { id, revision, params: params.into(), lost: AtomicBool::new(false) };
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(opened));
    }
}

impl Endpoint {
    /// Opens a session in the place of one that is lost, unless another call has done it.
    ///
    /// # Errors
    /// If there is none, or none in the same revision.
    pub(super) async fn reopen(self: &Arc<Self>, lost: &Arc<Opened>, deadline: &mut Deadline) -> Result<(), NoAnswer> {
        let _one = deadline.within(self.legacy.reopening.lock()).await?;
        if self.legacy.current().is_none_or(|current| !Arc::ptr_eq(&current, lost)) {
            return Ok(());
        }
        self.diagnostics().report(|| String::from("the server has forgotten the session: a new one is opened"));
        let call = Call {
            method: &methods::INITIALIZE,
            params: &lost.params,
            timeout: None,
            cancellable: false,
            repeatable: true,
        };
        self.attempt(&call, deadline).await?;
        let current = self.legacy.current().filter(|current| !Arc::ptr_eq(current, lost));
        let Some(opened) = current.filter(|current| current.revision == lost.revision) else {
            let why = "the server has forgotten the session, and opens none in the same revision: connect again";
            return Err(Error::Negotiation(String::from(why)).into());
        };
        let initialized = crate::jsonrpc::notification(methods::INITIALIZED_NOTIFICATION.name, "{}");
        deadline.within(self.send_alone("notifications/initialized", initialized)).await??;
        deadline.within(self.hear_news(opened)).await?;
        self.handler.agreed_anew();
        Ok(())
    }
}
