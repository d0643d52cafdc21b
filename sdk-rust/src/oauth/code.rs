//! A user is asked: the authorization code grant with PKCE, and what has to hold before a code is believed.
//! <https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/index#authorization-flow-steps>

use std::borrow::Cow;

use form_urlencoded::Serializer;
use http::Uri;

use super::grant::Asking;
use super::identity::Client;
use super::metadata::AuthorizationServer;
use super::refusal::{Refusal, quoted};
use super::registration::{Registration, register};
use super::scopes::OFFLINE;
use super::secret::{Secret, digest, drawn};
use super::token::Answer;
use super::user_agent::UserAgent;
use crate::auth::address::checked;

/// One visit of a user: what is remembered of it until they are back.
struct Visiting<'a> {
    server: &'a AuthorizationServer,
    client: &'a Client,
    redirect_uri: &'a str,
    state: Secret,
    verifier: Secret,
}

/// A token for a user's yes, and the client that it was given to.
pub(super) async fn authorize(asking: &Asking<'_>, agent: &dyn UserAgent) -> Result<(Answer, Client), Refusal> {
    let server = asking.server;
    let endpoint = server.authorization.as_ref();
    let endpoint =
        endpoint.ok_or_else(|| format!("the metadata of {} names no authorization_endpoint", server.issuer))?;
    if !server.has_s256 {
        return Err(Refusal::Failed(format!(
            "{}: code_challenge_methods_supported: expected S256: without it a code that is stolen is a token",
            server.issuer
        )));
    }
    let visit = asking.setup.bounded("a place to come back to", agent.begin()).await?;
    let redirect_uri = visit.redirect_uri().to_owned();
    checked("redirect address", &redirect_uri)?;
    let client = client(asking, &redirect_uri).await?;
    let (state, verifier) = (Secret::new(drawn()?), Secret::new(drawn()?));
    let visiting = Visiting { server, client: &client, redirect_uri: &redirect_uri, state, verifier };
    let showing = visit.show(visiting.address(endpoint, asking)?);
    let back = asking.setup.bounded("the user's way back", showing).await?;
    let code = visiting.code(&back)?;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", &redirect_uri),
        ("code_verifier", visiting.verifier.as_str()),
        ("resource", asking.resource),
    ];
    let answer = asking.endpoint(&client).ask(&form).await?;
    Ok((answer, client))
}

/// The client that asks: the program's own, a document that says what it is, or one that is registered for it.
/// <https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/client-registration>
async fn client(asking: &Asking<'_>, redirect_uri: &str) -> Result<Client, String> {
    let (setup, server) = (asking.setup, asking.server);
    if let Some(client) = asking.given()? {
        return Ok(client);
    }
    if let Some(document) = setup.document.as_ref().filter(|_| server.reads_client_documents) {
        return document.at(server);
    }
    if let Some(known) = setup.kept::<Registration>(&setup.registration_key(&server.issuer)).await?
        && known.serves(redirect_uri)
    {
        return Ok(known.client);
    }
    let Some(endpoint) = &server.registration else {
        let hint = if server.reads_client_documents { " or OAuthBuilder::client_id_metadata" } else { "" };
        return Err(format!(
            "{}: clients cannot register themselves there: have one registered, and name it with \
             OAuthBuilder::client{hint}",
            server.issuer
        ));
    };
    let dpop = asking.proofs.is_some();
    let new = register(&setup.fetcher, server, endpoint, &setup.client_name, redirect_uri, dpop).await?;
    setup.keep(&setup.registration_key(&server.issuer), Some(&new)).await;
    Ok(new.client)
}

