//! Who a client is to an authorization server: what a program knows of it, what a server gave it, and how it proves it.
//! <https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/client-registration>

use std::fmt;

use serde::{Deserialize, Serialize};

use super::metadata::AuthorizationServer;
use super::private_key::PrivateKey;
use super::secret::Secret;

/// A client that an authorization server knows, since somebody registered it there; or the address of a document that
/// says what it is.
///
/// ```
/// use isogloss::oauth::ClientIdentity;
///
/// # let from_environment = "hunter2";
/// let identity = ClientIdentity::new("notes-desk").issuer("https://auth.example.com").secret(from_environment);
/// ```
#[derive(Clone)]
pub struct ClientIdentity {
    pub(super) id: String,
    pub(super) issuer: Option<String>,
    secret: Option<Secret>,
    key: Option<PrivateKey>,
}

impl ClientIdentity {
    /// A client of this id, which proves nothing: a public one.
    pub fn new(id: impl Into<String>) -> Self {
        ClientIdentity { id: id.into(), issuer: None, secret: None, key: None }
    }

    /// It is this authorization server that knows it. Name it wherever you can: without it, the first one that the
    /// protected server names is taken for it, and is shown the secret.
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// It proves who it is with a secret, in the header or the body, as the authorization server wants it.
    pub fn secret(mut self, secret: impl Into<String>) -> Self {
        self.secret = Some(Secret::new(secret));
        self
    }

    /// It proves who it is by what it signs (`private_key_jwt`).
    pub fn private_key(mut self, key: PrivateKey) -> Self {
        self.key = Some(key);
        self
    }

    /// It as a client of an authorization server, proving itself in a way that is taken there.
    pub(super) fn at(&self, server: &AuthorizationServer) -> Result<Client, String> {
        let method = method(self.secret.is_some(), self.key.is_some(), server)?;
        Ok(Client { id: self.id.clone(), method, secret: self.secret.clone(), key: self.key.clone(), given: true })
    }

    /// What was kept of it, with what is not kept.
    pub(super) fn restored(&self, kept: Client) -> Client {
        Client { secret: self.secret.clone(), key: self.key.clone(), ..kept }
    }
}

impl<T: Into<String>> From<T> for ClientIdentity {
    fn from(id: T) -> Self {
        ClientIdentity::new(id)
    }
}

impl fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientIdentity").field("id", &self.id).field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// A client of one authorization server.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Client {
    pub(super) id: String,
    pub(super) method: Method,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) secret: Option<Secret>,
    #[serde(skip)]
    pub(super) key: Option<PrivateKey>,
    /// Whether the program has it from elsewhere, and will have it again.
    pub(super) given: bool,
}

impl Client {
    /// It as it is kept: a secret that the program has anyway is not kept a second time.
    pub(super) fn kept(&self) -> Self {
        Client { secret: self.secret.clone().filter(|_| !self.given), ..self.clone() }
    }
}

/// How a client proves who it is, in the names of RFC 7591.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Method {
    None,
    ClientSecretBasic,
    ClientSecretPost,
    PrivateKeyJwt,
}

impl Method {
    pub(super) fn name(self) -> &'static str {
        match self {
            Method::None => "none",
            Method::ClientSecretBasic => "client_secret_basic",
            Method::ClientSecretPost => "client_secret_post",
            Method::PrivateKeyJwt => "private_key_jwt",
        }
    }

    /// The one of this name.
    pub(super) fn of(name: &str) -> Option<Self> {
        let all = [Method::None, Method::ClientSecretBasic, Method::ClientSecretPost, Method::PrivateKeyJwt];
        all.into_iter().find(|method| method.name() == name)
    }

    /// Whether an authorization server takes it. One that does not say takes the first, as RFC 8414 has it.
    pub(super) fn is_taken(self, server: &AuthorizationServer) -> bool {
        match &server.authentication {
            Some(methods) => methods.iter().any(|one| one == self.name()),
            None => self == Method::ClientSecretBasic,
        }
    }
}

fn method(secret: bool, key: bool, server: &AuthorizationServer) -> Result<Method, String> {
    let able: &[Method] = match (key, secret) {
        (true, _) if server.authentication.is_none() => return Ok(Method::PrivateKeyJwt),
        (true, false) => &[Method::PrivateKeyJwt],
        (true, true) => &[Method::PrivateKeyJwt, Method::ClientSecretBasic, Method::ClientSecretPost],
        (false, true) => &[Method::ClientSecretBasic, Method::ClientSecretPost],
        // Not everyone lists what proves nothing.
        (false, false) => return Ok(Method::None),
    };
    able.iter().copied().find(|method| method.is_taken(server)).ok_or_else(|| {
        let able: Vec<&str> = able.iter().map(|method| method.name()).collect();
        let taken = server.authentication.clone().unwrap_or_default().join(", ");
        format!(
            "{}: the client can prove itself by {}, and token_endpoint_auth_methods_supported has {taken:?}",
            server.issuer,
            able.join(" or ")
        )
    })
}
