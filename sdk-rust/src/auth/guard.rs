//! A protection as the guard of a server over HTTP.

use std::sync::Arc;

use http::request::Parts;
use http::{Method, Response};

use super::Protection;
use crate::error::Error;
use crate::http_server::{Body, Checking, Guard, Respond};

impl Guard for Protection {
    fn check<'a>(&'a self, request: &'a Parts) -> Checking<'a> {
        Box::pin(
            async move { self.check(&request.headers).await.map_err(|denied| denied.into_response().map(Body::from)) },
        )
    }

    fn lacks(&self, _: &Parts, scopes: &[String]) -> Response<Body> {
        self.insufficient_scope(scopes).into_response().map(Body::from)
    }

    fn public_routes(&self) -> Vec<(String, Respond)> {
        let routes = Protection::public_routes(self).into_iter().map(|route| {
            let path = route.path().to_owned();
            let respond: Respond = Arc::new(move |method: &Method| route.respond(method).map(Body::from));
            (path, respond)
        });
        routes.collect()
    }

    fn check_setup(&self) -> Result<(), Error> {
        Protection::check_setup(self)
    }
}
