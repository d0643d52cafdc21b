//! What gives a client's requests their tokens, and learns from the answers.
//! <https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/index#error-handling>

use std::fmt;
use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::{HeaderValue, StatusCode, Uri, request, response};

use super::assertion::{Assertion, IdentityProvider};
use super::builder::{OAuthBuilder, Setup};
use super::challenge::Challenge;
use super::dpop::PROOF;
use super::grant::Grant;
use super::held::Held;
use super::identity::ClientIdentity;
use super::metadata::shown;
use super::scopes::within;
use super::session::{Need, Session};
use super::user_agent::UserAgent;
use crate::error::Error;
use crate::http_client::{Authorize, Authorizing};

/// Access tokens for one server, got when it asks for them. Clones share them.
///
/// The server's authorization server is found by what the server says of itself; a token is shown to this server
/// alone, and asked for with the resource that the server names, letter by letter. Tokens are renewed before they end,
/// one attempt at a time for all calls; a call that the server refuses for want of scopes gets a token with them and is
/// made again.
#[derive(Clone)]
pub struct OAuth(Arc<Session>);

impl OAuth {
    /// A user decides, and is asked by this agent. The client registers itself if no authorization server knows it.
    pub fn authorization_code(server: impl Into<String>, agent: impl UserAgent + 'static) -> OAuthBuilder {
        OAuthBuilder::new(server.into(), Grant::AuthorizationCode(Arc::new(agent)), None)
    }

    /// The program acts for itself, as a client that the authorization server knows.
    /// <https://modelcontextprotocol.io/extensions/auth/oauth-client-credentials>
    pub fn client_credentials(server: impl Into<String>, client: impl Into<ClientIdentity>) -> OAuthBuilder {
        OAuthBuilder::new(server.into(), Grant::ClientCredentials, Some(client.into()))
    }

    /// The program acts as what its platform says that it is (workload identity): it shows a signed statement of the
    /// platform's. Where that is refused it is not tried again, nor in another way.
    /// <https://www.rfc-editor.org/rfc/rfc7523.html#section-2.1>
    pub fn jwt_bearer(
        server: impl Into<String>,
        client: impl Into<ClientIdentity>,
        assertion: impl Into<Assertion>,
    ) -> OAuthBuilder {
        OAuthBuilder::new(server.into(), Grant::JwtBearer(assertion.into()), Some(client.into()))
    }

    /// An enterprise decides what its users may use: its identity provider is asked, and the user is not.
    /// <https://modelcontextprotocol.io/extensions/auth/enterprise-managed-authorization>
    pub fn enterprise(
        server: impl Into<String>,
        client: impl Into<ClientIdentity>,
        provider: IdentityProvider,
    ) -> OAuthBuilder {
        OAuthBuilder::new(server.into(), Grant::Enterprise(provider), Some(client.into()))
    }

    pub(super) fn new(setup: Setup, server: Uri) -> Self {
        OAuth(Arc::new(Session::new(setup, server)))
    }

    /// Forgets the token, here and where it is kept: whoever asks next is asked for credentials again. The authorization
    /// server is not told.
    pub async fn forget(&self) {
        self.0.forget().await;
    }

    async fn add(&self, request: &mut request::Parts) -> Result<(), Error> {
        let session = &self.0;
        if !Setup::is_of(&request.uri, &session.server) {
            return Err(session.told(format!("a request to {} gets none: it is another server", shown(&request.uri))));
        }
        session.load().await?;
        request.headers.remove(AUTHORIZATION);
        request.headers.remove(PROOF);
        let Some(held) = session.usable().await? else { return Ok(()) };
        let header = held.token.header().map_err(|why| session.told(why))?;
        if let Some(proofs) = session.proofs().filter(|_| held.token.bound) {
            let proof = proofs.prove(&request.method, self.target(request), Some(held.token.access.as_str()));
            request.headers.insert(PROOF, proof.map_err(|why| session.told(why))?);
        }
        request.headers.insert(AUTHORIZATION, header);
        Ok(())
    }

    async fn learn(&self, sent: &request::Parts, answer: &response::Parts) -> Result<bool, Error> {
        let session = &self.0;
        let current = session.current();
        let used = sent.headers.get(AUTHORIZATION);
        let held = current.filter(|held| is_in(held, used));
        match (answer.status, used, held) {
            (StatusCode::UNAUTHORIZED, None, _) => {
                session.get(None, Need::First(Challenge::of(&answer.headers))).await?;
                Ok(true)
            }
            (StatusCode::UNAUTHORIZED, Some(_), Some(held)) => self.refused(sent, answer, held).await,
            (StatusCode::FORBIDDEN, Some(_), Some(held)) => {
                held.prove();
                self.lacking(answer, held).await
            }
            // Somebody else got another one in the meantime.
            (StatusCode::UNAUTHORIZED, Some(_), None) => Ok(true),
            (StatusCode::FORBIDDEN, Some(_), None) => Ok(wants_scopes(&Challenge::of(&answer.headers))),
            (_, Some(_), Some(held)) => {
                held.prove();
                if let Some(proofs) = session.proofs().filter(|_| held.token.bound) {
                    proofs.accepted(self.target(sent), &answer.headers);
                }
                if answer.status.is_success() {
                    session.succeeded();
                }
                Ok(false)
            }
            _ => Ok(false),
        }
    }

    /// The server does not take the token.
    async fn refused(&self, sent: &request::Parts, answer: &response::Parts, held: Arc<Held>) -> Result<bool, Error> {
        let session = &self.0;
        let challenge = Challenge::of(&answer.headers);
        if challenge.error.as_deref() == Some("use_dpop_nonce") {
            let proofs = session.proofs().filter(|_| held.token.bound);
            return Ok(proofs.is_some_and(|proofs| proofs.refused(self.target(sent), &sent.headers, &answer.headers)));
        }
        if held.is_hopeless() {
            return Ok(false);
        }
        session.get(Some(held), Need::Refused(challenge)).await?;
        Ok(true)
    }

    /// The server takes the token, and wants more of it for this.
    async fn lacking(&self, answer: &response::Parts, held: Arc<Held>) -> Result<bool, Error> {
        let session = &self.0;
        let challenge = Challenge::of(&answer.headers);
        // Who was asked for them once and did not give them is not asked again.
        let asked = within(&challenge.scopes, &held.token.requested);
        if !wants_scopes(&challenge) || asked || !session.may_step_up() {
            return Ok(false);
        }
        session.get(Some(held), Need::Scopes(challenge)).await?;
        Ok(true)
    }

    /// The address that a request goes to.
    fn target<'a>(&'a self, request: &'a request::Parts) -> &'a Uri {
        if request.uri.authority().is_some() { &request.uri } else { &self.0.server }
    }
}

fn wants_scopes(challenge: &Challenge) -> bool {
    challenge.error.as_deref() == Some("insufficient_scope") && !challenge.scopes.is_empty()
}

fn is_in(held: &Held, header: Option<&HeaderValue>) -> bool {
    held.token.header().ok().as_ref() == header
}

impl Authorize for OAuth {
    fn authorize<'a>(&'a self, request: &'a mut request::Parts) -> Authorizing<'a, ()> {
        Box::pin(self.add(request))
    }

    fn answered<'a>(&'a self, sent: &'a request::Parts, answer: &'a response::Parts) -> Authorizing<'a, bool> {
        Box::pin(self.learn(sent, answer))
    }
}

impl fmt::Debug for OAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let server = shown(&self.0.server);
        f.debug_struct("OAuth").field("server", &server).field("setup", &self.0.setup).finish()
    }
}
