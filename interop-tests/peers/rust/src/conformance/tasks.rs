//! Tools that run as tasks, and one that never does: jobs that are done at once, later, badly, or not before the user
//! has said something.

use std::time::Duration;

use isogloss::protocol::types::ContentBlock;
use isogloss::{AsTask, Context, Failure, Form, NoArguments, Question, Server, offer};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::time::sleep;

#[derive(Deserialize, JsonSchema)]
struct Person {
    name: String,
}

#[derive(Deserialize, JsonSchema)]
struct Computation {
    seconds: u64,
    label: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
struct File {
    filename: String,
}

#[derive(Deserialize, JsonSchema)]
struct Confirmation {
    confirm: bool,
}

#[derive(Deserialize, JsonSchema)]
struct Approval {
    name: String,
    confirm: bool,
}

type Said = Result<ContentBlock, Failure>;

pub fn offer(server: Server) -> Server {
    server
        .tool("greet", "Greets at once.", async |person: Person, _| {
            Ok(ContentBlock::text(format!("Hello, {}!", person.name)))
        })
        .offer(offer::tool("slow_compute", compute).description("Takes so many seconds.").task(AsTask::optional()))
        .offer(
            offer::tool("failing_job", async |_: NoArguments, _| {
                sleep(Duration::from_secs(1)).await;
                Err::<ContentBlock, _>(Failure::new("the job failed"))
            })
            .description("Fails after a second.")
            .task(AsTask::required()),
        )
        .offer(
            offer::tool("protocol_error_job", async |_: NoArguments, _| {
                sleep(Duration::from_millis(100)).await;
                Err::<ContentBlock, _>(Failure::protocol(-32603, "the job cannot be done"))
            })
            .description("Cannot be done.")
            .task(AsTask::optional()),
        )
        .offer(
            offer::tool("confirm_delete", confirm_delete)
                .description("Deletes, once confirmed.")
                .task(AsTask::optional()),
        )
        .offer(offer::tool("multi_input", ask_twice).description("Asks two things at once.").task(AsTask::optional()))
        .offer(
            offer::tool("test_tool_with_task", name_first)
                .description("Asks for a name, then goes on as a task.")
                .task(AsTask::required().later()),
        )
}

async fn compute(what: Computation, _: Context) -> Said {
    sleep(Duration::from_secs(what.seconds)).await;
    let label = what.label.unwrap_or_else(|| String::from("it"));
    Ok(ContentBlock::text(format!("computed {label} in {} s", what.seconds)))
}

async fn confirm_delete(file: File, cx: Context) -> Said {
    let question = Form::<Confirmation>::new(format!("Delete {}?", file.filename)).key("confirm");
    let done = if cx.ask(question).await?.accepted()?.confirm { "deleted" } else { "kept" };
    Ok(ContentBlock::text(format!("{done} {}", file.filename)))
}

async fn ask_twice(_: NoArguments, cx: Context) -> Said {
    let question = |of: &str| cx.ask(Form::<Approval>::new(format!("Does the {of} approve?")).key(of));
    let (owner, auditor) = tokio::join!(question("owner"), question("auditor"));
    let (owner, auditor) = (owner?.accepted()?, auditor?.accepted()?);
    let both = if owner.confirm && auditor.confirm { "approved" } else { "refused" };
    Ok(ContentBlock::text(format!("{both} by {} and {}", owner.name, auditor.name)))
}

async fn name_first(_: NoArguments, cx: Context) -> Said {
    let Person { name } = cx.ask(Form::new("What is your name?").key("user_name")).await?.accepted()?;
    cx.begin_task().await;
    sleep(Duration::from_millis(100)).await;
    Ok(ContentBlock::text(format!("Hello, {name}!")))
}
