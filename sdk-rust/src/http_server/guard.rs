//! Who may ask: the place for whatever checks the credentials of a request. Nothing of the kind is here; the auth room
//! has one for access tokens, and a program may have its own.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use http::request::Parts;
use http::{Method, Response, StatusCode};

use super::body::Body;
use super::refusal;
use crate::context::Claims;
use crate::error::Error;

/// A check that is being made.
pub type Checking<'a> = Pin<Box<dyn Future<Output = Result<Claims, Response<Body>>> + Send + 'a>>;

/// What checks every request to the endpoint and to protected routes, before anything of it is read.
pub trait Guard: Send + Sync + 'static {
    /// Says who asks; or refuses, with the response that tells the client what to do.
    fn check<'a>(&'a self, request: &'a Parts) -> Checking<'a>;

    /// The response to a request that needs all of these scopes.
    /// <https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/index#scope-challenge-handling>
    fn lacks(&self, request: &Parts, scopes: &[String]) -> Response<Body> {
        let _ = request;
        refusal::refuse(
            StatusCode::FORBIDDEN,
            format!("this needs an access token with the scopes: {}", scopes.join(" ")),
        )
    }

    /// What a site serves besides, public since it tells how to get in: the documents at well-known addresses, say.
    fn public_routes(&self) -> Vec<(String, Respond)> {
        Vec::new()
    }

    /// Tells what is wrong with how it was built; serving begins with it.
    ///
    /// # Errors
    /// If anything is.
    fn check_setup(&self) -> Result<(), Error> {
        Ok(())
    }
}

/// What is answered at a path, by the method of HTTP.
pub type Respond = Arc<dyn Fn(&Method) -> Response<Body> + Send + Sync>;

impl fmt::Debug for dyn Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guard")
    }
}
