//! An HTTP server that says what a test says, one request a connection.
#![allow(dead_code, reason = "not every test file uses all of it")]

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

/// A request that came.
#[derive(Debug, Clone)]
pub struct Heard {
    pub method: String,
    pub headers: Vec<(String, String)>,
    /// Null if there is none.
    pub body: Value,
    pub at: Instant,
}

impl Heard {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// The method of its message, or that of HTTP.
    pub fn what(&self) -> &str {
        self.body["method"].as_str().unwrap_or(&self.method)
    }

    /// The answer to it with this result.
    pub fn result(&self, result: Value) -> Reply {
        Reply::json(200, &self.response(result))
    }

    pub fn response(&self, result: Value) -> Value {
        json!({"jsonrpc": "2.0", "id": self.body["id"], "result": result})
    }

    pub fn error(&self, status: u16, code: i64) -> Reply {
        let error = json!({"code": code, "message": "no"});
        Reply::json(status, &json!({"jsonrpc": "2.0", "id": self.body["id"], "error": error}))
    }

    /// What a legacy server says to everything that is needed to get going; none to anything else.
    pub fn handshake(&self) -> Option<Reply> {
        match self.what() {
            "server/discover" => Some(self.error(400, -32600)),
            "initialize" => Some(self.opening("s1")),
            "GET" if self.header("last-event-id").is_none() => Some(Reply::status(405)),
            "notifications/initialized" | "notifications/cancelled" => Some(Reply::status(202)),
            "DELETE" => Some(Reply::status(200)),
            _ => None,
        }
    }

    /// The answer that opens a session.
    pub fn opening(&self, session: &str) -> Reply {
        let server = json!({"name": "old", "version": "1"});
        let result = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": server});
        self.result(result).with("mcp-session-id", session)
    }

    /// What a modern server says to a probe; none to anything else.
    pub fn discovery(&self) -> Option<Reply> {
        let result = json!({"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}, "ttlMs": 0, "cacheScope": "private", "resultType": "complete"});
        (self.what() == "server/discover").then(|| self.result(result))
    }
}

/// What is said to a request.
#[derive(Debug, Clone)]
pub struct Reply {
    head: String,
    body: String,
    /// The connection stays open behind it until the client closes it.
    open: bool,
}

impl Reply {
    pub fn new(status: u16, kind: &str, body: &str) -> Self {
        let head = format!("HTTP/1.1 {status} Said\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n", body.len());
        Reply { head, body: body.into(), open: false }
    }

    pub fn json(status: u16, body: &Value) -> Self {
        Reply::new(status, "application/json", &body.to_string())
    }

    pub fn status(status: u16) -> Self {
        Reply::new(status, "text/plain", "")
    }

    /// A stream of this text, which ends.
    pub fn stream(text: &str) -> Self {
        Reply { head: "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n".into(), body: text.into(), open: false }
    }

    /// These bytes, whatever they are.
    pub fn raw(text: &str) -> Self {
        Reply { head: String::new(), body: text.into(), open: false }
    }

    /// No answer at all: the connection is closed.
    pub fn nothing() -> Self {
        Reply { head: String::new(), body: String::new(), open: false }
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.head += &format!("{name}: {value}\r\n");
        self
    }

    /// The same, and the connection stays open behind it.
    #[must_use]
    pub fn open(mut self) -> Self {
        self.open = true;
        self
    }

    fn text(&self) -> String {
        match self.head.is_empty() {
            true => self.body.clone(),
            false => format!("{}connection: close\r\n\r\n{}", self.head, self.body),
        }
    }
}

/// An event.
pub fn event(id: &str, data: &Value) -> String {
    format!("id: {id}\ndata: {data}\n\n")
}

/// A server, and what it has heard.
pub struct Scripted {
    pub url: String,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Scripted {
    pub async fn new(reply: impl Fn(&Heard) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/mcp", listener.local_addr().expect("an address"));
        let (heard, reply): (Arc<Mutex<Vec<Heard>>>, _) = (Arc::default(), Arc::new(reply));
        let record = heard.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (record, reply) = (record.clone(), reply.clone());
                tokio::spawn(async move {
                    let mut socket = BufReader::new(socket);
                    let Some(request) = read(&mut socket).await else { return };
                    record.lock().expect("no panic").push(request.clone());
                    let said = reply(&request);
                    // The client may have gone.
                    let _ = socket.get_mut().write_all(said.text().as_bytes()).await;
                    if said.open {
                        let _ = socket.read_to_end(&mut Vec::new()).await;
                    }
                });
            }
        });
        Scripted { url, heard }
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().expect("no panic").clone()
    }

    /// What was asked, in order.
    pub fn asked(&self) -> Vec<String> {
        self.heard().iter().map(|heard| heard.what().to_owned()).collect()
    }

    pub fn count(&self, what: &str) -> usize {
        self.asked().iter().filter(|asked| *asked == what).count()
    }
}

async fn read(socket: &mut BufReader<TcpStream>) -> Option<Heard> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if socket.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let header = |line: &String| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    };
    let headers: Vec<(String, String)> = lines.iter().skip(1).filter_map(header).collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").map_or("0", |(_, value)| value);
    let mut body = vec![0; length.parse().ok()?];
    socket.read_exact(&mut body).await.ok()?;
    let method = lines.first()?.split(' ').next()?.to_owned();
    Some(Heard { method, headers, body: serde_json::from_slice(&body).unwrap_or_default(), at: Instant::now() })
}
