//! The way from a refused request to an authorization server: what the server says of itself, then what the
//! authorization server does. A document that is wrong ends it; only where none is found the next place is tried.
//! <https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/authorization-server-discovery>

use http::header::ACCEPT;
use http::{Request, StatusCode, Uri};

use super::challenge::Challenge;
use super::metadata::{AuthorizationServer, Protected, reachable};
use crate::auth::address::{checked, origin, well_known};
use crate::auth::discovery::places;
use crate::auth::fetch::{Fetcher, object};
use crate::wire::JsonObject;

const PROTECTED: &str = "oauth-protected-resource";

/// What a place was found to hold.
enum Found {
    Document(JsonObject),
    /// Nothing of the kind: why.
    Nothing(String),
}

/// What the server says of itself; none if it says nothing anywhere.
pub(super) async fn protected(
    fetcher: &Fetcher,
    server: &Uri,
    challenge: &Challenge,
) -> Result<Option<Protected>, String> {
    if let Some(named) = &challenge.resource_metadata {
        let place = reachable("resource_metadata", named, server)?;
        return match at(fetcher, &place).await? {
            Found::Document(document) => Protected::read(named, &document, server).map(Some),
            Found::Nothing(why) => Err(why),
        };
    }
    let prefixed = well_known(server, PROTECTED);
    let root = format!("{}/.well-known/{PROTECTED}", origin(server));
    let mut places = vec![prefixed, root];
    places.dedup();
    for place in places {
        if let Found::Document(document) = at(fetcher, &checked("metadata", &place)?).await? {
            return Protected::read(&place, &document, server).map(Some);
        }
    }
    Ok(None)
}

/// What an issuer says of itself, that this server named.
pub(super) async fn authorization_server(
    fetcher: &Fetcher,
    issuer: &str,
    server: &Uri,
) -> Result<AuthorizationServer, String> {
    let uri = reachable("authorization_servers", issuer, server)?;
    let mut nothing = Vec::new();
    for place in places(&uri) {
        match at(fetcher, &checked("metadata", &place)?).await? {
            Found::Document(document) => return AuthorizationServer::read(&place, &document, issuer),
            Found::Nothing(why) => nothing.push(why),
        }
    }
    Err(format!("no metadata of {issuer}: {}", nothing.join("; ")))
}

/// A server that has no metadata may be one of revision 2025-03-26: its own authorization server.
pub(super) async fn own_authorization_server(fetcher: &Fetcher, server: &Uri) -> Result<AuthorizationServer, String> {
    let issuer = origin(server);
    let place = format!("{issuer}/.well-known/oauth-authorization-server");
    match at(fetcher, &checked("metadata", &place)?).await? {
        Found::Document(document) => AuthorizationServer::read(&place, &document, &issuer),
        Found::Nothing(_) => AuthorizationServer::unsaid(server),
    }
}

async fn at(fetcher: &Fetcher, place: &Uri) -> Result<Found, String> {
    let request = Request::get(place).header(ACCEPT, "application/json").body(Vec::new());
    let answer = fetcher.send(place, request.map_err(|error| format!("{place}: {error}"))?).await?;
    let status = answer.status();
    if status.is_server_error() {
        return Err(format!("{place}: expected HTTP 200, found {status}"));
    }
    if status != StatusCode::OK {
        return Ok(Found::Nothing(format!("{place}: found HTTP {status}")));
    }
    // Some servers answer a page to whatever they are asked.
    Ok(object(place, answer.body()).map_or_else(Found::Nothing, Found::Document))
}
