//! Tokens that say nothing by themselves: their authorization server is asked, and its answer believed for a while.
//! <https://www.rfc-editor.org/rfc/rfc7662.html>

use std::fmt;
use std::time::{Duration, SystemTime};

use data_encoding::BASE64;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request, Uri};
use tokio::sync::{OnceCell, Semaphore};

use super::address::checked;
use super::discovery::endpoints;
use super::fetch::{Fetch, Fetcher};
use super::payload::read;
use super::remembered::{Answer, Remembered};
use super::{AccessToken, Refusal, TokenVerifier, Verifying};
use crate::error::Error;
use crate::protocol::limits;
use crate::wire::{Json, JsonObject};

/// Asks the authorization server about every token that it does not remember.
///
/// What it is told is remembered for `introspection_lifetime`: so long a revoked token still works. Whom a token is
/// meant for (`aud`) is looked at by [`Protection`](super::Protection).
///
/// ```
/// use isogloss::auth::IntrospectionVerifier;
///
/// # let from_environment = "secret";
/// let verifier = IntrospectionVerifier::new("https://auth.example.com", "notes-server", from_environment);
/// ```
pub struct IntrospectionVerifier {
    issuer: String,
    client: Client,
    given: Option<String>,
    found: OnceCell<Uri>,
    leeway: Duration,
    fetcher: Fetcher,
    remembered: Remembered,
    asking: Semaphore,
}

/// Who asks.
struct Client {
    id: String,
    secret: String,
    in_body: bool,
}

impl IntrospectionVerifier {
    /// Asks this issuer, where its metadata says, as this client of it.
    pub fn new(issuer: impl Into<String>, client_id: impl Into<String>, client_secret: impl Into<String>) -> Self {
        IntrospectionVerifier {
            issuer: issuer.into(),
            client: Client { id: client_id.into(), secret: client_secret.into(), in_body: false },
            given: None,
            found: OnceCell::new(),
            leeway: limits::TOKEN_LEEWAY,
            fetcher: Fetcher::default(),
            remembered: Remembered::new(limits::INTROSPECTION_LIFETIME, limits::INTROSPECTION_CACHE),
            asking: Semaphore::new(limits::INTROSPECTION_CONCURRENCY),
        }
    }

    /// Asks here; the issuer's metadata is not asked for.
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.given = Some(url.into());
        self
    }

    /// Sends id and secret in the body (`client_secret_post`) instead of the header (`client_secret_basic`).
    pub fn secret_in_body(mut self) -> Self {
        self.client.in_body = true;
        self
    }

    /// How far the issuer's clock may be from ours, instead of `token_leeway`.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// How long answers are believed, instead of `introspection_lifetime`. Zero asks for every request.
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.remembered = Remembered::new(lifetime, limits::INTROSPECTION_CACHE);
        self
    }

    /// The client that asks, instead of the one that is built in.
    pub fn fetch_with(mut self, client: impl Fetch + 'static) -> Self {
        self.fetcher = Fetcher::new(client);
        self
    }

    async fn check(&self, token: &AccessToken) -> Answer {
        let fingerprint = token.fingerprint();
        if let Some(answer) = self.remembered.get(&fingerprint) {
            return answer;
        }
        let turn = self.asking.acquire().await;
        let _turn = turn.map_err(|_| Refusal::unavailable("the verifier was closed"))?;
        // Somebody may have asked while this waited for its turn.
        if let Some(answer) = self.remembered.get(&fingerprint) {
            return answer;
        }
        let answer = self.ask(token).await.map_err(Refusal::unavailable)?;
        let answer = self.understood(answer);
        self.remembered.put(fingerprint, &answer);
        answer
    }

    async fn ask(&self, token: &AccessToken) -> Result<JsonObject, String> {
        let uri = self.found.get_or_try_init(|| self.place()).await?;
        let mut form = format!("token={}&token_type_hint=access_token", form_encoded(token.as_str()));
        let request = Request::post(uri).header(ACCEPT, "application/json");
        let mut request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let (id, secret) = (form_encoded(&self.client.id), form_encoded(&self.client.secret));
        if self.client.in_body {
            form = format!("{form}&client_id={id}&client_secret={secret}");
        } else {
            let basic = BASE64.encode(format!("{id}:{secret}").as_bytes());
            let mut value = HeaderValue::from_str(&format!("Basic {basic}")).map_err(|error| error.to_string())?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        let request = request.body(form.into_bytes()).map_err(|error| format!("{uri}: {error}"))?;
        self.fetcher.ask(uri, request).await
    }

    async fn place(&self) -> Result<Uri, String> {
        if let Some(given) = &self.given {
            return checked("introspection endpoint", given);
        }
        let known = endpoints(&self.fetcher, &self.issuer).await?;
        known.introspection.ok_or_else(|| format!("the metadata of {} names no introspection_endpoint", self.issuer))
    }

    fn understood(&self, answer: JsonObject) -> Answer {
        // Anything but a clear yes is a no.
        if Json::from(answer.clone()).get(&["active"]).is_none_or(|active| active.as_str() != "true") {
            return Err(Refusal::invalid("the token is not active"));
        }
        let claims = read(answer, SystemTime::now(), self.leeway)?;
        match &claims.issuer {
            Some(other) if *other != self.issuer => {
                Err(Refusal::invalid(format!("the token was not issued by {}", self.issuer)))
            }
            _ => Ok(claims),
        }
    }
}

impl TokenVerifier for IntrospectionVerifier {
    fn verify<'a>(&'a self, token: &'a AccessToken) -> Verifying<'a> {
        Box::pin(self.check(token))
    }

    fn issuers(&self) -> Vec<String> {
        vec![self.issuer.clone()]
    }

    fn check_setup(&self) -> Result<(), Error> {
        let place = match &self.given {
            Some(given) => checked("introspection endpoint", given),
            None => checked("issuer", &self.issuer),
        };
        place.map(|_| ()).map_err(Error::Setup)
    }
}

impl fmt::Debug for IntrospectionVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntrospectionVerifier")
            .field("issuer", &self.issuer)
            .field("client_id", &self.client.id)
            .field("endpoint", &self.given)
            .finish_non_exhaustive()
    }
}

/// As `application/x-www-form-urlencoded` has it; a space becomes `%20`, which is read as one too.
fn form_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._*".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_form_cannot_carry_is_encoded() {
        let table =
            [("abc-._*1", "abc-._*1"), ("a+b/c=", "a%2Bb%2Fc%3D"), ("a b&c", "a%20b%26c"), ("ä:~", "%C3%A4%3A%7E")];
        for (text, encoded) in table {
            assert_eq!(form_encoded(text), encoded);
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let verifier = IntrospectionVerifier::new("https://auth.example.com", "me", "hunter2");
        assert!(!format!("{verifier:?}").contains("hunter2"));
    }
}
