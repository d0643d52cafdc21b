//! What can go wrong: [`Error`] for callers, [`Failure`] for handlers, and the codes that JSON-RPC and the
//! protocol give to errors on the wire. Errors of decoding and encoding alone are in `wire`.

use std::any::Any;
use std::fmt;
use std::time::Duration;

use crate::protocol::handlers::HandlerError;
use crate::protocol::types::CallToolResult;
use crate::wire::{DecodeError, EncodeError, Json};

/// Codes of errors on the wire.
pub mod code {
    /// The text is not JSON.
    pub const PARSE_ERROR: i64 = -32700;
    /// The text is JSON but no message, or a message that cannot come now.
    pub const INVALID_REQUEST: i64 = -32600;
    /// Nobody answers this method.
    pub const METHOD_NOT_FOUND: i64 = -32601;
    /// The params are not what the method takes, or name something that does not exist.
    pub const INVALID_PARAMS: i64 = -32602;
    /// The receiver failed.
    pub const INTERNAL_ERROR: i64 = -32603;
    /// There is no such resource; legacy revisions only, modern ones say [`INVALID_PARAMS`].
    pub const RESOURCE_NOT_FOUND: i64 = -32002;
    /// The HTTP headers of a request do not say what its body says.
    pub const HEADER_MISMATCH: i64 = -32020;
    /// The request needs something of the client that it has not declared.
    pub const MISSING_REQUIRED_CLIENT_CAPABILITY: i64 = -32021;
    /// The receiver lacks the revision that the request names.
    pub const UNSUPPORTED_PROTOCOL_VERSION: i64 = -32022;
}

/// An error of JSON-RPC: what the other side answered, or what a handler has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtocolError {
    /// One of [`code`], or another.
    pub code: i64,
    /// One sentence.
    pub message: String,
    /// Whatever else there is to say.
    pub data: Option<Json>,
}

impl ProtocolError {
    /// One without data.
    pub fn new(code: i64, message: impl Into<String>) -> Self {
        ProtocolError { code, message: message.into(), data: None }
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}

impl std::error::Error for ProtocolError {}

/// Why something that was asked of the other side did not come about.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Error {
    /// The other side answered with an error.
    Protocol(ProtocolError),
    /// A tool ran and failed; the result says why. Only calls that wait for a typed value end so.
    Tool(Box<CallToolResult>),
    /// What came is not what should have come.
    Decode {
        /// What was read: `the result of tools/list`.
        what: String,
        /// Where it is wrong, and how.
        error: DecodeError,
    },
    /// What was to be sent cannot be said in the revision of the connection.
    Encode {
        /// What was written: `the params of tools/call`.
        what: String,
        /// Where it is wrong, and how.
        error: EncodeError,
    },
    /// Nothing came in time.
    Timeout {
        /// What was awaited: `tools/call`.
        awaited: String,
        /// For how long.
        after: Duration,
    },
    /// The connection ended; of a child process it tells the exit status and the last lines on standard error. What was
    /// being asked may have been done.
    Closed(String),
    /// It was cancelled before its end: by whoever asked for it, or by the server, and why if it says so.
    Cancelled(String),
    /// There was no connection to the server: nothing was sent.
    Unreachable(String),
    /// A request was sent, or may have been, and nothing says what became of it: the server may have done what it was
    /// asked for. Whether to ask again is for the caller to judge.
    OutcomeUnknown {
        /// What was asked: `tools/call`.
        asked: String,
        /// What happened instead of an answer.
        why: String,
    },
    /// An HTTP server answered with a status that says no. Below 500 it did not do what it was asked for; from 500 on it
    /// may have begun to.
    Http {
        /// The status: 403.
        status: u16,
        /// What it means, with the first words of the answer, and what mends it where that is known.
        text: String,
    },
    /// The two sides have no revision in common.
    Negotiation(String),
    /// A server was built wrongly: each thing that is wrong with it, one a line.
    Setup(String),
    /// The transport or the process could not be started.
    Io(String),
    /// A server asks for credentials, and there is no way to get them.
    Authorization(String),
}

impl Error {
    pub(crate) fn decode(what: &str, error: DecodeError) -> Self {
        Error::Decode { what: what.to_owned(), error }
    }

