//! The keys that an authorization server publishes: fetched when they are needed, kept for a while, and fetched again
//! for a key that is not among them. However many tokens name invented keys, the server is asked once an interval.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jsonwebtoken::DecodingKey;
use tokio::time::Instant;

use super::Refusal;
use super::address::checked;
use super::discovery::endpoints;
use super::fetch::Fetcher;
use super::keys::{Algorithm, Found, KeySet};

/// Where the keys are.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// Where the metadata of this issuer says.
    Issuer(String),
    /// Here.
    Address(String),
}

/// Keys from afar. Clones share them.
#[derive(Clone)]
pub(super) struct Jwks(Arc<Inner>);

struct Inner {
    place: Place,
    fetcher: Fetcher,
    lifetime: Duration,
    interval: Duration,
    state: Mutex<State>,
    /// Held by whoever fetches.
    fetching: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Default, Clone)]
struct State {
    keys: Option<Arc<KeySet>>,
    fetched: Option<Instant>,
    tried: Option<Instant>,
    /// Why the last try failed.
    error: Option<String>,
}

impl Jwks {
    pub(super) fn new(place: Place, fetcher: Fetcher, lifetime: Duration, interval: Duration) -> Self {
        let (state, fetching) = (Mutex::default(), Arc::default());
        Jwks(Arc::new(Inner { place, fetcher, lifetime, interval, state, fetching }))
    }

    /// The key of this name for this algorithm.
    pub(super) async fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Result<DecodingKey, Refusal> {
        let seen = self.state().clone();
        let fresh = seen.fetched.is_some_and(|at| at.elapsed() < self.0.lifetime);
        let found = seen.keys.map(|keys| keys.find(id, algorithm));
        match found {
            Some(Found::Key(key)) if fresh => return Ok(key),
            // Nobody waits for a slow server twice: while one request waits, the others use the keys that there are.
            Some(Found::Key(_)) => self.refresh(false).await,
            _ => self.refresh(true).await,
        }
        let State { keys, error, .. } = self.state().clone();
        let Some(keys) = keys else {
            return Err(Refusal::unavailable(error.unwrap_or_else(|| String::from("there are no keys yet"))));
        };
        chosen(keys.find(id, algorithm))
    }

    /// Fetches the keys unless that was tried a moment ago. If somebody else fetches them now, waits for that if told so.
    async fn refresh(&self, wait: bool) {
        let held = match self.0.fetching.clone().try_lock_owned() {
            Ok(held) => held,
            Err(_) if wait => self.0.fetching.clone().lock_owned().await,
            Err(_) => return,
        };
        if self.state().tried.is_some_and(|at| at.elapsed() < self.0.interval) {
            return;
        }
        self.state().tried = Some(Instant::now());
        // A task of its own: a client that goes away must not keep new keys from everybody else.
        let keys = self.clone();
        let task = tokio::spawn(async move {
            let fetched = keys.fetch().await;
            keys.keep(fetched);
            drop(held);
        });
        // It is over; how is in the state.
        let _ended = task.await;
    }

    async fn fetch(&self) -> Result<KeySet, String> {
        let Inner { place, fetcher, .. } = &*self.0;
        let uri = match place {
            Place::Address(address) => checked("jwks_uri", address)?,
            Place::Issuer(issuer) => {
                let known = endpoints(fetcher, issuer).await?;
                known.jwks.ok_or_else(|| format!("the metadata of {issuer} names no jwks_uri"))?
            }
        };
        KeySet::from_text(fetcher.get(&uri).await?.as_str()).map_err(|error| format!("{uri}: {error}"))
    }

    /// Takes new keys; a try that failed leaves those that there are.
    fn keep(&self, fetched: Result<KeySet, String>) {
        let mut state = self.state();
        match fetched {
            Ok(keys) => {
                state.keys = Some(Arc::new(keys));
                state.fetched = Some(Instant::now());
                state.error = None;
            }
            Err(error) => {
                #[cfg(feature = "tracing")]
                tracing::warn!(%error, "the keys of an authorization server could not be fetched");
                state.error = Some(error);
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The key, or why there is none.
pub(super) fn chosen(found: Found) -> Result<DecodingKey, Refusal> {
    match found {
        Found::Key(key) => Ok(key),
        Found::Unknown => Err(Refusal::invalid("the token is signed with a key that its issuer does not publish")),
        Found::Unsuitable => Err(Refusal::invalid("the token's algorithm is not one of the key that it names")),
        Found::Unnamed => Err(Refusal::invalid("the token does not say which of its issuer's keys signed it (kid)")),
    }
}
