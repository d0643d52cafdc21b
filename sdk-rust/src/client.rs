//! Clients: a connection to a server of either era, and typed calls over it. [`ServerCalls`] has a method for
//! everything that can be asked; the ones here are shorter ways to the commonest.
//!
//! [`ServerCalls`]: crate::protocol::calls::ServerCalls

mod connect;
mod connection;
mod defaults;
mod input;
mod listening;
mod target;
#[cfg(feature = "tasks")]
mod task;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::protocol::calls::{Caller, ServerCalls};
use crate::protocol::limits;
use crate::protocol::methods::{self, Method};
use crate::protocol::revisions::{Era, Revision};
use crate::protocol::types::{
    CallToolOutcome, CallToolRequestParams, CallToolResult, ClientCapabilities, Implementation, PaginatedRequestParams,
    ProgressToken, Prompt, RequestMetaObject, Resource, ResourceTemplate, ServerCapabilities, Tool,
};
use crate::revision::{Mode, read_result, written};
use crate::session::Diagnostics;
use crate::wire::{Decode, DecodeError, Encode, EncodeError, Json, JsonObject, Supplement};

pub use listening::{Answering, ProgressListener};
pub use target::{Opened, Target};

#[cfg(feature = "tasks")]
pub use task::{Begun, TaskHandle};

use connection::{Call, Connection};
use listening::Listening;

/// What a client can be told besides where its server is.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// What the client says of itself.
    pub info: Implementation,
    /// What it says it can do.
    pub capabilities: ClientCapabilities,
    /// How it finds out which era the server is of.
    pub mode: Mode,
    /// The revision to offer to a legacy server; the newest of that era if none is given.
    pub revision: Option<Revision>,
    /// How long a call waits for its answer.
    pub request_timeout: Duration,
    /// How long the answer to `server/discover` is waited for before the server is taken for a legacy one.
    pub probe_timeout: Duration,
    /// Where it is told what went wrong but ends no call.
    pub diagnostics: Diagnostics,
    /// What the server may ask, by a request of its own or in a result that asks; `ping` is answered in any case.
    pub answering: Option<Answering>,
}

impl Default for ClientOptions {
    fn default() -> Self {
        ClientOptions {
            info: Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")),
            capabilities: ClientCapabilities::default(),
            mode: Mode::Auto,
            revision: None,
            request_timeout: limits::REQUEST_TIMEOUT,
            probe_timeout: limits::PROBE_TIMEOUT,
            diagnostics: Diagnostics::default(),
            answering: None,
        }
    }
}

/// What one call can be told.
#[derive(Default)]
pub struct CallOptions {
    /// How long to wait for the answer, instead of what the client was told.
    pub timeout: Option<Duration>,
    /// What hears how far the work has got; without it the server is not asked to tell.
    pub on_progress: Option<ProgressListener>,
    /// It does no harm to call the tool twice with the same arguments: when the answer is lost over HTTP, it is called
    /// once more instead of ending with [`Error::OutcomeUnknown`].
    pub repeatable: bool,
}

/// What is said of one call besides its params.
#[derive(Clone, Copy, Default)]
struct How {
    timeout: Option<Duration>,
    repeatable: bool,
}

impl fmt::Debug for CallOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallOptions").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

/// A connection to a server. Clones share it; when the last one is dropped it is closed.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    connection: Connection,
    listening: Arc<Listening>,
    revision: Revision,
    server: ServerFacts,
    /// What every modern request says in its `_meta`.
    supplements: Vec<Supplement>,
    /// Members that were left out for the revision, each told once.
    left_out: Mutex<Vec<String>>,
}

/// What a server said of itself.
#[derive(Default)]
struct ServerFacts {
    info: Option<Implementation>,
    capabilities: ServerCapabilities,
    instructions: Option<String>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.connection.close();
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({}", self.0.revision)?;
        if let Some(info) = &self.0.server.info {
            write!(f, " with {}", info.name)?;
        }
        f.write_str(")")
    }
}

impl Client {
    /// Connects to a command (its standard input and output), to an address, to a server in this process, or over a
    /// transport.
    ///
    /// # Errors
    /// If there is no connection, or no revision that both sides have.
    pub async fn connect(target: impl Target) -> Result<Client, Error> {
        Client::connect_with(target, ClientOptions::default()).await
    }

