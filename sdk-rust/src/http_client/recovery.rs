//! What becomes of a call that was broken off: the table of `protocol::recovery`, put into practice.

use std::sync::Arc;

use super::call::Call;
use super::deadline::Deadline;
use super::endpoint::Endpoint;
use super::exchange::{Broken, NoAnswer};
use super::legacy::Opened;
use crate::error::Error;
use crate::protocol::limits;
use crate::protocol::methods;
use crate::protocol::recovery::{Action, Failed, ROWS, Row};
use crate::wire::{Json, JsonObject};

/// What is to be done in a case; nothing can be if no row fits.
pub(super) fn fitting(failed: Failed, sent: bool, repeatable: bool) -> Option<&'static Row> {
    let fits = |row: &&Row| {
        row.failed == failed
            && row.sent.is_none_or(|wanted| wanted == sent)
            && row.repeatable.is_none_or(|wanted| wanted == repeatable)
    };
    ROWS.iter().find(fits)
}

/// What has happened to a call so far.
#[derive(Default)]
struct Happened(Vec<Failed>);

impl Happened {
    /// How often this has happened before.
    fn times(&mut self, failed: Failed) -> usize {
        let times = self.0.iter().filter(|before| **before == failed).count();
        self.0.push(failed);
        times
    }
}

impl Endpoint {
    /// Sends a request until it is answered, or nothing more is to be done about it.
    pub(super) async fn recovering(self: &Arc<Self>, call: &Call<'_>, deadline: &mut Deadline) -> Result<Json, Error> {
        let mut happened = Happened::default();
        // It is never closed. Whoever drops a call makes room.
        let _room = deadline.within(self.room.acquire()).await?;
        loop {
            let session = self.legacy.current();
            let attempt = match &session {
                Some(session) if session.is_lost() => Err(session.known_to_be_lost()),
                _ => self.attempt(call, deadline).await,
            };
            match attempt {
                Ok(result) => return Ok(result),
                Err(NoAnswer::Ended(error)) => return Err(error),
                Err(NoAnswer::Broken(broken)) => {
                    let times = happened.times(broken.failed);
                    self.recover(call, broken, times, session.as_ref(), deadline).await?;
                }
            }
        }
    }

    /// Does what has to be done before the request is sent again.
    ///
    /// # Errors
    /// If it is not to be sent again: how the call ends.
    async fn recover(
        self: &Arc<Self>,
        call: &Call<'_>,
        broken: Broken,
        times: usize,
        session: Option<&Arc<Opened>>,
        deadline: &mut Deadline,
    ) -> Result<(), Error> {
        let Broken { failed, sent, error } = broken;
        let Some(row) = fitting(failed, sent, call.repeatable) else { return Err(error) };
        let end = |error: Error| match row.outcome_unknown {
            true => Error::OutcomeUnknown { asked: call.method.name.to_owned(), why: error.to_string() },
            false => error,
        };
        if times >= row.at_most {
            return Err(end(error));
        }
        match row.action {
            Action::SendAgain if failed == Failed::Unreachable => {
                // A server that is being started is there soon.
                deadline.within(tokio::time::sleep(limits::CONNECT_PAUSE * (1 << times.min(8)))).await
            }
            Action::SendAgain => Ok(()),
            Action::OpenSession => self.reopen_in_place_of(session, deadline).await,
            Action::OnlyOpenSession => {
                self.reopen_in_place_of(session, deadline).await?;
                Err(end(error))
            }
            Action::ListTools => self.relist(call, deadline).await,
            // A stream is resumed where it is read, and a call is cancelled where it is dropped.
            Action::Resume | Action::Cancel | Action::Fail => Err(end(error)),
        }
    }

    async fn reopen_in_place_of(
        self: &Arc<Self>,
        session: Option<&Arc<Opened>>,
        deadline: &mut Deadline,
    ) -> Result<(), Error> {
        let Some(session) = session else { return Ok(()) };
        session.lose();
        self.reopen(session, deadline).await.map_err(NoAnswer::into_error)
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
            let page = self.attempt(&list, deadline).await.map_err(NoAnswer::into_error)?;
            let next = page.get(&["nextCursor"]).filter(|next| next.as_str() != "null");
            // One that gives out the same cursor again is asked no more; one that goes on for ever, until the deadline.
            if next.is_none() || next == cursor {
                return Ok(());
            }
            cursor = next;
        }
    }
}