    pub(crate) fn encode(what: &str, error: EncodeError) -> Self {
        Error::Encode { what: what.to_owned(), error }
    }

    /// The error on the wire, if that is what it is.
    pub fn as_protocol(&self) -> Option<&ProtocolError> {
        match self {
            Error::Protocol(error) => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Protocol(error) => error.fmt(f),
            Error::Tool(result) => f.write_str(&result.text()),
            Error::Decode { what, error } => write!(f, "{what}: {error}"),
            Error::Encode { what, error } => write!(f, "{what}: {error}"),
            Error::Timeout { awaited, after } => write!(f, "no answer to {awaited} within {after:?}"),
            Error::OutcomeUnknown { asked, why } => {
                write!(f, "{why}: whether {asked} was carried out is not known")
            }
            Error::Http { text, .. } => f.write_str(text),
            Error::Closed(why)
            | Error::Cancelled(why)
            | Error::Unreachable(why)
            | Error::Negotiation(why)
            | Error::Setup(why)
            | Error::Io(why)
            | Error::Authorization(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Error {}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Error::Io(error.to_string())
    }
}

/// What a handler gives: `isogloss::Result<Forecast>`.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// Why a handler does not give what it was asked for. Any standard error becomes one with `?`.
///
/// What a tool says in it is read by the model, as a result with `isError`; a resource, a prompt or a completion
/// that fails is answered `internal error`, and its words go to the diagnostics alone. A [`ProtocolError`] is
/// answered as it is by all of them.
#[derive(Clone)]
pub struct Failure(pub(crate) Cause);

#[derive(Debug, Clone)]
pub(crate) enum Cause {
    /// The handler's own words.
    Said(String),
    /// To be answered as it is.
    Protocol(ProtocolError),
    /// A defect: never told to the other side.
    Internal(String),
    /// The access token does not have all of these scopes.
    Scopes(Vec<String>),
}

impl Failure {
    /// A failure in the handler's own words.
    pub fn new(message: impl Into<String>) -> Self {
        Failure(Cause::Said(message.into()))
    }

    /// A failure that is answered as an error of JSON-RPC.
    pub fn protocol(code: i64, message: impl Into<String>) -> Self {
        Failure(Cause::Protocol(ProtocolError::new(code, message)))
    }

    /// A failure that the client mends with an access token of these scopes.
    pub(crate) fn scopes(needed: Vec<String>) -> Self {
        Failure(Cause::Scopes(needed))
    }

    pub(crate) fn internal(what: impl Into<String>) -> Self {
        Failure(Cause::Internal(what.into()))
    }

    pub(crate) fn invalid_params(message: impl Into<String>) -> Self {
        Failure::protocol(code::INVALID_PARAMS, message)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<E: std::error::Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        match (&error as &dyn Any).downcast_ref::<ProtocolError>() {
            Some(error) => Failure(Cause::Protocol(error.clone())),
            None => Failure(Cause::Said(error.to_string())),
        }
    }
}

/// What a handler's error has to be, for those that a macro wraps: any error, a text, or a [`Failure`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot tell a client what went wrong",
    note = "return an error that implements `std::error::Error`, a `String`, or `isogloss::Failure`"
)]
pub trait IntoToolError {
    /// The failure that it is.
    fn into_tool_error(self) -> Failure;
}

impl IntoToolError for Failure {
    fn into_tool_error(self) -> Failure {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<E: Into<Box<dyn std::error::Error + Send + Sync>>> IntoToolError for E {
    fn into_tool_error(self) -> Failure {
        let error: Box<dyn std::error::Error + Send + Sync> = self.into();
        match error.downcast_ref::<ProtocolError>() {
            Some(error) => Failure(Cause::Protocol(error.clone())),
            None => Failure(Cause::Said(error.to_string())),
        }
    }
}

impl HandlerError for Failure {
    fn method_not_found(method: &str) -> Self {
        Failure::protocol(code::METHOD_NOT_FOUND, format!("method not found: {method}"))
    }

    fn invalid_params(error: DecodeError) -> Self {
        Failure::invalid_params(error.in_member("params").to_string())
    }

    fn not_encodable(error: EncodeError) -> Self {
        Failure::internal(format!("the result cannot be written: {error}"))
    }
}