    /// The same with options.
    ///
    /// # Errors
    /// If there is no connection, or no revision that both sides have.
    pub async fn connect_with(target: impl Target, options: ClientOptions) -> Result<Client, Error> {
        connect::connect(target.open()?, options).await
    }

    /// The revision that is spoken.
    pub fn revision(&self) -> Revision {
        self.0.revision
    }

    /// What the server says of itself, if anything.
    pub fn server_info(&self) -> Option<&Implementation> {
        self.0.server.info.as_ref()
    }

    /// What the server can do.
    pub fn server_capabilities(&self) -> &ServerCapabilities {
        &self.0.server.capabilities
    }

    /// How the server is best used, in its own words.
    pub fn instructions(&self) -> Option<&str> {
        self.0.server.instructions.as_deref()
    }

    /// Calls a tool and reads what it gives: its structured content, where there is none its text as JSON. A value
    /// that stands in a `result`, since it is no object, is taken out of it.
    ///
    /// # Errors
    /// If the call fails, the tool does ([`Error::Tool`]), or its result is no `T`.
    pub async fn call_tool<T: DeserializeOwned>(&self, name: &str, arguments: impl Serialize) -> Result<T, Error> {
        let result = self.call_tool_raw(name, arguments).await?;
        if result.is_error == Some(true) {
            return Err(Error::Tool(Box::new(result)));
        }
        let what = format!("the result of tool {name}");
        let value = match result.structured_content {
            Some(value) => value,
            None => Json::from_text(&result.text()).map_err(|e| Error::decode(&what, e))?,
        };
        let wrong = |error: serde_json::Error| Error::decode(&what, DecodeError::new(error.to_string()));
        value.to().or_else(|error| match value.get(&["result"]) {
            Some(inner) => inner.to().map_err(wrong),
            None => Err(wrong(error)),
        })
    }

    /// Calls a tool and gives its whole result, also if the tool failed.
    ///
    /// # Errors
    /// If the call fails, or the tool asks for input that this client does not answer.
    pub async fn call_tool_raw(&self, name: &str, arguments: impl Serialize) -> Result<CallToolResult, Error> {
        self.call_tool_with(name, arguments, CallOptions::default()).await
    }

    /// The same with options.
    ///
    /// # Errors
    /// If the call fails, or the tool asks for input that this client does not answer.
    pub async fn call_tool_with(
        &self,
        name: &str,
        arguments: impl Serialize,
        options: CallOptions,
    ) -> Result<CallToolResult, Error> {
        let mut params = tool_params(name, arguments)?;
        let listener = options.on_progress.map(|listener| self.0.listening.progress(listener));
        if let Some(listener) = &listener {
            self.ask_for_progress(&mut params, listener.token());
        }
        let how = How { timeout: options.timeout, repeatable: options.repeatable };
        match self.request(&methods::CALL_TOOL, &params, how).await? {
            CallToolOutcome::Complete(result) => Ok(result),
            CallToolOutcome::InputRequired(_) => Err(asks_for_input(name)),
        }
    }

