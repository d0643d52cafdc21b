//! Trouble between a client and a server over HTTP: each request is read whole, handed on over a connection of its
//! own, and its answer passed on as it comes, but for those that are hit.
//!
//! Every answer ends its connection. The server can be killed and started again behind the same address.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::answer::Answer;
use super::{Aim, Fault, Kind};
use crate::error::{Error, Result};
use crate::http::{Direction, Framing, Head, Piece};
use crate::recording::Side;
use crate::served::{self, Served};

/// How long an answer that is to be overtaken waits for one that overtakes it.
const HELD: Duration = Duration::from_secs(3);
/// A connection that is to stay open and silent is closed after this.
const SILENCE: Duration = Duration::from_secs(30);
/// What a load balancer says in the server's place.
const BAD_GATEWAY: &str = "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 36\r\n\
    Connection: close\r\n\r\n<html><h1>502 Bad Gateway</h1></html>";

struct Before {
    aim: Aim,
    command: Vec<String>,
    running: Mutex<Served>,
    /// How many answers have passed, and a bell for whoever waits for the next.
    answered: (Mutex<usize>, Condvar),
}

/// A request read whole.
struct Asked {
    head: Head,
    body: Vec<u8>,
    message: Value,
}

/// Starts the server, prints an address before it, and serves until it is ended.
pub fn stand_before(aim: Aim, command: &[String]) -> Result<()> {
    let running = served::start(command)?;
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|e| Error::new(format!("fault: {e}")))?;
    let own = listener.local_addr().map_err(|e| Error::new(format!("fault: {e}")))?.to_string();
    println!("{}", serde_json::json!({ "url": format!("http://{own}{}", running.path) }));
    let (command, running) = (command.to_vec(), Mutex::new(running));
    let before = Arc::new(Before { aim, command, running, answered: Default::default() });
    for client in listener.incoming().map_while(io::Result::ok) {
        let (before, own) = (Arc::clone(&before), own.clone());
        thread::spawn(move || {
            // A connection that breaks is what this is about.
            let _ = before.exchange(client, &own);
        });
    }
    Ok(())
}

