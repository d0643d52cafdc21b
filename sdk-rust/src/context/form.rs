//! Questions to the user: a form whose fields are those of a type, and a page to open.
//! <https://modelcontextprotocol.io/specification/2026-07-28/client/elicitation>

use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::ask::{Question, decoded};
use crate::error::Failure;
use crate::protocol::revisions::Revision;
use crate::protocol::types::{
    ElicitRequest, ElicitRequestFormParams, ElicitRequestParams, ElicitRequestUrlParams, ElicitResult,
    ElicitResultAction, InputRequest,
};
use crate::schema::{Arguments, form_schema};
use crate::wire::{DecodeError, Json};

/// What a user made of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer<T> {
    /// Answered it.
    Accepted(T),
    /// Said no.
    Declined,
    /// Went away without a choice.
    Cancelled,
}

impl<T> Answer<T> {
    /// What was answered.
    ///
    /// # Errors
    /// If the user declined or cancelled.
    pub fn accepted(self) -> Result<T, Failure> {
        match self {
            Answer::Accepted(answer) => Ok(answer),
            Answer::Declined => Err(Failure::new("the user declined to answer")),
            Answer::Cancelled => Err(Failure::new("the user cancelled the question")),
        }
    }
}

/// A form: a field for each member of `T`, whose types are text, numbers, truth values and choices, with defaults and
/// constraints as its schema says.
#[derive(Debug, Clone)]
pub struct Form<T> {
    message: String,
    answers: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned + JsonSchema> Form<T> {
    /// A form under this message.
    pub fn new(message: impl Into<String>) -> Self {
        Form { message: message.into(), answers: PhantomData }
    }
}

fn elicit(params: ElicitRequestParams) -> InputRequest {
    InputRequest::Elicit(ElicitRequest { id: None, params, extra: Default::default() })
}

/// What was answered, as far as the user did.
fn answered<T>(
    result: ElicitResult,
    read: impl FnOnce(&ElicitResult) -> Result<T, DecodeError>,
) -> Result<Answer<T>, DecodeError> {
    Ok(match result.action {
        ElicitResultAction::Accept => Answer::Accepted(read(&result)?),
        ElicitResultAction::Decline => Answer::Declined,
        ElicitResultAction::Cancel => Answer::Cancelled,
    })
}

impl<T: DeserializeOwned + JsonSchema + Send> Question for Form<T> {
    type Answer = Answer<T>;

    fn request(&self) -> Result<InputRequest, Failure> {
        let schema =
            form_schema::<T>().map_err(|error| Failure::internal(format!("a form cannot have this: {error}")))?;
        Ok(elicit(ElicitRequestFormParams::new(self.message.as_str(), schema).into()))
    }

    fn read(&self, answer: &Json, revision: Revision) -> Result<Answer<T>, DecodeError> {
        answered(decoded(answer, revision)?, |_| {
            let content = answer.get(&["content"]);
            let arguments = Arguments::of::<T>().map_err(DecodeError::new)?;
            let given = content.as_ref().map_or("{}", Json::as_str);
            arguments.read(given).map_err(|problems| match problems.into_iter().next() {
                Some(problem) => problem.in_member("content"),
                None => DecodeError::new("not what was asked for").in_member("content"),
            })
        })
    }
}

/// A page for the user to open: for what must not pass through the client, such as a password.
#[derive(Debug, Clone)]
pub struct OpenUrl {
    message: String,
    url: String,
    id: Option<String>,
}

impl OpenUrl {
    /// A page, and what it is for.
    pub fn new(message: impl Into<String>, url: impl Into<String>) -> Self {
        OpenUrl { message: message.into(), url: url.into(), id: None }
    }

    /// Gives it an id, as revision 2025-11-25 wants it.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }
}

impl Question for OpenUrl {
    type Answer = Answer<()>;

    fn request(&self) -> Result<InputRequest, Failure> {
        let params = ElicitRequestUrlParams::new(self.message.as_str(), self.url.as_str());
        // Only one revision has the id, and requires it; the address is as good as any.
        let id = self.id.clone().unwrap_or_else(|| self.url.clone());
        Ok(elicit(ElicitRequestUrlParams { elicitation_id: Some(id), ..params }.into()))
    }

    fn read(&self, answer: &Json, revision: Revision) -> Result<Answer<()>, DecodeError> {
        answered(decoded(answer, revision)?, |_| Ok(()))
    }
}
