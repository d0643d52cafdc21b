//! Prompts: with and without arguments, with a resource, with a picture, and one that asks first.

use isogloss::offer::{self, PromptOffer};
use isogloss::protocol::types::{AnyResourceContents, ContentBlock, PromptMessage, Role};
use isogloss::{Completing, Context, Form, NoArguments, Question, Server};
use schemars::JsonSchema;
use serde::Deserialize;

use super::media::PNG;

#[derive(Deserialize, JsonSchema)]
struct Two {
    /// The first argument.
    arg1: String,
    /// The second argument.
    arg2: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Embedded {
    /// The address of what is embedded.
    resource_uri: String,
}

#[derive(Deserialize, JsonSchema)]
struct Setting {
    context: String,
}

pub fn offer(server: Server) -> Server {
    server
        .offer(simple())
        .prompt("test_prompt_with_arguments", "Has two arguments.", async |Two { arg1, arg2 }: Two, _| {
            Ok(format!("Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"))
        })
        .complete_prompt("test_prompt_with_arguments", "arg1", async |typed: Completing, _| {
            let words = ["test", "testing", "other"].map(str::to_owned);
            Ok(words.into_iter().filter(|word| word.starts_with(&typed.value)).collect())
        })
        .prompt("test_prompt_with_embedded_resource", "Has a resource in it.", async |given: Embedded, _| {
            let text = "Embedded resource content for testing.";
            let resource = AnyResourceContents::text(given.resource_uri, "text/plain", text);
            Ok(vec![
                PromptMessage::new(ContentBlock::embedded(resource), Role::User),
                PromptMessage::user("Please process the embedded resource above."),
            ])
        })
        .prompt("test_prompt_with_image", "Has a picture in it.", async |_: NoArguments, _| {
            Ok(vec![
                PromptMessage::new(ContentBlock::image(PNG, "image/png"), Role::User),
                PromptMessage::user("Please analyze the image above."),
            ])
        })
        .prompt(
            "test_input_required_result_prompt",
            "Asks before it is filled in.",
            async |_: NoArguments, cx: Context| {
                let form = Form::new("What context should the prompt use?").key("user_context");
                let Setting { context } = cx.ask(form).await?.accepted()?;
                Ok(format!("Go on with this context: {context}"))
            },
        )
}

/// One text, always the same.
pub fn simple() -> PromptOffer {
    offer::prompt("test_simple_prompt", async |_: NoArguments, _| Ok("This is a simple prompt for testing."))
        .description("Is one text.")
}
