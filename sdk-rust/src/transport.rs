//! Connections, as two queues of messages: one end is a [`Transport`]. Two ends make a connection in memory, and any
//! other transport pumps bytes between one end and the world. Nothing here looks into a message.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

/// How many batches wait in a queue; a full queue stops whoever fills it. A batch is what one read brought or one
/// round of answers made, so a few keep both sides busy and memory low.
const QUEUE: usize = 8;

/// What comes out of a transport.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A message, as text.
    Message(Vec<u8>),
    /// A message that was longer than allowed and was dropped.
    TooLong {
        /// How it began.
        beginning: Vec<u8>,
        /// The most bytes that are allowed.
        limit: usize,
    },
}

/// Frames that came or go together.
pub type Batch = Vec<Frame>;

/// Why a connection ended.
pub(crate) type Ending = Pin<Box<dyn Future<Output = String> + Send + Sync>>;

/// One end of a connection.
pub struct Transport {
    pub(crate) sender: Sender,
    pub(crate) receiver: Receiver,
}

impl Transport {
    /// Both ends of a connection in memory.
    pub fn pair() -> (Transport, Transport) {
        let ((a_out, b_in), (b_out, a_in)) = (mpsc::channel(QUEUE), mpsc::channel(QUEUE));
        (Transport::new(a_out, a_in), Transport::new(b_out, b_in))
    }

    fn new(outgoing: mpsc::Sender<Batch>, incoming: mpsc::Receiver<Batch>) -> Self {
        let ending = Box::pin(async { String::from("the other side closed the connection") });
        let sender = Sender { queue: Arc::new(Mutex::new(Some(outgoing))) };
        Transport { sender, receiver: Receiver { queue: incoming, ending } }
    }

    /// The same end, which tells this at its end.
    pub(crate) fn ending(mut self, ending: impl Future<Output = String> + Send + Sync + 'static) -> Self {
        self.receiver.ending = Box::pin(ending);
        self
    }

    /// The two halves of this end.
    pub fn split(self) -> (Sender, Receiver) {
        (self.sender, self.receiver)
    }
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Transport")
    }
}

/// Where messages go in. Its clones are the same end.
#[derive(Debug, Clone)]
pub struct Sender {
    queue: Arc<Mutex<Option<mpsc::Sender<Batch>>>>,
}

/// The connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed;

impl Sender {
    /// Sends messages that go together; waits while the queue is full.
    ///
    /// # Errors
    /// If this end or the other one was closed.
    pub async fn send(&self, batch: Batch) -> Result<(), Closed> {
        match self.offer(batch) {
            Ok(()) => Ok(()),
            Err(None) => Err(Closed),
            Err(Some(batch)) => self.open().ok_or(Closed)?.send(batch).await.map_err(|_| Closed),
        }
    }

    /// The same from a thread that may wait.
    pub(crate) fn send_blocking(&self, batch: Batch) -> Result<(), Closed> {
        self.open().ok_or(Closed)?.blocking_send(batch).map_err(|_| Closed)
    }

    /// Sends if there is room; otherwise gives the batch back, or nothing if the connection is closed.
    pub(crate) fn offer(&self, batch: Batch) -> Result<(), Option<Batch>> {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        match queue.as_ref().ok_or(None)?.try_send(batch) {
            Ok(()) => Ok(()),
            Err(mpsc::error::TrySendError::Full(batch)) => Err(Some(batch)),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(None),
        }
    }

    /// Ends the connection from this side: what was sent still arrives, then the other side sees the end.
    pub fn close(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn open(&self) -> Option<mpsc::Sender<Batch>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Where messages come out.
pub struct Receiver {
    queue: mpsc::Receiver<Batch>,
    ending: Ending,
}

impl Receiver {
    /// What came next; none when the other side has closed the connection.
    pub async fn receive(&mut self) -> Option<Batch> {
        self.queue.recv().await
    }

    /// The same for a thread that may wait.
    pub(crate) fn receive_blocking(&mut self) -> Option<Batch> {
        self.queue.blocking_recv()
    }

    /// What is there already.
    pub(crate) fn receive_now(&mut self) -> Option<Batch> {
        self.queue.try_recv().ok()
    }

    /// Why the connection ended. To be asked after [`Receiver::receive`] gave none.
    pub(crate) async fn ended(self) -> String {
        self.ending.await
    }
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Receiver")
    }
}
