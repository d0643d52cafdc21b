//! Tools: a function's arguments and results as the protocol's.

use std::future::Future;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Handler;
use crate::context::Context;
use crate::error::{Cause, Failure};
use crate::protocol::revisions::Revision;
use crate::protocol::types::{CallToolResult, ContentBlock, Tool, ToolInputSchema, ToolOutputSchema};
use crate::schema::{Arguments, Results, lines};
use crate::wire::{Decode, DecodeError, Decoder, Json, JsonObject};

/// What a tool may give: any value that serde can write and schemars describe becomes structured content, and its JSON
/// is there as text, too. A value that is no object stands in one, as its `result`. A content block and a whole result
/// are passed on as they are.
pub trait IntoToolResult {
    /// The schema of the structured content, if there is any, and whether the value stands in a `result`.
    fn results() -> Option<ToolOutput>;

    /// The result.
    ///
    /// # Errors
    /// If the value has no JSON form.
    fn into_result(self, wrapped: bool) -> Result<CallToolResult, Failure>;
}

/// What is known of a tool's structured content.
#[derive(Debug, Clone)]
pub struct ToolOutput {
    schema: JsonObject,
    wrapped: bool,
}

impl<T: Serialize + JsonSchema> IntoToolResult for T {
    fn results() -> Option<ToolOutput> {
        let Results { schema, wrapped } = Results::of::<T>();
        Some(ToolOutput { schema, wrapped })
    }

    fn into_result(self, wrapped: bool) -> Result<CallToolResult, Failure> {
        let unwritable = |error: serde_json::Error| Failure::internal(format!("a result without a JSON form: {error}"));
        let value = match wrapped {
            true => Json::new(&Wrapper { result: self }).map_err(unwritable)?,
            false => Json::new(&self).map_err(unwritable)?,
        };
        let text = ContentBlock::text(value.as_str());
        Ok(CallToolResult { structured_content: Some(value), ..CallToolResult::new(vec![text]) })
    }
}

#[derive(Serialize)]
struct Wrapper<T> {
    result: T,
}

impl IntoToolResult for CallToolResult {
    fn results() -> Option<ToolOutput> {
        None
    }

    fn into_result(self, _: bool) -> Result<CallToolResult, Failure> {
        Ok(self)
    }
}

impl IntoToolResult for ContentBlock {
    fn results() -> Option<ToolOutput> {
        None
    }

    fn into_result(self, _: bool) -> Result<CallToolResult, Failure> {
        Ok(CallToolResult::new(vec![self]))
    }
}

/// A tool and what runs it.
pub(crate) struct ToolEntry {
    pub(crate) definition: Tool,
    pub(crate) run: Handler<Option<JsonObject>, CallToolResult>,
}

impl ToolEntry {
    /// The tool that a function is.
    ///
    /// # Errors
    /// If the arguments are no object.
    pub(crate) fn new<A, R, F, Fut>(name: &str, description: &str, function: F) -> Result<Self, String>
    where
        A: DeserializeOwned + JsonSchema,
        R: IntoToolResult,
        F: Fn(A, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, Failure>> + Send + 'static,
    {
        let arguments = Arguments::of::<A>()?;
        let output = R::results();
        let wrapped = output.as_ref().is_some_and(|output| output.wrapped);
        let input_schema: ToolInputSchema = typed(&arguments.json())?;
        let definition = Tool {
            description: (!description.is_empty()).then(|| description.to_owned()),
            output_schema: output.map(|output| typed::<ToolOutputSchema>(&output.schema)).transpose()?,
            ..Tool::new(input_schema, name)
        };
        let function = Arc::new(function);
        let run: Handler<_, _> = Arc::new(move |given: Option<JsonObject>, cx| {
            let given = given.as_ref().map_or("{}", JsonObject::as_str);
            let answer = match arguments.read::<A>(given) {
                Ok(arguments) => Ok(function(arguments, cx)),
                Err(problems) => Err(CallToolResult::failed(lines(&problems))),
            };
            Box::pin(async move {
                match answer {
                    Err(refused) => Ok(refused),
                    Ok(running) => match running.await {
                        Ok(value) => value.into_result(wrapped),
                        Err(Failure(Cause::Said(message))) => Ok(CallToolResult::failed(message)),
                        Err(other) => Err(other),
                    },
                }
            })
        });
        Ok(ToolEntry { definition, run })
    }
}

/// A schema as the protocol's type for it. The newest revision knows fewest of its members, and what one does not know
/// is written in all.
fn typed<T: Decode>(schema: &JsonObject) -> Result<T, String> {
    let newest = Revision::default().bit();
    Decoder::message(schema.as_str().as_bytes(), newest).map_err(|error: DecodeError| error.to_string())
}
