//! The reference surface, written the way a user of the SDK would.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use isogloss::protocol::types::ContentBlock;
use isogloss::{Completing, Context, Failure, Form, JsonObject, NoArguments, Server};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, JsonSchema)]
struct Terms {
    /// The first number.
    a: i64,
    /// The second number.
    b: i64,
}

#[derive(Serialize, JsonSchema)]
struct Sum {
    sum: i64,
}

#[derive(Deserialize, JsonSchema)]
struct Given {
    /// Any object.
    payload: JsonObject,
}

#[derive(Serialize, JsonSchema)]
struct Echo {
    echo: JsonObject,
}

#[derive(Deserialize, JsonSchema)]
struct Work {
    /// How long to work, in milliseconds.
    ms: u64,
}

#[derive(Deserialize, JsonSchema)]
struct Size {
    /// How many times 1,024 characters.
    n: usize,
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
    let stopped = Arc::new(AtomicU64::new(0));
    let counted = stopped.clone();
    let server = Server::new("isogloss-rust", env!("CARGO_PKG_VERSION"))
        .tool("add", "Adds two integers.", async |terms: Terms, _| Ok(Sum { sum: terms.a + terms.b }))
        .tool("echo_any", "Gives the payload back.", async |given: Given, _| Ok(Echo { echo: given.payload }))
        .tool("fail", "Always fails.", async |_: NoArguments, _| Err::<ContentBlock, _>(Failure::new("boom")))
        .tool("slow", "Works for a while, in three steps.", move |work: Work, cx| slow(work, cx, stopped.clone()))
        .tool("cancels", "Counts the slow calls that were stopped.", move |_: NoArguments, _| {
            let count = counted.load(Ordering::SeqCst);
            async move { Ok(ContentBlock::text(count.to_string())) }
        })
        .tool("ask_name", "Asks the user for a name, and greets.", async |_: NoArguments, cx| ask_name(cx).await)
        .tool("big", "A long text.", async |size: Size, _| Ok(ContentBlock::text("x".repeat(size.n * 1024))))
        .resource("text://greeting", "A greeting.", async |_| Ok("héllo wörld ✓"))
        .resource_template("item://{id}", "An item by its id.", async |item: Item, _| Ok(format!("item {}", item.id)));
    ["greet", "grüß 日本"].into_iter().fold(server, |server, name| {
        server
            .prompt(name, "Has somebody greeted.", async |person: Person, _| Ok(format!("Greet {}", person.name)))
            .complete_prompt(name, "name", async |typed: Completing, _| {
                let names = ["Alice", "Alan", "Bob"].map(str::to_owned);
                Ok(names.into_iter().filter(|name| name.starts_with(&typed.value)).collect())
            })
    })
}

/// Counts work that was dropped before it was done: that is how a handler is cancelled.
struct Unfinished(Option<Arc<AtomicU64>>);

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(stopped) = &self.0 {
            stopped.fetch_add(1, Ordering::SeqCst);
        }
    }
}

async fn slow(work: Work, cx: Context, stopped: Arc<AtomicU64>) -> Result<ContentBlock, Failure> {
    let mut unfinished = Unfinished(Some(stopped));
    for step in 1..=3 {
        cx.progress(f64::from(step), Some(3.0), &format!("step {step}")).await?;
        tokio::time::sleep(Duration::from_millis(work.ms) / 3).await;
    }
    unfinished.0 = None;
    Ok(ContentBlock::text("done"))
}

/// What the user is asked for.
#[derive(Deserialize, JsonSchema)]
struct Named {
    name: String,
}

async fn ask_name(cx: Context) -> Result<ContentBlock, Failure> {
    let Named { name } = cx.ask(Form::new("Your name?")).await?.accepted()?;
    Ok(ContentBlock::text(format!("Hello, {name}!")))
}
