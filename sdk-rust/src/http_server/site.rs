//! A site: an endpoint at its path, a health check, and whatever a program serves beside it. Each route says when it is
//! added whether anybody may ask for it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};

use super::body::Body;
use super::guard::Respond;
use super::reading::{self, Incoming};
use super::{Answering, HttpService, origin, refusal, service};
use crate::error::Error;

/// Where a server is by default, and where its health is asked for.
const ENDPOINT: &str = "/mcp";
const HEALTH: &str = "/health";

/// A response of a route in the making.
pub type Handled = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

type Handler = Arc<dyn Fn(Request<Bytes>) -> Handled + Send + Sync>;

/// A server and what is around it. Clones are the same.
///
/// ```no_run
/// # use isogloss::{Server, Error, http_server::{Body, HttpOptions, Site}};
/// # async fn serve() -> Result<(), Error> {
/// let service = Server::new("weather", "1.0.0").http(HttpOptions::default())?;
/// Site::new(service)
///     .public("/version", async |_| http::Response::new(Body::from("1.0.0")))
///     .bind(("127.0.0.1", 8080))
///     .await?
///     .serve()
///     .await
/// # }
/// ```
#[derive(Clone)]
pub struct Site {
    service: HttpService,
    endpoint: String,
    routes: Arc<HashMap<String, Route>>,
}

#[derive(Clone)]
enum Route {
    /// For probes, which know addresses and no names.
    Health,
    Document(Respond),
    Public(Handler),
    Protected(Handler),
}

impl Site {
    /// One with a server at `/mcp`, and `/health`, which answers `ok`.
    pub fn new(service: HttpService) -> Self {
        let guard = service.0.options.guard.as_ref();
        let documents = guard.map(|guard| guard.public_routes()).unwrap_or_default();
        let mut routes: HashMap<_, _> =
            documents.into_iter().map(|(path, respond)| (path, Route::Document(respond))).collect();
        routes.insert(HEALTH.to_owned(), Route::Health);
        Site { service, endpoint: ENDPOINT.to_owned(), routes: Arc::new(routes) }
    }

    /// Puts the server at this path instead.
    #[must_use]
    pub fn at(mut self, path: &str) -> Self {
        self.endpoint = path.to_owned();
        self
    }

    /// Adds something that anybody may ask for, at this path. Its function gets the whole request.
    #[must_use]
    pub fn public<F, Fut>(self, path: &str, function: F) -> Self
    where
        F: Fn(Request<Bytes>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Response<Body>> + Send + 'static,
    {
        self.with(path, Route::Public(Arc::new(move |request| Box::pin(function(request)))))
    }

    /// Adds something that only those may ask for whom the [guard](super::HttpOptions::guard) lets in: nobody, if there
    /// is none. Its function finds their [`Claims`](crate::Claims) among the request's extensions.
    #[must_use]
    pub fn protected<F, Fut>(self, path: &str, function: F) -> Self
    where
        F: Fn(Request<Bytes>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Response<Body>> + Send + 'static,
    {
        self.with(path, Route::Protected(Arc::new(move |request| Box::pin(function(request)))))
    }

    fn with(mut self, path: &str, route: Route) -> Self {
        Arc::make_mut(&mut self.routes).insert(path.to_owned(), route);
        self
    }

    pub(super) fn service(&self) -> &HttpService {
        &self.service
    }

    /// Where the server is.
    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Tells what is wrong with its routes.
    pub(super) fn check(&self) -> Result<(), Error> {
        let mut problems = Vec::new();
        if self.routes.contains_key(&self.endpoint) {
            problems.push(format!("{}: both the server and a route are there", self.endpoint));
        }
        for (path, route) in self.routes.iter().chain([(&self.endpoint, &Route::Health)]) {
            if !path.starts_with('/') {
                problems.push(format!("{path:?} is no path: it begins with a slash"));
            }
            if matches!(route, Route::Protected(_)) && self.service.0.options.guard.is_none() {
                problems.push(format!("{path} is protected, and nothing checks who asks: set HttpOptions::guard"));
            }
        }
        problems.sort();
        if problems.is_empty() { Ok(()) } else { Err(Error::Setup(problems.join("\n"))) }
    }

    fn answer<B: Incoming>(&self, request: Request<B>) -> Answering {
        let path = request.uri().path();
        if path == self.endpoint || path.strip_suffix('/') == Some(&self.endpoint) {
            return self.service.answer(request);
        }
        let Some(route) = self.routes.get(path).cloned() else {
            return Box::pin(std::future::ready(Ok(text(StatusCode::NOT_FOUND, "not found"))));
        };
        let service = self.service.clone();
        Box::pin(async move { Ok(service.routed(route, request).await) })
    }
}

impl HttpService {
    /// Answers a request to a route.
    async fn routed<B: Incoming>(&self, route: Route, request: Request<B>) -> Response<Body> {
        let handler = match &route {
            Route::Health => {
                return match *request.method() {
                    Method::GET | Method::HEAD => text(StatusCode::OK, "ok"),
                    _ => refusal::not_allowed("GET, HEAD"),
                };
            }
            // Any page may read what tells how to get in.
            Route::Document(respond) => return respond(request.method()),
            Route::Public(handler) | Route::Protected(handler) => handler,
        };
        let (mut parts, body) = request.into_parts();
        let listed = match self.0.origins.admit(&parts) {
            Ok(listed) => listed,
            Err(refused) => return *refused,
        };
        if let Some(response) = origin::preflight(&parts, &listed, "GET, HEAD, POST, PUT, PATCH, DELETE") {
            return response;
        }
        if matches!(route, Route::Protected(_)) {
            match self.0.claims(&parts).await {
                Ok(Some(claims)) => {
                    // A route that logs its request does not log this.
                    if let Some(token) = parts.headers.get_mut(AUTHORIZATION) {
                        token.set_sensitive(true);
                    }
                    parts.extensions.insert((*claims).clone());
                }
                Ok(None) => return text(StatusCode::FORBIDDEN, "nothing here checks who asks, so nobody may"),
                Err(refused) => return origin::exposed(refused, &listed),
            }
        }
        let body = match reading::read(&parts, body, self.0.options.max_message).await {
            Ok(body) => body,
            Err(refused) => return origin::exposed(*refused, &listed),
        };
        origin::exposed(handler(Request::from_parts(parts, body)).await, &listed)
    }
}

fn text(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

service!(Site);

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut paths: Vec<_> = self.routes.keys().collect();
        paths.sort();
        write!(f, "Site({:?} at {}, {paths:?})", self.service, self.endpoint)
    }
}
