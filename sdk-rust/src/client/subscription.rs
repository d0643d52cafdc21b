//! Subscriptions: the changes that a program wants to hear of, told in the way of the server's era. A modern server is
//! asked by a request that stays open (`subscriptions/listen`), which is made again when it breaks; a legacy one by
//! `resources/subscribe`, and tells of its lists in any case.
//! <https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/subscriptions>

use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, oneshot, watch};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::connection::{Call, Connection};
use super::listening::Listening;
use super::news::{Change, Told};
use super::{Client, Inner};
use crate::error::Error;
use crate::protocol::limits;
use crate::protocol::methods;
use crate::protocol::revisions::Era;
use crate::protocol::types::{RequestId, RequestMetaObject, SubscriptionFilter, SubscriptionsListenRequestParams};

/// A request that stays open waits for as long as it is wanted; a broken connection ends it.
const FOR_EVER: Duration = Duration::from_secs(u32::MAX as u64);

/// Changes at a server, as they come. Dropped, it ends the subscription.
pub struct Subscription {
    client: Client,
    told: broadcast::Receiver<Told>,
    wanted: SubscriptionFilter,
    way: Way,
}

/// How the server is brought to tell.
enum Way {
    /// A legacy server, which watches this resource, or tells of its lists without being asked.
    Legacy(Option<String>),
    /// A modern server, by a request that stays open.
    Modern(Listen),
}

/// A request that is kept open in the background.
pub(super) struct Listen {
    /// What the server calls it now.
    named: Arc<Mutex<Option<RequestId>>>,
    /// Why it has ended, once it has.
    ended: watch::Receiver<Option<Error>>,
    task: AbortHandle,
}

impl Drop for Listen {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("wanted", &self.wanted).finish_non_exhaustive()
    }
}

impl Client {
    /// Subscribes to what a resource says.
    ///
    /// # Errors
    /// If the server does not tell of it.
    pub async fn subscribe(&self, uri: impl Into<String>) -> Result<Subscription, Error> {
        let uri = uri.into();
        let wanted = SubscriptionFilter { resource_subscriptions: Some(vec![uri.clone()]), ..Default::default() };
        let told = self.0.listening.news.changes();
        let way = match self.revision().era() {
            Era::Modern => {
                let (listen, honoured) = Listen::open(self, &wanted).await?;
                if !honoured.resource_subscriptions.iter().flatten().any(|honoured| *honoured == uri) {
                    return Err(Error::Negotiation(format!("the server does not tell of changes of {uri}")));
                }
                Way::Modern(listen)
            }
            Era::Legacy => {
                self.watch(&uri).await?;
                Way::Legacy(Some(uri))
            }
        };
        Ok(Subscription { client: self.clone(), told, wanted, way })
    }

    /// Subscribes to which tools, resources and prompts there are. A server tells of those that it can tell of.
    ///
    /// # Errors
    /// If the server does not answer, or says no.
    pub async fn changes(&self) -> Result<Subscription, Error> {
        let wanted = all_lists();
        let told = self.0.listening.news.changes();
        let way = match self.revision().era() {
            Era::Modern => Way::Modern(Listen::open(self, &wanted).await?.0),
            Era::Legacy => Way::Legacy(None),
        };
        Ok(Subscription { client: self.clone(), told, wanted, way })
    }
}

impl Subscription {
    /// The next change. [`Change::Missed`] stands for all that was not heard: while a request that broke was made
    /// again, or since more came than waits for a slow listener (`max_news`).
    ///
    /// # Errors
    /// If nothing more will come, and why.
    pub async fn next(&mut self) -> Result<Change, Error> {
        loop {
            let told = tokio::select! {
                biased;
                told = self.told.recv() => told,
                error = ended(&mut self.way, &self.client.0.connection) => return Err(error),
            };
            match told {
                Ok(told) if self.is_meant(&told) => return Ok(told.change),
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => return Ok(Change::Missed),
                Err(RecvError::Closed) => return Err(closed()),
            }
        }
    }

