//! Tools for what each modern request says by itself: capabilities, the level of the log, headers; and for lists that
//! change while clients listen.

use isogloss::protocol::types::{ContentBlock, LoggingLevel};
use isogloss::{Context, Failure, Form, NoArguments, Sample, Server};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{content, prompts};

#[derive(Deserialize, JsonSchema)]
struct Confirmation {
    ok: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(default)]
struct Place {
    /// Where; also in a header.
    #[schemars(extend("x-mcp-header" = "Region"))]
    region: String,
}

impl Default for Place {
    fn default() -> Self {
        Place { region: "nowhere".into() }
    }
}

pub fn offer(server: Server) -> Server {
    server
        .tool("test_missing_capability", "Needs the client's model.", async |_: NoArguments, cx: Context| {
            cx.ask(Sample::text("Say something", 10)).await?;
            Ok(ContentBlock::text("The client has a model."))
        })
        .tool("test_streaming_elicitation", "Asks the user.", async |_: NoArguments, cx: Context| {
            let Confirmation { ok } = cx.ask(Form::new("Shall it go on?")).await?.accepted()?;
            Ok(ContentBlock::text(format!("It shall {}go on.", if ok { "" } else { "not " })))
        })
        .tool("test_logging_tool", "Logs for whoever asked for it.", async |_: NoArguments, cx: Context| {
            cx.log(LoggingLevel::Info, "for whoever asked for it").await?;
            Ok(ContentBlock::text("The log was written, if anybody asked for it."))
        })
        .tool("test_trigger_tool_change", "Offers a tool anew.", async |_: NoArguments, cx: Context| {
            cx.server().add(content::simple_text())?;
            Ok::<_, Failure>(ContentBlock::text("The list of tools has changed."))
        })
        .tool("test_trigger_prompt_change", "Offers a prompt anew.", async |_: NoArguments, cx: Context| {
            cx.server().add(prompts::simple())?;
            Ok::<_, Failure>(ContentBlock::text("The list of prompts has changed."))
        })
        .tool("test_x_mcp_header", "Has an argument that is also a header.", async |place: Place, _| {
            Ok(ContentBlock::text(format!("The region is {}.", place.region)))
        })
}
