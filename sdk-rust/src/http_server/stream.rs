//! A legacy stream: the messages about one POST, or those of one GET. It outlives its reader: a client that loses the
//! connection resumes it, and what was told meanwhile has been kept.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body::Frame;

use super::events::{EventId, EventStore};
use super::exchange::KeepAlive;
use super::mailbox::message;
use super::sessions::InUse;
use crate::protocol::limits;
use crate::sse::{Outgoing, comment};
use crate::transport::{Batch, Sink};

/// A stream of a session.
pub(super) struct Stream {
    pub(super) number: u64,
    session: Arc<str>,
    store: Arc<dyn EventStore>,
    /// The client resumes a stream from an event without data: revision 2025-11-25 and later.
    primes: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The place of the last event.
    place: u64,
    /// What the reader has not taken yet.
    waiting: VecDeque<(EventId, Bytes)>,
    /// Which reader it has, of those that it had; none if it has none.
    attached: Option<u64>,
    readers: u64,
    reader: Option<Waker>,
    writers: Vec<Waker>,
    /// Events have been sent, or are going to be: what comes is an event, too.
    streams: bool,
    /// Answers that are no events, since nothing streams.
    answers: Vec<String>,
    /// How many answers are still to come.
    expected: usize,
    /// Nothing comes any more.
    over: bool,
    /// The reader is to go, and may come back.
    hang_up: bool,
}

impl Stream {
    /// One on which so many answers are to come; endless if none are.
    pub(super) fn new(
        number: u64,
        session: Arc<str>,
        store: Arc<dyn EventStore>,
        primes: bool,
        expected: usize,
    ) -> Self {
        let state = State { expected, streams: expected == 0, ..State::default() };
        Stream { number, session, store, primes, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an event.
    fn add(&self, state: &mut State, message: Vec<u8>) {
        state.place += 1;
        let (id, message) = (EventId { stream: self.number, place: state.place }, Bytes::from(message));
        self.store.keep(&self.session, id, message.clone());
        if state.attached.is_some() {
            state.waiting.push_back((id, message));
        }
    }

    /// Gives one of the answers; none to a request that was cancelled.
    pub(super) fn answer(&self, text: Option<String>) {
        let mut state = self.state();
        match text {
            Some(text) if state.streams || state.place > 0 => self.add(&mut state, text.into_bytes()),
            Some(text) => state.answers.push(text),
            None => {}
        }
        state.expected = state.expected.saturating_sub(1);
        state.over |= state.expected == 0;
        wake(state);
    }

    /// Whether all answers were given.
    pub(super) fn is_over(&self) -> bool {
        self.state().over
    }

    /// Whether it has a reader.
    pub(super) fn is_read(&self) -> bool {
        self.state().attached.is_some()
    }

    /// Ends it, whatever was still to come.
    pub(super) fn end(&self) {
        let mut state = self.state();
        state.over = true;
        wake(state);
    }

    /// Has the reader go, who can come back for the rest; tells whether that is possible.
    pub(super) fn hang_up(&self) -> bool {
        let mut state = self.state();
        if !self.primes || state.over {
            return false;
        }
        state.hang_up = true;
        wake(state);
        true
    }

    /// Gives it a reader; one that it had goes.
    pub(super) fn attach(self: &Arc<Self>, in_use: InUse) -> Attached {
        let mut state = self.state();
        state.readers += 1;
        state.attached = Some(state.readers);
        state.hang_up = false;
        state.waiting.clear();
        let (number, place) = (state.readers, state.place);
        let before = state.reader.take();
        drop(state);
        if let Some(before) = before {
            before.wake();
        }
        Attached { stream: self.clone(), number, place, _in_use: in_use }
    }
}

fn wake(mut state: MutexGuard<'_, State>) {
    let (reader, writers) = (state.reader.take(), std::mem::take(&mut state.writers));
    drop(state);
    reader.into_iter().chain(writers).for_each(Waker::wake);
}

impl Sink for Stream {
    fn offer(&self, batch: Batch) -> Result<(), Option<Batch>> {
        let mut state = self.state();
        if state.over {
            return Err(None);
        }
        // Where nobody reads, the store has the say about how much there can be.
        if state.attached.is_some() && state.waiting.len() >= limits::MAX_WAITING {
            return Err(Some(batch));
        }
        for message in batch.into_iter().filter_map(message) {
            self.add(&mut state, message);
        }
        let reader = state.reader.take();
        drop(state);
        if let Some(reader) = reader {
            reader.wake();
        }
        Ok(())
    }

    fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state();
        if state.over || state.attached.is_none() || state.waiting.len() < limits::MAX_WAITING {
            return Poll::Ready(());
        }
        state.writers.push(cx.waker().clone());
        Poll::Pending
    }

    fn close(&self) {
        self.end();
    }
}

/// The reader's end of a stream. Dropped, the stream has no reader.
pub(super) struct Attached {
    pub(super) stream: Arc<Stream>,
    number: u64,
    /// The place of the last event before this reader came.
    pub(super) place: u64,
    _in_use: InUse,
}

/// How the answer to a POST begins.
pub(super) enum Beginning {
    /// All of it is there, and nothing was told before it.
    Done(Vec<String>),
    /// It is to be streamed.
    Streams,
}

impl Attached {
    /// Waits until it is seen how the answer begins.
    pub(super) async fn begin(&self, keep_alive: &mut KeepAlive) -> Beginning {
        poll_fn(|cx| {
            let mut state = self.stream.state();
            if state.over && state.place == 0 && !state.hang_up {
                return Poll::Ready(Beginning::Done(std::mem::take(&mut state.answers)));
            }
            if state.place == 0 && !state.hang_up && keep_alive.poll(cx).is_pending() {
                state.reader = Some(cx.waker().clone());
                return Poll::Pending;
            }
            // From here on everything is an event; answers of a batch that are there, too.
            state.streams = true;
            for answer in std::mem::take(&mut state.answers) {
                self.stream.add(&mut state, answer.into_bytes());
            }
            Poll::Ready(Beginning::Streams)
        })
        .await
    }

