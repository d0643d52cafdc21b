//! A proxy that breaks connections where a test says: before a request is read, in its middle, once it has been carried
//! out, or in the middle of its answer.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// Where a connection breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Nothing reaches the server.
    Before,
    /// Half of the request reaches the server.
    During,
    /// The server has answered, and nothing of it reaches the client.
    After,
    /// The answer breaks off behind its first event.
    Answer,
}

pub struct Faulty {
    pub url: String,
    shared: Arc<Shared>,
}

struct Shared {
    target: SocketAddr,
    /// Requests that contain this are broken, one after the other, as long as there are cuts.
    what: &'static str,
    cuts: Mutex<VecDeque<Cut>>,
    cut: Notify,
}

impl Faulty {
    pub async fn new(target: SocketAddr, what: &'static str, cuts: &[Cut]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/mcp", listener.local_addr().expect("an address"));
        let cuts = Mutex::new(cuts.iter().copied().collect());
        let shared = Arc::new(Shared { target, what, cuts, cut: Notify::new() });
        let serving = shared.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let shared = serving.clone();
                tokio::spawn(async move { drop(shared.pass(client).await) });
            }
        });
        Faulty { url, shared }
    }

    /// Waits until a connection was broken.
    pub async fn was_cut(&self) {
        self.shared.cut.notified().await;
    }

    /// Whether all was broken that was to be.
    pub fn is_done(&self) -> bool {
        self.shared.cuts.lock().expect("no panic").is_empty()
    }
}

impl Shared {
    /// Hands on one request and its answer, as far as that goes.
    async fn pass(&self, mut client: TcpStream) -> std::io::Result<()> {
        let request = read(&mut client).await?;
        let text = String::from_utf8_lossy(&request).into_owned();
        let wanted = text.contains(self.what);
        let cut = if wanted { self.cuts.lock().expect("no panic").pop_front() } else { None };
        if cut == Some(Cut::Before) {
            self.cut.notify_one();
            return Ok(());
        }
        let mut server = TcpStream::connect(self.target).await?;
        if cut == Some(Cut::During) {
            server.write_all(&request[..request.len() / 2]).await?;
            self.cut.notify_one();
            return Ok(());
        }
        server.write_all(&request).await?;
        let mut answer = Vec::new();
        loop {
            let mut piece = [0; 4096];
            let read = tokio::select! {
                read = server.read(&mut piece) => read?,
                // A client that goes away is gone for the server, too.
                _ = client.readable() => {
                    match client.try_read(&mut [0; 1]) {
                        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
                        _ => return Ok(()),
                    }
                }
            };
            if read == 0 {
                break;
            }
            answer.extend_from_slice(&piece[..read]);
            match cut {
                None => client.write_all(&piece[..read]).await?,
                // An event with an id: the stream can be resumed.
                Some(Cut::Answer) => {
                    client.write_all(&piece[..read]).await?;
                    let told = String::from_utf8_lossy(&answer);
                    if told
                        .split_once("\r\n\r\n")
                        .is_some_and(|(_, body)| body.contains("id: ") && body.contains("\n\n"))
                    {
                        break;
                    }
                }
                Some(_) => {}
            }
        }
        if cut.is_some() {
            self.cut.notify_one();
        }
        client.shutdown().await
    }
}

/// A whole request, made the last of its connection.
async fn read(client: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut all = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let read = client.read(&mut piece).await?;
        all.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&all);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                let text = format!("{head}\r\nconnection: close\r\n\r\n{body}");
                return Ok(text.into_bytes());
            }
        }
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
}