impl Before {
    fn running(&self) -> MutexGuard<'_, Served> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn exchange(&self, mut client: TcpStream, own: &str) -> io::Result<()> {
        client.set_nodelay(true)?;
        let Some(asked) = read_request(&mut client)? else {
            return Ok(());
        };
        let fault = &self.aim.fault;
        let hit = self.aim.takes(&asked.message).then_some(fault);
        if hit.is_some_and(|fault| fault.what == Kind::BadGateway) {
            return client.write_all(BAD_GATEWAY.as_bytes());
        }
        let address = self.running().address.clone();
        let mut server = TcpStream::connect(&address)?;
        server.set_nodelay(true)?;
        let of_client = hit.filter(|fault| fault.from == Side::Client);
        if of_client.is_some_and(|fault| fault.what == Kind::Duplicate) {
            self.send(&mut TcpStream::connect(&address)?, &asked, (own, &address), None)?;
        }
        if !self.send(&mut server, &asked, (own, &address), of_client)? {
            return Ok(());
        }
        if hit.is_some_and(|fault| fault.what == Kind::Kill) {
            thread::sleep(fault.pause());
            return self.restart();
        }
        watch_for_end(&client, &server)?;
        let of_server = hit.filter(|fault| fault.from == Side::Server);
        self.answer(Answer::new(server), &mut client, of_server)
    }

    /// Sends a request on; false: it was cut or swallowed, and no answer is to be expected.
    fn send(
        &self,
        server: &mut TcpStream,
        asked: &Asked,
        (own, address): (&str, &str),
        hit: Option<&Fault>,
    ) -> io::Result<bool> {
        let mut text = format!("{} {} HTTP/1.1\r\n", asked.head.start.0, asked.head.start.1);
        for (name, value) in &asked.head.headers {
            let names_host = name.eq_ignore_ascii_case("host") || name.eq_ignore_ascii_case("origin");
            if !matches!(name.to_ascii_lowercase().as_str(), "connection" | "transfer-encoding" | "content-length") {
                let value = if names_host { value.replace(own, address) } else { value.clone() };
                text.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        let mut body = asked.body.clone();
        match hit.map(|fault| (fault.what, fault)) {
            Some((Kind::Drop, _)) => {
                thread::sleep(SILENCE);
                return Ok(false);
            }
            Some((Kind::Delay, fault)) => thread::sleep(fault.pause()),
            Some((Kind::Add, fault)) => {
                body = fault.with_added(asked.message.clone()).to_string().into_bytes();
            }
            _ => {}
        }
        text.push_str(&format!("Content-Length: {}\r\nConnection: close\r\n\r\n", body.len()));
        server.write_all(text.as_bytes())?;
        match hit.map(|fault| (fault.what, fault)) {
            Some((Kind::Cut, fault)) => {
                server.write_all(&body[..fault.bytes.min(body.len())])?;
                server.shutdown(Shutdown::Both)?;
                return Ok(false);
            }
            Some((Kind::Slow, fault)) => {
                for piece in body.chunks(fault.bytes.max(1)) {
                    server.write_all(piece)?;
                    thread::sleep(fault.pause());
                }
            }
            _ => server.write_all(&body)?,
        }
        Ok(true)
    }

    /// Passes an answer on.
    fn answer(&self, server: Answer, client: &mut TcpStream, hit: Option<&Fault>) -> io::Result<()> {
        let passed = match hit.map(|fault| (fault.what, fault)) {
            None | Some((Kind::Duplicate | Kind::Noise | Kind::HalfClose, _)) => pass(server, client),
            Some((Kind::Cut, fault)) => cut(server, client, fault),
            Some((Kind::Slow, fault)) => slowly(server, client, fault),
            Some((what, fault)) => self.late(what, server, client, fault),
        };
        let (count, bell) = &self.answered;
        *count.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        bell.notify_all();
        let _ = client.shutdown(Shutdown::Both);
        passed
    }

    /// Answers that are held before anything of them passes.
    fn late(&self, what: Kind, mut server: Answer, client: &mut TcpStream, fault: &Fault) -> io::Result<()> {
        match what {
            Kind::Drop => {
                thread::sleep(SILENCE);
                return Ok(());
            }
            Kind::Delay => thread::sleep(fault.pause()),
            Kind::Reorder => self.wait_for_another(),
            _ => {
                let mut whole = Vec::new();
                server.read_to_end(&mut whole)?;
                return client.write_all(&if what == Kind::Add { added(&whole, fault) } else { whole });
            }
        }
        pass(server, client)
    }

    fn wait_for_another(&self) {
        let (count, bell) = &self.answered;
        let passed = count.lock().unwrap_or_else(PoisonError::into_inner);
        let before = *passed;
        // Whether one came or the time is over: then this one passes.
        drop(bell.wait_timeout_while(passed, HELD, |passed| *passed == before));
    }

    /// Kills the server and starts it again behind the same address.
    fn restart(&self) -> io::Result<()> {
        let mut running = self.running();
        running.child.kill()?;
        running.child.wait()?;
        *running = served::start(&self.command).map_err(io::Error::other)?;
        Ok(())
    }
}

fn read_request(client: &mut TcpStream) -> io::Result<Option<Asked>> {
    let mut framing = Framing::new(Direction::Requests);
    let (mut head, mut body, mut chunk) = (None, Vec::new(), vec![0; 64 * 1024]);
    loop {
        let read = client.read(&mut chunk)?;
        let mut input = &chunk[..read];
        if input.is_empty() {
            return Ok(None);
        }
        while !input.is_empty() {
            let step = framing.step(input).map_err(io::Error::other)?;
            input = &input[step.taken..];
            for piece in step.pieces {
                match piece {
                    Piece::Head(found) => head = Some(found),
                    Piece::Data(bytes) => body.extend(bytes),
                    Piece::End => {
                        let message = serde_json::from_slice(&body).unwrap_or_default();
                        return Ok(head.map(|head| Asked { head, body, message }));
                    }
                }
            }
        }
    }
}

/// A client that goes away takes the connection to the server along.
fn watch_for_end(client: &TcpStream, server: &TcpStream) -> io::Result<()> {
    let (mut client, server) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || {
        while client.read(&mut [0; 1024]).is_ok_and(|read| read > 0) {}
        let _ = server.shutdown(Shutdown::Both);
    });
    Ok(())
}

