//! An access token: what an authorization server's answer says of it, what is kept of it, and when it is due.
//! <https://www.rfc-editor.org/rfc/rfc6749.html#section-5.1>

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderValue;
use serde::{Deserialize, Serialize};

use super::identity::Client;
use super::scopes::words;
use super::secret::Secret;
use crate::protocol::limits;

/// An access token, whom it is from and whom it is for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Token {
    pub(super) access: Secret,
    /// Bound to the client's key.
    pub(super) bound: bool,
    pub(super) refresh: Option<Secret>,
    /// Seconds after 1970; none if nobody knows.
    expires_at: Option<u64>,
    /// From when on it is better renewed.
    due_at: Option<u64>,
    /// What it allows.
    pub(super) granted: Vec<String>,
    /// What was asked for so far.
    pub(super) requested: Vec<String>,
    pub(super) issuer: String,
    pub(super) resource: String,
    pub(super) client: Client,
}

/// What goes into a token besides the answer.
pub(super) struct Origin {
    /// What it allows if the answer does not say.
    pub(super) granted: Vec<String>,
    pub(super) requested: Vec<String>,
    pub(super) issuer: String,
    pub(super) resource: String,
    pub(super) client: Client,
}

/// An authorization server's answer.
#[derive(Deserialize)]
pub(super) struct Answer {
    pub(super) access_token: Secret,
    pub(super) token_type: String,
    expires_in: Option<Seconds>,
    refresh_token: Option<Secret>,
    pub(super) scope: Option<String>,
    pub(super) issued_token_type: Option<String>,
}

/// A number of seconds, which some send as a text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Seconds {
    Number(f64),
    Text(String),
}

impl Seconds {
    fn get(&self) -> Option<Duration> {
        let seconds = match self {
            Seconds::Number(seconds) => *seconds,
            Seconds::Text(text) => text.parse().ok()?,
        };
        Duration::try_from_secs_f64(seconds).ok()
    }
}

impl Token {
    /// The token of an answer; why it is none that can be used.
    pub(super) fn new(answer: Answer, wants_bound: bool, origin: Origin, now: SystemTime) -> Result<Self, String> {
        let bound = answer.token_type.eq_ignore_ascii_case("DPoP");
        if !bound && !answer.token_type.eq_ignore_ascii_case("Bearer") {
            return Err(String::from("token_type: expected Bearer or DPoP, found another one"));
        }
        if bound != wants_bound {
            return Err(match wants_bound {
                true => String::from("the token is not bound to the client's key, though that was asked for"),
                false => String::from("the token is bound to a key, though nobody asked for that"),
            });
        }
        header("Bearer", answer.access_token.as_str())?;
        let lifetime = answer.expires_in.as_ref().and_then(Seconds::get);
        let after = |wait: Duration| now.checked_add(wait).map(seconds);
        Ok(Token {
            expires_at: lifetime.and_then(after),
            // Of a short life the first half is used.
            due_at: lifetime.map(|all| all - limits::TOKEN_LEEWAY.min(all / 2)).and_then(after),
            granted: answer.scope.map_or(origin.granted, |scope| words(&scope)),
            access: answer.access_token,
            refresh: answer.refresh_token,
            bound,
            requested: origin.requested,
            issuer: origin.issuer,
            resource: origin.resource,
            client: origin.client,
        })
    }

    /// What of an older token is still good when this one came instead of it.
    pub(super) fn renewing(mut self, old: &Token) -> Self {
        self.refresh = self.refresh.or_else(|| old.refresh.clone());
        self
    }

    /// It as it is kept.
    pub(super) fn kept(&self) -> Self {
        Token { client: self.client.kept(), ..self.clone() }
    }

    pub(super) fn is_due(&self, now: SystemTime) -> bool {
        self.due_at.is_some_and(|due| due <= seconds(now))
    }

    pub(super) fn is_over(&self, now: SystemTime) -> bool {
        self.expires_at.is_some_and(|end| end <= seconds(now))
    }

    /// The header of a request with it.
    pub(super) fn header(&self) -> Result<HeaderValue, String> {
        header(if self.bound { "DPoP" } else { "Bearer" }, self.access.as_str())
    }
}

fn header(scheme: &str, token: &str) -> Result<HeaderValue, String> {
    let visible = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    let value = HeaderValue::from_str(&format!("{scheme} {token}")).ok().filter(|_| visible);
    let mut value = value.ok_or("access_token: expected visible characters, found others")?;
    value.set_sensitive(true);
    Ok(value)
}

/// Seconds after 1970.
pub(super) fn seconds(moment: SystemTime) -> u64 {
    moment.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::super::identity::Method;
    use super::*;

    fn token(answer: &str, bound: bool) -> Result<Token, String> {
        let client = Client { id: "c".into(), method: Method::None, secret: None, key: None, given: true };
        let (granted, requested) = (words("a"), words("a b"));
        let origin = Origin { granted, requested, issuer: "i".into(), resource: "r".into(), client };
        let answer = serde_json::from_str(answer).map_err(|_| String::from("no answer"))?;
        Token::new(answer, bound, origin, UNIX_EPOCH + Duration::from_secs(1000))
    }

    #[test]
    fn a_token_is_what_was_asked_for_or_not_used() {
        let table = [
            (r#"{"access_token":"t","token_type":"bearer"}"#, false, ""),
            (r#"{"access_token":"t","token_type":"DPoP"}"#, true, ""),
            (r#"{"access_token":"t","token_type":"Bearer"}"#, true, "not bound"),
            (r#"{"access_token":"t","token_type":"DPoP"}"#, false, "is bound"),
            (r#"{"access_token":"t","token_type":"mac"}"#, false, "another one"),
            (r#"{"access_token":"","token_type":"Bearer"}"#, false, "visible"),
            (r#"{"access_token":"a b","token_type":"Bearer"}"#, false, "visible"),
            (r#"{"access_token":"a\r\nx: y","token_type":"Bearer"}"#, false, "visible"),
            (r#"{"token_type":"Bearer"}"#, false, "no answer"),
        ];
        for (answer, bound, expected) in table {
            let found = token(answer, bound).map(drop).err().unwrap_or_default();
            assert!(found.contains(expected) && found.is_empty() == expected.is_empty(), "{answer}: {found}");
        }
    }

    #[test]
    fn a_token_is_due_before_it_ends() {
        let table = [
            (r#","expires_in":3600"#, Some((4570, 4600))),
            (r#","expires_in":"3600""#, Some((4570, 4600))),
            (r#","expires_in":10"#, Some((1005, 1010))),
            (r#","expires_in":0"#, Some((1000, 1000))),
            (r#","expires_in":-5"#, None),
            (r#","expires_in":1e300"#, None),
            ("", None),
        ];
        for (member, expected) in table {
            let token = token(&format!(r#"{{"access_token":"t","token_type":"Bearer"{member}}}"#), false).unwrap();
            assert_eq!(token.due_at.zip(token.expires_at), expected, "{member}");
            if let Some((due, end)) = expected {
                let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
                assert!(token.is_due(at(due)) && !token.is_due(at(due - 1)), "{member}");
                assert!(token.is_over(at(end)) && !token.is_over(at(end - 1)), "{member}");
            }
        }
    }

    #[test]
    fn a_token_is_not_shown() {
        let token =
            token(r#"{"access_token":"hunter2","token_type":"Bearer","refresh_token":"hunter3"}"#, false).unwrap();
        assert!(!format!("{token:?} {:?}", token.header()).contains("hunter"), "{token:?}");
    }
}
