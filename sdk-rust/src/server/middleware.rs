//! Middleware: what a program does around every request, whatever the method, the era and the transport.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::{Core, Server};
use crate::context::Context;
use crate::error::Failure;
use crate::session::Answering;
use crate::wire::Json;

/// A request on its way to what answers it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Request {
    /// All that is known of it: its method, its params, who asks.
    pub context: Context,
}

/// What comes after a middleware: the next one, and at last the server's own answer.
pub struct Next {
    core: Arc<Core>,
    /// How many have had their turn.
    passed: usize,
}

type Layer = Arc<dyn Fn(Request, Next) -> Pin<Box<dyn Future<Output = Result<Json, Failure>> + Send>> + Send + Sync>;

/// All middleware of a server, outermost first.
#[derive(Clone, Default)]
pub(super) struct Chain(Vec<Layer>);

impl Chain {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Server {
    /// Puts a function around every request: it may look at it, answer it itself, fail it, or hand it on with
    /// [`Next::run`] and look at the result. What is added first is outermost.
    ///
    /// ```
    /// # use isogloss::Server;
    /// let server = Server::new("weather", "1.0.0").middleware(|request, next| async move {
    ///     let method = request.context.method().to_owned();
    ///     let result = next.run(request).await;
    ///     eprintln!("{method}: {}", if result.is_ok() { "answered" } else { "failed" });
    ///     result
    /// });
    /// ```
    #[must_use]
    pub fn middleware<F, Fut>(self, function: F) -> Self
    where
        F: Fn(Request, Next) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Json, Failure>> + Send + 'static,
    {
        let layer: Layer = Arc::new(move |request, next| Box::pin(function(request, next)));
        self.with(|settings| settings.middleware.0.push(layer))
    }
}

impl Next {
    /// Goes on with the request, to its result.
    ///
    /// # Errors
    /// Those of what comes after.
    pub async fn run(mut self, request: Request) -> Result<Json, Failure> {
        let layer = self.core.settings.middleware.0.get(self.passed).cloned();
        match layer {
            Some(layer) => {
                self.passed += 1;
                layer(request, self).await
            }
            None => {
                let text = super::door::dispatch(self.core, request.context).await?;
                Json::from_text(&text).map_err(|error| Failure::internal(format!("a result that is no JSON: {error}")))
            }
        }
    }
}

impl fmt::Debug for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Next(after {})", self.passed)
    }
}

/// Answers a request through all middleware.
pub(super) fn through(core: Arc<Core>, context: Context) -> Answering {
    Box::pin(async move {
        let result = Next { core, passed: 0 }.run(Request { context }).await?;
        Ok(result.as_str().to_owned())
    })
}
