//! Calls that become tasks, and what clients ask about them.
//! <https://modelcontextprotocol.io/extensions/tasks/overview>

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;

use super::call::{Call, Called, run};
use super::changes::Change;
use super::request_state::Bound;
use super::{Core, Server};
use crate::context::{Context, InTask, Outcome, in_rounds};
use crate::error::{Failure, ProtocolError, code};
use crate::protocol::handlers::HandlerError;
use crate::protocol::limits;
use crate::protocol::methods;
use crate::protocol::revisions::Era;
use crate::protocol::types::{
    CallToolOutcome, CallToolResult, ClientCapabilities, InputResponse, MissingRequiredClientCapabilityErrorData,
    SubscriptionFilter, UpdateTaskResult,
};
use crate::registry::{Handling, Registry, ToolEntry};
use crate::revision::TASKS_EXTENSION;
use crate::session::Answering;
use crate::tasks::{AsTask, Beginning, StoredTask, TaskStore, Tasks};
use crate::wire::{Decode, DecodeError, Decoder, Encoder, Json, JsonObject, Map};

/// Where a request says that its client knows the extension.
const DECLARED: [&str; 4] = ["_meta", "io.modelcontextprotocol/clientCapabilities", "extensions", TASKS_EXTENSION];

/// What a legacy client is told by a tool that it cannot use.
const ALONE: &str = "this tool runs as a task alone, which takes a client of revision 2026-07-28 or later with the extension \
                     io.modelcontextprotocol/tasks";

/// The member of a subscription that names tasks.
const TASK_IDS: &str = "taskIds";

impl Server {
    /// Says where the states of tasks are kept; in memory if it is not set.
    #[must_use]
    pub fn task_store(self, store: Arc<dyn TaskStore>) -> Self {
        self.with(|settings| settings.task_store = Some(store))
    }

    /// Sets how many tasks are kept at once, those that have ended among them; `max_tasks` if it is not set. At the
    /// limit a call that could be a task is answered as an ordinary one, or refused if it has to be one.
    #[must_use]
    pub fn max_tasks(mut self, most: usize) -> Self {
        Arc::make_mut(&mut self.0).tasks = Tasks::new(most);
        self
    }

    /// How many tasks there are, those that have ended and are still kept among them.
    pub fn task_count(&self) -> usize {
        self.0.tasks.count()
    }

    /// Lets tasks that run finish for a while, and cancels them then; those that wait for an answer at once. New ones
    /// can begin. A site does it when it shuts down; a server that is dropped cancels its tasks without waiting.
    pub async fn end_tasks(&self, within: Duration) {
        self.0.tasks.end(within).await;
    }
}

/// The capability of a server with these offers.
pub(super) fn capability(offers: &Registry) -> Option<Map<JsonObject>> {
    offered(offers).then(|| Map::from([(TASKS_EXTENSION.to_owned(), JsonObject::default())]))
}

fn offered(offers: &Registry) -> bool {
    offers.tools.iter().any(|(_, tool)| tool.as_task.is_some())
}

fn is_declared(cx: &Context) -> bool {
    cx.revision().era() == Era::Modern && cx.params().is_some_and(|params| params.get(&DECLARED).is_some())
}

/// That a client would have to declare the extension.
fn undeclared(cx: &Context) -> Failure {
    let extensions = Some(Map::from([(TASKS_EXTENSION.to_owned(), JsonObject::default())]));
    let needed = ClientCapabilities { extensions, ..ClientCapabilities::default() };
    let data = Encoder::message(&MissingRequiredClientCapabilityErrorData::new(needed), cx.revision().bit());
    let message = format!("the client has to declare the capability extensions.{TASKS_EXTENSION}");
    ProtocolError {
        data: data.ok().and_then(|data| Json::from_text(&data.text).ok()),
        ..ProtocolError::new(code::MISSING_REQUIRED_CLIENT_CAPABILITY, message)
    }
    .into()
}

/// Room for a task, and what becomes of the call in it.
struct Place {
    slot: OwnedSemaphorePermit,
    how: AsTask,
    talk: Arc<InTask>,
}

impl Core {
    fn task_store(&self) -> Arc<dyn TaskStore> {
        self.settings.task_store.clone().unwrap_or_else(|| self.tasks.memory())
    }

