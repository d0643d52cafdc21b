//! A stream of events as it comes in, and where it can be resumed.

use std::collections::VecDeque;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;

use crate::https::with_causes;
use crate::protocol::limits;
use crate::sse::{Item, Parser};

/// A stream that is read.
pub(super) struct Events {
    body: Incoming,
    parser: Parser,
    items: VecDeque<Item>,
    /// Where the stream that this one continues had come to.
    before: Place,
}

/// Where a stream is resumed, and when.
#[derive(Clone, Default)]
pub(super) struct Place {
    /// The id of the last event; empty if there was none.
    pub(super) last_event_id: String,
    pub(super) retry: Option<Duration>,
}

/// What comes next on a stream.
pub(super) enum Next {
    /// An event's data.
    Event(Vec<u8>),
    /// An event that was longer than allowed: how it began.
    TooLong { beginning: Vec<u8>, limit: usize },
    /// It ended, or broke off for this reason.
    End(Option<String>),
}

impl Events {
    /// What a response is, as the continuation of another stream or from the beginning.
    pub(super) fn new(body: Incoming, limit: usize, before: Place) -> Self {
        Events { body, parser: Parser::new(limit), items: VecDeque::new(), before }
    }

    /// Events of other sorts than messages are passed over, and those without data, which are there for their id.
    pub(super) async fn next(&mut self) -> Next {
        loop {
            match self.items.pop_front() {
                Some(Item::Event { kind, data }) if kind == "message" && !data.is_empty() => return Next::Event(data),
                Some(Item::Event { .. }) => continue,
                Some(Item::TooLong { beginning, limit }) => return Next::TooLong { beginning, limit },
                None => {}
            }
            match self.body.frame().await {
                Some(Ok(frame)) => {
                    let mut items = Vec::new();
                    self.parser.feed(frame.data_ref().map(|data| &**data).unwrap_or_default(), &mut items);
                    self.items.extend(items);
                }
                Some(Err(error)) => return Next::End(Some(with_causes(&error))),
                None => return Next::End(None),
            }
        }
    }

    /// Where it has come to.
    pub(super) fn place(&self) -> Place {
        let id = match self.parser.last_event_id() {
            "" => &self.before.last_event_id,
            id => id,
        };
        Place { last_event_id: id.to_owned(), retry: self.parser.retry().or(self.before.retry) }
    }

    /// Whether it has come further than the stream that it continues.
    pub(super) fn has_moved(&self) -> bool {
        !self.parser.last_event_id().is_empty() && self.parser.last_event_id() != self.before.last_event_id
    }

    /// Gives a stream whose answer is there time to end: a connection whose response was not read to its end is of no
    /// further use.
    pub(super) fn let_go(mut self) {
        tokio::spawn(async move {
            let rest = async { while let Some(Ok(_)) = self.body.frame().await {} };
            // One that goes on is closed.
            let _ = tokio::time::timeout(limits::STREAM_LINGER, rest).await;
        });
    }
}
