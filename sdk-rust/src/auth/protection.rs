//! What a server asks of its clients: a token for this server, with these scopes; and what it tells those without.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode, Uri};

use super::address::{checked, same_resource, well_known};
use super::challenge::Challenge;
use super::metadata::{Metadata, PublicRoute, WELL_KNOWN};
use super::payload::in_time;
use super::scopes::{expand, is_scope, missing_scopes};
use super::token::{Absent, bearer};
use super::{Denied, Refusal, TokenVerifier};
use crate::context::Claims;
use crate::error::Error;
use crate::protocol::limits;
use crate::session::Diagnostics;

/// Asks every request for an access token that was issued for this server.
///
/// ```
/// use isogloss::auth::{JwtVerifier, Protection};
///
/// let protection = Protection::new("https://mcp.example.com/mcp", JwtVerifier::new("https://auth.example.com"))
///     .require_scopes(["notes:read"])
///     .includes("notes:write", ["notes:read"]);
/// protection.check_setup()?;
/// # Ok::<(), isogloss::Error>(())
/// ```
#[derive(Clone)]
pub struct Protection {
    resource: String,
    verifier: Arc<dyn TokenVerifier>,
    audiences: Vec<String>,
    authorization_servers: Vec<String>,
    required: Vec<String>,
    supported: Vec<String>,
    includes: Vec<(String, Vec<String>)>,
    metadata_url: Option<String>,
    name: Option<String>,
    documentation: Option<String>,
    leeway: Duration,
    diagnostics: Diagnostics,
    /// What is wrong with all this, once it was looked at.
    wrong: OnceLock<Option<String>>,
}

impl Protection {
    /// Asks for a token that is meant for this resource, and that this verifier finds to be genuine.
    ///
    /// The resource is the server's address as clients know it, in front of whatever proxy: they compare it with the
    /// address that they use, and ask for tokens for exactly this.
    pub fn new(resource: impl Into<String>, verifier: impl TokenVerifier + 'static) -> Self {
        Protection {
            resource: resource.into(),
            authorization_servers: verifier.issuers(),
            verifier: Arc::new(verifier),
            audiences: Vec::new(),
            required: Vec::new(),
            supported: Vec::new(),
            includes: Vec::new(),
            metadata_url: None,
            name: None,
            documentation: None,
            leeway: limits::TOKEN_LEEWAY,
            diagnostics: Diagnostics::default(),
            wrong: OnceLock::new(),
        }
    }

    /// One more authorization server that clients may get a token from; the verifier's issuers are known already.
    pub fn authorization_server(mut self, issuer: impl Into<String>) -> Self {
        let issuer = issuer.into();
        if !self.authorization_servers.contains(&issuer) {
            self.authorization_servers.push(issuer);
        }
        self
    }

