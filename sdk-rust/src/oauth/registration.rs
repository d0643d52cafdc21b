//! A client makes itself known to an authorization server that has never heard of it.
//! <https://www.rfc-editor.org/rfc/rfc7591.html>

use std::time::SystemTime;

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Request, StatusCode, Uri};
use serde::{Deserialize, Serialize};

use super::identity::{Client, Method};
use super::metadata::AuthorizationServer;
use super::refusal::Refusal;
use super::secret::Secret;
use super::token::seconds;
use crate::auth::address::is_loopback;
use crate::auth::fetch::{Fetcher, object};

/// What a client says of itself.
#[derive(Serialize)]
struct Wanted<'a> {
    client_name: &'a str,
    redirect_uris: [&'a str; 1],
    grant_types: &'a [&'a str],
    response_types: [&'a str; 1],
    token_endpoint_auth_method: &'a str,
    application_type: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dpop_bound_access_tokens: bool,
}

/// What the authorization server makes of it.
#[derive(Deserialize)]
struct Given {
    client_id: String,
    client_secret: Option<Secret>,
    client_secret_expires_at: Option<u64>,
    token_endpoint_auth_method: Option<String>,
}

/// A client that made itself known.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Registration {
    pub(super) client: Client,
    /// Where its users come back to.
    redirect_uri: String,
    /// Seconds after 1970; 0 for never.
    expires_at: u64,
}

impl Registration {
    /// Whether it is good for this.
    pub(super) fn serves(&self, redirect_uri: &str) -> bool {
        self.redirect_uri == redirect_uri && (self.expires_at == 0 || self.expires_at > seconds(SystemTime::now()))
    }
}

/// Registers at this endpoint.
pub(super) async fn register(
    fetcher: &Fetcher,
    server: &AuthorizationServer,
    endpoint: &Uri,
    name: &str,
    redirect_uri: &str,
    dpop: bool,
) -> Result<Registration, String> {
    let method = method(server)?;
    let grants: &[&str] =
        if server.renews() { &["authorization_code", "refresh_token"] } else { &["authorization_code"] };
    let wanted = Wanted {
        client_name: name,
        redirect_uris: [redirect_uri],
        grant_types: grants,
        response_types: ["code"],
        token_endpoint_auth_method: method.name(),
        application_type: application_type(redirect_uri),
        dpop_bound_access_tokens: dpop,
    };
    let body = serde_json::to_vec(&wanted).map_err(|error| format!("the registration has no JSON form: {error}"))?;
    let request = Request::post(endpoint).header(ACCEPT, "application/json").header(CONTENT_TYPE, "application/json");
    let request = request.body(body).map_err(|error| format!("{endpoint}: {error}"))?;
    let answer = fetcher.send(endpoint, request).await?;
    if answer.status() != StatusCode::CREATED && answer.status() != StatusCode::OK {
        let why = Refusal::of(endpoint, &answer).into_words();
        return Err(format!("the client cannot be registered with the redirect address {redirect_uri:?}: {why}"));
    }
    // What is wrong with it is told without its text: a secret may be in it.
    let given: Given = object(endpoint, answer.body())
        .ok()
        .and_then(|given| given.to().ok())
        .ok_or_else(|| format!("{endpoint}: the answer is no registration"))?;
    let method = match given.token_endpoint_auth_method {
        Some(name) => Method::of(&name).ok_or_else(|| {
            format!("{endpoint}: token_endpoint_auth_method: expected {}, found another one", method.name())
        })?,
        None => method,
    };
    let client = Client { id: given.client_id, method, secret: given.client_secret, key: None, given: false };
    Ok(Registration {
        client,
        redirect_uri: redirect_uri.to_owned(),
        expires_at: given.client_secret_expires_at.unwrap_or_default(),
    })
}

/// How it wants to prove who it is: not at all where that is taken, since a secret on a user's machine is none.
fn method(server: &AuthorizationServer) -> Result<Method, String> {
    let able = [Method::None, Method::ClientSecretBasic, Method::ClientSecretPost];
    able.into_iter().find(|method| method.is_taken(server)).ok_or_else(|| {
        format!("{}: a client that registers itself cannot prove itself in a way that is taken there", server.issuer)
    })
}

/// Whether its users come back to a program or to a site.
fn application_type(redirect_uri: &str) -> &'static str {
    match redirect_uri.parse::<Uri>() {
        Ok(uri) if matches!(uri.scheme_str(), Some("http" | "https")) && !is_loopback(&uri) => "web",
        _ => "native",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_back_to_this_machine_has_a_native_client() {
        let table = [
            ("http://127.0.0.1:4711/callback", "native"),
            ("http://localhost:3000/callback", "native"),
            ("http://[::1]/callback", "native"),
            ("com.example.app:/callback", "native"),
            ("https://app.example.com/callback", "web"),
        ];
        for (redirect_uri, expected) in table {
            assert_eq!(application_type(redirect_uri), expected, "{redirect_uri}");
        }
    }
}
