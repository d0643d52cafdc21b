//! Credentials of a client: what puts them on its HTTP requests, and learns from the answers.

use std::future::Future;
use std::pin::Pin;

use http::{request, response};

use crate::error::Error;

/// Something about credentials that is on its way.
pub type Authorizing<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// What gives a client's HTTP requests their credentials. It sees heads alone, never what is asked or answered.
pub trait Authorize: Send + Sync {
    /// Adds to a request what it needs; called right before it is sent, each time that it is sent.
    ///
    /// # Errors
    /// If there is no way to get credentials: the request is not sent then.
    fn authorize<'a>(&'a self, request: &'a mut request::Parts) -> Authorizing<'a, ()>;

    /// Learns from an answer, whatever its status; called before its body is read. Tells whether the request is to be
    /// sent once more, with better credentials: that is for refusals (401 and 403) alone, and for whoever implements
    /// this to bound.
    ///
    /// # Errors
    /// If better credentials were needed and cannot be had: the call ends with this.
    fn answered<'a>(&'a self, sent: &'a request::Parts, answer: &'a response::Parts) -> Authorizing<'a, bool>;
}
