//! What a program says before it asks for tokens.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::client::OAuth;
use super::grant::Grant;
use super::identity::ClientIdentity;
use super::scopes::union;
use super::store::{MemoryStore, TokenStore};
use crate::auth::Fetch;
use crate::auth::address::checked;
use crate::auth::fetch::Fetcher;
use crate::auth::scopes::is_scope;
use crate::error::Error;
use crate::http_client::Authorizing;
use crate::protocol::limits;
use crate::session::Diagnostics;

/// Sets an [`OAuth`] up.
#[derive(Debug)]
#[must_use = "nothing happens before build"]
pub struct OAuthBuilder(Setup);

/// All that a program said.
pub(super) struct Setup {
    /// The protected server.
    pub(super) server: String,
    pub(super) grant: Grant,
    /// The program's client, if an authorization server knows it already.
    pub(super) identity: Option<ClientIdentity>,
    /// The one whose id is the address of a document.
    pub(super) document: Option<ClientIdentity>,
    pub(super) client_name: String,
    pub(super) scopes: Vec<String>,
    pub(super) dpop: bool,
    pub(super) login_timeout: Duration,
    pub(super) fetcher: Fetcher,
    pub(super) diagnostics: Diagnostics,
    store: Arc<dyn TokenStore>,
}

impl OAuthBuilder {
    pub(super) fn new(server: String, grant: Grant, identity: Option<ClientIdentity>) -> Self {
        OAuthBuilder(Setup {
            server,
            grant,
            identity,
            document: None,
            client_name: String::from("MCP client"),
            scopes: Vec::new(),
            dpop: false,
            login_timeout: limits::LOGIN_TIMEOUT,
            fetcher: Fetcher::default(),
            diagnostics: Diagnostics::default(),
            store: Arc::new(MemoryStore::default()),
        })
    }

    /// The client that an authorization server knows already: it is used before all others, and only there.
    pub fn client(mut self, identity: impl Into<ClientIdentity>) -> Self {
        self.0.identity = Some(identity.into());
        self
    }

    /// The address of a document of yours that says what the client is, for authorization servers that read such
    /// documents. It is the client's id there: HTTPS, with a path.
    /// <https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/client-registration#client-id-metadata-documents>
    pub fn client_id_metadata(mut self, document: impl Into<ClientIdentity>) -> Self {
        self.0.document = Some(document.into());
        self
    }

    /// What users read when they are asked to let the client in, where it registers itself.
    pub fn client_name(mut self, name: impl Into<String>) -> Self {
        self.0.client_name = name.into();
        self
    }

    /// Scopes to ask for from the first time on, besides those that the server asks for.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.0.scopes.extend(scopes.into_iter().map(Into::into));
        self
    }

    /// Has all tokens bound to a key of the client, and takes no others (DPoP). Without this it is done where the
    /// server asks for it.
    /// <https://www.rfc-editor.org/rfc/rfc9449.html>
    pub fn dpop(mut self) -> Self {
        self.0.dpop = true;
        self
    }

    /// Keeps tokens and registrations there, instead of only as long as the program runs. Several clients may share it.
    pub fn store(mut self, store: Arc<dyn TokenStore>) -> Self {
        self.0.store = store;
        self
    }

    /// How long a user may take to let the client in, instead of `login_timeout`.
    pub fn login_timeout(mut self, timeout: Duration) -> Self {
        self.0.login_timeout = timeout;
        self
    }

    /// The HTTP client that asks authorization servers, instead of the one that is built in.
    pub fn fetch_with(mut self, client: impl Fetch + 'static) -> Self {
        self.0.fetcher = Fetcher::new(client);
        self
    }

    /// Where goes what nobody waits for: that a token could not be kept, say.
    pub fn diagnostics(mut self, diagnostics: Diagnostics) -> Self {
        self.0.diagnostics = diagnostics;
        self
    }

    /// The client.
    ///
    /// # Errors
    /// [`Error::Setup`] if the server's address, the address of the client's document or a scope is none.
    pub fn build(self) -> Result<OAuth, Error> {
        let mut setup = self.0;
        let server = checked("server", &setup.server).map_err(Error::Setup)?;
        if let Some(document) = &setup.document {
            let uri = checked("client_id_metadata", &document.id).map_err(Error::Setup)?;
            if uri.scheme_str() != Some("https") || uri.path() == "/" {
                let found = &document.id;
                return Err(Error::Setup(format!("client_id_metadata: expected https and a path, found {found:?}")));
            }
        }
        if let Some(wrong) = setup.scopes.iter().find(|scope| !is_scope(scope)) {
            return Err(Error::Setup(format!("scopes: {wrong:?} is no scope: expected visible ASCII without quotes")));
        }
        setup.scopes = union(&[], std::mem::take(&mut setup.scopes));
        Ok(OAuth::new(setup, server))
    }
}

impl Setup {
    /// The key under which a server's token is kept.
    pub(super) fn token_key(&self) -> String {
        format!("token {}", self.server)
    }

    /// The key under which a registration at an authorization server is kept.
    pub(super) fn registration_key(&self, issuer: &str) -> String {
        format!("client {issuer}")
    }

    /// What was kept; what cannot be read any more counts as nothing.
    pub(super) async fn kept<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, String> {
        let text = self.bounded("the token store", self.store.load(key)).await?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    pub(super) async fn keep<T: Serialize>(&self, key: &str, value: Option<&T>) {
        let text = value.and_then(|value| serde_json::to_string(value).ok());
        if let Err(error) = self.bounded("the token store", self.store.save(key, text.as_deref())).await {
            self.diagnostics.report(|| format!("a token could not be kept: {error}"));
        }
    }

    /// What a program, or a user behind it, does in its own time: as long as a user may take.
    pub(super) async fn bounded<T>(&self, what: &str, doing: Authorizing<'_, T>) -> Result<T, String> {
        let after = self.login_timeout;
        match tokio::time::timeout(after, doing).await {
            Ok(done) => done.map_err(|error| error.to_string()),
            Err(_) => Err(format!("{what}: nothing within {after:?} (login_timeout)")),
        }
    }

    /// Whether an address is one of the protected server.
    pub(super) fn is_of(uri: &Uri, server: &Uri) -> bool {
        let same = uri.scheme() == server.scheme() && uri.authority() == server.authority();
        // Without an authority it is a path, sent to whoever the connection leads to.
        same || uri.authority().is_none()
    }
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the server's address, whose query may hold a key.
        f.debug_struct("Setup")
            .field("identity", &self.identity)
            .field("document", &self.document)
            .field("scopes", &self.scopes)
            .field("dpop", &self.dpop)
            .finish_non_exhaustive()
    }
}