    /// One more name that tokens for this server may have in `aud`, where the authorization server does not know
    /// resources by their address: `api://notes`.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// Scopes without which nothing is allowed.
    pub fn require_scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.required.extend(scopes.into_iter().map(Into::into));
        self
    }

    /// Scopes that the metadata names, instead of those that are required: what a client asks for at first.
    pub fn scopes_supported<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.supported.extend(scopes.into_iter().map(Into::into));
        self
    }

    /// A scope that includes others: a token with it has them all.
    pub fn includes<S: Into<String>>(
        mut self,
        scope: impl Into<String>,
        narrower: impl IntoIterator<Item = S>,
    ) -> Self {
        self.includes.push((scope.into(), narrower.into_iter().map(Into::into).collect()));
        self
    }

    /// Where the metadata is, if it is not where RFC 9728 puts it. It is then served elsewhere, not by this server.
    pub fn metadata_at(mut self, url: impl Into<String>) -> Self {
        self.metadata_url = Some(url.into());
        self
    }

    /// The server's name, for the people who are asked to let a client use it.
    pub fn resource_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The address of documentation for who writes clients.
    pub fn resource_documentation(mut self, url: impl Into<String>) -> Self {
        self.documentation = Some(url.into());
        self
    }

    /// How long after its end a token is still accepted, for clocks that disagree, instead of `token_leeway`.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// Says where it is told why a token could not be checked; nowhere if it is not set.
    pub fn diagnostics(mut self, diagnostics: Diagnostics) -> Self {
        self.diagnostics = diagnostics;
        self
    }

    /// Whether it can work as it was set up.
    ///
    /// # Errors
    /// [`Error::Setup`] with everything that is wrong, one a line.
    pub fn check_setup(&self) -> Result<(), Error> {
        match self.wrong.get_or_init(|| self.find_wrong()) {
            Some(wrong) => Err(Error::Setup(wrong.clone())),
            None => Ok(()),
        }
    }

    fn find_wrong(&self) -> Option<String> {
        let mut wrong: Vec<String> = Vec::new();
        wrong.extend(checked("resource", &self.resource).err());
        wrong.extend(self.metadata_url.as_deref().and_then(|url| checked("metadata_at", url).err()));
        wrong.extend(self.authorization_servers.iter().filter_map(|url| checked("authorization_server", url).err()));
        if let Err(error) = self.verifier.check_setup() {
            wrong.push(error.to_string());
        }
        let included = self.includes.iter().flat_map(|(scope, narrower)| narrower.iter().chain([scope]));
        for scope in self.required.iter().chain(&self.supported).chain(included) {
            if !is_scope(scope) {
                wrong.push(format!("scope {scope:?}: expected printable ASCII without spaces, quotes and backslashes"));
            } else if scope == "offline_access" {
                wrong.push(format!("scope {scope:?}: it asks for a refresh token, which is between client and issuer"));
            }
        }
        wrong.dedup();
        (!wrong.is_empty()).then(|| wrong.join("\n"))
    }

    /// What the token in these headers says, if it lets the request in. It is looked for in `Authorization` alone.
    ///
    /// # Errors
    /// The response for the client, whatever it lacks.
    pub async fn check(&self, headers: &HeaderMap) -> Result<Claims, Denied> {
        let checked = self.checked(headers).await;
        if let Some(cause) = checked.as_ref().err().and_then(Denied::cause) {
            self.diagnostics.report(|| format!("a request was not let in: {cause}"));
        }
        checked
    }

    async fn checked(&self, headers: &HeaderMap) -> Result<Claims, Denied> {
        if let Err(error) = self.check_setup() {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            return Err(Denied::failed(status, "the server is set up wrongly", error.to_string()));
        }
        let token = bearer(headers).map_err(|absent| self.without_token(absent))?;
        let claims = self.verifier.verify(&token).await.and_then(|claims| self.meant_for_us(claims));
        let mut claims = claims.map_err(|refusal| self.refused(refusal))?;
        expand(&mut claims.scopes, &self.includes);
        match missing_scopes(&claims, &self.required).is_empty() {
            true => Ok(claims),
            false => Err(self.insufficient_scope(&[])),
        }
    }

    /// Refuses tokens for others, and those whose time is over.
    fn meant_for_us(&self, claims: Claims) -> Result<Claims, Refusal> {
        in_time(claims.expires_at, SystemTime::now(), self.leeway)?;
        let ours = |audience: &String| {
            same_resource(audience, &self.resource) || self.audiences.iter().any(|own| own == audience)
        };
        if self.verifier.binds_audience() || claims.audience.iter().any(ours) {
            return Ok(claims);
        }
        Err(Refusal::invalid(format!("the token is not meant for {} (aud)", self.resource)))
    }

    pub(super) fn without_token(&self, absent: Absent) -> Denied {
        match absent {
            Absent::None => self.challenged(StatusCode::UNAUTHORIZED, None, "send a token in the header Authorization"),
            Absent::Malformed(why) => self.challenged(StatusCode::BAD_REQUEST, Some("invalid_request"), why),
            Absent::Impossible(why) => self.challenged(StatusCode::UNAUTHORIZED, Some("invalid_token"), &why),
        }
    }

    fn refused(&self, refusal: Refusal) -> Denied {
        match refusal {
            Refusal::Invalid(why) => self.challenged(StatusCode::UNAUTHORIZED, Some("invalid_token"), &why),
            Refusal::Unavailable(why) => {
                let status = StatusCode::SERVICE_UNAVAILABLE;
                Denied::failed(status, "the token cannot be checked now; try again later", why)
            }
        }
    }

    fn challenged(&self, status: StatusCode, error: Option<&'static str>, description: &str) -> Denied {
        let metadata_url = self.metadata_url();
        // Without an error there is nothing to describe in the header; the body says it.
        let mut challenge = Challenge { error, description: "", scopes: &self.required, metadata_url: &metadata_url };
        if error.is_some() {
            challenge.description = description;
        }
        Denied::challenged(status, &challenge).described(description)
    }

    /// The response to a request whose token lacks scopes for what it asks: 403, with everything it needs at once, so
    /// that the client can get a token that has it all.
    /// <https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization#runtime-insufficient-scope-errors>
    pub fn insufficient_scope(&self, needed: &[String]) -> Denied {
        let mut scopes = self.required.clone();
        for scope in needed {
            if !scopes.contains(scope) {
                scopes.push(scope.clone());
            }
        }
        let challenge = Challenge {
            error: Some("insufficient_scope"),
            description: &format!("this needs the scopes {}", scopes.join(" ")),
            scopes: &scopes,
            metadata_url: &self.metadata_url(),
        };
        Denied::challenged(StatusCode::FORBIDDEN, &challenge)
    }

    /// Where clients find the metadata.
    pub fn metadata_url(&self) -> String {
        match (&self.metadata_url, self.resource.parse::<Uri>()) {
            (Some(url), _) => url.clone(),
            (None, Ok(uri)) => well_known(&uri, WELL_KNOWN),
            (None, Err(_)) => String::new(),
        }
    }

    /// What is served to everyone: the metadata, under the path of the resource and at the root.
    pub fn public_routes(&self) -> Vec<PublicRoute> {
        if self.metadata_url.is_some() {
            return Vec::new();
        }
        let supported = if self.supported.is_empty() { &self.required } else { &self.supported };
        let metadata = Metadata {
            resource: &self.resource,
            authorization_servers: &self.authorization_servers,
            scopes_supported: supported,
            bearer_methods_supported: &["header"],
            resource_name: self.name.as_deref(),
            resource_documentation: self.documentation.as_deref(),
        };
        let path = self.resource.parse::<Uri>().map(|uri| uri.path().trim_end_matches('/').to_owned());
        let mut paths = vec![format!("/.well-known/{WELL_KNOWN}{}", path.unwrap_or_default())];
        let root = format!("/.well-known/{WELL_KNOWN}");
        if !paths.contains(&root) {
            paths.push(root);
        }
        paths.into_iter().map(|path| PublicRoute::new(path, &metadata)).collect()
    }
}

impl fmt::Debug for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Protection")
            .field("resource", &self.resource)
            .field("authorization_servers", &self.authorization_servers)
            .field("required", &self.required)
            .finish_non_exhaustive()
    }
}
