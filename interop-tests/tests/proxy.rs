//! The proxy between a client and a server of this test: it streams, it changes no byte but the Host, and
//! it passes on whoever closes the connection.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::thread::{self, JoinHandle};

use isogloss_interop::{Event, Proxy, Recorder, Recording, Side};

const EVENTS: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
const FIRST: &str = "id: 1\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"a\"}\n\n";
const SECOND: &str = "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n\n";

/// A server of one connection: what it does with it, and what it answers to the test.
struct Scene<T> {
    proxy: Proxy,
    recording: PathBuf,
    server: JoinHandle<T>,
}

fn scene<T: Send + 'static>(name: &str, serve: impl FnOnce(TcpStream) -> T + Send + 'static) -> Scene<T> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let recording = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("proxy-{name}.jsonl"));
    let _ = std::fs::remove_file(&recording);
    let recorder = Recorder::open(&recording).unwrap();
    let server = thread::spawn(move || serve(listener.accept().unwrap().0));
    Scene { proxy: Proxy::start(&url, recorder).unwrap(), recording, server }
}

impl<T> Scene<T> {
    fn connect(&self) -> TcpStream {
        TcpStream::connect(self.proxy.url().split('/').nth(2).unwrap()).unwrap()
    }

    /// The events recorded once one of them is `last`; the proxy's threads write them while we look.
    fn events_until(&self, last: impl Fn(&Event) -> bool) -> Vec<Event> {
        loop {
            let conversations = Recording::read(&self.recording).unwrap().conversations;
            let events: Vec<Event> = conversations.into_iter().flatten().map(|record| record.event).collect();
            if events.iter().any(&last) {
                return events;
            }
            thread::yield_now();
        }
    }
}

fn chunk(text: &str) -> String {
    format!("{:x}\r\n{text}\r\n", text.len())
}

fn post(host: &str) -> String {
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"m"}"#;
    format!(
        "POST /mcp HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Reads until the text has this in it.
fn read_to(stream: &mut TcpStream, end: &str) -> String {
    let mut read = Vec::new();
    let mut byte = [0];
    while !String::from_utf8_lossy(&read).contains(end) && stream.read(&mut byte).unwrap_or(0) > 0 {
        read.push(byte[0]);
    }
    String::from_utf8(read).unwrap()
}

fn messages(events: &[Event]) -> Vec<(Side, String)> {
    let line = |event: &Event| match event {
        Event::Line { from, text: Some(text), exchange: Some(1), .. } => Some((*from, text.clone())),
        _ => None,
    };
    events.iter().filter_map(line).collect()
}

#[test]
fn an_event_arrives_and_is_recorded_while_the_stream_goes_on() {
    let (seen, wait) = std::sync::mpsc::channel();
    let scene = scene("stream", move |mut server| {
        let asked = read_to(&mut server, "\"m\"}");
        write!(server, "{EVENTS}{}", chunk(FIRST)).unwrap();
        // Nothing more until the client has read the first event.
        wait.recv().unwrap();
        write!(server, "{}0\r\n\r\n", chunk(SECOND)).unwrap();
        (asked, server.local_addr().unwrap().to_string())
    });
    let mut client = scene.connect();
    let own = client.peer_addr().unwrap().to_string();
    client.write_all(post(&own).as_bytes()).unwrap();
    assert_eq!(read_to(&mut client, &chunk(FIRST)), format!("{EVENTS}{}", chunk(FIRST)));
    seen.send(()).unwrap();
    assert_eq!(read_to(&mut client, "0\r\n\r\n"), format!("{}0\r\n\r\n", chunk(SECOND)));

    let events = scene.events_until(|event| matches!(event, Event::Answered { .. }));
    let texts: Vec<(Side, String)> = messages(&events);
    assert_eq!(texts.iter().map(|(side, _)| *side).collect::<Vec<_>>(), [Side::Client, Side::Server, Side::Server]);
    assert_eq!(texts[2].1, r#"{"jsonrpc":"2.0","id":1,"result":{}}"#);
    assert!(events.contains(&Event::Body { from: Side::Server, exchange: 1, text: "id: 1".into() }));
    let Event::Request { headers, .. } = &events[0] else { panic!("{events:?}") };
    assert_eq!(headers[0], ("Host".to_owned(), own));
    let (asked, address) = scene.server.join().unwrap();
    assert_eq!(asked, post(&address), "the server sees its own address and the client's bytes");
}

#[test]
fn a_client_that_leaves_is_gone_for_the_server_too() {
    let scene = scene("client-leaves", |mut server| {
        read_to(&mut server, "\"m\"}");
        write!(server, "{EVENTS}{}", chunk(FIRST)).unwrap();
        // Blocks until the end of the client's side is passed on.
        server.read(&mut [0]).unwrap_or(0)
    });
    let mut client = scene.connect();
    client.write_all(post("x").as_bytes()).unwrap();
    read_to(&mut client, &chunk(FIRST));
    drop(client);
    let events = scene.events_until(|event| matches!(event, Event::Cut { .. }));
    assert!(events.contains(&Event::Cut { from: Side::Client, exchange: 1 }), "{events:?}");
    assert_eq!(messages(&events).len(), 2);
    assert_eq!(scene.server.join().unwrap(), 0);
}

#[test]
fn a_server_that_breaks_off_is_gone_for_the_client_too() {
    let scene = scene("server-leaves", |mut server| {
        read_to(&mut server, "\"m\"}");
        let half = format!("{EVENTS}{}", chunk("data: {\"half"));
        server.write_all(half.as_bytes()).unwrap();
    });
    let mut client = scene.connect();
    client.write_all(post("x").as_bytes()).unwrap();
    assert!(read_to(&mut client, "never").ends_with(&chunk("data: {\"half")));
    let events = scene.events_until(|event| matches!(event, Event::Cut { .. }));
    assert!(events.contains(&Event::Cut { from: Side::Server, exchange: 1 }), "{events:?}");
    assert_eq!(messages(&events).len(), 1, "half an event is no message");
    scene.server.join().unwrap();
}

#[test]
fn several_exchanges_on_one_connection_are_kept_apart() {
    let scene = scene("kept-alive", |mut server| {
        for status in ["202 Accepted", "404 Not Found"] {
            read_to(&mut server, "\"m\"}");
            write!(server, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").unwrap();
        }
    });
    let mut client = scene.connect();
    for status in ["202", "404"] {
        client.write_all(post("x").as_bytes()).unwrap();
        assert!(read_to(&mut client, "\r\n\r\n").starts_with(&format!("HTTP/1.1 {status}")));
    }
    let events = scene.events_until(|event| matches!(event, Event::Answered { exchange: 2 }));
    let statuses = events.iter().filter_map(|event| match event {
        Event::Response { exchange, status, .. } => Some((*exchange, *status)),
        _ => None,
    });
    assert_eq!(statuses.collect::<Vec<_>>(), [(1, 202), (2, 404)]);
    assert!(!events.iter().any(|event| matches!(event, Event::Cut { .. })));
}
