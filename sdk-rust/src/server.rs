//! Servers: functions become tools, resources and prompts, offered to any number of clients of both eras.

mod answers;
mod connection;

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::context::Context;
use crate::error::{Error, Failure};
use crate::protocol::limits;
use crate::protocol::types::Implementation;
use crate::registry::{
    Completing, Handler, IntoPrompt, IntoResource, IntoToolResult, Owner, PromptEntry, Registry, ResourceEntry,
    TemplateEntry, ToolEntry,
};
use crate::session::{Diagnostics, Options, Session};
use crate::stdio;
use crate::transport::Transport;

use connection::Connection;

/// A server: what it offers, and how it is called.
///
/// Built once, it serves any number of connections. A clone is cheap and offers the same.
#[derive(Clone)]
pub struct Server(Arc<Core>);

#[derive(Clone)]
struct Core {
    info: Implementation,
    instructions: Option<String>,
    page_size: usize,
    diagnostics: Diagnostics,
    registry: Registry,
    problems: Vec<String>,
}

impl Server {
    /// One that offers nothing yet.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        Server(Arc::new(Core {
            info: Implementation::new(name, version),
            instructions: None,
            page_size: limits::PAGE_SIZE,
            diagnostics: Diagnostics::default(),
            registry: Registry::default(),
            problems: Vec::new(),
        }))
    }

    fn with(mut self, change: impl FnOnce(&mut Core)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    fn add<T>(self, what: &str, entry: Result<T, String>, put: impl FnOnce(&mut Registry, T)) -> Self {
        self.with(|core| match entry {
            Ok(entry) => put(&mut core.registry, entry),
            Err(problem) => core.problems.push(format!("{what}: {problem}")),
        })
    }

    /// Says how the server is best used, for the model to read.
    #[must_use]
    pub fn instructions(self, text: impl Into<String>) -> Self {
        self.with(|core| core.instructions = Some(text.into()))
    }

    /// Sets how many items a page of a list has; 100 if it is not set.
    #[must_use]
    pub fn page_size(self, items: usize) -> Self {
        self.with(|core| core.page_size = items.max(1))
    }

    /// Says where it is told what went wrong; nowhere if it is not set.
    #[must_use]
    pub fn diagnostics(self, diagnostics: Diagnostics) -> Self {
        self.with(|core| core.diagnostics = diagnostics)
    }

    /// Offers a function as a tool. Its arguments' type gives the schema, and holds what it says.
    #[must_use]
    pub fn tool<A, R, F, Fut>(self, name: &str, description: &str, function: F) -> Self
    where
        A: DeserializeOwned + JsonSchema,
        R: IntoToolResult,
        F: Fn(A, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, Failure>> + Send + 'static,
    {
        let entry = ToolEntry::new(name, description, function);
        self.add(&format!("tool {name:?}"), entry, |registry, entry| registry.tools.put(name, entry))
    }

    /// Offers what a function gives as the resource at this address.
    #[must_use]
    pub fn resource<R, F, Fut>(self, uri: &str, name: &str, function: F) -> Self
    where
        R: IntoResource,
        F: Fn(Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, Failure>> + Send + 'static,
    {
        self.with(|core| core.registry.resources.put(uri, ResourceEntry::new(uri, name, function)))
    }

    /// Offers what a function gives as the resources that a template stands for. Its variables, percent-decoded, are
    /// the fields of the function's arguments: `{name}` is part of one segment, `{+name}` is anything.
    #[must_use]
    pub fn resource_template<A, R, F, Fut>(self, uri_template: &str, name: &str, function: F) -> Self
    where
        A: DeserializeOwned + JsonSchema,
        R: IntoResource,
        F: Fn(A, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, Failure>> + Send + 'static,
    {
        let entry = TemplateEntry::new(uri_template, name, function);
        let what = format!("resource template {uri_template:?}");
        self.add(&what, entry, |registry, entry| registry.templates.put(uri_template, entry))
    }

    /// Offers a function as a prompt.
    #[must_use]
    pub fn prompt<A, R, F, Fut>(self, name: &str, description: &str, function: F) -> Self
    where
        A: DeserializeOwned + JsonSchema,
        R: IntoPrompt,
        F: Fn(A, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, Failure>> + Send + 'static,
    {
        let entry = PromptEntry::new(name, description, function);
        self.add(&format!("prompt {name:?}"), entry, |registry, entry| registry.prompts.put(name, entry))
    }

    /// Has an argument of a prompt completed.
    #[must_use]
    pub fn complete_prompt<F, Fut>(self, prompt: &str, argument: &str, function: F) -> Self
    where
        F: Fn(Completing, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Vec<String>, Failure>> + Send + 'static,
    {
        self.complete(Owner::Prompt(prompt.to_owned()), argument, function)
    }

    /// Has a variable of a resource template completed.
    #[must_use]
    pub fn complete_resource<F, Fut>(self, uri_template: &str, variable: &str, function: F) -> Self
    where
        F: Fn(Completing, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Vec<String>, Failure>> + Send + 'static,
    {
        self.complete(Owner::Template(uri_template.to_owned()), variable, function)
    }

    fn complete<F, Fut>(self, owner: Owner, argument: &str, function: F) -> Self
    where
        F: Fn(Completing, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Vec<String>, Failure>> + Send + 'static,
    {
        let handler: Handler<Completing, Vec<String>> =
            Arc::new(move |completing, cx| Box::pin(function(completing, cx)));
        self.with(|core| core.registry.complete(owner, argument, handler))
    }

    /// Serves on standard input and output until the input ends. What the program itself prints meanwhile goes to
    /// standard error on Unix, so that it does not get between the messages.
    ///
    /// # Errors
    /// If the server was built wrongly, or standard output cannot be had.
    pub async fn serve_stdio(&self) -> Result<(), Error> {
        self.check()?;
        let (transport, written) = stdio::standard()?;
        self.serve(transport).await?;
        written.await;
        Ok(())
    }

    /// Serves one connection until the client closes it. Requests that run then may still finish, for a while.
    ///
    /// # Errors
    /// If the server was built wrongly.
    pub async fn serve(&self, transport: Transport) -> Result<(), Error> {
        self.check()?;
        let options = Options { diagnostics: self.0.diagnostics.clone(), ..Options::default() };
        let (_, reading) = Session::new(transport, options);
        reading.run(Arc::new(Connection::new(self.0.clone()))).await;
        Ok(())
    }

    /// The other end of a connection that is served in the background.
    ///
    /// # Errors
    /// If the server was built wrongly.
    pub(crate) fn in_memory(&self) -> Result<Transport, Error> {
        self.check()?;
        let (near, far) = Transport::pair();
        let server = self.clone();
        tokio::spawn(async move { server.serve(far).await });
        Ok(near)
    }

    /// Tells what is wrong with how it was built; serving begins with it.
    ///
    /// # Errors
    /// If anything is.
    pub fn check(&self) -> Result<(), Error> {
        let mut problems = self.0.problems.clone();
        problems.extend(self.0.registry.problems());
        if problems.is_empty() { Ok(()) } else { Err(Error::Setup(problems.join("\n"))) }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({} {})", self.0.info.name, self.0.info.version)
    }
}
