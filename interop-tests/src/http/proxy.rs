//! A reverse proxy that records: every connection of a client gets one to the server, and the bytes are
//! copied both ways as they come, as `tee` does for standard streams. Heads, messages and the end of each
//! exchange are recorded before the bytes that complete them are handed on.
//!
//! One thing is changed: a request's Host and Origin name the server instead of the proxy, or a guard
//! against DNS rebinding would refuse it. The recording has them as the client wrote them.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::event_stream::EventStream;
use super::framing::{Direction, Framing, Head, Piece};
use crate::error::{Error, Result};
use crate::recording::{Event, Recorder, Side, message_event};

/// One read's worth.
const CHUNK: usize = 64 * 1024;
/// How much of a body that is no message is kept.
const BODY_KEPT: usize = 64 * 1024;

/// A running proxy; it ends with this value.
pub struct Proxy {
    address: SocketAddr,
    path: String,
    ended: Arc<AtomicBool>,
}

/// What all connections share.
struct Shared {
    recorder: Recorder,
    /// The server's authority, and the proxy's own, as in a Host header.
    server: String,
    own: String,
    exchanges: AtomicU64,
}

/// What the two directions of a connection share.
#[derive(Clone)]
struct Link {
    shared: Arc<Shared>,
    /// Exchanges whose answer has not come to its end, in the order they were asked.
    open: Arc<Mutex<VecDeque<Open>>>,
}

struct Open {
    exchange: u64,
    /// A side has gone; its answer may come all the same.
    cut: bool,
}

impl Proxy {
    /// Listens on a free port of this machine, for the server at `url`.
    pub fn start(url: &str, recorder: Recorder) -> Result<Self> {
        let (authority, path) = split(url)?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|e| Error::new(format!("proxy: {e}")))?;
        let address = listener.local_addr().map_err(|e| Error::new(format!("proxy: {e}")))?;
        let shared =
            Shared { recorder, server: authority.to_owned(), own: address.to_string(), exchanges: AtomicU64::new(0) };
        let (shared, ended) = (Arc::new(shared), Arc::new(AtomicBool::new(false)));
        let seen = Arc::clone(&ended);
        thread::spawn(move || {
            for client in listener.incoming() {
                if seen.load(Ordering::Relaxed) {
                    return;
                }
                let shared = Arc::clone(&shared);
                if let Ok(client) = client {
                    thread::spawn(move || connection(client, shared));
                }
            }
        });
        Ok(Self { address, path: path.to_owned(), ended })
    }

    /// Where a client finds it.
    pub fn url(&self) -> String {
        format!("http://{}{}", self.address, self.path)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        // Wakes the listener, which only looks when somebody comes.
        let _ = TcpStream::connect(self.address);
    }
}

/// Authority and path of a plain URL.
fn split(url: &str) -> Result<(&str, &str)> {
    let rest = url
        .strip_prefix("http://")
        .ok_or_else(|| Error::new(format!("{url:?}: expected a URL that begins with http://")))?;
    Ok(rest.find('/').map_or((rest, "/"), |slash| rest.split_at(slash)))
}

/// Copies both ways until both sides are done. A connection that fails is closed: that is what a client
/// would see without a proxy.
fn connection(client: TcpStream, shared: Arc<Shared>) {
    let Ok(server) = TcpStream::connect(&shared.server) else {
        return;
    };
    let _ = client.set_nodelay(true).and_then(|()| server.set_nodelay(true));
    let (Ok(client_out), Ok(server_out)) = (client.try_clone(), server.try_clone()) else {
        return;
    };
    let link = Link { shared, open: Arc::default() };
    let requests = Requests { link: link.clone(), body: None };
    let responses = Responses { link, body: None };
    let forth = thread::spawn(move || copy(client, server_out, Direction::Requests, requests));
    copy(server, client_out, Direction::Responses, responses);
    let _ = forth.join();
}

