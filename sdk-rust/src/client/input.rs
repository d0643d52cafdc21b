//! Multi round-trip requests, the client's side: a server that answers a tool call, a prompt or a read with questions
//! gets the answers in a retry of the same request, with what it wants to be reminded of as it gave it.
//! <https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr>
//!
//! Who answers is [`Answering`](super::Answering); a client without it sees the questions as the result.

use super::listening::Listening;
use crate::error::{Cause, Error, Failure};
use crate::protocol::methods::{self, Method};
use crate::protocol::revisions::{Era, Revision};
use crate::protocol::types::{InputRequest, InputRequests, InputRequiredResult, InputResponses};
use crate::revision::read_result;
use crate::wire::{DecodeError, EncodeError, Encoder, Json, JsonObject, Map};

/// Answers what a result asks, and gives the params of the retry; none if the result asks nothing.
///
/// # Errors
/// If the result asks wrongly, or one of its questions is not answered: the request cannot go on then.
pub(super) async fn retry(
    listening: &Listening,
    method: &Method,
    revision: Revision,
    params: &str,
    result: &Json,
) -> Result<Option<String>, Error> {
    let may_ask = [methods::CALL_TOOL.name, methods::GET_PROMPT.name, methods::READ_RESOURCE.name];
    if revision.era() == Era::Legacy || !may_ask.contains(&method.name) || !listening.answers() {
        return Ok(None);
    }
    if result.get_text(&["resultType"]).as_deref() != Some("input_required") {
        return Ok(None);
    }
    let asked: InputRequiredResult = read_result(method, revision, result)?;
    if asked.input_requests.is_none() && asked.request_state.is_none() {
        let message = "expected one of the members \"inputRequests\", \"requestState\"";
        return Err(Error::decode(&format!("the result of {}", method.name), DecodeError::new(message)));
    }
    let answered = answers(listening, method, asked.input_requests.unwrap_or_default()).await?;
    let mut members = JsonObject::from_text(params).map_err(unreadable)?.members();
    members.shift_remove("inputResponses");
    members.shift_remove("requestState");
    if !answered.is_empty() {
        let written = Encoder::message(&answered, revision.bit())
            .map_err(|error| Error::encode(&format!("the answers to {}", method.name), error))?;
        members.insert(String::from("inputResponses"), json(&written.text)?);
    }
    if let Some(state) = &asked.request_state {
        members.insert(String::from("requestState"), Json::new(state).map_err(unwritable)?);
    }
    Ok(Some(object(&members)?.as_str().to_owned()))
}

/// Answers questions, one after the other.
///
/// # Errors
/// If one of them is not answered.
pub(super) async fn answers(
    listening: &Listening,
    method: &Method,
    questions: InputRequests,
) -> Result<InputResponses, Error> {
    let mut answers = Map::new();
    for (key, question) in questions {
        let what = name(&question);
        let refused = |failure: Failure| not_answered(method, &key, what, &failure);
        let answer = listening.answer(question).await.map_err(refused)?;
        answers.insert(key, answer);
    }
    Ok(answers)
}

/// Too many rounds: whoever asks for ever is not answered for ever.
pub(super) fn too_many(method: &Method, rounds: usize) -> Error {
    let message = format!("asked for input again after {rounds} rounds (limits: max_rounds)");
    Error::decode(&format!("the result of {}", method.name), DecodeError::new(message))
}

fn not_answered(method: &Method, key: &str, what: &str, failure: &Failure) -> Error {
    // The client's own words for the client: nothing of them travels.
    let why = match &failure.0 {
        Cause::Protocol(error) => error.to_string(),
        Cause::Said(why) | Cause::Internal(why) => why.clone(),
        Cause::Scopes(scopes) => format!("needs {}", scopes.join(" ")),
    };
    let message = format!("asks for {what} {key:?}, which this client does not answer: {why}");
    Error::decode(&format!("the result of {}", method.name), DecodeError::new(message))
}

/// The method of a question.
fn name(question: &InputRequest) -> &'static str {
    match question {
        InputRequest::CreateMessage(_) => "sampling/createMessage",
        InputRequest::ListRoots(_) => "roots/list",
        InputRequest::Elicit(_) => "elicitation/create",
    }
}

fn object(members: &Map<Json>) -> Result<Json, Error> {
    Json::new(members).map_err(unwritable)
}

fn json(text: &str) -> Result<Json, Error> {
    Json::from_text(text).map_err(unreadable)
}

fn unreadable(error: DecodeError) -> Error {
    Error::decode("a request to be made again", error)
}

fn unwritable(error: serde_json::Error) -> Error {
    let error = EncodeError { path: String::new(), message: error.to_string() };
    Error::encode("a request to be made again", error)
}