    /// A server that names the subscription means it; one that does not may mean any.
    fn is_meant(&self, told: &Told) -> bool {
        if let (Way::Modern(listen), Some(to)) = (&self.way, &told.to) {
            return listen.named.lock().unwrap_or_else(PoisonError::into_inner).as_ref() == Some(to);
        }
        match &told.change {
            Change::Tools => self.wanted.tools_list_changed == Some(true),
            Change::Resources => self.wanted.resources_list_changed == Some(true),
            Change::Prompts => self.wanted.prompts_list_changed == Some(true),
            Change::Resource(changed) => {
                self.wanted.resource_subscriptions.iter().flatten().any(|uri| changed.starts_with(uri.as_str()))
            }
            Change::Missed => true,
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        // Without a runtime nothing can be sent; whether the server heard it is nobody's concern any more.
        if let (Way::Legacy(Some(uri)), Ok(runtime)) = (&mut self.way, Handle::try_current()) {
            let (client, uri) = (self.client.clone(), std::mem::take(uri));
            runtime.spawn(async move { client.unwatch(&uri).await });
        }
    }
}

/// Comes when nothing more is told.
async fn ended(way: &mut Way, connection: &Connection) -> Error {
    match way {
        Way::Legacy(_) => {
            connection.ended().await;
            closed()
        }
        Way::Modern(listen) => match listen.ended.wait_for(Option::is_some).await {
            Ok(why) => why.clone().unwrap_or_else(closed),
            Err(_) => closed(),
        },
    }
}

fn closed() -> Error {
    Error::Closed(String::from("the connection has ended"))
}

fn all_lists() -> SubscriptionFilter {
    SubscriptionFilter {
        prompts_list_changed: Some(true),
        resources_list_changed: Some(true),
        tools_list_changed: Some(true),
        ..SubscriptionFilter::default()
    }
}

/// Has a listener of the program's hear of the lists, for as long as the client lives. A modern server has to be asked.
///
/// # Errors
/// If the server says no.
pub(super) async fn listen_for_program(client: &Client) -> Result<(), Error> {
    if client.revision().era() == Era::Modern {
        let listen = Listen::open(client, &all_lists()).await?.0;
        *client.0.listen.lock().unwrap_or_else(PoisonError::into_inner) = Some(listen);
    }
    Ok(())
}

/// What the server has agreed to tell, or why it tells nothing.
type Opened = Result<SubscriptionFilter, Error>;

/// What opens a request, and opens it again.
struct Line {
    connection: Connection,
    listening: Arc<Listening>,
    params: String,
    named: Arc<Mutex<Option<RequestId>>>,
    /// How long the server may take to agree.
    patience: Duration,
}

impl Listen {
    /// Opens it, and gives what the server has agreed to tell.
    async fn open(client: &Client, wanted: &SubscriptionFilter) -> Result<(Listen, SubscriptionFilter), Error> {
        let Inner { connection, listening, request_timeout, .. } = &*client.0;
        let params = SubscriptionsListenRequestParams::new(RequestMetaObject::default(), wanted.clone());
        let line = Line {
            connection: connection.clone(),
            listening: listening.clone(),
            params: client.encode(&methods::SUBSCRIPTIONS_LISTEN, &params)?,
            named: Arc::default(),
            patience: *request_timeout,
        };
        let ((opened, opening), (end, ended)) = (oneshot::channel::<Opened>(), watch::channel(None));
        let named = line.named.clone();
        let task = tokio::spawn(async move {
            let why = line.keep_open(opened).await;
            end.send_replace(Some(why));
        });
        let listen = Listen { named, ended, task: task.abort_handle() };
        // Dropped before that, it ends what was begun.
        let honoured = opening.await.map_err(|_| closed())??;
        Ok((listen, honoured))
    }
}

impl Line {
    /// Keeps the request open until it cannot be opened any more; says how it was opened first, and why it ended.
    async fn keep_open(&self, opened: oneshot::Sender<Opened>) -> Error {
        let (mut opened, mut still) = (Some(opened), 0);
        loop {
            let began = Instant::now();
            let why = match self.listen(&mut opened).await {
                Ok(()) => Error::Closed(String::from("the server has ended the subscription")),
                Err(error) if may_be_reopened(&error) && opened.is_none() => error,
                Err(error) => {
                    // Whoever wanted it may have gone.
                    let _ = opened.map(|opened| opened.send(Err(error.clone())));
                    return error;
                }
            };
            // One that was open for long is no sign that the next will not be.
            still = if began.elapsed() > self.patience { 0 } else { still };
            if still == limits::RESUME_ATTEMPTS {
                let tried = format!("{why}; it was opened again {still} times in a row (resume_attempts)");
                return Error::Closed(tried);
            }
            still += 1;
            self.connection.diagnostics().report(|| format!("a subscription is opened again: {why}"));
            tokio::time::sleep(limits::SSE_RETRY).await;
        }
    }

    /// Makes the request, waits until it is agreed on, and then until the server ends it.
    ///
    /// # Errors
    /// If it ends in another way.
    async fn listen(&self, opened: &mut Option<oneshot::Sender<Opened>>) -> Result<(), Error> {
        let turn = self.listening.subscribing.lock().await;
        let agreed = self.listening.news.expect(self.named.clone(), opened.is_none());
        let agreed = tokio::time::timeout(self.patience, agreed);
        let call = Call {
            method: &methods::SUBSCRIPTIONS_LISTEN,
            params: &self.params,
            timeout: Some(FOR_EVER),
            cancellable: true,
            // It is made again here, where it is known that something was missed.
            repeatable: false,
        };
        let mut call = pin!(self.connection.call(call));
        let agreed = tokio::select! {
            biased;
            agreed = agreed => agreed,
            ended = &mut call => {
                let early = Error::Closed(String::from("the server has ended the subscription before it began"));
                return Err(ended.err().unwrap_or(early));
            }
        };
        drop(turn);
        let awaited = String::from("subscriptions/listen, which is to be acknowledged");
        let agreed = agreed.map_err(|_| Error::Timeout { awaited, after: self.patience })?.map_err(|_| closed())?;
        // Whoever wanted it may have gone.
        let _ = opened.take().map(|opened| opened.send(Ok(agreed)));
        call.await.map(|_| ())
    }
}

/// Whether it makes sense to ask again: not where there is no connection any more, nor where the server says no.
fn may_be_reopened(why: &Error) -> bool {
    match why {
        Error::OutcomeUnknown { .. } | Error::Unreachable(_) | Error::Timeout { .. } => true,
        Error::Http { status, .. } => *status >= 500,
        _ => false,
    }
}