/// What a direction does with the pieces it is cut into.
trait Watch {
    /// A piece has come; a head may be changed by answering other bytes for it.
    fn piece(&mut self, piece: Piece) -> io::Result<Option<Vec<u8>>>;
    /// The direction has ended; `whole` says that nothing was half said.
    fn end(&mut self, whole: bool, of_connection: bool) -> io::Result<()>;
}

fn copy(mut from: TcpStream, mut to: TcpStream, direction: Direction, mut watch: impl Watch) {
    let mut framing = Framing::new(direction);
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = match from.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        match watched(&mut framing, &chunk[..read], &mut watch) {
            Ok(bytes) if to.write_all(&bytes).is_ok() => {}
            Ok(_) => break,
            Err(problem) => {
                eprintln!("isogloss-interop proxy: {problem}");
                break;
            }
        }
    }
    if let Err(problem) = watch.end(framing.may_end(), framing.ends_with_connection()) {
        eprintln!("isogloss-interop proxy: cannot record: {problem}");
    }
    // The end is passed on; what the other side still says may still come.
    let _ = to.shutdown(Shutdown::Write);
    let _ = from.shutdown(Shutdown::Read);
}

/// Records what the bytes complete, and answers what is to be handed on.
fn watched(framing: &mut Framing, mut input: &[u8], watch: &mut impl Watch) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(input.len());
    while !input.is_empty() {
        let step = framing.step(input)?;
        input = input.get(step.taken..).unwrap_or_default();
        let mut bytes = step.bytes;
        for piece in step.pieces {
            if let Some(changed) = watch.piece(piece).map_err(|e| Error::new(format!("cannot record: {e}")))? {
                bytes = changed;
            }
        }
        out.extend(bytes);
    }
    Ok(out)
}

impl Link {
    fn record(&self, event: Event) -> io::Result<()> {
        self.shared.recorder.record(event)
    }

