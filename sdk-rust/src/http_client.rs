//! Streamable HTTP, the client's side: a call is a POST of its own, answered by JSON or by a stream that leads to the
//! answer. There is no connection and no table of calls that wait: whoever drops a call closes its stream.
//!
//! [`HttpTarget`] is where a server is, `Endpoint` what asks it, in either era; what gives requests their credentials
//! is an [`Authorize`]. What is asked, and who answers a server's own requests, is for the client to say.
//! <https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http>

mod asked;
mod authorize;
mod call;
mod deadline;
mod endpoint;
mod events;
mod exchange;
mod legacy;
mod mirrors;
mod news;
mod recovery;
mod refused;
mod target;

pub use authorize::{Authorize, Authorizing};
pub(crate) use call::Call;
pub(crate) use endpoint::Endpoint;
pub use target::HttpTarget;
