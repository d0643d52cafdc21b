//! What carries a client's calls: a session over a transport, or an address that is asked over HTTP.

use std::sync::Arc;
use std::time::Duration;

use super::Opened;
use super::listening::Listening;
use crate::error::Error;
#[cfg(feature = "http-client")]
use crate::http_client::{self, Endpoint};
use crate::protocol::methods::Method;
use crate::session::{self, Diagnostics, Options, Session};
use crate::wire::Json;

/// A connection to a server, of either kind. Clones are the same.
#[derive(Clone)]
pub(super) enum Connection {
    Session(Arc<Session>),
    #[cfg(feature = "http-client")]
    Http(Arc<Endpoint>),
}

/// A request to be sent.
pub(super) struct Call<'c> {
    pub(super) method: &'static Method,
    pub(super) params: &'c str,
    /// Instead of the client's.
    pub(super) timeout: Option<Duration>,
    /// Whether the server is told when nobody waits any more.
    pub(super) cancellable: bool,
    /// Whether it does no harm to send it twice.
    pub(super) repeatable: bool,
}

impl Connection {
    /// Begins to listen; what comes in is for `listening`.
    pub(super) fn new(opened: Opened, options: Options, listening: &Arc<Listening>) -> Result<Self, Error> {
        match opened {
            Opened::Transport(transport) => {
                let (session, reading) = Session::new(transport, options);
                tokio::spawn(reading.run(listening.clone()));
                Ok(Connection::Session(session))
            }
            #[cfg(feature = "http-client")]
            Opened::Http(target) => Endpoint::new(target, options, listening.clone()).map(Connection::Http),
        }
    }

    /// Sends a request and waits for the text of its result.
    pub(super) async fn call(&self, call: Call<'_>) -> Result<Json, Error> {
        let Call { method, params, timeout, cancellable, repeatable: _repeatable } = call;
        match self {
            // A connection that breaks is over: there is nowhere to repeat anything.
            Connection::Session(session) => {
                session.call(session::Call { method: method.name, params, timeout, cancellable }).await
            }
            #[cfg(feature = "http-client")]
            Connection::Http(endpoint) => {
                let repeatable = _repeatable;
                endpoint.call(http_client::Call { method, params, timeout, cancellable, repeatable }).await
            }
        }
    }

    /// Sends a notification.
    pub(super) async fn notify(&self, method: &'static Method, params: &str) -> Result<(), Error> {
        match self {
            Connection::Session(session) => session.notify(method.name, params).await,
            #[cfg(feature = "http-client")]
            Connection::Http(endpoint) => endpoint.notify(method, params).await,
        }
    }

    /// Whether a legacy server may forget what was agreed on while this lives on.
    pub(super) fn outlives_sessions(&self) -> bool {
        match self {
            Connection::Session(_) => false,
            #[cfg(feature = "http-client")]
            Connection::Http(_) => true,
        }
    }

    /// Ends it: calls that wait end with [`Error::Closed`].
    pub(super) fn close(&self) {
        match self {
            Connection::Session(session) => session.close(),
            #[cfg(feature = "http-client")]
            Connection::Http(endpoint) => endpoint.close(),
        }
    }

    /// Waits until nothing of it is left.
    pub(super) async fn over(&self) {
        match self {
            Connection::Session(session) => session.over().await,
            #[cfg(feature = "http-client")]
            Connection::Http(endpoint) => endpoint.over().await,
        }
    }

    /// Waits until nothing more can come in: until it was closed, or broke.
    pub(super) async fn ended(&self) {
        match self {
            Connection::Session(session) => session.over().await,
            // What is asked over HTTP one by one breaks one by one.
            #[cfg(feature = "http-client")]
            Connection::Http(endpoint) => endpoint.closing().await,
        }
    }

    pub(super) fn diagnostics(&self) -> &Diagnostics {
        match self {
            Connection::Session(session) => session.diagnostics(),
            #[cfg(feature = "http-client")]
            Connection::Http(endpoint) => endpoint.diagnostics(),
        }
    }
}
