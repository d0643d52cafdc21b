//! What a client shows for a token: a user's yes, what it is itself, or what somebody else says of it.

use std::sync::Arc;

use super::assertion::{Assertion, IdentityProvider};
use super::builder::Setup;
use super::code;
use super::discovery::authorization_server;
use super::dpop::Proofs;
use super::endpoint::Endpoint;
use super::identity::Client;
use super::metadata::{AuthorizationServer, reachable};
use super::refusal::Refusal;
use super::token::Answer;
use super::user_agent::UserAgent;
use crate::auth::address::checked;

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const ID_JAG: &str = "urn:ietf:params:oauth:token-type:id-jag";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";

/// How tokens are got.
#[derive(Clone)]
pub(super) enum Grant {
    AuthorizationCode(Arc<dyn UserAgent>),
    ClientCredentials,
    JwtBearer(Assertion),
    Enterprise(IdentityProvider),
}

/// What is asked for, and where.
pub(super) struct Asking<'a> {
    pub(super) setup: &'a Setup,
    pub(super) resource: &'a str,
    pub(super) server: &'a AuthorizationServer,
    pub(super) scopes: &'a [String],
    /// The key that the token is to be bound to.
    pub(super) proofs: Option<&'a Proofs>,
    /// The authorization server that the program's client belongs to, where the program did not say.
    pub(super) bound: Option<&'a str>,
}

impl Asking<'_> {
    /// A token, and the client that it was given to.
    pub(super) async fn token(&self) -> Result<(Answer, Client), Refusal> {
        let scope = self.scopes.join(" ");
        match &self.setup.grant {
            Grant::AuthorizationCode(agent) => code::authorize(self, &**agent).await,
            Grant::ClientCredentials => self.shown("client_credentials", &[], &scope).await,
            Grant::JwtBearer(assertion) => {
                let assertion = self.said(assertion, &self.server.issuer).await?;
                self.shown(JWT_BEARER, &[("assertion", &assertion)], &scope).await
            }
            Grant::Enterprise(provider) => {
                let grant = self.exchanged(provider, &scope).await?;
                // The enterprise may allow less than was asked for.
                let scope = grant.scope.unwrap_or(scope);
                self.shown(JWT_BEARER, &[("assertion", grant.access_token.as_str())], &scope).await
            }
        }
    }

    /// The program's client, if it has one for this authorization server. One server's client is never shown to another.
    pub(super) fn given(&self) -> Result<Option<Client>, String> {
        let Some(identity) = &self.setup.identity else { return Ok(None) };
        let own = identity.issuer.as_deref().or(self.bound);
        match own.filter(|own| *own != self.server.issuer) {
            Some(own) => Err(format!(
                "the server wants tokens of {:?} now, and the client {:?} belongs to {own:?}: register it there, and \
                 say so with ClientIdentity::issuer",
                self.server.issuer, identity.id
            )),
            None => identity.at(self.server).map(Some),
        }
    }

    pub(super) fn endpoint<'e>(&'e self, client: &'e Client) -> Endpoint<'e> {
        Endpoint {
            fetcher: &self.setup.fetcher,
            uri: &self.server.token,
            issuer: &self.server.issuer,
            client,
            proofs: self.proofs,
        }
    }

    /// What somebody says, for this issuer; without the line's end that files have.
    async fn said(&self, assertion: &Assertion, issuer: &str) -> Result<String, String> {
        let said = self.setup.bounded("the assertion", assertion.get(issuer)).await?;
        Ok(said.trim().to_owned())
    }

    /// Asks with what there is to show, and without a user.
    async fn shown(&self, grant: &str, shown: &[(&str, &str)], scope: &str) -> Result<(Answer, Client), Refusal> {
        let client = self.given()?.ok_or_else(|| String::from("the program has no client: see ClientIdentity"))?;
        let mut form = vec![("grant_type", grant), ("resource", self.resource)];
        form.extend_from_slice(shown);
        if !scope.is_empty() {
            form.push(("scope", scope));
        }
        let answer = self.endpoint(&client).ask(&form).await?;
        Ok((answer, client))
    }

    /// What the identity provider says of its user, for this authorization server.
    /// <https://datatracker.ietf.org/doc/draft-ietf-oauth-identity-assertion-authz-grant/>
    async fn exchanged(&self, provider: &IdentityProvider, scope: &str) -> Result<Answer, Refusal> {
        let fetcher = &self.setup.fetcher;
        let issuer = checked("the identity provider's issuer", &provider.issuer)?;
        let (endpoint, client) = match &provider.token_endpoint {
            Some(named) => {
                let endpoint = reachable("token_endpoint", named, &issuer)?;
                // What it takes is not known then.
                let server = AuthorizationServer { authentication: None, ..AuthorizationServer::unsaid(&endpoint)? };
                (endpoint, provider.client.at(&server)?)
            }
            None => {
                let server = authorization_server(fetcher, &provider.issuer, &issuer).await?;
                (server.token.clone(), provider.client.at(&server)?)
            }
        };
        let id_token = self.said(&provider.id_token, &provider.issuer).await?;
        let mut form = vec![
            ("grant_type", EXCHANGE),
            ("requested_token_type", ID_JAG),
            ("audience", self.server.issuer.as_str()),
            ("resource", self.resource),
            ("subject_token", &id_token),
            ("subject_token_type", ID_TOKEN),
        ];
        if !scope.is_empty() {
            form.push(("scope", scope));
        }
        let endpoint = Endpoint { fetcher, uri: &endpoint, issuer: &provider.issuer, client: &client, proofs: None };
        let answer = endpoint.ask(&form).await?;
        if answer.issued_token_type.as_deref() != Some(ID_JAG) {
            return Err(Refusal::Failed(format!("{}: issued_token_type: expected {ID_JAG}", endpoint.uri)));
        }
        Ok(answer)
    }
}
