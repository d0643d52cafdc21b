//! What becomes of a call that was broken off: whether it is asked again, and what its error says if not.

use std::sync::Arc;

use super::call::Call;
use super::deadline::Deadline;
use super::endpoint::Endpoint;
use super::exchange::{Broken, Failed};
use crate::error::Error;
use crate::protocol::limits;
use crate::protocol::methods;
use crate::wire::{Json, JsonObject};

/// What has been tried for a call.
#[derive(Default)]
struct Tried {
    connects: usize,
    repeated: bool,
    reopened: bool,
    relisted: bool,
}

impl Endpoint {
    /// Sends a request until it is answered, or nothing more can be done about it.
    pub(super) async fn recovering(self: &Arc<Self>, call: &Call<'_>, deadline: &mut Deadline) -> Result<Json, Error> {
        let mut tried = Tried::default();
        loop {
            let failed = match self.within_session(call, deadline).await {
                Ok(result) => return Ok(result),
                Err(failed) => failed,
            };
            let (broken, error) = match failed {
                Failed::Ended(error) => return Err(error),
                Failed::Broken(broken, error) => (broken, error),
            };
            self.recover(call, broken, error, &mut tried, deadline).await?;
        }
    }

    /// An attempt, in a session that is not known to be lost.
    async fn within_session(self: &Arc<Self>, call: &Call<'_>, deadline: &mut Deadline) -> Result<Json, Failed> {
        if let Some(lost) = self.legacy.current().filter(|session| session.is_lost()) {
            self.reopen(&lost, deadline).await?;
        }
        self.attempt(call, deadline).await
    }

    /// Does what has to be done before the request is sent again.
    ///
    /// # Errors
    /// If it is not to be sent again: how the call ends.
    async fn recover(
        self: &Arc<Self>,
        call: &Call<'_>,
        broken: Broken,
        error: Error,
        tried: &mut Tried,
        deadline: &mut Deadline,
    ) -> Result<(), Error> {
        let unknown = |error: Error| Error::OutcomeUnknown { asked: call.method.name.into(), why: error.to_string() };
        match broken {
            Broken::Unreachable if tried.connects + 1 < limits::CONNECT_ATTEMPTS => {
                let pause = limits::CONNECT_PAUSE * (1 << tried.connects.min(8));
                tried.connects += 1;
                deadline.within(tokio::time::sleep(pause)).await
            }
            Broken::Interrupted if call.repeatable && !std::mem::replace(&mut tried.repeated, true) => Ok(()),
            Broken::Interrupted => Err(unknown(error)),
            Broken::SessionLost if !std::mem::replace(&mut tried.reopened, true) => {
                if let Some(lost) = self.legacy.current() {
                    lost.lose();
                    self.reopen(&lost, deadline).await.map_err(|failed| failed.into_error())?;
                }
                if call.repeatable { Ok(()) } else { Err(unknown(error)) }
            }
            Broken::Mismatch if !std::mem::replace(&mut tried.relisted, true) => self.relist(call, deadline).await,
            _ => Err(error),
        }
    }

    /// Lists the tools, to learn which of their arguments the headers repeat.
    async fn relist(self: &Arc<Self>, call: &Call<'_>, deadline: &mut Deadline) -> Result<(), Error> {
        let meta = Json::from_text(call.params).ok().and_then(|params| params.get(&["_meta"])).unwrap_or_default();
        let mut cursor: Option<Json> = None;
        loop {
            let mut params = JsonObject::default().members();
            params.insert(String::from("_meta"), meta.clone());
            if let Some(cursor) = &cursor {
                params.insert(String::from("cursor"), cursor.clone());
            }
            let params = Json::new(&params).unwrap_or_default();
            let list = Call {
                method: &methods::LIST_TOOLS,
                params: params.as_str(),
                timeout: None,
                cancellable: false,
                repeatable: true,
            };
            let page = self.attempt(&list, deadline).await.map_err(|failed| failed.into_error())?;
            let next = page.get(&["nextCursor"]).filter(|next| next.as_str() != "null");
            // One that gives out the same cursor again is asked no more; one that goes on for ever, until the deadline.
            if next.is_none() || next == cursor {
                return Ok(());
            }
            cursor = next;
        }
    }
}
