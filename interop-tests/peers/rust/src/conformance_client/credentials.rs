//! What a user of each scenario has in hand: credentials, or a browser. The choice among them is the user's; all that
//! becomes of it is the SDK's.

use std::sync::Arc;

use isogloss::Error;
use isogloss::http_client::Authorize;
use isogloss::oauth::{ClientIdentity, IdentityProvider, OAuth, OAuthBuilder, PrivateKey, Unattended};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Where the suite's users come back to: nobody listens there, since nobody is sent there.
const BACK: &str = "http://localhost:3000/callback";
/// The document that the suite takes for ours.
const DOCUMENT: &str = "https://conformance-test.local/client-metadata.json";

/// What gives requests their credentials; nothing where no server asks for any.
pub fn of(scenario: &str, context: &Value, url: &str) -> Result<Option<Arc<dyn Authorize>>, Error> {
    let text = |name: &str| context[name].as_str().unwrap_or_default();
    let known = || ClientIdentity::new(text("client_id"));
    let builder = match scenario {
        "auth/client-credentials-jwt" => {
            let key = PrivateKey::from_pem(text("private_key_pem"))?;
            OAuth::client_credentials(url, known().private_key(key))
        }
        "auth/client-credentials-basic" => OAuth::client_credentials(url, known().secret(text("client_secret"))),
        "auth/wif-jwt-bearer" => OAuth::jwt_bearer(url, known(), text("valid_jwt")),
        "auth/enterprise-managed-authorization" => {
            let provider = IdentityProvider::new(text("idp_issuer"), text("idp_client_id"), text("idp_id_token"));
            let provider = provider.token_endpoint(text("idp_token_endpoint"));
            OAuth::enterprise(url, known().secret(text("client_secret")), provider)
        }
        "auth/pre-registration" => user(url).client(known().secret(text("client_secret"))),
        _ if scenario.starts_with("auth/") => user(url),
        _ => return Ok(None),
    };
    Ok(Some(Arc::new(builder.build()?)))
}

/// A user with a browser, who says yes.
fn user(url: &str) -> OAuthBuilder {
    OAuth::authorization_code(url, Unattended::new(BACK, sent_back)).client_id_metadata(DOCUMENT)
}

/// Where the authorization server sends its user: the suite's answers at once.
async fn sent_back(address: String) -> Result<String, Error> {
    let (host, path) = address.strip_prefix("http://").and_then(|rest| rest.split_once('/')).unwrap_or_default();
    let mut socket = TcpStream::connect(host).await?;
    let request = format!("GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await?;
    let location = answer.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("location").then(|| value.trim().to_owned())
    });
    location.ok_or_else(|| Error::Io(format!("{address}: expected a redirect, found {:?}", answer.lines().next())))
}
