//! What an authorization server says of itself: where its keys are, and where it can be asked about a token.
//! <https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/authorization-server-discovery#authorization-server-metadata-discovery>

use http::Uri;

use super::address::{checked, is_loopback, is_this_machine, origin, well_known};
use super::fetch::Fetcher;

/// The addresses that a server's metadata names.
#[derive(Debug, Clone)]
pub(super) struct Endpoints {
    pub(super) jwks: Option<Uri>,
    pub(super) introspection: Option<Uri>,
}

/// Asks an issuer for its metadata, at each place where it may be.
pub(super) async fn endpoints(fetcher: &Fetcher, issuer: &str) -> Result<Endpoints, String> {
    let uri = checked("issuer", issuer)?;
    let mut errors = Vec::new();
    for place in places(&uri) {
        match at(fetcher, issuer, &uri, &place).await {
            Ok(endpoints) => return Ok(endpoints),
            Err(error) => errors.push(error),
        }
    }
    Err(format!("no metadata of {issuer}: {}", errors.join("; ")))
}

async fn at(fetcher: &Fetcher, issuer: &str, uri: &Uri, place: &str) -> Result<Endpoints, String> {
    let metadata = fetcher.get(&checked("metadata", place)?).await?.into();
    let text = |name: &str| crate::wire::Json::get_text(&metadata, &[name]).map(|text| text.into_owned());
    let found = text("issuer").unwrap_or_default();
    // Metadata of somebody else would make somebody else's tokens good.
    if found != issuer {
        return Err(format!("{place}: issuer: expected {issuer:?}, found {found:?}"));
    }
    let endpoint = |name: &str| -> Result<Option<Uri>, String> {
        let Some(text) = text(name) else { return Ok(None) };
        let endpoint = checked(name, &text)?;
        if is_this_machine(&endpoint) && !is_loopback(uri) {
            return Err(format!(
                "{place}: {name} {text:?}: an issuer elsewhere cannot name an address of this machine"
            ));
        }
        Ok(Some(endpoint))
    };
    Ok(Endpoints { jwks: endpoint("jwks_uri")?, introspection: endpoint("introspection_endpoint")? })
}

/// Where an issuer's metadata may be, best first.
pub(crate) fn places(issuer: &Uri) -> Vec<String> {
    let path = issuer.path().trim_end_matches('/');
    let mut places = vec![well_known(issuer, "oauth-authorization-server"), well_known(issuer, "openid-configuration")];
    if !path.is_empty() {
        places.push(format!("{}{path}/.well-known/openid-configuration", origin(issuer)));
    }
    places
}
