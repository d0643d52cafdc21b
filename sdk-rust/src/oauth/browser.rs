//! The system's browser as a user agent, and this machine as the place to come back to.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use super::redirect::Receiver;
use super::user_agent::{UserAgent, Visit};
use crate::error::Error;
use crate::http_client::Authorizing;

type Opening = dyn Fn(&str) -> Result<(), Error> + Send + Sync;

/// Opens the system's browser, and waits on a port of this machine for the user to come back.
#[derive(Clone)]
pub struct Browser {
    port: u16,
    /// The one that was free the last time.
    last: Arc<AtomicU16>,
    opening: Arc<Opening>,
}

impl Browser {
    /// The browser that the system opens addresses with, and a free port: the same one each time, if it still is.
    pub fn new() -> Self {
        Browser { port: 0, last: Arc::default(), opening: Arc::new(open) }
    }

    /// Waits at this port, where an authorization server takes no other: users come back to
    /// `http://127.0.0.1:<port>/callback`. A registration that is kept can be used by the next run then, too.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Opens addresses so: to show them instead, on a machine without a browser.
    pub fn open_with(mut self, open: impl Fn(&str) -> Result<(), Error> + Send + Sync + 'static) -> Self {
        self.opening = Arc::new(open);
        self
    }
}

impl Browser {
    /// Where the user comes back to. It stays what it was, so that the client need not be registered anew: it would be
    /// another one then, and a server may keep a session for the one that opened it alone.
    async fn receiver(&self) -> io::Result<Receiver> {
        let last = self.last.load(Ordering::Relaxed);
        let wanted = if self.port == 0 { last } else { self.port };
        let receiver = match Receiver::bind(wanted).await {
            Err(_) if self.port == 0 && wanted != 0 => Receiver::bind(0).await?,
            bound => bound?,
        };
        self.last.store(receiver.port(), Ordering::Relaxed);
        Ok(receiver)
    }
}

impl Default for Browser {
    fn default() -> Self {
        Browser::new()
    }
}

impl UserAgent for Browser {
    fn begin(&self) -> Authorizing<'_, Box<dyn Visit>> {
        Box::pin(async move {
            let receiver = self.receiver().await;
            let receiver =
                receiver.map_err(|error| Error::Io(format!("port {} of this machine: {error}", self.port)))?;
            Ok(Box::new(Waiting { receiver, opening: Arc::clone(&self.opening) }) as Box<dyn Visit>)
        })
    }
}

struct Waiting {
    receiver: Receiver,
    opening: Arc<Opening>,
}

impl Visit for Waiting {
    fn redirect_uri(&self) -> &str {
        self.receiver.redirect_uri()
    }

    fn show(self: Box<Self>, address: String) -> Authorizing<'static, String> {
        Box::pin(async move {
            let query = address.split_once('?').map_or("", |(_, query)| query);
            // The last one: an endpoint's address may have brought its own.
            let state = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "state").last();
            let state = state.map(|(_, value)| value.into_owned()).unwrap_or_default();
            (self.opening)(&address)?;
            self.receiver.receive(&state).await.map_err(|error| Error::Io(format!("the redirect address: {error}")))
        })
    }
}

impl fmt::Debug for Browser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Browser").field("port", &self.port).finish_non_exhaustive()
    }
}

fn open(address: &str) -> Result<(), Error> {
    open::that_detached(address).map_err(|error| {
        Error::Io(format!("no browser could be opened: {error}; show the address yourself with Browser::open_with"))
    })
}
