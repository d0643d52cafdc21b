//! Asking a token endpoint: who asks, by which proof, and what became of it.
//! <https://www.rfc-editor.org/rfc/rfc6749.html#section-3.2>

use std::time::SystemTime;

use data_encoding::BASE64;
use form_urlencoded::Serializer;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method as HttpMethod, Request, Response, StatusCode, Uri};
use serde::Serialize;

use super::dpop::{PROOF, Proofs};
use super::identity::{Client, Method};
use super::refusal::Refusal;
use super::secret::{Secret, drawn};
use super::token::{Answer, seconds};
use crate::auth::fetch::{Fetcher, object};
use crate::protocol::limits;

const SIGNED: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A token endpoint, as one client sees it.
pub(super) struct Endpoint<'a> {
    pub(super) fetcher: &'a Fetcher,
    pub(super) uri: &'a Uri,
    /// Whose endpoint it is: what is signed, is signed for it.
    pub(super) issuer: &'a str,
    pub(super) client: &'a Client,
    /// The key that the token is to be bound to.
    pub(super) proofs: Option<&'a Proofs>,
}

/// What a client signs to say who it is.
#[derive(Serialize)]
struct Statement<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    jti: String,
    iat: u64,
    exp: u64,
}

impl Endpoint<'_> {
    /// Asks with this form. For want of a nonce it is asked once more.
    pub(super) async fn ask(&self, form: &[(&str, &str)]) -> Result<Answer, Refusal> {
        let mut answer = self.send(form).await?;
        if self.wants_nonce(&answer.0, &answer.1) {
            answer = self.send(form).await?;
        }
        let (_, answer) = answer;
        if let Some(proofs) = self.proofs {
            proofs.accepted(self.uri, answer.headers());
        }
        let refusal = Refusal::of(self.uri, &answer);
        let token = object(self.uri, answer.body()).ok().and_then(|found| found.to().ok());
        match (token, refusal) {
            (Some(token), _) if answer.status().is_success() => Ok(token),
            // What is wrong with it is told without its text: a token may be in it.
            (None, Refusal::Failed(_)) if answer.status().is_success() => {
                Err(Refusal::Failed(format!("{}: the answer is no token", self.uri)))
            }
            (_, refusal) => Err(refusal),
        }
    }

    async fn send(&self, form: &[(&str, &str)]) -> Result<(http::HeaderMap, Response<Vec<u8>>), String> {
        let request = self.request(form)?;
        let sent = request.headers().clone();
        Ok((sent, self.fetcher.send(self.uri, request).await?))
    }

    fn wants_nonce(&self, sent: &http::HeaderMap, answer: &Response<Vec<u8>>) -> bool {
        let Some(proofs) = self.proofs.filter(|_| answer.status() == StatusCode::BAD_REQUEST) else { return false };
        matches!(Refusal::of(self.uri, answer), Refusal::Said { code, .. } if code == "use_dpop_nonce")
            && proofs.refused(self.uri, sent, answer.headers())
    }

    fn request(&self, form: &[(&str, &str)]) -> Result<Request<Vec<u8>>, String> {
        let mut body = Serializer::new(String::new());
        body.extend_pairs(form);
        let mut request = Request::post(self.uri).header(ACCEPT, "application/json");
        request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let secret = self.client.secret.as_ref().map(Secret::as_str).unwrap_or_default();
        match self.client.method {
            Method::None => drop(body.append_pair("client_id", &self.client.id)),
            Method::ClientSecretPost => {
                body.append_pair("client_id", &self.client.id).append_pair("client_secret", secret);
            }
            Method::ClientSecretBasic => request = request.header(AUTHORIZATION, basic(&self.client.id, secret)?),
            Method::PrivateKeyJwt => {
                body.append_pair("client_assertion_type", SIGNED).append_pair("client_assertion", &self.statement()?);
            }
        }
        if let Some(proofs) = self.proofs {
            request = request.header(PROOF, proofs.prove(&HttpMethod::POST, self.uri, None)?);
        }
        request.body(body.finish().into_bytes()).map_err(|error| format!("{}: {error}", self.uri))
    }

    fn statement(&self) -> Result<String, String> {
        let key = self.client.key.as_ref();
        let key = key.ok_or_else(|| format!("{}: the private key of the client is not here", self.client.id))?;
        let (id, now) = (self.client.id.as_str(), seconds(SystemTime::now()));
        let exp = now + limits::ASSERTION_LIFETIME.as_secs();
        let statement = Statement { iss: id, sub: id, aud: self.issuer, jti: drawn()?, iat: now, exp };
        key.sign("JWT", None, &statement)
    }
}

/// Id and secret in the header, each encoded as in a form before.
fn basic(id: &str, secret: &str) -> Result<HeaderValue, String> {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = BASE64.encode(format!("{}:{}", encoded(id), encoded(secret)).as_bytes());
    let mut value =
        HeaderValue::from_str(&format!("Basic {pair}")).map_err(|_| "no header of the secret".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_and_secret_are_encoded_before_they_are_joined() {
        let value = basic("a:b", "s/ü =").unwrap();
        let pair = value.to_str().unwrap().strip_prefix("Basic ").unwrap();
        assert_eq!(BASE64.decode(pair.as_bytes()).unwrap(), b"a%3Ab:s%2F%C3%BC+%3D");
        assert!(value.is_sensitive());
    }
}
