//! Tools that ask the user or the model of a client, in one round: with a form of their own, with defaults, with all
//! kinds of choices.

use isogloss::protocol::types::{
    ContentBlock, ElicitRequestFormParams, ElicitRequestParams, ElicitResult, ElicitSchema, EnumOption,
    LegacyTitledEnumSchema, PrimitiveSchemaDefinition, SamplingContent, TitledMultiSelectEnumSchema,
    TitledMultiSelectItems, TitledSingleSelectEnumSchema, UntitledMultiSelectEnumSchema, UntitledMultiSelectItems,
    UntitledSingleSelectEnumSchema,
};
use isogloss::wire::Map;
use isogloss::{Answer, Context, Failure, Form, NoArguments, Sample, Server};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, JsonSchema)]
struct Prompt {
    /// What the model is asked.
    prompt: String,
}

#[derive(Deserialize, JsonSchema)]
struct Message {
    /// What the user is asked.
    message: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct User {
    /// User's response
    username: String,
    /// User's email address
    email: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
struct Profile {
    name: String,
    age: i64,
    score: f64,
    status: Status,
    verified: bool,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Status {
    Active,
    Inactive,
    Pending,
}

impl Default for Profile {
    fn default() -> Self {
        Profile { name: "John Doe".into(), age: 30, score: 95.5, status: Status::Active, verified: true }
    }
}

pub fn offer(server: Server) -> Server {
    server
        .tool("test_sampling", "Asks the client's model.", async |asked: Prompt, cx| sampled(asked, cx).await)
        .tool("test_elicitation", "Asks the user.", async |asked: Message, cx: Context| {
            Ok(ContentBlock::text(format!("User response: {}", told(cx.ask(Form::<User>::new(asked.message)).await?))))
        })
        .tool("test_elicitation_sep1034_defaults", "Asks with defaults.", async |_: NoArguments, cx: Context| {
            let answer = cx.ask(Form::<Profile>::new("Your profile, please; all of it has a default.")).await?;
            Ok(ContentBlock::text(format!("Elicitation completed: {}", told(answer))))
        })
        .tool("test_elicitation_sep1330_enums", "Asks for choices.", async |_: NoArguments, cx: Context| {
            let ElicitResult { action, content, .. } = cx.ask(choices()).await?;
            Ok(ContentBlock::text(format!("Elicitation completed: action={action:?}, content={content:?}")))
        })
}

async fn sampled(asked: Prompt, cx: Context) -> Result<ContentBlock, Failure> {
    let answer = cx.ask(Sample::text(asked.prompt, 100)).await?;
    match answer.content {
        SamplingContent::Text(text) => Ok(ContentBlock::text(format!("LLM response: {}", text.text))),
        other => Err(Failure::new(format!("the model answered with something else than text: {other:?}"))),
    }
}

fn told<T: std::fmt::Debug>(answer: Answer<T>) -> String {
    match answer {
        Answer::Accepted(content) => format!("action=accept, content={content:?}"),
        Answer::Declined => "action=decline, content=none".into(),
        Answer::Cancelled => "action=cancel, content=none".into(),
    }
}

/// All kinds of choices that there are, so made by hand: a type has one way to be shown.
fn choices() -> ElicitRequestParams {
    let words = |words: [&str; 3]| words.map(str::to_owned).to_vec();
    let titled = || {
        let options = [("value1", "First Option"), ("value2", "Second Option"), ("value3", "Third Option")];
        options.map(|(value, title)| EnumOption::new(value, title)).to_vec()
    };
    let legacy = LegacyTitledEnumSchema {
        enum_names: Some(words(["Option One", "Option Two", "Option Three"])),
        ..LegacyTitledEnumSchema::new(words(["opt1", "opt2", "opt3"]))
    };
    let properties: [(&str, PrimitiveSchemaDefinition); 5] = [
        ("untitledSingle", UntitledSingleSelectEnumSchema::new(words(["option1", "option2", "option3"])).into()),
        ("titledSingle", TitledSingleSelectEnumSchema::new(titled()).into()),
        ("legacyEnum", legacy.into()),
        (
            "untitledMulti",
            UntitledMultiSelectEnumSchema::new(UntitledMultiSelectItems::new(words(["option1", "option2", "option3"])))
                .into(),
        ),
        ("titledMulti", TitledMultiSelectEnumSchema::new(TitledMultiSelectItems::new(titled())).into()),
    ];
    let properties: Map<PrimitiveSchemaDefinition> =
        properties.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
    ElicitRequestFormParams::new("Choose, please.", ElicitSchema::new(properties)).into()
}
