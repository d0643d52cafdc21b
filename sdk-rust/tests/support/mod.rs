//! A server with a bit of everything, and the other end of a connection as bare text.
#![allow(dead_code, reason = "not every test file uses all of it")]

use std::time::Duration;

use isogloss::protocol::types::{ElicitRequestFormParams, ElicitResultAction, ElicitSchema};
use isogloss::transport::{Frame, Receiver, Sender};
use isogloss::wire::Map;
use isogloss::{ClientCalls, Context, Failure, JsonObject, NoArguments, Server, Transport};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// More than any timeout under test, which tests with a paused clock run through at once.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Deserialize, JsonSchema)]
struct Terms {
    a: i64,
    b: i64,
}

#[derive(Serialize, Deserialize, JsonSchema, Debug, PartialEq)]
pub struct Sum {
    pub sum: i64,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Payload {
    payload: JsonObject,
}

#[derive(Serialize, JsonSchema)]
struct Echo {
    echo: JsonObject,
}

#[derive(Deserialize, JsonSchema)]
struct Item {
    id: String,
}

#[derive(Deserialize, JsonSchema)]
struct Person {
    /// Whom to greet.
    name: String,
}

pub fn server() -> Server {
    Server::new("everything", "1.0.0")
        .instructions("Add first.")
        .tool("add", "Adds two integers.", async |terms: Terms, _| Ok(Sum { sum: terms.a + terms.b }))
        .tool("echo", "", async |given: Payload, _| Ok(Echo { echo: given.payload }))
        .tool("count", "A number.", async |_: NoArguments, _| Ok(3))
        .tool("fail", "", async |_: NoArguments, _| Err::<i64, _>(Failure::new("boom")))
        .tool("refuse", "", async |_: NoArguments, _| Err::<i64, _>(Failure::protocol(-32001, "not now")))
        .tool("panic", "", async |given: Terms, _| Ok([1, 2][usize::try_from(given.a + 7).expect("small")]))
        .tool("wait", "Never answers.", async |_: NoArguments, _| {
            std::future::pending::<()>().await;
            Ok(0)
        })
        .tool("yield", "Answers a little later.", async |_: NoArguments, _| {
            tokio::task::yield_now().await;
            Ok("later")
        })
        .tool("work", "Tells how far it has got.", async |_: NoArguments, cx: Context| {
            for (done, message) in [(1.0, "one"), (2.0, "")] {
                cx.progress(done, Some(2.0), message).await?;
            }
            Ok(cx.client_info().map(|client| client.name))
        })
        .tool("ask", "Asks the user.", async |_: NoArguments, cx: Context| {
            let schema = ElicitSchema { properties: Map::new(), ..ElicitSchema::default() };
            let answer = cx.elicit(&ElicitRequestFormParams::new("Well?", schema).into()).await?;
            Ok(answer.action == ElicitResultAction::Accept)
        })
        .resource("text://greeting", "greeting", async |_| Ok("héllo wörld ✓"))
        .resource("data://bytes", "bytes", async |_| Ok(vec![0u8, 255]))
        .resource("text://broken", "broken", async |_| Err::<String, _>(Failure::new("the disk is on fire")))
        .resource_template("item://{id}", "item", async |item: Item, _| Ok(format!("item {}", item.id)))
        .prompt("greet", "Greets.", async |person: Person, _| Ok(format!("Greet {}", person.name)))
        .complete_prompt("greet", "name", async |typed, _| {
            let names = ["Alice", "Alan", "Bob"].map(str::to_owned);
            Ok(names.into_iter().filter(|name| name.starts_with(&typed.value)).collect())
        })
}

/// The other end of a connection, as text.
pub struct Wire {
    pub sender: Sender,
    receiver: Receiver,
    waiting: std::collections::VecDeque<String>,
}

impl Wire {
    pub fn new(transport: Transport) -> Self {
        let (sender, receiver) = transport.split();
        Wire { sender, receiver, waiting: Default::default() }
    }

    /// A connection to a server, which is served in the background.
    pub fn to(server: &Server) -> Self {
        let (near, far) = Transport::pair();
        let server = server.clone();
        tokio::spawn(async move { server.serve(far).await });
        Wire::new(near)
    }

    pub async fn send(&self, text: &str) {
        self.sender.send(vec![Frame::Message(text.as_bytes().to_vec())]).await.expect("an open connection");
    }

    /// The next message; none at the end of the connection.
    pub async fn receive(&mut self) -> Option<String> {
        while self.waiting.is_empty() {
            let batch = tokio::time::timeout(PATIENCE, self.receiver.receive());
            for frame in batch.await.expect("a message or the end in time")? {
                match frame {
                    Frame::Message(text) => self.waiting.push_back(String::from_utf8(text).expect("UTF-8")),
                    Frame::TooLong { limit, .. } => panic!("a message longer than {limit} bytes"),
                }
            }
        }
        self.waiting.pop_front()
    }

    pub async fn ask(&mut self, text: &str) -> Value {
        self.send(text).await;
        serde_json::from_str(&self.receive().await.expect("an answer")).expect("JSON")
    }
}

/// The text of a modern request.
pub fn modern(id: u32, method: &str, params: &str) -> String {
    let meta = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;
    let rest = params.trim().strip_prefix('{').expect("an object");
    let comma = if rest == "}" { "" } else { "," };
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{{{meta}{comma}{rest}}}"#)
}

/// The text of a legacy request.
pub fn legacy(id: u32, method: &str, params: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#)
}

pub fn initialize(revision: &str) -> String {
    let client = r#""capabilities":{},"clientInfo":{"name":"test","version":"1"}"#;
    legacy(0, "initialize", &format!(r#"{{"protocolVersion":"{revision}",{client}}}"#))
}
