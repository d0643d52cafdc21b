//! A protected MCP server on this machine, a client of bare HTTP whose requests get their credentials from an
//! `OAuth`, and a user who says yes.
#![allow(dead_code, reason = "not every test file uses all of it")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use isogloss::auth::{JwtVerifier, Protection};
use isogloss::http_client::Authorize;
use isogloss::http_server::{HttpOptions, Site};
use isogloss::oauth::{OAuth, TokenStore, Unattended};
use isogloss::{Error, NoArguments, Server, offer};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::authority::Authority;
use crate::http::{Answer, Ask, Connection};

pub const BACK: &str = "http://127.0.0.1:4/callback";

/// An MCP server whose resource is its address.
pub struct Guarded {
    pub url: String,
    pub address: SocketAddr,
    /// How often requests came without a token, and with one.
    pub asked: Arc<Mutex<(usize, usize)>>,
}

impl Guarded {
    /// Two tools, one of which needs more than the first scope.
    pub async fn by(authorities: &[&Authority]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let url = format!("http://{address}/mcp");
        let server = Server::new("notes", "1.0.0")
            .offer(offer::tool("read", async |_: NoArguments, _| Ok("a note")))
            .offer(offer::tool("write", async |_: NoArguments, _| Ok("written")).scopes(["notes:write"]))
            .offer(offer::tool("burn", async |_: NoArguments, _| Ok("burnt")).scopes(["notes:burn"]));
        let protection = Protection::new(&url, JwtVerifier::new(&authorities[0].issuer)).require_scopes(["notes:read"]);
        let protection = authorities.iter().fold(protection, |all, one| all.authorization_server(&one.issuer));
        let options = HttpOptions { guard: Some(Arc::new(protection)), ..HttpOptions::default() };
        let site = Site::new(server.http(options).unwrap());
        let asked = Arc::new(Mutex::new((0, 0)));
        let counted = asked.clone();
        let count = axum::middleware::from_fn(move |request: axum::extract::Request, next: axum::middleware::Next| {
            let mut asked = counted.lock().unwrap();
            match request.headers().contains_key("authorization") {
                _ if request.uri().path() != "/mcp" => {}
                false => asked.0 += 1,
                true => asked.1 += 1,
            }
            drop(asked);
            next.run(request)
        });
        let router = axum::Router::new().fallback_service(site).layer(count);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Guarded { url, address, asked }
    }

    /// Calls a tool.
    pub async fn call(&self, oauth: &OAuth, tool: &str) -> Result<Answer, Error> {
        call(oauth, &self.url, &Ask::call(tool, "{}")).await
    }
}

/// Sends a request as an HTTP client with credentials does.
pub async fn call(oauth: &OAuth, url: &str, ask: &Ask) -> Result<Answer, Error> {
    let address: SocketAddr = url.split('/').nth(2).unwrap().parse().unwrap();
    for _ in 0..10 {
        let (mut sent, ()) = http::Request::builder().method(ask.method).uri(url).body(()).unwrap().into_parts();
        oauth.authorize(&mut sent).await?;
        let mut ask = ask.clone();
        for (name, value) in &sent.headers {
            ask = ask.header(name.as_str(), value.to_str().unwrap());
        }
        let answer = Connection::to(address).await.ask(&ask).await;
        let mut head = http::Response::builder().status(answer.status);
        for (name, value) in &answer.headers {
            head = head.header(name, value);
        }
        let (head, ()) = head.body(()).unwrap().into_parts();
        if !oauth.answered(&sent, &head).await? {
            return Ok(answer);
        }
    }
    panic!("it is sent again and again");
}

/// GETs an address of this machine.
pub async fn get(address: &str) -> Answer {
    let rest = address.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    Connection::to(host.parse().unwrap()).await.ask(&Ask::new("GET", &format!("/{path}"))).await
}

/// Where the user is sent from this address.
pub async fn sent_on(address: &str) -> String {
    let answer = get(address).await;
    assert_eq!(answer.status, 302, "{address}: {answer:?}");
    answer.header("location").unwrap().to_owned()
}

/// A user who says yes.
pub fn yes() -> Unattended {
    Unattended::new(BACK, async |address: String| Ok(sent_on(&address).await))
}

/// Has the token that is kept for a server be due; and over, if told so.
pub async fn age(store: &dyn TokenStore, url: &str, over: bool) {
    let key = format!("token {url}");
    let mut kept: Value = serde_json::from_str(&store.load(&key).await.unwrap().unwrap()).unwrap();
    assert!(kept["token"]["due_at"].as_u64() < kept["token"]["expires_at"].as_u64(), "{kept}");
    kept["token"]["due_at"] = 1970.into();
    if over {
        kept["token"]["expires_at"] = 1970.into();
    }
    store.save(&key, Some(&kept.to_string())).await.unwrap();
}

/// The words of an error that there was.
pub fn why<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(error @ Error::Authorization(_)) => error.to_string(),
        other => panic!("expected no token, found {other:?}"),
    }
}
