//! One client's connection over a transport that has connections. Both eras meet on it: every request tells which one
//! it belongs to.

use std::sync::{Arc, Mutex, PoisonError};

use super::Server;
use super::door::{handshake_first, needs_no_handshake};
use crate::context::{Asked, LegacyClient};
use crate::error::{Error, Failure};
use crate::jsonrpc::Id;
use crate::protocol::methods;
use crate::protocol::revisions::{Era, Revision};
use crate::revision::newest;
use crate::session::{Answering, Handler, Outlet, Session};
use crate::wire::Outlined;

pub(super) struct Connection {
    server: Server,
    /// What a legacy client has settled; nothing before its `initialize`.
    legacy: Mutex<Option<Arc<LegacyClient>>>,
}

impl Connection {
    pub(super) fn new(server: Server) -> Self {
        Connection { server, legacy: Mutex::default() }
    }

    fn legacy(&self) -> std::sync::MutexGuard<'_, Option<Arc<LegacyClient>>> {
        self.legacy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Finds out which revision a request is made in. One whose `_meta` names a revision is modern, unless it names a
    /// legacy one; any other is legacy and needs a handshake first.
    fn settle(
        &self,
        method: &str,
        params: Option<&Outlined>,
    ) -> Result<(Revision, Option<Arc<LegacyClient>>), Failure> {
        if let Some(revision) = self.server.modern_revision(params)? {
            return Ok((revision, None));
        }
        match self.legacy().clone() {
            Some(client) => Ok((client.revision, Some(client))),
            None if needs_no_handshake(method) => Ok((newest(Era::Legacy), None)),
            None => Err(handshake_first()),
        }
    }

    fn answering(
        &self,
        session: &Arc<Session>,
        id: &Id,
        method: Box<str>,
        params: Option<Outlined>,
    ) -> Result<Answering, Failure> {
        if &*method == methods::INITIALIZE.name && self.server.modern_revision(params.as_ref())?.is_none() {
            let (client, result) = self.server.shake_hands(params.as_ref())?;
            *self.legacy() = Some(client);
            return Ok(Box::pin(std::future::ready(Ok(result))));
        }
        let (revision, client) = self.settle(&method, params.as_ref())?;
        let (outlet, id) = (Outlet::whole(session), Some(id.clone()));
        let asked =
            Asked { id, method, params, revision, client, outlet, claims: None, session_id: None, transport: None };
        Ok(self.server.answer(asked))
    }
}

impl Handler for Connection {
    fn request(&self, session: &Arc<Session>, id: &Id, method: Box<str>, params: Option<Outlined>) -> Answering {
        match self.answering(session, id, method, params) {
            Ok(answering) => answering,
            Err(failure) => Box::pin(std::future::ready(Err(failure))),
        }
    }

    fn has_batches(&self) -> bool {
        self.legacy().as_ref().is_some_and(|client| client.revision == Revision::V2025_03_26)
    }

    fn notification(&self, session: &Arc<Session>, method: &str, params: Option<Outlined>) {
        let client = self.legacy().clone();
        if let Some(client) = &client
            && method == methods::INITIALIZED_NOTIFICATION.name
        {
            tokio::spawn(feed(self.server.clone(), session.clone(), client.clone()));
        }
        let revision = client.as_ref().map_or_else(Revision::default, |client| client.revision);
        let (outlet, method) = (Outlet::whole(session), Box::from(method));
        let asked = Asked {
            id: None,
            method,
            params,
            revision,
            client,
            outlet,
            claims: None,
            session_id: None,
            transport: None,
        };
        let server = self.server.clone();
        tokio::spawn(async move { server.notice(asked).await });
    }
}

/// Tells a legacy client what changes, as long as its connection is open.
async fn feed(server: Server, session: Arc<Session>, client: Arc<LegacyClient>) {
    let telling = async {
        let mut feed = server.feed(client);
        while let Some((method, params)) = feed.next().await {
            session.notify(method, &params).await?;
        }
        Ok::<_, Error>(())
    };
    tokio::select! {
        _ = telling => {}
        () = session.over() => {}
    }
}
