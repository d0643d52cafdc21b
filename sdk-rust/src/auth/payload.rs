//! What the claims of a token, or an authorization server's answer about it, mean. The same for both: RFC 7662 took
//! its names from RFC 7519.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Refusal;
use crate::context::Claims;
use crate::wire::JsonObject;

/// The claims that mean something here. A wrong kind of value, or a name given twice, is refused.
#[derive(Deserialize)]
struct Known {
    sub: Option<String>,
    client_id: Option<String>,
    azp: Option<String>,
    iss: Option<String>,
    aud: Option<OneOrMore>,
    scope: Option<OneOrMore>,
    scp: Option<OneOrMore>,
    exp: Option<f64>,
    nbf: Option<f64>,
    cnf: Option<IgnoredAny>,
}

/// A text, or a list of texts.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    fn into_list(self) -> Vec<String> {
        match self {
            OneOrMore::One(one) => vec![one],
            OneOrMore::More(more) => more,
        }
    }
}

/// Reads claims, and refuses those that are not valid at this time.
pub(super) fn read(all: JsonObject, now: SystemTime, leeway: Duration) -> Result<Claims, Refusal> {
    let known: Known = all.to().map_err(|_| Refusal::invalid("what the token says cannot be read"))?;
    // Such a token is worth nothing without a proof that goes with it (RFC 8705, RFC 9449): a thief has none.
    if known.cnf.is_some() {
        return Err(Refusal::invalid(
            "the token is bound to a key or a certificate and cannot be used as a bearer token",
        ));
    }
    let expires_at = known.exp.map(moment).transpose()?;
    in_time(expires_at, now, leeway)?;
    if known.nbf.map(moment).transpose()?.is_some_and(|begins| begins > later(now, leeway)) {
        return Err(Refusal::invalid("the token is not yet valid"));
    }
    let mut scopes: Vec<String> = Vec::new();
    for text in [known.scope, known.scp].into_iter().flatten().flat_map(OneOrMore::into_list) {
        for scope in text.split(' ').filter(|scope| !scope.is_empty()) {
            if !scopes.iter().any(|known| known == scope) {
                scopes.push(scope.to_owned());
            }
        }
    }
    Ok(Claims {
        subject: known.sub,
        client_id: known.client_id.or(known.azp),
        issuer: known.iss,
        audience: known.aud.map(OneOrMore::into_list).unwrap_or_default(),
        scopes,
        expires_at,
        all,
    })
}

/// Refuses what has expired.
pub(super) fn in_time(expires_at: Option<SystemTime>, now: SystemTime, leeway: Duration) -> Result<(), Refusal> {
    match expires_at {
        Some(end) if later(end, leeway) <= now => Err(Refusal::invalid("the token has expired")),
        _ => Ok(()),
    }
}

/// A moment plus a while; the moment itself where the clock ends before.
fn later(moment: SystemTime, by: Duration) -> SystemTime {
    moment.checked_add(by).unwrap_or(moment)
}

/// The moment of so many seconds after 1970.
fn moment(seconds: f64) -> Result<SystemTime, Refusal> {
    let since = Duration::try_from_secs_f64(seconds).ok();
    since
        .and_then(|since| UNIX_EPOCH.checked_add(since))
        .ok_or_else(|| Refusal::invalid("the token names a time that there is not"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Claims, Refusal> {
        let now = UNIX_EPOCH + Duration::from_secs(1000);
        read(JsonObject::from_text(text).unwrap(), now, Duration::from_secs(30))
    }

    #[test]
    fn claims_are_read_in_all_their_spellings() {
        let table = [
            (r#"{"sub":"u","azp":"c","iss":"i"}"#, (Some("u"), Some("c"), Some("i")), "", ""),
            (r#"{"client_id":"c","azp":"d"}"#, (None, Some("c"), None), "", ""),
            (r#"{"aud":"a","scope":"x  y x"}"#, (None, None, None), "a", "x y"),
            (r#"{"aud":["a","b"],"scp":["x","y z"]}"#, (None, None, None), "a b", "x y z"),
            (r#"{"scope":"x","scp":"y x","aud":null,"exp":null}"#, (None, None, None), "", "x y"),
            (r#"{"sub":"\u0075","more":{"a":[1]}}"#, (Some("u"), None, None), "", ""),
        ];
        for (text, (subject, client, issuer), audience, scopes) in table {
            let claims = of(text).unwrap();
            assert_eq!(claims.subject.as_deref(), subject, "{text}");
            assert_eq!(claims.client_id.as_deref(), client, "{text}");
            assert_eq!(claims.issuer.as_deref(), issuer, "{text}");
            assert_eq!(claims.audience.join(" "), audience, "{text}");
            assert_eq!(claims.scopes.join(" "), scopes, "{text}");
            assert_eq!(claims.all.as_str(), JsonObject::from_text(text).unwrap().as_str());
        }
    }

    #[test]
    fn what_is_out_of_time_or_cannot_be_read_is_refused() {
        let table = [
            (r#"{"exp":971}"#, ""),
            (r#"{"exp":970}"#, "has expired"),
            (r#"{"exp":970.5}"#, ""),
            (r#"{"exp":0}"#, "has expired"),
            (r#"{"exp":1e300}"#, "a time that there is not"),
            (r#"{"exp":-1}"#, "a time that there is not"),
            (r#"{"exp":"2000"}"#, "cannot be read"),
            (r#"{"nbf":1030}"#, ""),
            (r#"{"nbf":1031}"#, "not yet valid"),
            (r#"{"iss":["i"]}"#, "cannot be read"),
            (r#"{"aud":[1]}"#, "cannot be read"),
            (r#"{"sub":"a","sub":"b"}"#, "cannot be read"),
            (r#"{"cnf":{"jkt":"x"}}"#, "bound to a key"),
        ];
        for (text, why) in table {
            match of(text) {
                Ok(_) => assert_eq!(why, "", "{text}"),
                Err(found) => assert!(!why.is_empty() && found.to_string().contains(why), "{text}: {found}"),
            }
        }
    }
}
