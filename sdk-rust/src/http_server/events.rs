//! Events of legacy streams, kept for clients that lose their connection and come back with `Last-Event-ID`.
//! <https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#resumability-and-redelivery>

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use crate::protocol::limits;

/// The id of an event: which of the session's streams it is on, and its place there, from 1 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId {
    /// The stream.
    pub stream: u64,
    /// The place. 0 is before the first event.
    pub place: u64,
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.stream, self.place)
    }
}

impl FromStr for EventId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let plain = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok());
        let id = text.split_once('-').and_then(|(stream, place)| {
            Some(EventId { stream: plain(stream).flatten()?, place: plain(place).flatten()? })
        });
        id.ok_or_else(|| format!("{text:?} is no id of an event of this server"))
    }
}

/// Events that are looked up.
pub type Replay<'a> = Pin<Box<dyn Future<Output = Vec<(EventId, Bytes)>> + Send + 'a>>;

/// Where events are kept. The default keeps them in memory, up to `max_kept_events` and `max_kept_bytes`.
///
/// A store may lose events: a client that comes back for one that is gone is told so.
pub trait EventStore: Send + Sync + 'static {
    /// Keeps a message of a session. It is called in passing and must not wait: a store that is elsewhere queues.
    fn keep(&self, session: &str, id: EventId, message: Bytes);

    /// The messages that came after this one on its stream, in order. If some of them are gone, only those after the
    /// gap, or none.
    fn after<'a>(&'a self, session: &'a str, id: EventId) -> Replay<'a>;

    /// Forgets a session, which has ended.
    fn forget(&self, session: &str);
}

impl fmt::Debug for dyn EventStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EventStore")
    }
}

/// The store of a server that is told no other. The oldest events make room for new ones.
#[derive(Debug, Default)]
pub(super) struct InMemory(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    sessions: HashMap<Arc<str>, BTreeMap<EventId, Bytes>>,
    /// All of them from the oldest on; some have been forgotten since.
    order: VecDeque<(Arc<str>, EventId)>,
    bytes: usize,
}

impl Kept {
    fn add(&mut self, session: &str, id: EventId, message: Bytes) {
        let name = match self.sessions.get_key_value(session) {
            Some((name, _)) => name.clone(),
            None => Arc::from(session),
        };
        self.bytes += message.len();
        self.sessions.entry(name.clone()).or_default().insert(id, message);
        self.order.push_back((name, id));
        while self.order.len() > limits::MAX_KEPT_EVENTS || self.bytes > limits::MAX_KEPT_BYTES {
            let Some((session, id)) = self.order.pop_front() else { return };
            if let Some(events) = self.sessions.get_mut(&session) {
                self.bytes -= events.remove(&id).map_or(0, |message| message.len());
                if events.is_empty() {
                    self.sessions.remove(&session);
                }
            }
        }
    }
}

impl InMemory {
    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EventStore for InMemory {
    fn keep(&self, session: &str, id: EventId, message: Bytes) {
        self.kept().add(session, id, message);
    }

    fn after<'a>(&'a self, session: &'a str, id: EventId) -> Replay<'a> {
        let (from, to) = (EventId { place: id.place.saturating_add(1), ..id }, EventId { place: u64::MAX, ..id });
        let kept = self.kept();
        let events = kept.sessions.get(session);
        let found = events.into_iter().flat_map(|events| events.range(from..=to)).map(|(id, text)| (*id, text.clone()));
        Box::pin(ready(found.collect()))
    }

    fn forget(&self, session: &str) {
        let mut kept = self.kept();
        let Some((name, events)) = kept.sessions.remove_entry(session) else { return };
        kept.bytes -= events.values().map(Bytes::len).sum::<usize>();
        // What is left of it in the order goes as soon as it is the smaller part.
        if events.len() * 2 > kept.order.len() {
            kept.order.retain(|(session, _)| *session != name);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn after(store: &InMemory, session: &str, stream: u64, place: u64) -> Vec<u64> {
        let mut replay = store.after(session, EventId { stream, place });
        match replay.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(events) => events.iter().map(|(id, _)| id.place).collect(),
            Poll::Pending => panic!("memory is there at once"),
        }
    }

    #[test]
    fn ids_are_read_as_they_are_written() {
        let id = EventId { stream: 3, place: 17 };
        assert_eq!(id.to_string().parse(), Ok(id));
        for wrong in ["", "3", "-", "3-", "-3", "3-x", "+3-1", "3-1-2", "99999999999999999999-1", " 3-1"] {
            assert!(wrong.parse::<EventId>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn what_came_after_an_event_is_that_of_its_own_stream_and_session() {
        let store = InMemory::default();
        for (session, stream, place) in [("a", 1, 1), ("a", 2, 1), ("a", 1, 2), ("b", 1, 3), ("a", 1, 3)] {
            store.keep(session, EventId { stream, place }, Bytes::from_static(b"{}"));
        }
        assert_eq!(after(&store, "a", 1, 0), [1, 2, 3]);
        assert_eq!(after(&store, "a", 1, 2), [3]);
        assert!(after(&store, "a", 1, 3).is_empty());
        assert!(after(&store, "a", 1, u64::MAX).is_empty());
        assert_eq!(after(&store, "b", 1, 0), [3]);
        store.forget("a");
        assert!(after(&store, "a", 1, 0).is_empty());
        assert_eq!(after(&store, "b", 1, 0), [3]);
    }

    #[test]
    fn the_oldest_events_make_room() {
        let store = InMemory::default();
        let most = limits::MAX_KEPT_EVENTS as u64;
        for place in 1..=most + 2 {
            store.keep("a", EventId { stream: 1, place }, Bytes::from_static(b"{}"));
        }
        assert_eq!(after(&store, "a", 1, 0).first(), Some(&3));
        let large = Bytes::from(vec![b'x'; limits::MAX_KEPT_BYTES / 2]);
        store.keep("b", EventId { stream: 1, place: 1 }, large.clone());
        store.keep("b", EventId { stream: 1, place: 2 }, large);
        assert!(after(&store, "a", 1, 0).is_empty());
        assert_eq!(after(&store, "b", 1, 0), [1, 2]);
        assert_eq!(store.kept().bytes, limits::MAX_KEPT_BYTES);
        store.forget("b");
        let kept = store.kept();
        assert_eq!((kept.bytes, kept.sessions.len(), kept.order.len()), (0, 0, 0));
    }
}