    /// Takes what is there. False when nothing more comes to this reader.
    fn take(&self, cx: &Context<'_>, seen: u64, out: &mut Vec<u8>) -> (bool, u64) {
        let mut state = self.stream.state();
        if state.attached != Some(self.number) {
            return (false, seen);
        }
        let waiting = std::mem::take(&mut state.waiting);
        let writers = std::mem::take(&mut state.writers);
        let more = !(state.over || state.hang_up);
        if more && waiting.is_empty() {
            state.reader = Some(cx.waker().clone());
        }
        drop(state);
        writers.into_iter().for_each(Waker::wake);
        let mut last = seen;
        for (id, data) in waiting {
            // What was replayed is not told again.
            if id.place > last {
                write(id, &data, out);
                last = id.place;
            }
        }
        (more, last)
    }

    /// What the client sees of it, after what is replayed to it.
    pub(super) fn read(self, replayed: Vec<(EventId, Bytes)>, retry: Option<u64>, keep_alive: KeepAlive) -> Reader {
        let mut first = Vec::new();
        if let Some(retry) = retry.filter(|_| self.stream.primes) {
            let id = EventId { stream: self.stream.number, place: 0 }.to_string();
            Outgoing { id: Some(&id), retry: Some(retry), data: b"", kind: None }.write(&mut first);
        }
        let mut seen = 0;
        for (id, data) in replayed {
            write(id, &data, &mut first);
            seen = id.place;
        }
        Reader { attached: self, first, seen, more: true, keep_alive, news: None }
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        let mut state = self.stream.state();
        if state.attached == Some(self.number) {
            state.attached = None;
            state.waiting.clear();
            wake(state);
        }
    }
}

/// The events of a stream, as a body.
pub(super) struct Reader {
    attached: Attached,
    /// What comes before anything else.
    first: Vec<u8>,
    /// The place of the last event that was written.
    seen: u64,
    more: bool,
    keep_alive: KeepAlive,
    news: Option<News>,
}

/// News that a reader puts on the stream itself, one after the other; it ends with them.
pub(super) trait Newsroom: Send {
    /// The next one, as a message; none at the end.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Vec<u8>>>;
}

type News = Box<dyn Newsroom>;

impl Reader {
    /// The same reader, which tells these news besides.
    pub(super) fn telling(mut self, news: impl Newsroom + 'static) -> Self {
        self.news = Some(Box::new(news));
        self
    }

    fn poll_news(&mut self, cx: &mut Context<'_>) {
        while let Some(news) = &mut self.news
            && let Poll::Ready(next) = news.poll_next(cx)
        {
            let stream = &self.attached.stream;
            match next {
                // It has this reader, who is about to read.
                Some(message) => stream.add(&mut stream.state(), message),
                None => {
                    self.news = None;
                    stream.end();
                }
            }
        }
    }
}

impl http_body::Body for Reader {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = &mut *self;
        let mut out = std::mem::take(&mut this.first);
        if this.more {
            this.poll_news(cx);
            (this.more, this.seen) = this.attached.take(cx, this.seen, &mut out);
        }
        if out.is_empty() {
            match this.more {
                false => return Poll::Ready(None),
                true if this.keep_alive.poll(cx).is_pending() => return Poll::Pending,
                true => comment(&mut out),
            }
        }
        this.keep_alive.restart();
        Poll::Ready(Some(Ok(Frame::data(out.into()))))
    }
}

fn write(id: EventId, data: &[u8], out: &mut Vec<u8>) {
    Outgoing { id: Some(&id.to_string()), data, ..Outgoing::default() }.write(out);
}
