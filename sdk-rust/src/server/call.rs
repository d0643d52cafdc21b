//! Tool calls, on the way from their params to the tool. It is what a server does most, so the params are read in
//! place; what is not plain about them is held to the protocol's type besides.

use std::borrow::Cow;
use std::future;
use std::sync::{Arc, PoisonError, RwLock};

use super::Core;
use super::request_state::Bound;
use crate::context::{Answer as Answered, Context, Form, Question};
use crate::error::Failure;
use crate::protocol::handlers::HandlerError;
use crate::protocol::revisions::{Era, Revision};
#[cfg(feature = "tasks")]
use crate::protocol::types::CreateTaskResult;
use crate::protocol::types::{CallToolOutcome, CallToolRequestParams, CallToolResult, ContentBlock, RequestMetaObject};
use crate::registry::{Handling, ToolEntry};
use crate::wire::{Decoder, Encode, EncodeError, Encoder, Outlined};

/// What a tool call says.
pub(super) struct Call<'p> {
    pub(super) name: Cow<'p, str>,
    pub(super) arguments: &'p str,
    pub(super) answered: bool,
    pub(super) state: Option<Cow<'p, str>>,
}

/// The last `_meta` that was found right: a client sends the same one again and again.
#[derive(Default)]
pub(super) struct LastMeta(RwLock<Option<(Revision, Box<str>)>>);

impl LastMeta {
    /// The modern revision that this `_meta` names, if it is the last one: no other is in it, since that is the one in
    /// which it was found right.
    pub(super) fn names(&self, meta: &str) -> Option<Revision> {
        let last = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let named = |last: &&(Revision, Box<str>)| last.0.era() == Era::Modern && *last.1 == *meta;
        last.as_ref().filter(named).map(|last| last.0)
    }

    /// Whether this `_meta` is what the revision says.
    fn allows(&self, meta: &str, revision: Revision) -> bool {
        let known = |last: &(Revision, Box<str>)| last.0 == revision && *last.1 == *meta;
        if self.0.read().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(known) {
            return true;
        }
        let right = Decoder::message::<RequestMetaObject>(meta.as_bytes(), revision.bit()).is_ok();
        if right {
            *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some((revision, meta.into()));
        }
        right
    }
}

impl<'p> Call<'p> {
    /// Reads the params, as the protocol's type does, without making one of it.
    fn read(core: &Core, cx: &'p Context) -> Result<Self, Failure> {
        let (params, revision) = (cx.asked().params.as_ref(), cx.revision());
        let call = params.map(|params| Call::outline(core, params, revision));
        if let Some((call, true)) = call {
            return Ok(call);
        }
        let text = params.map_or("{}", |params| params.json().as_str());
        Decoder::message::<CallToolRequestParams>(text.as_bytes(), revision.bit())
            .map_err(<Failure as HandlerError>::invalid_params)?;
        // What the type lets pass is a call.
        call.map(|(call, _)| call).ok_or_else(|| Failure::internal("a tool call that cannot be read"))
    }

    /// What is there, and whether that is all plain.
    fn outline(core: &Core, params: &'p Outlined, revision: Revision) -> (Self, bool) {
        let (mut name, mut meta) = (None, None);
        let mut call = Call { name: Cow::Borrowed(""), arguments: "{}", answered: false, state: None };
        let mut plain = true;
        let text = |value| Decoder::known(value, revision.bit()).text().ok();
        params.each(|member, value| match member {
            "name" => name = text(value),
            "arguments" => {
                plain &= value.starts_with('{');
                call.arguments = value;
            }
            "_meta" => meta = Some(value),
            "requestState" if value.starts_with('"') => call.state = text(value),
            other => {
                call.answered |= other == "inputResponses";
                plain = false;
            }
        });
        plain &=
            name.is_some() && meta.map_or(revision.era() == Era::Legacy, |meta| core.last_meta.allows(meta, revision));
        call.name = name.unwrap_or_default();
        (call, plain)
    }
}

/// What a call is answered with.
pub(super) enum Called {
    Outcome(CallToolOutcome),
    #[cfg(feature = "tasks")]
    Task(CreateTaskResult),
}

impl Called {
    /// About how many bytes it takes: most of them are structured content, and its text with what is escaped.
    pub(super) fn about_how_long(&self) -> usize {
        let Called::Outcome(CallToolOutcome::Complete(result)) = self else { return 256 };
        let structured = result.structured_content.as_ref().map_or(0, |content| content.as_str().len());
        let text: usize = result.content.iter().filter_map(ContentBlock::as_text).map(str::len).sum();
        256 + structured + text + text / 4
    }
}

impl Encode for Called {
    fn encode(&self, e: &mut Encoder<'_>) -> Result<(), EncodeError> {
        match self {
            Called::Outcome(outcome) => outcome.encode(e),
            #[cfg(feature = "tasks")]
            Called::Task(task) => task.encode(e),
        }
    }
}

impl Core {
    /// Runs the tool that a request calls.
    pub(super) async fn called(&self, cx: &Context) -> Result<Called, Failure> {
        let call = Call::read(self, cx)?;
        let offers = self.registry();
        let tool = match offers.tools.get(&call.name) {
            Some(tool) if self.admits(cx, &**tool)? => tool,
            _ => return Err(Failure::invalid_params(format!("unknown tool: {}", call.name))),
        };
        #[cfg(feature = "tasks")]
        if let Some(how) = &tool.as_task
            && let Some(called) = Box::pin(self.called_as_task(cx, &call, tool, how)).await?
        {
            return Ok(called);
        }
        let handling = run(tool, call.arguments, cx);
        let given = (call.answered, call.state.as_deref());
        let outcome = match self.run(Bound { cx, name: &call.name }, given, handling).await? {
            Ok(result) => CallToolOutcome::Complete(tool.hold(result)?),
            Err(asks) => CallToolOutcome::InputRequired(asks),
        };
        Ok(Called::Outcome(outcome))
    }
}

/// What a user says to a tool that wants to be confirmed.
#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Confirmation {
    /// Whether to go on.
    confirm: bool,
}

/// The key of the question whether a tool may run.
const CONFIRM: &str = "confirm";

/// Runs a tool, after the user has confirmed it if it wants that. Nobody is asked about a call that would not run.
pub(super) fn run(tool: &Arc<ToolEntry>, arguments: &str, cx: &Context) -> Handling<CallToolResult> {
    let Some(question) = tool.confirm.clone() else { return (tool.run)(arguments, cx.clone()) };
    if let Some(refused) = (tool.refuse)(arguments, cx) {
        return Box::pin(future::ready(Ok(refused)));
    }
    let (tool, arguments, cx) = (tool.clone(), arguments.to_owned(), cx.clone());
    Box::pin(async move {
        match cx.ask(Form::<Confirmation>::new(question).key(CONFIRM)).await? {
            Answered::Accepted(Confirmation { confirm: true }) => {
                #[cfg(feature = "tasks")]
                cx.ready_for_task();
                (tool.run)(&arguments, cx).await
            }
            _ => Ok(CallToolResult::failed("the user did not confirm this; nothing was done")),
        }
    })
}