    /// Calls a tool that may run as a task; none if it is to be called as any other.
    pub(super) async fn called_as_task(
        &self,
        cx: &Context,
        call: &Call<'_>,
        tool: &Arc<ToolEntry>,
        how: &AsTask,
    ) -> Result<Option<Called>, Failure> {
        if !is_declared(cx) {
            return match cx.revision().era() {
                _ if !how.is_required() => Ok(None),
                Era::Modern => Err(undeclared(cx)),
                // It has no extension to declare: the model is told.
                Era::Legacy => Ok(Some(Called::Outcome(CallToolOutcome::Complete(CallToolResult::failed(ALONE))))),
            };
        }
        let Some(slot) = self.tasks.slot() else {
            return if how.is_required() { Err(no_room()) } else { Ok(None) };
        };
        let Ok(home) = cx.home().clone().downcast::<Core>() else { return Ok(None) };
        let talk = Arc::new(InTask::new(!how.is_later()));
        let cx = cx.in_task(Arc::new(Arc::downgrade(&home)), talk.clone());
        let bound = Bound { cx: &cx, name: &call.name };
        self.open_rounds(&bound, (call.answered, call.state.as_deref()))?;
        if tool.confirm.is_none() {
            talk.ready();
        }
        let mut handling = run(tool, call.arguments, &cx);
        // Done, or with questions, before it wants to be a task: it is no task then.
        let outcome = tokio::select! {
            biased;
            outcome = in_rounds(&cx, &mut handling) => Some(outcome?),
            () = talk.wanted() => None,
        };
        let called = match outcome {
            Some(Outcome::Complete(result)) => Called::Outcome(CallToolOutcome::Complete(tool.hold(result)?)),
            Some(Outcome::InputRequired { questions, taken }) => {
                let asks = self.questions(&bound, questions, &taken)?;
                Called::Outcome(CallToolOutcome::InputRequired(asks))
            }
            None => {
                let place = Place { slot, how: how.clone(), talk };
                self.begun(&cx, &call.name, place, answering(tool.clone(), handling, &cx)).await?
            }
        };
        Ok(Some(called))
    }

    /// Answers a call with the task that it has become.
    async fn begun(&self, cx: &Context, tool: &str, place: Place, answering: Answering) -> Result<Called, Failure> {
        let Place { slot, how, talk } = place;
        let changes = self.changes.clone();
        let beginning = Beginning {
            owner: owner(cx),
            tool: tool.to_owned(),
            how,
            revision: cx.revision().bit(),
            talk: talk.clone(),
            store: self.task_store(),
            tell: Box::new(move |id| changes.tell(Change::Task(id.clone()))),
            diagnostics: self.settings.diagnostics.clone(),
            slot,
        };
        let created = self.tasks.begin(beginning, answering).await?.created();
        talk.begun();
        Ok(Called::Task(created))
    }

    /// The state of a task of the one who asks.
    ///
    /// # Errors
    /// If there is none, it is another's, or the client has not declared the extension.
    async fn task(&self, cx: &Context, id: &str, method: &'static methods::Method) -> Result<StoredTask, Failure> {
        let offers = self.registry();
        // A task outlives its tool.
        if !offered(&offers) && self.tasks.count() == 0 {
            return Err(Failure::method_not_found(method.name));
        }
        if !is_declared(cx) {
            return Err(undeclared(cx));
        }
        let found = self.task_store().get(id).await?;
        let found = found.filter(|task| task.owner == owner(cx)).ok_or_else(unknown)?;
        // Who may not call the tool any more may not see what it gave either.
        if let Some(tool) = offers.tools.get(&found.tool) {
            self.admits(cx, &**tool)?;
        }
        Ok(found)
    }

