//! The HTTP client that is built in, as what asks authorization servers: answers are read as far as they may go.

use http::{Request, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::fetch::{Fetch, Fetching, too_long};
use crate::https::{Https, with_causes};
use crate::protocol::limits;

impl Fetch for Https {
    fn fetch(&self, request: Request<Vec<u8>>) -> Fetching<'_> {
        Box::pin(async move {
            let answer = self.send(request.map(Into::into)).await.map_err(|unanswered| unanswered.why)?;
            let (head, body) = answer.into_parts();
            let body = Limited::new(body, limits::MAX_AUTH_DOCUMENT).collect().await;
            let body = body.map_err(|error| match error.is::<LengthLimitError>() {
                true => too_long(),
                false => with_causes(error.as_ref()),
            })?;
            Ok(Response::from_parts(head, body.to_bytes().into()))
        })
    }
}
