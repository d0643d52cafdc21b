//! GET and DELETE: streams that are about no request, streams that are resumed, and the end of a session. Legacy alone.
//! <https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#listening-for-messages-from-the-server>

use http::header::HeaderName;
use http::{Response, StatusCode};

use super::Endpoint;
use super::body::Body;
use super::events::EventId;
use super::exchange::KeepAlive;
use super::legacy::{Caller, Place, Refused};
use super::sessions::InUse;
use super::{accepts, refusal};
use crate::headers;
use crate::transport::{Frame, Sink};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static(headers::LAST_EVENT_ID);

impl Endpoint {
    /// Opens a stream for what is about no request, or resumes one.
    pub(super) async fn get(&self, caller: Caller<'_>) -> Result<Response<Body>, Refused> {
        let session = self.session_of(&caller)?;
        let headers = &caller.parts.headers;
        if !accepts(headers, "text/event-stream") {
            let why = "the Accept header does not name text/event-stream";
            return Err(Box::new(refusal::refuse(StatusCode::NOT_ACCEPTABLE, why)));
        }
        if let Some(last) = headers.get(LAST_EVENT_ID) {
            let last = String::from_utf8_lossy(last.as_bytes());
            let last = last.trim().parse().map_err(|why: String| gone(&format!("Last-Event-ID: {why}")))?;
            return self.resume(&session, last).await;
        }
        let stream = session.news_stream();
        let attached = stream.attach(session.clone());
        for message in session.backlog() {
            // It is new, and there is room.
            let _ = stream.offer(vec![Frame::Message(message)]);
        }
        let reader = attached.read(Vec::new(), Some(self.retry()), self.keep_alive());
        Ok(refusal::events(Body::stream(reader.telling(session.news()))))
    }

    /// Goes on with a stream after the last event that its client has seen.
    async fn resume(&self, session: &InUse, last: EventId) -> Result<Response<Body>, Refused> {
        let (live, news) = session.resumed(last.stream).unzip();
        let over = live.is_none();
        let stream = live.unwrap_or_else(|| session.over(last.stream));
        // First, so that nothing is missed that comes while what came before is looked up.
        let attached = stream.attach(session.clone());
        let replayed = session.after(last).await;
        let lost = match replayed.first() {
            Some((first, _)) => first.place != last.place.saturating_add(1),
            // Nothing has come since, or it is not kept any more, or there never was such an event.
            None => over || attached.place != last.place,
        };
        if lost {
            return Err(gone("Last-Event-ID: what came after this event is not kept any more: ask again"));
        }
        let reader = attached.read(replayed, None, self.keep_alive());
        Ok(refusal::events(match news.unwrap_or_default() {
            true => Body::stream(reader.telling(session.news())),
            false => Body::stream(reader),
        }))
    }

    /// Ends a session.
    pub(super) fn delete(&self, caller: &Caller<'_>) -> Result<Response<Body>, Refused> {
        let session = self.session_of(caller)?;
        self.sessions.end(&session);
        Ok(refusal::bare(StatusCode::NO_CONTENT))
    }

    fn session_of(&self, caller: &Caller<'_>) -> Result<InUse, Refused> {
        match self.place(caller, None)? {
            Place::Session(session) => Ok(session),
            Place::Nowhere(_) => Err(Box::new(refusal::not_allowed(self.methods()))),
        }
    }

    fn keep_alive(&self) -> KeepAlive {
        KeepAlive::new(self.options.sse_keep_alive)
    }
}

fn gone(why: &str) -> Refused {
    Box::new(refusal::refuse(StatusCode::BAD_REQUEST, why))
}
