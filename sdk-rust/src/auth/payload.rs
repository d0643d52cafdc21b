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
