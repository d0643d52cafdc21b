//! A site on a socket: connections of HTTP/1.1, bounded in number and in patience, and an end that lets running calls
//! finish.

use std::future::{Future, pending};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::TokioTimer;
use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::site::Site;
use super::socket::Socket;
use super::{HttpOptions, HttpService};
use crate::error::Error;
use crate::protocol::limits;
use crate::server::Server;

/// A site that is about to be served. The system takes connections for it already.
#[derive(Debug)]
pub struct Listening {
    site: Site,
    listener: TcpListener,
    address: SocketAddr,
    /// How long the head of a request may take.
    pub head_timeout: Duration,
    /// How long a client may take nothing of what is sent to it.
    pub write_timeout: Duration,
    /// How many connections are served at once.
    pub max_connections: usize,
    /// How long running calls may take to finish at the end.
    pub drain_timeout: Duration,
}

/// What connections are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Open,
    /// Finish what runs, and take nothing more.
    Draining,
    /// End.
    Over,
}

impl Site {
    /// Listens at an address. Port 0 is any that is free.
    ///
    /// # Errors
    /// If it cannot be had, or a route is wrong.
    pub async fn bind(self, address: impl ToSocketAddrs) -> Result<Listening, Error> {
        self.listen(TcpListener::bind(address).await?)
    }

    /// Listens with a socket that is there already.
    ///
    /// # Errors
    /// If the socket has no address, or a route is wrong.
    pub fn listen(self, listener: TcpListener) -> Result<Listening, Error> {
        self.check()?;
        let address = listener.local_addr()?;
        self.service().0.origins.listens_at(address.ip());
        Ok(Listening {
            site: self,
            listener,
            address,
            head_timeout: limits::HEAD_TIMEOUT,
            write_timeout: limits::WRITE_TIMEOUT,
            max_connections: limits::MAX_CONNECTIONS,
            drain_timeout: limits::DRAIN_TIMEOUT,
        })
    }
}

impl Server {
    /// Serves at `http://127.0.0.1:<port>/mcp`, for programs on the same machine, until the program ends. A [`Site`]
    /// does it in other ways.
    ///
    /// # Errors
    /// If the server was built wrongly, or the port cannot be had.
    pub async fn serve_http(&self, port: u16) -> Result<(), Error> {
        Site::new(self.http(HttpOptions::default())?).bind(("127.0.0.1", port)).await?.serve().await
    }
}

impl Listening {
    /// The address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the server is.
    pub fn url(&self) -> String {
        format!("http://{}{}", self.address, self.site.endpoint())
    }

    /// Serves until the program ends.
    ///
    /// # Errors
    /// None yet: what goes wrong with a connection is no matter of the others.
    pub async fn serve(self) -> Result<(), Error> {
        self.serve_until(pending()).await
    }

    /// Serves until something has happened. Then nothing more is accepted, streams of news end, and calls that run may
    /// still finish, for a while.
    ///
    /// # Errors
    /// None yet: what goes wrong with a connection is no matter of the others.
    pub async fn serve_until(self, shutdown: impl Future<Output = ()>) -> Result<(), Error> {
        let most = self.max_connections.clamp(1, Semaphore::MAX_PERMITS.min(u32::MAX as usize));
        let (slots, phase) = (Arc::new(Semaphore::new(most)), watch::Sender::new(Phase::Open));
        let mut builder = http1::Builder::new();
        // No `pipeline_flush`: with it hyper takes whatever a body has, whether the client reads or not.
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(self.head_timeout)
            .max_buf_size(limits::MAX_HEAD)
            .writev(false);
        let mut shutdown = pin!(shutdown);
        loop {
            let accepted = tokio::select! {
                biased;
                () = &mut shutdown => break,
                accepted = self.accept(&slots) => accepted,
            };
            if let Some((socket, slot)) = accepted {
                let (site, phase) = (self.site.clone(), phase.subscribe());
                tokio::spawn(serve(builder.clone(), socket, site, phase, slot));
            }
        }
        let Listening { site, listener, drain_timeout, .. } = self;
        drop(listener);
        phase.send_replace(Phase::Draining);
        site.service().end_news();
        let all = slots.acquire_many(u32::try_from(most).unwrap_or(u32::MAX));
        let calls = tokio::time::timeout(drain_timeout, all);
        let (calls, ()) = tokio::join!(calls, site.service().0.server.shut_down(drain_timeout));
        if calls.is_err() {
            phase.send_replace(Phase::Over);
        }
        Ok(())
    }

    /// The next connection, when there is room for one.
    async fn accept(&self, slots: &Arc<Semaphore>) -> Option<(Socket, OwnedSemaphorePermit)> {
        // The semaphore is never closed.
        let slot = slots.clone().acquire_owned().await.ok()?;
        match self.listener.accept().await {
            Ok((socket, _)) => {
                // What is sent is sent whole.
                let _ = socket.set_nodelay(true);
                Some((Socket::new(socket, self.write_timeout), slot))
            }
            Err(error) => {
                let diagnostics = self.site.service().0.server.settings().diagnostics();
                diagnostics.report(|| format!("no connection could be accepted: {error}"));
                tokio::time::sleep(limits::ACCEPT_PAUSE).await;
                None
            }
        }
    }
}

impl HttpService {
    /// Has everybody go who only listens for news.
    pub fn end_news(&self) {
        self.0.server.end_subscriptions();
        self.0.sessions.end_news();
    }
}

/// Serves one connection.
async fn serve(
    builder: http1::Builder,
    socket: Socket,
    site: Site,
    mut phase: watch::Receiver<Phase>,
    _slot: OwnedSemaphorePermit,
) {
    let mut connection = pin!(builder.serve_connection(socket, site));
    tokio::select! {
        biased;
        // A connection that breaks is its client's matter.
        _ = connection.as_mut() => return,
        _ = phase.wait_for(|phase| *phase > Phase::Open) => {}
    }
    Pin::as_mut(&mut connection).graceful_shutdown();
    tokio::select! {
        biased;
        _ = connection => {}
        _ = phase.wait_for(|phase| *phase == Phase::Over) => {}
    }
}
