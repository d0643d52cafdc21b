//! The state of a task as it is told: one text for `tasks/get`, for notifications and for the store.

use std::time::{Duration, SystemTime};

use serde::Serialize;

use super::task::Task;
use super::timestamp::timestamp;
use crate::error::{Failure, ProtocolError};
use crate::protocol::types::{CreateTaskResult, InputRequest, TaskStatus};
use crate::wire::{Encoder, Json, Map, Revs};

/// How a task ended.
pub(super) enum End {
    /// With a result, which may tell that the tool failed.
    Completed(Json),
    /// With an error of the protocol.
    Failed(ProtocolError),
    /// Without its handler having come to an end, and why.
    Cancelled(&'static str),
}

/// The members of a task, by the schema's names and in their order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct State<'t> {
    created_at: &'t str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Error<'t>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input_requests: Option<Json>,
    last_updated_at: String,
    poll_interval_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'t Json>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_message: Option<&'t str>,
    task_id: &'t str,
    ttl_ms: u64,
}

#[derive(Serialize)]
struct Error<'t> {
    code: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'t Json>,
    message: &'t str,
}

impl Task {
    /// The state now.
    ///
    /// # Errors
    /// If a question cannot be put in the revision of the task.
    pub(super) fn state(&self) -> Result<Json, Failure> {
        let ended = self.ended();
        let (questions, message) = match *ended {
            None => (self.talk.questions(), self.talk.message()),
            Some(_) => (Map::new(), None),
        };
        let input_requests = (!questions.is_empty()).then(|| written(&questions, self.revision)).transpose()?;
        let mut state = State {
            created_at: &self.created_at,
            error: None,
            last_updated_at: timestamp(SystemTime::now()),
            poll_interval_ms: milliseconds(self.how.poll_interval),
            result: None,
            status: if input_requests.is_some() { "input_required" } else { "working" },
            input_requests,
            status_message: message.as_deref(),
            task_id: &self.id,
            ttl_ms: milliseconds(self.how.ttl),
        };
        match &*ended {
            None => {}
            Some(End::Completed(result)) => (state.status, state.result) = ("completed", Some(result)),
            Some(End::Failed(failed)) => {
                let ProtocolError { code, message, data } = failed;
                state.error = Some(Error { code: *code, data: data.as_ref(), message });
                (state.status, state.status_message) = ("failed", Some(message.as_str()));
            }
            Some(End::Cancelled(why)) => (state.status, state.status_message) = ("cancelled", Some(*why)),
        }
        Json::new(&state).map_err(|error| Failure::internal(format!("the state of a task cannot be written: {error}")))
    }

    /// What a call is answered with that became this task.
    pub(crate) fn created(&self) -> CreateTaskResult {
        let asks = !self.talk.questions().is_empty();
        let status = if asks { TaskStatus::InputRequired } else { TaskStatus::Working };
        CreateTaskResult {
            poll_interval_ms: i64::try_from(milliseconds(self.how.poll_interval)).ok(),
            status_message: self.talk.message(),
            ttl_ms: i64::try_from(milliseconds(self.how.ttl)).ok(),
            ..CreateTaskResult::new(&*self.created_at, timestamp(SystemTime::now()), status, &*self.id)
        }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn written(questions: &Map<InputRequest>, revision: Revs) -> Result<Json, Failure> {
    let encoded = Encoder::message(questions, revision)
        .map_err(|error| Failure::internal(format!("a question cannot be put: {error}")))?;
    Json::from_text(&encoded.text).map_err(|error| Failure::internal(format!("a question cannot be put: {error}")))
}