impl Visiting<'_> {
    /// Where the user is sent.
    fn address(&self, endpoint: &Uri, asking: &Asking<'_>) -> Result<String, String> {
        let mut scopes = asking.scopes.to_vec();
        let offline = self.server.renews() && self.server.scopes.iter().any(|scope| scope == OFFLINE);
        let mut query = Serializer::new(String::new());
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client.id)
            .append_pair("redirect_uri", self.redirect_uri)
            .append_pair("state", self.state.as_str())
            .append_pair("code_challenge", &digest(self.verifier.as_str()))
            .append_pair("code_challenge_method", "S256")
            .append_pair("resource", asking.resource);
        if let Some(proofs) = asking.proofs {
            query.append_pair("dpop_jkt", &proofs.thumbprint()?);
        }
        if offline {
            scopes.push(OFFLINE.to_owned());
            // OpenID Connect gives it to users alone who were asked.
            query.append_pair("prompt", "consent");
        }
        if !scopes.is_empty() {
            query.append_pair("scope", &scopes.join(" "));
        }
        let joint = if endpoint.query().is_some() { '&' } else { '?' };
        Ok(format!("{endpoint}{joint}{}", query.finish()))
    }

    /// The code that the user came back with. Whoever sent them back has to be who they were sent to, before anything
    /// of what they say is looked at or shown.
    fn code(&self, back: &str) -> Result<Secret, String> {
        let query = back.trim().split_once('?').map_or("", |(_, query)| query);
        let query = query.split_once('#').map_or(query, |(query, _)| query);
        let one = |name: &str| -> Result<Option<Cow<'_, str>>, String> {
            let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name);
            let value = values.next().map(|(_, value)| value);
            match values.next() {
                Some(_) => Err(format!("the user came back with {name} twice")),
                None => Ok(value),
            }
        };
        if one("state")?.as_deref() != Some(self.state.as_str()) {
            return Err(String::from("the user came back with another state than they were sent with"));
        }
        match one("iss")? {
            Some(issuer) if issuer != self.server.issuer => {
                return Err(format!("the user came back from another issuer (iss) than {:?}", self.server.issuer));
            }
            None if self.server.sends_iss => {
                return Err(format!("the user came back without iss, which {:?} says it sends", self.server.issuer));
            }
            _ => {}
        }
        if let Some(error) = one("error")? {
            return Err(quoted(&error, one("error_description")?.as_deref()));
        }
        match one("code")? {
            Some(code) if !code.is_empty() => Ok(Secret::new(code)),
            _ => Err(String::from("the user came back without a code")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::identity::Method;
    use super::*;

    const ISSUER: &str = "https://a.example";

    fn code(back: &str, sends_iss: bool) -> Result<Secret, String> {
        let mut server = AuthorizationServer::unsaid(&ISSUER.parse().unwrap()).unwrap();
        server.sends_iss = sends_iss;
        let client = Client { id: "c".into(), method: Method::None, secret: None, key: None, given: true };
        let (state, verifier) = (Secret::new("s"), Secret::new("v"));
        Visiting { server: &server, client: &client, redirect_uri: "x", state, verifier }.code(back)
    }

    #[test]
    fn a_code_is_believed_only_from_whoever_was_asked_for_it() {
        const ISS: &str = "iss=https%3A%2F%2Fa.example";
        let table = [
            (format!("code=x&state=s&{ISS}"), true, ""),
            ("code=x&state=s".into(), false, ""),
            (format!("code=x&state=s&{ISS}"), false, ""),
            ("code=x&state=s".into(), true, "without iss"),
            (format!("code=x&state=s&{ISS}%2F"), true, "another issuer"),
            ("code=x&state=s&iss=https%3A%2F%2FA.example".into(), true, "another issuer"),
            ("code=x&state=s&iss=https%3A%2F%2Fevil.example".into(), false, "another issuer"),
            ("code=x&state=s&iss=".into(), false, "another issuer"),
            (format!("code=x&state=s&{ISS}&iss=https%3A%2F%2Fevil.example"), true, "twice"),
            ("code=x&state=t".into(), false, "another state"),
            ("code=x".into(), false, "another state"),
            ("code=x&state=s&state=s".into(), false, "twice"),
            ("code=x&code=y&state=s".into(), false, "twice"),
            ("state=s&error=access_denied&error_description=no%21".into(), false, r#""access_denied": "no!""#),
            // Words of a stranger are not shown.
            ("state=s&error=evil&iss=https%3A%2F%2Fevil.example".into(), false, "another issuer"),
            ("state=t&error=evil".into(), false, "another state"),
            ("state=s&code=".into(), false, "without a code"),
            (String::new(), false, "another state"),
        ];
        for (query, sends_iss, expected) in table {
            let found = code(&format!("http://127.0.0.1:1/callback?{query}#_=_\n"), sends_iss);
            let wrong = found.as_ref().err().cloned().unwrap_or_default();
            assert!(wrong.contains(expected) && found.is_ok() == expected.is_empty(), "{query}: {found:?}");
            assert!(!wrong.contains("evil"), "{wrong}");
        }
    }
}
