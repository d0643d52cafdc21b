//! Tools that answer with each kind of content, one that fails, and one with a schema written by hand.

use isogloss::offer::{self, ToolOffer};
use isogloss::protocol::types::{AnyResourceContents, CallToolResult, ContentBlock};
use isogloss::{Failure, JsonObject, NoArguments, Server};
use serde_json::{Value, json};

use super::media::{PNG, WAV};

pub fn offer(server: Server) -> Server {
    server
        .offer(simple_text())
        .tool("test_image_content", "Answers with a picture.", async |_: NoArguments, _| {
            Ok(ContentBlock::image(PNG, "image/png"))
        })
        .tool("test_audio_content", "Answers with a sound.", async |_: NoArguments, _| {
            Ok(ContentBlock::audio(WAV, "audio/wav"))
        })
        .tool("test_embedded_resource", "Answers with a resource.", async |_: NoArguments, _| {
            let text = "This is an embedded resource content.";
            Ok(ContentBlock::embedded(AnyResourceContents::text("test://embedded-resource", "text/plain", text)))
        })
        .tool("test_multiple_content_types", "Answers with several kinds of content.", async |_: NoArguments, _| {
            let data = json!({ "test": "data", "value": 123 }).to_string();
            let data = AnyResourceContents::text("test://mixed-content-resource", "application/json", data);
            Ok(CallToolResult::new(vec![
                ContentBlock::text("Multiple content types test:"),
                ContentBlock::image(PNG, "image/png"),
                ContentBlock::embedded(data),
            ]))
        })
        .tool("test_error_handling", "Always fails.", async |_: NoArguments, _| {
            Err::<ContentBlock, _>(Failure::new("This tool intentionally returns an error for testing"))
        })
        .offer(
            offer::raw_tool("json_schema_2020_12_tool", contact_schema(), async |_: JsonObject, _| {
                Ok(ContentBlock::text("The arguments are as the schema says."))
            })
            .description("Has a schema with keywords that only JSON Schema 2020-12 has."),
        )
}

/// One text, always the same.
pub fn simple_text() -> ToolOffer {
    let answer = async |_: NoArguments, _| Ok(ContentBlock::text("This is a simple text response for testing."));
    offer::tool("test_simple_text", answer).description("Answers with a text.")
}

fn contact_schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": { "street": { "type": "string" }, "city": { "type": "string" } }
            }
        },
        "properties": {
            "name": { "type": "string" },
            "address": { "$ref": "#/$defs/address" },
            "contactMethod": { "type": "string", "enum": ["phone", "email"] },
            "phone": { "type": "string" },
            "email": { "type": "string" }
        },
        "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
        "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
        "then": { "required": ["phone"] },
        "else": { "required": ["email"] },
        "additionalProperties": false
    })
}
