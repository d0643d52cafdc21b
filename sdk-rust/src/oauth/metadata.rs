//! The documents in which a protected server and an authorization server say what they are, and what has to hold
//! before anything of them is used.
//! <https://www.rfc-editor.org/rfc/rfc9728.html#section-2>, <https://www.rfc-editor.org/rfc/rfc8414.html#section-2>

use http::Uri;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::auth::address::{checked, is_loopback, is_this_machine, origin};
use crate::protocol::limits;
use crate::wire::JsonObject;

/// What a protected server says of itself.
#[derive(Debug, Deserialize)]
pub(super) struct Protected {
    /// As it stands: it is compared and sent letter by letter.
    pub(super) resource: String,
    authorization_servers: Option<Vec<String>>,
    pub(super) scopes_supported: Option<Vec<String>>,
    dpop_bound_access_tokens_required: Option<bool>,
}

impl Protected {
    /// The document at this place, if it is about the server that is asked.
    pub(super) fn read(place: &str, document: &JsonObject, server: &Uri) -> Result<Self, String> {
        let found: Protected = members(place, document)?;
        if !covers(&found.resource, server) {
            return Err(format!(
                "{place}: resource: expected {} or what its path begins with, found {:?}: a token for that is none for \
                 this server",
                shown(server),
                short(&found.resource)
            ));
        }
        Ok(found)
    }

    pub(super) fn authorization_servers(&self) -> &[String] {
        self.authorization_servers.as_deref().unwrap_or_default()
    }

    pub(super) fn wants_dpop(&self) -> bool {
        self.dpop_bound_access_tokens_required == Some(true)
    }
}

/// Whether a resource is this server, or one that it is a part of: the same origin, and a path that leads to it.
fn covers(resource: &str, server: &Uri) -> bool {
    let Ok(found) = resource.parse::<Uri>() else { return false };
    let same = |uri: &Uri| {
        let port = uri.port_u16().or(match uri.scheme_str() {
            Some("https") => Some(443),
            _ => Some(80),
        });
        (uri.scheme_str().map(str::to_owned), uri.host().map(str::to_ascii_lowercase), port)
    };
    let path = found.path().trim_end_matches('/');
    let below = server.path().strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let query = found.query().is_none() || found.query() == server.query();
    same(&found) == same(server) && below && query && !resource.contains(['#', '@'])
}

/// What an authorization server says of itself, as far as a client goes by it.
#[derive(Debug, Clone)]
pub(super) struct AuthorizationServer {
    pub(super) issuer: String,
    pub(super) authorization: Option<Uri>,
    pub(super) token: Uri,
    pub(super) registration: Option<Uri>,
    pub(super) scopes: Vec<String>,
    /// None where it does not say.
    pub(super) grants: Option<Vec<String>>,
    pub(super) authentication: Option<Vec<String>>,
    pub(super) has_s256: bool,
    pub(super) sends_iss: bool,
    pub(super) reads_client_documents: bool,
    pub(super) has_dpop: bool,
}

#[derive(Deserialize)]
struct Document {
    issuer: Option<String>,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    registration_endpoint: Option<String>,
    scopes_supported: Option<Vec<String>>,
    grant_types_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    code_challenge_methods_supported: Option<Vec<String>>,
    authorization_response_iss_parameter_supported: Option<bool>,
    client_id_metadata_document_supported: Option<bool>,
    dpop_signing_alg_values_supported: Option<Vec<String>>,
}

impl AuthorizationServer {
    /// The document at this place, if it is this issuer's.
    pub(super) fn read(place: &str, document: &JsonObject, issuer: &str) -> Result<Self, String> {
        let from: Uri = checked("issuer", issuer)?;
        let found: Document = members(place, document)?;
        // Metadata of somebody else would send codes and tokens there.
        if found.issuer.as_deref() != Some(issuer) {
            let found = short(found.issuer.as_deref().unwrap_or_default());
            return Err(format!("{place}: issuer: expected {issuer:?}, found {found:?}"));
        }
        let endpoint = |name: &str, text: Option<String>| text.map(|text| reachable(name, &text, &from)).transpose();
        let token = endpoint("token_endpoint", found.token_endpoint)?;
        let lists = |list: &Option<Vec<String>>, name: &str| list.iter().flatten().any(|one| one == name);
        Ok(AuthorizationServer {
            issuer: issuer.to_owned(),
            authorization: endpoint("authorization_endpoint", found.authorization_endpoint)?,
            token: token.ok_or_else(|| format!("{place}: token_endpoint: required member is missing"))?,
            registration: endpoint("registration_endpoint", found.registration_endpoint)?,
            has_s256: lists(&found.code_challenge_methods_supported, "S256"),
            has_dpop: lists(&found.dpop_signing_alg_values_supported, "ES256"),
            scopes: found.scopes_supported.unwrap_or_default(),
            grants: found.grant_types_supported,
            authentication: found.token_endpoint_auth_methods_supported,
            sends_iss: found.authorization_response_iss_parameter_supported == Some(true),
            reads_client_documents: found.client_id_metadata_document_supported == Some(true),
        })
    }