    /// Older schemas do not say that a call has side data, though it has: there it is written as a member that the
    /// revision does not know.
    fn ask_for_progress(&self, params: &mut CallToolRequestParams, token: i64) {
        match self.0.revision.era() {
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

    /// All tools, from all pages.
    ///
    /// # Errors
    /// If a call fails.
    pub async fn tools(&self) -> Result<Vec<Tool>, Error> {
        all_pages(async |params| {
            let page = self.list_tools(&params).await?;
            Ok((page.tools, page.next_cursor))
        })
        .await
    }

    /// All resources, from all pages.
    ///
    /// # Errors
    /// If a call fails.
    pub async fn resources(&self) -> Result<Vec<Resource>, Error> {
        all_pages(async |params| {
            let page = self.list_resources(&params).await?;
            Ok((page.resources, page.next_cursor))
        })
        .await
    }

    /// All resource templates, from all pages.
    ///
    /// # Errors
    /// If a call fails.
    pub async fn resource_templates(&self) -> Result<Vec<ResourceTemplate>, Error> {
        all_pages(async |params| {
            let page = self.list_resource_templates(&params).await?;
            Ok((page.resource_templates, page.next_cursor))
        })
        .await
    }

    /// All prompts, from all pages.
    ///
    /// # Errors
    /// If a call fails.
    pub async fn prompts(&self) -> Result<Vec<Prompt>, Error> {
        all_pages(async |params| {
            let page = self.list_prompts(&params).await?;
            Ok((page.prompts, page.next_cursor))
        })
        .await
    }

    /// Closes the connection and waits until nothing of it is left: a child process has ended.
    pub async fn close(self) {
        self.0.connection.close();
        self.0.connection.over().await;
    }

    async fn request<P: Encode, R: Decode>(&self, method: &'static Method, params: &P, how: How) -> Result<R, Error> {
        let result = self.answered(method, params, how).await?;
        #[cfg(feature = "tasks")]
        let result = task::finished(self, method, result, how.timeout).await?;
        read_result(method, self.0.revision, &result)
    }

    /// The result of a request, once all that it asks was answered.
    async fn answered(&self, method: &'static Method, params: &impl Encode, how: How) -> Result<Json, Error> {
        let (timeout, repeatable) = (how.timeout, how.repeatable || method.replay_safe);
        let first = self.encode(method, params)?;
        let mut again = None;
        // Each round is a request of its own, and the first is no round of answers.
        for _ in 0..=limits::MAX_ROUNDS {
            let params = again.as_ref().unwrap_or(&first);
            let call = Call { method, params, timeout, cancellable: true, repeatable };
            let result = self.0.connection.call(call).await?;
            match input::retry(&self.0.listening, method, self.0.revision, &first, &result).await? {
                None => return Ok(result),
                answered => again = answered,
            }
        }
        Err(input::too_many(method, limits::MAX_ROUNDS))
    }

    fn report(&self, left_out: Vec<String>, method: &Method) {
        let mut told = self.0.left_out.lock().unwrap_or_else(PoisonError::into_inner);
        for member in left_out {
            let about = format!("left out, since {} lacks it: {}: {member}", self.0.revision, method.name);
            if !told.contains(&about) {
                self.0.connection.diagnostics().report(|| about.clone());
                told.push(about);
            }
        }
    }

    fn encode(&self, method: &Method, params: &impl Encode) -> Result<String, Error> {
        let encoded = written(method, params, self.0.revision, &self.0.supplements)?;
        if !encoded.left_out.is_empty() {
            self.report(encoded.left_out, method);
        }
        #[cfg(feature = "tasks")]
        return Ok(task::with_meta(method, encoded.text, &self.0.supplements));
        #[cfg(not(feature = "tasks"))]
        Ok(encoded.text)
    }
}

impl Caller for Client {
    type Error = Error;

    async fn call<P: Encode + Sync, R: Decode + Send>(
        &self,
        method: &'static Method,
        params: &P,
    ) -> Result<R, Self::Error> {
        self.request(method, params, How::default()).await
    }

    async fn notify<P: Encode + Sync>(&self, method: &'static Method, params: &P) -> Result<(), Self::Error> {
        let params = self.encode(method, params)?;
        self.0.connection.notify(method, &params).await
    }
}

/// The params of a tool call.
fn tool_params(name: &str, arguments: impl Serialize) -> Result<CallToolRequestParams, Error> {
    let what = format!("the arguments of tool {name}");
    let arguments = JsonObject::new(&arguments)
        .map_err(|e| Error::encode(&what, EncodeError { path: String::new(), message: e.to_string() }))?;
    Ok(CallToolRequestParams { name: name.to_owned(), arguments: Some(arguments), ..Default::default() })
}

fn asks_for_input(name: &str) -> Error {
    let message = "asks for input, which this client does not answer";
    Error::decode(&format!("the result of tool {name}"), DecodeError::new(message))
}

/// Lists a page after the other. A server that gives out the same cursor again is asked no more.
async fn all_pages<T>(
    page: impl AsyncFn(PaginatedRequestParams) -> Result<(Vec<T>, Option<String>), Error>,
) -> Result<Vec<T>, Error> {
    let mut all = Vec::new();
    let mut cursor = None;
    loop {
        let params = PaginatedRequestParams { cursor: cursor.clone(), ..Default::default() };
        let (items, next) = page(params).await?;
        all.extend(items);
        if next.is_none() || next == cursor {
            return Ok(all);
        }
        cursor = next;
    }
}
