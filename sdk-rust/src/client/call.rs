//! A call of a tool in the making: what is said of it before it is sent, and what is made of its result. It is sent when
//! it is awaited, and cancelled when whoever awaits it is dropped.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::pin::Pin;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Client, ProgressListener};
use crate::error::Error;
use crate::protocol::methods;
use crate::protocol::revisions::Era;
use crate::protocol::types::{
    CallToolOutcome, CallToolRequestParams, CallToolResult, ProgressNotificationParams, ProgressToken,
    RequestMetaObject,
};
use crate::wire::{DecodeError, EncodeError, Json, JsonObject};

/// A call of a tool, which gives a `T` when it is awaited.
///
/// `T` is read from the tool's structured content, or where there is none from its text as JSON. A value that stands in
/// a `result`, since it is no object, is taken out of it. Dropped before its end, the call is cancelled.
///
/// # Errors
/// If the call fails, the tool does ([`Error::Tool`]), it asks for input that this client does not answer, or its result
/// is no `T`.
#[must_use = "a call is sent when it is awaited"]
pub struct ToolCall<T> {
    client: Client,
    name: String,
    arguments: Result<JsonObject, Error>,
    how: How,
    on_progress: Option<ProgressListener>,
    cancelled: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    gives: PhantomData<fn() -> T>,
}

/// What is said of one call besides its params.
#[derive(Default)]
pub(super) struct How {
    pub(super) timeout: Option<Duration>,
    pub(super) repeatable: bool,
}

impl<T> fmt::Debug for ToolCall<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolCall").field("name", &self.name).field("timeout", &self.how.timeout).finish_non_exhaustive()
    }
}

impl Client {
    /// Calls a tool: `client.call::<Forecast>("get_forecast", arguments).await?`.
    pub fn call<T>(&self, name: &str, arguments: impl Serialize) -> ToolCall<T> {
        let arguments = JsonObject::new(&arguments).map_err(|error| {
            let error = EncodeError { path: String::new(), message: error.to_string() };
            Error::encode(&format!("the arguments of tool {name}"), error)
        });
        ToolCall {
            client: self.clone(),
            name: name.to_owned(),
            arguments,
            how: How::default(),
            on_progress: None,
            cancelled: None,
            gives: PhantomData,
        }
    }
}

impl<T> ToolCall<T> {
    /// How long to wait for the answer, instead of what the client was told.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.how.timeout = Some(timeout);
        self
    }

    /// What hears how far the work has got; without it the server is not asked to tell.
    pub fn on_progress(mut self, listener: impl Fn(&ProgressNotificationParams) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Box::new(listener));
        self
    }

    /// Cancels the call as soon as this has happened: it ends with [`Error::Cancelled`].
    pub fn cancel_on(mut self, happened: impl Future<Output = ()> + Send + 'static) -> Self {
        self.cancelled = Some(Box::pin(happened));
        self
    }

    /// It does no harm to call the tool twice with the same arguments: when the answer is lost over HTTP, it is called
    /// once more instead of ending with [`Error::OutcomeUnknown`].
    pub fn repeatable(mut self) -> Self {
        self.how.repeatable = true;
        self
    }

    /// Sends it, and gives the whole result.
    async fn result(self) -> Result<CallToolResult, Error> {
        let ToolCall { client, name, arguments, how, on_progress, cancelled, .. } = self;
        let mut params = CallToolRequestParams { name, arguments: Some(arguments?), ..Default::default() };
        let listener = on_progress.map(|listener| client.0.listening.progress(listener));
        if let Some(listener) = &listener {
            ask_for_progress(client.revision().era(), &mut params, listener.token());
        }
        let request = client.request(&methods::CALL_TOOL, &params, how);
        let outcome = match cancelled {
            None => request.await?,
            Some(cancelled) => tokio::select! {
                biased;
                () = cancelled => return Err(Error::Cancelled(format!("the call of tool {} was cancelled", params.name))),
                outcome = request => outcome?,
            },
        };
        match outcome {
            CallToolOutcome::Complete(result) => Ok(result),
            CallToolOutcome::InputRequired(_) => Err(asks_for_input(&params.name)),
        }
    }
}

impl ToolCall<CallToolResult> {
    /// Gives the whole result instead of a value, also if the tool failed: `client.call("add", arguments).raw().await?`.
    ///
    /// # Errors
    /// If the call fails, or the tool asks for input that this client does not answer.
    pub async fn raw(self) -> Result<CallToolResult, Error> {
        self.result().await
    }
}

impl<T: DeserializeOwned + 'static> IntoFuture for ToolCall<T> {
    type Output = Result<T, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let what = format!("the result of tool {}", self.name);
            typed(&what, self.result().await?)
        })
    }
}

/// The value that a result holds.
fn typed<T: DeserializeOwned>(what: &str, result: CallToolResult) -> Result<T, Error> {
    if result.is_error == Some(true) {
        return Err(Error::Tool(Box::new(result)));
    }
    let value = match result.structured_content {
        Some(value) => value,
        None => Json::from_text(&result.text()).map_err(|error| Error::decode(what, error))?,
    };
    let wrong = |error: serde_json::Error| Error::decode(what, DecodeError::new(error.to_string()));
    value.to().or_else(|error| match value.get(&["result"]) {
        Some(inner) => inner.to().map_err(wrong),
        None => Err(wrong(error)),
    })
}

fn asks_for_input(tool: &str) -> Error {
    let message = "asks for input, which this client does not answer";
    Error::decode(&format!("the result of tool {tool}"), DecodeError::new(message))
}

/// Older schemas do not say that a call has side data, though it has: there it is written as a member that the revision
/// does not know.
fn ask_for_progress(era: Era, params: &mut CallToolRequestParams, token: i64) {
    match era {
        Era::Modern => {
            let token = ProgressToken::Number(token.into());
            params.meta = Some(RequestMetaObject { progress_token: Some(token), ..Default::default() });
        }
        Era::Legacy => {
            let meta = Json::new(&serde_json::json!({ "progressToken": token }));
            params.extra.extend(meta.ok().map(|meta| (String::from("_meta"), meta)));
        }
    }
}