    fn open<T>(&self, with: impl FnOnce(&mut VecDeque<Open>) -> T) -> T {
        with(&mut self.open.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A side is gone: what it leaves unanswered is cut.
    fn cut(&self, from: Side) -> io::Result<()> {
        let now_cut = |open: &mut Open| (!std::mem::replace(&mut open.cut, true)).then_some(open.exchange);
        let cut: Vec<u64> = self.open(|open| open.iter_mut().filter_map(now_cut).collect());
        cut.into_iter().try_for_each(|exchange| self.record(Event::Cut { from, exchange }))
    }
}

/// A body under way.
struct Body {
    exchange: u64,
    from: Side,
    content: Content,
}

enum Content {
    /// One message.
    Json(Vec<u8>),
    /// A message an event.
    Events(EventStream),
    /// No message; its beginning.
    Other(Vec<u8>),
}

impl Body {
    fn new(exchange: u64, from: Side, head: &Head) -> Self {
        let media_type = head.header("content-type").unwrap_or_default().to_ascii_lowercase();
        let content = match media_type.split(';').next().unwrap_or_default().trim() {
            "application/json" => Content::Json(Vec::new()),
            "text/event-stream" => Content::Events(EventStream::default()),
            _ => Content::Other(Vec::new()),
        };
        Self { exchange, from, content }
    }

    fn take(&mut self, bytes: &[u8], link: &Link) -> io::Result<()> {
        match &mut self.content {
            Content::Json(text) => text.extend_from_slice(bytes),
            Content::Other(text) => {
                let room = BODY_KEPT.saturating_sub(text.len()).min(bytes.len());
                text.extend_from_slice(&bytes[..room]);
            }
            Content::Events(stream) => {
                for event in stream.take(bytes) {
                    if !event.fields.is_empty() {
                        let text = String::from_utf8_lossy(&event.fields).into_owned();
                        link.record(Event::Body { from: self.from, exchange: self.exchange, text })?;
                    }
                    if let Some(data) = event.data.filter(|data| !data.is_empty()) {
                        link.record(message_event(self.from, &data, true, Some(self.exchange)))?;
                    }
                }
            }
        }
        Ok(())
    }

    fn end(self, whole: bool, link: &Link) -> io::Result<()> {
        let Self { exchange, from, content } = self;
        match content {
            Content::Json(text) if !text.is_empty() => link.record(message_event(from, &text, whole, Some(exchange))),
            Content::Other(text) if !text.is_empty() => {
                let text = String::from_utf8_lossy(&text).into_owned();
                link.record(Event::Body { from, exchange, text })
            }
            _ => Ok(()),
        }
    }
}

struct Requests {
    link: Link,
    body: Option<Body>,
}

impl Watch for Requests {
    fn piece(&mut self, piece: Piece) -> io::Result<Option<Vec<u8>>> {
        match piece {
            Piece::Head(head) => {
                let exchange = self.link.shared.exchanges.fetch_add(1, Ordering::Relaxed) + 1;
                self.link.open(|open| open.push_back(Open { exchange, cut: false }));
                self.body = Some(Body::new(exchange, Side::Client, &head));
                let changed = self.for_server(&head);
                let ((method, target), headers) = (head.start, head.headers);
                self.link.record(Event::Request { exchange, method, target, headers })?;
                return Ok(Some(changed));
            }
            Piece::Data(bytes) => {
                if let Some(body) = &mut self.body {
                    body.take(&bytes, &self.link)?;
                }
            }
            Piece::End => {
                if let Some(body) = self.body.take() {
                    body.end(true, &self.link)?;
                }
            }
        }
        Ok(None)
    }

    fn end(&mut self, _whole: bool, _of_connection: bool) -> io::Result<()> {
        if let Some(body) = self.body.take() {
            body.end(false, &self.link)?;
        }
        self.link.cut(Side::Client)
    }
}

impl Requests {
    /// The head with the server's authority where the client wrote the proxy's.
    fn for_server(&self, head: &Head) -> Vec<u8> {
        let Shared { server, own, .. } = &*self.link.shared;
        let mut text = format!("{} {} HTTP/1.1\r\n", head.start.0, head.start.1);
        for (name, value) in &head.headers {
            let names_host = name.eq_ignore_ascii_case("host") || name.eq_ignore_ascii_case("origin");
            let value = if names_host { value.replace(own, server) } else { value.clone() };
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        text.into_bytes()
    }
}

struct Responses {
    link: Link,
    body: Option<Body>,
}

impl Responses {
    fn answered(&mut self, whole: bool) -> io::Result<()> {
        let Some(body) = self.body.take() else {
            return Ok(());
        };
        let exchange = body.exchange;
        body.end(whole, &self.link)?;
        if whole {
            self.link.open(|open| open.retain(|open| open.exchange != exchange));
            self.link.record(Event::Answered { exchange })?;
        }
        Ok(())
    }
}

impl Watch for Responses {
    fn piece(&mut self, piece: Piece) -> io::Result<Option<Vec<u8>>> {
        match piece {
            // An interim answer; the real one follows.
            Piece::Head(head) if head.status() < 200 => {}
            Piece::Head(head) => {
                // 0: an answer that nobody asked for, such as to a request that was no HTTP.
                let exchange = self.link.open(|open| open.front().map(|open| open.exchange)).unwrap_or(0);
                self.body = Some(Body::new(exchange, Side::Server, &head));
                let status = head.status();
                self.link.record(Event::Response { exchange, status, headers: head.headers })?;
            }
            Piece::Data(bytes) => {
                if let Some(body) = &mut self.body {
                    body.take(&bytes, &self.link)?;
                }
            }
            Piece::End => self.answered(true)?,
        }
        Ok(None)
    }

    fn end(&mut self, whole: bool, of_connection: bool) -> io::Result<()> {
        self.answered(whole && of_connection)?;
        self.link.cut(Side::Server)
    }
}