    /// A server that says nothing of itself: one of revision 2025-03-26, which has its endpoints at fixed places.
    /// <https://modelcontextprotocol.io/specification/2025-03-26/basic/authorization#fallbacks-for-servers-without-metadata-discovery>
    pub(super) fn unsaid(server: &Uri) -> Result<Self, String> {
        let issuer = origin(server);
        let endpoint = |path: &str| checked("endpoint", &format!("{issuer}{path}"));
        Ok(AuthorizationServer {
            authorization: Some(endpoint("/authorize")?),
            token: endpoint("/token")?,
            registration: Some(endpoint("/register")?),
            scopes: Vec::new(),
            grants: None,
            authentication: Some(["client_secret_basic", "client_secret_post", "none"].map(str::to_owned).into()),
            // That revision asks it of all.
            has_s256: true,
            sends_iss: false,
            reads_client_documents: false,
            has_dpop: false,
            issuer,
        })
    }

    /// Whether it renews tokens: what it does not say is taken for yes.
    pub(super) fn renews(&self) -> bool {
        self.grants.as_ref().is_none_or(|grants| grants.iter().any(|grant| grant == "refresh_token"))
    }
}

/// An address that somebody named who is at another one, and that may be asked: nobody elsewhere has a say in what is
/// asked of this machine.
pub(super) fn reachable(what: &str, text: &str, from: &Uri) -> Result<Uri, String> {
    if text.len() > limits::MAX_URI {
        return Err(format!("{what}: longer than max_uri ({} bytes)", limits::MAX_URI));
    }
    let uri = checked(what, text)?;
    match is_this_machine(&uri) && !is_loopback(from) {
        true => Err(format!("{what} {text:?}: {} cannot name an address of this machine", origin(from))),
        false => Ok(uri),
    }
}

fn members<T: DeserializeOwned>(place: &str, document: &JsonObject) -> Result<T, String> {
    document.to().map_err(|error| {
        format!("{place}: a member is missing, twice there or of another kind: {}", short(&error.to_string()))
    })
}

/// An address without its query, which may hold a key.
pub(super) fn shown(uri: &Uri) -> String {
    format!("{}{}", origin(uri), uri.path())
}

/// A foreign text, as far as it is shown.
fn short(text: &str) -> String {
    text.chars().take(limits::MAX_AUTH_ERROR_TEXT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_the_server_or_what_it_is_a_part_of() {
        let table = [
            ("https://m.example/mcp", "https://m.example/mcp", true),
            ("https://M.example:443/mcp", "https://m.example/mcp", true),
            ("https://m.example", "https://m.example/mcp", true),
            ("https://m.example/", "https://m.example/mcp", true),
            ("https://m.example/a", "https://m.example/a/mcp", true),
            ("https://m.example/a", "https://m.example/ab/mcp", false),
            ("https://m.example/mcp/x", "https://m.example/mcp", false),
            ("https://m.example/other", "https://m.example/mcp", false),
            ("http://m.example/mcp", "https://m.example/mcp", false),
            ("https://m.example:8443/mcp", "https://m.example/mcp", false),
            ("https://evil.example/mcp", "https://m.example/mcp", false),
            ("https://m.example@evil.example/mcp", "https://m.example/mcp", false),
            ("https://m.example/mcp#x", "https://m.example/mcp", false),
            ("https://m.example/mcp?tenant=1", "https://m.example/mcp?tenant=1", true),
            ("https://m.example/mcp?tenant=2", "https://m.example/mcp?tenant=1", false),
            ("/mcp", "https://m.example/mcp", false),
            ("", "https://m.example/mcp", false),
        ];
        for (resource, server, expected) in table {
            assert_eq!(covers(resource, &server.parse().unwrap()), expected, "{resource} for {server}");
        }
    }

    #[test]
    fn an_authorization_server_is_who_it_was_taken_for_and_names_no_foreign_machine() {
        let issuer = "https://a.example";
        let table = [
            (r#""issuer":"https://a.example","token_endpoint":"https://a.example/t""#, ""),
            (r#""issuer":"https://a.example/","token_endpoint":"https://a.example/t""#, "issuer: expected"),
            (r#""token_endpoint":"https://a.example/t""#, "issuer: expected"),
            (r#""issuer":"https://a.example""#, "token_endpoint: required"),
            (r#""issuer":"https://a.example","token_endpoint":"http://a.example/t""#, "use https"),
            (r#""issuer":"https://a.example","token_endpoint":"http://127.0.0.1/t""#, "this machine"),
            (r#""issuer":"https://a.example","token_endpoint":7"#, "of another kind"),
            (r#""issuer":"https://a.example","token_endpoint":"file:///t""#, "expected"),
        ];
        for (members, expected) in table {
            let document = JsonObject::from_text(&format!("{{{members}}}")).unwrap();
            let found = AuthorizationServer::read("here", &document, issuer).map(drop).err().unwrap_or_default();
            assert!(found.contains(expected) && found.is_empty() == expected.is_empty(), "{members}: {found}");
        }
    }
}