fn pass(mut server: Answer, client: &mut TcpStream) -> io::Result<()> {
    io::copy(&mut server, client).map(|_| ())
}

/// Passes the head and so much of the body as the fault says.
fn cut(mut server: Answer, client: &mut TcpStream, fault: &Fault) -> io::Result<()> {
    if fault.bytes == 0 && fault.events == 0 {
        // Until the answer is there, so that the request has had its effect.
        return server.read(&mut [0; 1]).map(|_| ());
    }
    let mut seen = Vec::new();
    let mut byte = [0];
    let mut in_body = 0;
    while server.read(&mut byte)? > 0 {
        client.write_all(&byte)?;
        seen.push(byte[0]);
        if let Some(head) = seen.windows(4).position(|four| four == b"\r\n\r\n") {
            in_body = seen.len() - head - 4;
        }
        let events = events_in(&seen[seen.len() - in_body..]);
        if (fault.events > 0 && events >= fault.events) || (fault.bytes > 0 && in_body >= fault.bytes) {
            return server.shutdown();
        }
    }
    Ok(())
}

fn slowly(mut server: Answer, client: &mut TcpStream, fault: &Fault) -> io::Result<()> {
    let mut piece = vec![0; fault.bytes.max(1)];
    loop {
        let read = server.read(&mut piece)?;
        if read == 0 {
            return Ok(());
        }
        client.write_all(&piece[..read])?;
        thread::sleep(fault.pause());
    }
}

/// How many events of a stream have ended: each with an empty line, whichever way its server ends lines.
fn events_in(body: &[u8]) -> usize {
    let (mut events, mut at) = (0, 0);
    while at < body.len() {
        let end = [&b"\n\n"[..], b"\r\n\r\n"].into_iter().find(|end| body[at..].starts_with(end));
        events += usize::from(end.is_some());
        at += end.map_or(1, <[u8]>::len);
    }
    events
}

/// A whole answer with the added members in its message, be it JSON or an event of a stream.
fn added(whole: &[u8], fault: &Fault) -> Vec<u8> {
    let mut framing = Framing::new(Direction::Responses);
    let (mut head, mut body, mut input) = (None, Vec::new(), whole);
    while let Some(step) = (!input.is_empty()).then(|| framing.step(input).ok()).flatten() {
        input = &input[step.taken..];
        for piece in step.pieces {
            match piece {
                Piece::Head(found) => head = Some(found),
                Piece::Data(bytes) => body.extend(bytes),
                Piece::End => {}
            }
        }
    }
    let Some(head) = head else { return whole.to_vec() };
    let text = String::from_utf8_lossy(&body);
    let change = |text: &str| serde_json::from_str(text).map(|message| fault.with_added(message).to_string());
    let body = change(&text).unwrap_or_else(|_| {
        let line = |line: &str| match line.strip_prefix("data:").map(|data| change(data.trim())) {
            Some(Ok(changed)) => format!("data: {changed}\n"),
            _ => format!("{line}\n"),
        };
        text.lines().map(line).collect()
    });
    let mut answer = format!("HTTP/1.1 {} {}\r\n", head.start.0, head.start.1);
    for (name, value) in &head.headers {
        if !matches!(name.to_ascii_lowercase().as_str(), "transfer-encoding" | "content-length" | "connection") {
            answer.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    format!("{answer}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::events_in;

    #[test]
    fn an_event_ends_with_an_empty_line_however_lines_end() {
        assert_eq!(events_in(b"data: 1\n\ndata: 2\n"), 1);
        // In chunks, whose own line ends follow those of the event.
        assert_eq!(events_in(b"b\r\ndata: 1\r\n\r\n\r\nb\r\ndata: 2\r\n\r\n\r\n"), 2);
        assert_eq!(events_in(b"9\r\ndata: 1\n\n\r\n"), 1);
    }
}
