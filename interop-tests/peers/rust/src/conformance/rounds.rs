//! Tools that ask under a name, several things at once, and again and again: in the modern era each round is a request
//! of its own.

use isogloss::protocol::types::{ContentBlock, SamplingContent};
use isogloss::{Context, Failure, Form, NoArguments, Question, Roots, Sample, Server};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
struct Name {
    name: String,
}

#[derive(Deserialize, JsonSchema)]
struct Color {
    color: String,
}

#[derive(Deserialize, JsonSchema)]
struct Confirmation {
    ok: bool,
}

type Said = Result<ContentBlock, Failure>;

pub fn offer(server: Server) -> Server {
    server
        .tool("test_input_required_result_elicitation", "Asks for a name.", async |_: NoArguments, cx: Context| {
            let Name { name } = cx.ask(Form::new("What is your name?").key("user_name")).await?.accepted()?;
            Ok(ContentBlock::text(format!("Hello, {name}!")))
        })
        .tool("test_input_required_result_sampling", "Asks the model.", async |_: NoArguments, cx: Context| {
            let answer = cx.ask(Sample::text("What is the capital of France?", 100).key("capital_question")).await?;
            Ok(ContentBlock::text(format!("The model says: {}", text(&answer.content))))
        })
        .tool("test_input_required_result_list_roots", "Asks for the roots.", async |_: NoArguments, cx: Context| {
            let roots = cx.ask(Roots.key("client_roots")).await?;
            let uris: Vec<&str> = roots.iter().map(|root| root.uri.as_str()).collect();
            Ok(ContentBlock::text(format!("The roots are {}", uris.join(", "))))
        })
        .tool("test_input_required_result_request_state", "Asks, with a state.", async |_: NoArguments, cx| {
            confirmed(cx).await
        })
        // The state is the SDK's, which refuses one that it did not seal: the tool has nothing to do for it.
        .tool("test_input_required_result_tampered_state", "Asks, with a sealed state.", async |_: NoArguments, cx| {
            confirmed(cx).await
        })
        .tool("test_input_required_result_multiple_inputs", "Asks three things at once.", async |_: NoArguments, cx| {
            at_once(cx).await
        })
        .tool("test_input_required_result_multi_round", "Asks twice.", async |_: NoArguments, cx: Context| {
            let Name { name } = cx.ask(Form::new("What is your name?").key("step1")).await?.accepted()?;
            let Color { color } = cx.ask(Form::new("What is your favorite color?").key("step2")).await?.accepted()?;
            Ok(ContentBlock::text(format!("{name} likes {color}.")))
        })
        .tool("test_input_required_result_capabilities", "Asks whom it can.", async |_: NoArguments, cx| {
            whom_it_can(cx).await
        })
}

async fn confirmed(cx: Context) -> Said {
    let Confirmation { ok } = cx.ask(Form::new("Please confirm").key("confirm")).await?.accepted()?;
    Ok(ContentBlock::text(if ok { "state-ok: confirmed" } else { "state-ok: not confirmed" }))
}

async fn at_once(cx: Context) -> Said {
    let (name, greeting, roots) = tokio::join!(
        cx.ask(Form::<Name>::new("What is your name?").key("user_name")),
        cx.ask(Sample::text("Generate a greeting", 50).key("greeting")),
        cx.ask(Roots.key("client_roots")),
    );
    let (name, greeting, roots) = (name?.accepted()?.name, greeting?, roots?);
    Ok(ContentBlock::text(format!("{} {name}, with {} roots", text(&greeting.content), roots.len())))
}

async fn whom_it_can(cx: Context) -> Said {
    if cx.client_capabilities().elicitation.is_some() {
        let Name { name } = cx.ask(Form::new("What is your name?").key("user_name")).await?.accepted()?;
        return Ok(ContentBlock::text(format!("The user is {name}.")));
    }
    let answer = cx.ask(Sample::text("Make up a name", 50).key("made_up_name")).await?;
    Ok(ContentBlock::text(format!("The model made up {}.", text(&answer.content))))
}

fn text(content: &SamplingContent) -> &str {
    match content {
        SamplingContent::Text(content) => &content.text,
        _ => "something else than text",
    }
}
