//! A case over HTTP: one server for all of them, connections of its own for each.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::case::{Case, Request, has};
use super::stdio::META;
use super::text::fill;
use super::{PATIENCE, Problem, Target};
use crate::error::{Error, Result as Fallible};

type Outcome<T> = Result<T, Problem>;

/// Bytes of a chunk where a body is sent in chunks.
const CHUNK: usize = 20;

/// A server that all cases share.
pub struct Server {
    child: Child,
    /// Host and port.
    authority: String,
    path: String,
}

impl Server {
    pub fn start(target: &Target) -> Fallible<Self> {
        let (program, arguments) = target.command.split_first().ok_or_else(|| Error::new("an empty command"))?;
        let mut child = Command::new(program)
            .args(arguments)
            .args(["--http", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| Error::new(format!("{program} cannot be started: {error}")))?;
        let stdout = child.stdout.take();
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            let mut line = String::new();
            if let Some(stdout) = stdout {
                let _ = BufReader::new(stdout).read_line(&mut line);
            }
            let _ = sender.send(line);
        });
        let mut server = Server { child, authority: String::new(), path: String::new() };
        let line = receiver.recv_timeout(PATIENCE).map_err(|_| Error::new("the server did not say its address"))?;
        let said: Value = serde_json::from_str(&line).map_err(|error| Error::new(format!("{line:?}: {error}")))?;
        let url = said["url"].as_str().and_then(|url| url.strip_prefix("http://"));
        let (authority, path) = url.and_then(|url| url.split_once('/')).ok_or_else(|| Error::new(line.clone()))?;
        server.authority = authority.to_owned();
        server.path = format!("/{path}");
        Ok(server)
    }

    fn connect(&self) -> Outcome<TcpStream> {
        let stream = TcpStream::connect(&self.authority).map_err(|error| format!("no connection: {error}"))?;
        let _ = stream.set_nodelay(true);
        stream.set_read_timeout(Some(PATIENCE)).map_err(|error| error.to_string())?;
        stream.set_write_timeout(Some(PATIENCE)).map_err(|error| error.to_string())?;
        Ok(stream)
    }

    /// The bytes of a request.
    fn request(&self, request: &Request, given: &dyn Fn(&str) -> Option<String>) -> Vec<u8> {
        let body = match &request.body {
            Some(body) => fill(body, given),
            None => fill(&plain_call(request.legacy), given),
        };
        let mut headers = vec![
            ("host", self.authority.clone()),
            ("content-type", "application/json".into()),
            ("accept", "application/json, text/event-stream".into()),
            ("content-length", body.len().to_string()),
        ];
        if !request.legacy {
            headers.extend([
                ("mcp-protocol-version", "2026-07-28".into()),
                ("mcp-method", "tools/call".into()),
                ("mcp-name", "add".into()),
            ]);
        }
        let method = request.method.as_deref().unwrap_or("POST");
        let path = request.path.clone().unwrap_or_else(|| self.path.clone());
        let mut out = fill(&format!("{method} {path} HTTP/1.1\r\n"), given);
        let replaced = |name: &str| request.headers.keys().any(|other| other.eq_ignore_ascii_case(name));
        for (name, value) in headers.iter().filter(|(name, _)| !replaced(name)) {
            out.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        for (name, value) in request.headers.iter().filter(|(_, value)| !value.is_empty()) {
            out.extend(fill(&format!("{name}: {value}\r\n"), given));
        }
        for line in &request.more {
            out.extend(fill(line, given));
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
        out.extend(body);
        out
    }

    /// A legacy session's id.
    fn session(&self, revision: &str) -> Outcome<String> {
        let hello = format!(
            r#"{{"jsonrpc":"2.0","id":0,"method":"initialize","params":{{"protocolVersion":"{revision}","capabilities":{{}},"clientInfo":{{"name":"hostile","version":"1"}}}}}}"#
        );
        let request = Request { body: Some(hello), legacy: true, ..Request::default() };
        let mut stream = self.connect()?;
        stream.write_all(&self.request(&request, &|_| None)).map_err(|error| error.to_string())?;
        let response = Response::read(&mut BufReader::new(stream), false)?.ok_or("no answer to initialize")?;
        response.header("mcp-session-id").map(str::to_owned).ok_or_else(|| "no session".into())
    }

    /// Whether it still answers.
    fn is_well(&self) -> Outcome<()> {
        self.answers().map_err(|problem| Problem::dead(problem.what))
    }

    fn answers(&self) -> Outcome<()> {
        let mut stream = self.connect()?;
        stream.write_all(&self.request(&Request::default(), &given(self, None))).map_err(|error| error.to_string())?;
        let response = Response::read(&mut BufReader::new(stream), false)?.ok_or("the plain call was not answered")?;
        match response.status {
            200 if response.body.contains("\"sum\":5") => Ok(()),
            status => Err(format!("the plain call went wrong afterwards: {status} {}", response.brief()).into()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn plain_call(legacy: bool) -> String {
    let meta = if legacy { "" } else { "${meta}," };
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{{meta}"name":"add","arguments":{{"a":2,"b":3}}}}}}"#
    )
}

fn filled_call() -> Vec<u8> {
    fill(&plain_call(false), &|name| (name == "meta").then(|| META.into()))
}

fn given<'s>(server: &'s Server, session: Option<&'s str>) -> impl Fn(&str) -> Option<String> + 's {
    move |name| match name {
        "meta" => Some(META.to_owned()),
        "host" => Some(server.authority.clone()),
        "path" => Some(server.path.clone()),
        "session" => session.map(str::to_owned),
        "call" => Some(plain_call(false)),
        "call_length" => Some(filled_call().len().to_string()),
        "call_in_chunks" => {
            let call = filled_call();
            let chunks = call
                .chunks(CHUNK)
                .map(|part| format!("{:x};a=\"b\"\r\n{}\r\n", part.len(), String::from_utf8_lossy(part)));
            Some(chunks.collect::<String>() + "0\r\nx-trailer: 1\r\n\r\n")
        }
        _ => None,
    }
}

/// Runs a case.
pub fn run(server: &Server, case: &Case) -> Outcome<()> {
    let session = case.legacy.as_deref().map(|revision| server.session(revision)).transpose()?;
    let given = given(server, session.as_deref());
    let bytes = match (&case.request, &case.raw) {
        (Some(request), _) => server.request(request, &given),
        (None, Some(raw)) => fill(raw, &given),
        (None, None) => return Err("a case without a request".into()),
    };
    let mut stream = server.connect()?;
    // A server may refuse before it has read all: what it answers is still to be read.
    let bytes = bytes.repeat(case.times);
    let mut sent = Ok(());
    for (number, piece) in bytes.chunks(bytes.len().div_ceil(case.pieces).max(1)).enumerate() {
        if number > 0 {
            // Whoever sends slowly keeps nobody else waiting.
            server.is_well()?;
        }
        sent = sent.and_then(|()| stream.write_all(piece));
    }
    if case.hang_up {
        drop(stream);
        return server.is_well();
    }
    if case.keep {
        server.is_well()?;
        let _ = stream.shutdown(Shutdown::Write);
    }
    let mut reader = BufReader::new(stream);
    for _ in 0..case.times {
        let response = Response::read(&mut reader, bytes.starts_with(b"HEAD "))?;
        judge(case, response.as_ref()).map_err(|problem| match &sent {
            Ok(()) => problem,
            Err(error) => Problem { what: format!("{} (while sending: {error})", problem.what), ..problem },
        })?;
        if response.is_none() {
            break;
        }
    }
    server.is_well()
}

fn judge(case: &Case, response: Option<&Response>) -> Outcome<()> {
    let Some(response) = response else {
        return if case.status.contains(&0) {
            Ok(())
        } else {
            Err("the connection was closed without an answer".into())
        };
    };
    let found = || format!("{} {}", response.status, response.brief());
    if !case.status.contains(&response.status) {
        return Err(format!("wanted a status of {:?}, got {}", case.status, found()).into());
    }
    if let Some(code) = case.code {
        let body: Value = serde_json::from_str(&response.body).unwrap_or_default();
        let is = |code: i64| body["error"]["code"] == code;
        if !is(code) && !case.or.is_some_and(is) {
            return Err(format!("wanted error {code}, got {}", found()).into());
        }
    }
    let is_other = || case.or_has.as_ref().is_some_and(|text| has(&response.body, text));
    match &case.has {
        Some(text) if !has(&response.body, text) && !is_other() => {
            Err(format!("wanted {text:?} in {}", found()).into())
        }
        _ => Ok(()),
    }
}

/// A response, as much of it as there is.
struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Response {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    fn brief(&self) -> String {
        self.body.chars().take(300).collect()
    }

    /// Reads one, without its body where HEAD asked for it; none if the connection was closed before it began.
    fn read(reader: &mut BufReader<TcpStream>, headless: bool) -> Outcome<Option<Self>> {
        let mut line = String::new();
        match reader.read_line(&mut line) {
            Ok(0) => return Ok(None),
            Ok(_) => {}
            Err(error) if is_reset(&error) => return Ok(None),
            Err(error) => return Err(Problem::dead(format!("nothing was answered: {error}"))),
        }
        let status: u16 =
            line.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or(format!("no status line: {line:?}"))?;
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).map_err(|error| format!("headers: {error}"))?;
            let line = line.trim_end();
            match line.split_once(':') {
                Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.trim().to_owned())),
                None => break,
            }
        }
        if status == 100 {
            return Response::read(reader, headless);
        }
        let mut response = Response { status, headers, body: String::new() };
        if !headless {
            response.body = response.read_body(reader)?;
        }
        Ok(Some(response))
    }

    fn read_body(&self, reader: &mut BufReader<TcpStream>) -> Outcome<String> {
        let mut body = Vec::new();
        if self.header("transfer-encoding") == Some("chunked") {
            // A stream of events may stay open: its first event is enough.
            let deadline = Instant::now() + Duration::from_secs(5);
            while Instant::now() < deadline {
                let mut size = String::new();
                reader.read_line(&mut size).map_err(|error| format!("a chunk: {error}"))?;
                let size = usize::from_str_radix(size.trim(), 16).map_err(|_| "a chunk without a size")?;
                let mut chunk = vec![0; size + 2];
                reader.read_exact(&mut chunk).map_err(|error| format!("a chunk: {error}"))?;
                chunk.truncate(size);
                body.extend(chunk);
                let text = String::from_utf8_lossy(&body);
                if size == 0 || text.contains("data: {") {
                    break;
                }
            }
        } else if let Some(length) = self.header("content-length").and_then(|length| length.parse().ok()) {
            body = vec![0; length];
            reader.read_exact(&mut body).map_err(|error| format!("the body: {error}"))?;
        }
        Ok(String::from_utf8_lossy(&body).into_owned())
    }
}

fn is_reset(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::ConnectionAborted)
}