    /// The state of a task, as the result of `tasks/get`.
    pub(super) async fn task_state(&self, cx: &Context, id: &str) -> Result<Json, Failure> {
        let StoredTask { state, .. } = self.task(cx, id, &methods::GET_TASK).await?;
        with_member(&state, r#""resultType":"complete""#)
    }

    /// Cancels a task. One that has ended, or runs in another process, is left as it is.
    pub(super) async fn cancelled_task(&self, cx: &Context, id: &str) -> Result<(), Failure> {
        self.task(cx, id, &methods::CANCEL_TASK).await?;
        if let Some(task) = self.tasks.running(id) {
            task.cancel().await;
        }
        Ok(())
    }

    /// Answers `tasks/update`. The answers are looked at here and not where params are decoded: those to questions
    /// that nobody asks are passed over, whatever they are.
    pub(super) async fn updated_task(&self, cx: &Context) -> Result<String, Failure> {
        let params = cx.params().map_or("{}", Json::as_str);
        let said: Update = Decoder::message(params.as_bytes(), cx.revision().bit())
            .map_err(<Failure as HandlerError>::invalid_params)?;
        let found = self.task(cx, &said.task_id, &methods::UPDATE_TASK).await?;
        match self.tasks.running(&said.task_id) {
            Some(task) => {
                let mut answers = said.answers.members();
                answers.retain(|key, _| task.asks(key));
                for (key, answer) in &answers {
                    Decoder::message::<InputResponse>(answer.as_str().as_bytes(), cx.revision().bit()).map_err(
                        |error| {
                            Failure::invalid_params(error.in_member(key).in_member("params.inputResponses").to_string())
                        },
                    )?;
                }
                if !answers.is_empty() {
                    task.answer(answers).await;
                }
            }
            None if found.state.get_text(&["status"]).is_some_and(|status| status == "input_required") => {
                let message = "the task runs in another process; requests about it are routed by the header Mcp-Name";
                return Err(Failure::protocol(code::INTERNAL_ERROR, message));
            }
            None => {}
        }
        let done = Encoder::message(&UpdateTaskResult::default(), cx.revision().bit());
        done.map(|encoded| encoded.text).map_err(<Failure as HandlerError>::not_encodable)
    }

    /// Those of the tasks that a subscription names which there are for this client.
    ///
    /// # Errors
    /// If the client has not declared the extension, or names too many.
    pub(super) async fn watched_tasks(
        &self,
        cx: &Context,
        wanted: &SubscriptionFilter,
    ) -> Result<Option<Vec<String>>, Failure> {
        let Some(ids) = wanted.extra.get(TASK_IDS) else { return Ok(None) };
        let wrong = |why: &str| Failure::invalid_params(format!("params.notifications.{TASK_IDS}: {why}"));
        let ids: Vec<String> = ids.to().map_err(|_| wrong("expected an array of strings"))?;
        if !is_declared(cx) {
            return Err(undeclared(cx));
        }
        if ids.len() > limits::MAX_WATCHED {
            return Err(wrong(&format!("must have at most {} items", limits::MAX_WATCHED)));
        }
        let mut known = Vec::new();
        for id in ids {
            if self.task(cx, &id, &methods::GET_TASK).await.is_ok() && !known.contains(&id) {
                known.push(id);
            }
        }
        Ok(Some(known))
    }

    /// The params of the notification that tells how a task is; none if it is forgotten.
    pub(super) async fn task_news(&self, id: &str, meta: &str) -> Option<String> {
        let task = self.task_store().get(id).await.ok().flatten()?;
        with_member(&task.state, &format!(r#""_meta":{meta}"#)).ok().map(|params| params.as_str().to_owned())
    }
}

/// Names the tasks that a subscription hears of.
pub(super) fn acknowledged(filter: &mut SubscriptionFilter, ids: &[String]) {
    if let Ok(ids) = Json::new(ids) {
        filter.extra.insert(TASK_IDS.to_owned(), ids);
    }
}

/// The params of `tasks/update`, as far as they are looked at before it is known what is asked.
struct Update {
    task_id: String,
    answers: JsonObject,
}

impl Decode for Update {
    fn decode(d: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let (mut task_id, mut answers) = (None, None);
        let mut members = d.object()?;
        while let Some(key) = d.key(&mut members)? {
            match &*key {
                "taskId" => task_id = Some(d.member("taskId")?),
                "inputResponses" => answers = Some(d.member("inputResponses")?),
                _ => drop(d.raw()?),
            }
        }
        // Missing ones are told in the order of the schema.
        let answers = d.required("inputResponses", answers)?;
        Ok(Update { task_id: d.required("taskId", task_id)?, answers })
    }
}

/// What a task's handler gives, as the text of the call's result.
fn answering(tool: Arc<ToolEntry>, handling: Handling<CallToolResult>, cx: &Context) -> Answering {
    let revision = cx.revision().bit();
    Box::pin(async move {
        let result = tool.hold(handling.await?)?;
        let encoded = Encoder::message(&result, revision).map_err(<Failure as HandlerError>::not_encodable)?;
        Ok(encoded.text)
    })
}

/// A state with a member before its own.
fn with_member(state: &Json, member: &str) -> Result<Json, Failure> {
    let rest = state.as_str().strip_prefix('{').unwrap_or("}");
    let comma = if rest == "}" { "" } else { "," };
    Json::from_text(&format!("{{{member}{comma}{rest}"))
        .map_err(|error| Failure::internal(format!("the state of a task cannot be read: {error}")))
}

/// Whom a task belongs to: the principal, as the access token names it; nobody without a token.
fn owner(cx: &Context) -> String {
    let Some(claims) = cx.claims() else { return String::new() };
    let who = (&claims.issuer, &claims.subject, &claims.client_id);
    Json::new(&who).map(|who| who.as_str().to_owned()).unwrap_or_default()
}

/// The same words for a task that there never was, that is forgotten, and that is another's.
fn unknown() -> Failure {
    Failure::invalid_params("unknown task: there is none of this id, or its time is over")
}

fn no_room() -> Failure {
    Failure::protocol(code::INTERNAL_ERROR, "there is no room for another task (max_tasks); try again later")
}
