//! One client's connection. Both eras meet on it: every request tells which one it belongs to.

use std::sync::{Arc, Mutex, PoisonError};

use super::Core;
use crate::context::Context;
use crate::error::{Failure, ProtocolError, code};
use crate::jsonrpc::Id;
use crate::protocol::handlers::{server_notification, server_request};
use crate::protocol::methods;
use crate::protocol::revisions::{Era, Revision};
use crate::protocol::types::{InitializeRequestParams, UnsupportedProtocolVersionErrorData};
use crate::revision::{newest, supported};
use crate::session::{Answering, Handler, Session};
use crate::wire::{Encoder, Json};

/// Where a request names its revision.
const REVISION: [&str; 2] = ["_meta", "io.modelcontextprotocol/protocolVersion"];

pub(super) struct Connection(Arc<State>);

/// What the handlers of a connection share.
pub(super) struct State {
    pub(super) core: Arc<Core>,
    /// What a legacy client has settled; nothing before its `initialize`.
    legacy: Mutex<Option<Handshake>>,
    /// Members that were left out for a revision, each told once.
    left_out: Mutex<Vec<(Revision, String)>>,
}

#[derive(Clone)]
struct Handshake {
    revision: Revision,
    client: Arc<InitializeRequestParams>,
}

impl Connection {
    pub(super) fn new(core: Arc<Core>) -> Self {
        Connection(Arc::new(State { core, legacy: Mutex::default(), left_out: Mutex::default() }))
    }
}

impl State {
    /// Settles what a legacy client and this server speak.
    pub(super) fn shake_hands(&self, revision: Revision, client: InitializeRequestParams) {
        let handshake = Handshake { revision, client: Arc::new(client) };
        *self.legacy.lock().unwrap_or_else(PoisonError::into_inner) = Some(handshake);
    }

    fn handshake(&self) -> Option<Handshake> {
        self.legacy.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Finds out which revision a request is made in. One whose `_meta` names a revision is modern, unless it names a
    /// legacy one; any other is legacy and needs a handshake first.
    fn settle(&self, method: &str, params: Option<&Json>) -> Result<(Revision, Option<Handshake>), Failure> {
        if let Some(named) = params.and_then(|params| params.get_text(&REVISION)) {
            match Revision::parse(&named) {
                None => return Err(unsupported(&named)),
                Some(revision) if revision.era() == Era::Modern => return Ok((revision, None)),
                Some(_) => {}
            }
        }
        match self.handshake() {
            Some(handshake) => Ok((handshake.revision, Some(handshake))),
            None if [methods::INITIALIZE.name, methods::PING.name].contains(&method) => Ok((newest(Era::Legacy), None)),
            None => {
                let what = "initialize first, or name a modern revision in params._meta";
                Err(Failure::protocol(code::INVALID_REQUEST, what))
            }
        }
    }

    /// Reports members that the revision lacks, each once.
    fn report(&self, session: &Session, method: &str, revision: Revision, left_out: Vec<String>) {
        let mut told = self.left_out.lock().unwrap_or_else(PoisonError::into_inner);
        for member in left_out {
            let about = (revision, format!("{method}: {member}"));
            if !told.contains(&about) {
                session.diagnostics().report(|| format!("left out, since {revision} lacks it: {}", about.1));
                told.push(about);
            }
        }
    }
}

fn unsupported(requested: &str) -> Failure {
    let data = UnsupportedProtocolVersionErrorData::new(requested, supported());
    let data = Encoder::message(&data, Revision::default().bit()).ok();
    ProtocolError {
        data: data.and_then(|data| Json::from_text(&data.text).ok()),
        ..ProtocolError::new(code::UNSUPPORTED_PROTOCOL_VERSION, "unsupported protocol version")
    }
    .into()
}

impl Handler for Connection {
    fn request(&self, session: &Arc<Session>, _: &Id, method: Box<str>, params: Option<Json>) -> Answering {
        let (revision, handshake) = match self.0.settle(&method, params.as_ref()) {
            Ok(settled) => settled,
            Err(failure) => return Box::pin(std::future::ready(Err(failure))),
        };
        let (state, session) = (self.0.clone(), session.clone());
        let client = handshake.map(|handshake| handshake.client);
        Box::pin(async move {
            let cx = Context::new(session.clone(), revision, params, client);
            let encoded = server_request(&*state, &cx, &method, cx.params(), revision).await?;
            if !encoded.left_out.is_empty() {
                state.report(&session, &method, revision, encoded.left_out);
            }
            Ok(encoded.text)
        })
    }

    fn notification(&self, session: &Arc<Session>, method: &str, params: Option<Json>) {
        let (state, session, method) = (self.0.clone(), session.clone(), method.to_owned());
        tokio::spawn(async move {
            let handshake = state.handshake();
            let revision = handshake.as_ref().map_or_else(Revision::default, |handshake| handshake.revision);
            let cx = Context::new(session.clone(), revision, params, handshake.map(|handshake| handshake.client));
            if let Err(failure) = server_notification(&*state, &cx, &method, cx.params(), revision).await {
                session.diagnostics().report(|| format!("ignored {method}: {failure:?}"));
            }
        });
    }
}
