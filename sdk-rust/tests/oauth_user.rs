//! A client that acts for a user: how it gets a token, keeps it good, and whom it believes. The server is a real one,
//! and so is the authorization server.

mod authority;
mod http;
mod oauth;
mod support;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::http::StatusCode;
use authority::Authority;
use authority::grants::{Known, unchecked};
use isogloss::http_client::HttpTarget;
use isogloss::oauth::{Browser, ClientIdentity, FileStore, MemoryStore, OAuth, TokenStore, Unattended};
use isogloss::{Client, ClientOptions, Diagnostics, Error, Mode};
use oauth::{BACK, Guarded, age, get, sent_on, why, yes};
use serde_json::{Value, json};

fn desk(server: &Guarded) -> OAuth {
    OAuth::authorization_code(&server.url, yes()).client_name("Desk").build().unwrap()
}

#[tokio::test]
async fn a_user_is_asked_once_and_everything_names_the_resource() {
    let authority = Authority::granting(json!({ "scopes_supported": ["notes:read", "offline_access"] })).await;
    let server = Guarded::by(&[&authority]).await;
    let oauth = desk(&server);
    for _ in 0..3 {
        let answer = server.call(&oauth, "read").await.unwrap();
        assert_eq!((answer.status, answer.text().contains("a note")), (200, true), "{answer:?}");
    }
    assert_eq!(*server.asked.lock().unwrap(), (1, 3));
    let (asked, tokens, registered) =
        (authority.seen("/authorize"), authority.seen("/token"), authority.seen("/register"));
    assert_eq!((asked.len(), tokens.len(), registered.len()), (1, 1, 1));
    assert_eq!((&asked[0]["resource"], &tokens[0]["resource"]), (&server.url, &server.url));
    assert_eq!((asked[0]["scope"].as_str(), asked[0]["prompt"].as_str()), ("notes:read offline_access", "consent"));
    let registered: Value = serde_json::from_str(&registered[0]["json"]).unwrap();
    let expected = json!({
        "client_name": "Desk", "redirect_uris": [BACK], "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"], "token_endpoint_auth_method": "none", "application_type": "native",
    });
    assert_eq!(registered, expected);
}

#[tokio::test]
async fn a_refused_call_is_made_again_with_all_scopes_that_were_had_and_the_new_ones() {
    let authority = Authority::granting(json!({})).await;
    let server = Guarded::by(&[&authority]).await;
    let oauth = desk(&server);
    assert_eq!(server.call(&oauth, "read").await.unwrap().status, 200);
    assert_eq!(server.call(&oauth, "write").await.unwrap().status, 200);
    assert_eq!(server.call(&oauth, "read").await.unwrap().status, 200);
    let scopes: Vec<String> = authority.seen("/authorize").iter().map(|asked| asked["scope"].clone()).collect();
    assert_eq!(scopes, ["notes:read", "notes:read notes:write"]);
}

#[tokio::test]
async fn whoever_does_not_give_a_scope_is_not_asked_for_it_again() {
    let authority = Authority::granting(json!({})).await;
    let server = Guarded::by(&[&authority]).await;
    let oauth = desk(&server);
    authority.answers().grants.narrowed = Some("notes:read".into());
    for _ in 0..3 {
        assert_eq!(server.call(&oauth, "write").await.unwrap().status, 403);
    }
    assert_eq!(authority.seen("/authorize").len(), 2);
    assert_eq!(server.call(&oauth, "read").await.unwrap().status, 200);
}

#[tokio::test]
async fn a_token_that_ends_is_renewed_once_for_all_and_each_is_renewed_by_the_newest() {
    let authority = Authority::granting(json!({})).await;
    let server = Arc::new(Guarded::by(&[&authority]).await);
    let oauth = desk(&server);
    authority.answers().grants.expires_in = Some(0);
    assert_eq!(server.call(&oauth, "read").await.unwrap().status, 200);
    authority.answers().grants.expires_in = Some(3600);
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let (server, oauth) = (server.clone(), oauth.clone());
            tokio::spawn(async move { server.call(&oauth, "read").await.unwrap().status })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), 200);
    }
    let grants: Vec<String> = authority.seen("/token").iter().map(|asked| asked["grant_type"].clone()).collect();
    // The first one was over before it was used.
    assert_eq!(grants, ["authorization_code", "refresh_token", "refresh_token"]);
    // One that was used is worth nothing any more: the authorization server refuses it.
    authority.answers().grants.expires_in = Some(0);
    oauth.forget().await;
    for _ in 0..4 {
        assert_eq!(server.call(&oauth, "read").await.unwrap().status, 200);
    }
    assert_eq!(authority.seen("/authorize").len(), 2);
    let tokens = authority.seen("/token");
    assert!(tokens.iter().all(|asked| asked["resource"] == server.url), "{tokens:?}");
    let renewed: HashSet<&String> = tokens.iter().filter_map(|asked| asked.get("refresh_token")).collect();
    assert_eq!(renewed.len(), 6, "{renewed:?}");
}

#[tokio::test]
async fn where_a_token_cannot_be_renewed_the_user_is_asked_again() {
    let authority = Authority::granting(json!({})).await;
    let server = Guarded::by(&[&authority]).await;
    let oauth = desk(&server);
    authority.answers().grants.expires_in = Some(0);
    server.call(&oauth, "read").await.unwrap();
    authority.answers().grants.refuses = Some(json!({ "error": "invalid_grant" }));
    assert!(why(server.call(&oauth, "read").await).contains("invalid_grant"));
    authority.answers().grants.refuses = Some(json!({ "error": "server_error", "error_description": "\u{1b}[2J" }));
    let words = why(server.call(&oauth, "read").await);
    assert!(words.contains(r#""server_error": "\u{1b}[2J""#), "{words}");
    assert_eq!(authority.seen("/authorize").len(), 2, "a server that is ill is no reason to ask the user");
    authority.answers().grants.refuses = None;
    assert_eq!(server.call(&oauth, "read").await.unwrap().status, 200);
}

#[tokio::test]
async fn what_renews_once_may_renew_again() {
    let authority = Authority::granting(json!({})).await;
    let server = Guarded::by(&[&authority]).await;
    let oauth = desk(&server);
    {
        let grants = &mut authority.answers().grants;
        (grants.rotates, grants.expires_in) = (false, Some(0));
    }
    for _ in 0..3 {
        assert_eq!(server.call(&oauth, "read").await.unwrap().status, 200);
    }
    assert_eq!((authority.seen("/authorize").len(), authority.seen("/token").len()), (1, 4));
}

#[tokio::test]
async fn a_token_that_cannot_be_renewed_now_is_used_as_long_as_it_lasts() {
    let authority = Authority::granting(json!({})).await;
    let server = Arc::new(Guarded::by(&[&authority]).await);
    let store: Arc<dyn TokenStore> = Arc::new(MemoryStore::default());
    let desk = || OAuth::authorization_code(&server.url, yes()).store(store.clone()).build().unwrap();
    assert_eq!(server.call(&desk(), "read").await.unwrap().status, 200);
    for (over, expected) in [(false, true), (true, false)] {
        age(&*store, &server.url, over).await;
        authority.answers().broken = Some(StatusCode::BAD_GATEWAY);
        let oauth = desk();
        let calls: Vec<_> = (0..5)
            .map(|_| {
                let (server, oauth) = (server.clone(), oauth.clone());
                tokio::spawn(async move { server.call(&oauth, "read").await.map(|answer| answer.status) })
            })
            .collect();
        for call in calls {
            match call.await.unwrap() {
                Ok(status) => assert!(status == 200 && expected),
                refused => assert!(why(refused).contains("502") && !expected),
            }
        }
        authority.answers().broken = None;
    }
    assert_eq!(server.call(&desk(), "read").await.unwrap().status, 200);
    assert_eq!(authority.seen("/authorize").len(), 1);
}

#[tokio::test]
async fn a_token_that_is_refused_though_it_is_new_is_not_got_again() {
    let authority = Authority::granting(json!({})).await;
    let server = Guarded::by(&[&authority]).await;
    let oauth = desk(&server);
    // The server does not know the key that the tokens are signed with.
    authority.answers().keys.clear();
    for _ in 0..3 {
        assert_eq!(server.call(&oauth, "read").await.unwrap().status, 401);
    }
    assert_eq!(authority.seen("/authorize").len(), 1);
    // Whoever mended it says so.
    oauth.forget().await;
    assert_eq!(server.call(&oauth, "read").await.unwrap().status, 401);
    assert_eq!(authority.seen("/authorize").len(), 2);
}

#[tokio::test]
async fn who_waits_for_a_user_shares_what_they_say() {
    use isogloss::http_client::Authorize;
    let authority = Authority::granting(json!({})).await;
    let server = Guarded::by(&[&authority]).await;
    for (denied, expected) in [(true, 1), (false, 2)] {
        authority.answers().grants.denied = denied.then(|| "access_denied".into());
        let oauth = desk(&server);
        let calls: Vec<_> = (0..5)
            .map(|_| {
                let (oauth, url) = (oauth.clone(), server.url.clone());
                // All of them are refused before the first one gets anywhere.
                tokio::spawn(async move {
                    let (mut sent, ()) = ::http::Request::post(url).body(()).unwrap().into_parts();
                    oauth.authorize(&mut sent).await?;
                    let (refused, ()) = ::http::Response::builder().status(401).body(()).unwrap().into_parts();
                    oauth.answered(&sent, &refused).await
                })
            })
            .collect();
        for call in calls {
            match call.await.unwrap() {
                Ok(again) => assert!(again && !denied),
                refused => assert!(why(refused).contains("access_denied")),
            }
        }
        assert_eq!(authority.seen("/authorize").len(), expected);
        if !denied {
            // One who was refused before, and hears of it only now.
            let (late, ()) = ::http::Request::post(&server.url).body(()).unwrap().into_parts();
            let (refused, ()) = ::http::Response::builder().status(401).body(()).unwrap().into_parts();
            assert!(oauth.answered(&late, &refused).await.unwrap());
            assert_eq!(authority.seen("/authorize").len(), expected);
        }
    }
}

#[tokio::test]
async fn a_call_that_is_given_up_does_not_lose_the_token() {
    let authority = Authority::granting(json!({})).await;
    let server = Arc::new(Guarded::by(&[&authority]).await);
    let oauth = desk(&server);
    authority.answers().grants.expires_in = Some(0);
    server.call(&oauth, "read").await.unwrap();
    authority.answers().grants.expires_in = Some(3600);
    let permits = authority.gate.available_permits();
    authority.gate.forget_permits(permits);
    let call = tokio::spawn({
        let (server, oauth) = (server.clone(), oauth.clone());
        async move { server.call(&oauth, "read").await.map(drop) }
    });
    // The authorization server has the request before it may answer.
    let before = authority.asked("/token");
    while authority.asked("/token") == before {
        tokio::task::yield_now().await;
    }
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    authority.gate.add_permits(permits);
    assert_eq!(server.call(&oauth, "read").await.unwrap().status, 200);
    assert_eq!((authority.seen("/authorize").len(), authority.seen("/token").len()), (1, 3));
}

#[tokio::test]
async fn who_sends_the_user_back_has_to_be_who_they_were_sent_to() {
    let authority = Authority::granting(json!({})).await;
    let server = Guarded::by(&[&authority]).await;
    let table = [
        (None, "without iss"),
        (Some(format!("{}/", authority.issuer)), "another issuer"),
        (Some("https://evil.example".into()), "another issuer"),
    ];
    for (iss, expected) in table {
        authority.answers().grants.iss = Some(iss);
        assert!(why(server.call(&desk(&server), "read").await).contains(expected));
    }
    assert_eq!((authority.seen("/authorize").len(), authority.seen("/token").len()), (3, 0));
    let other = Unattended::new(BACK, async |address: String| Ok(sent_on(&address).await.replace("state=", "state=x")));
    authority.answers().grants.iss = None;
    let oauth = OAuth::authorization_code(&server.url, other).build().unwrap();
    assert!(why(server.call(&oauth, "read").await).contains("another state"));
    assert_eq!(authority.seen("/token").len(), 0);
}

#[tokio::test]
async fn an_authorization_server_without_s256_is_not_gone_to() {
    for methods in [Value::Null, json!(["plain"])] {
        let authority = Authority::granting(json!({ "code_challenge_methods_supported": methods })).await;
        let server = Guarded::by(&[&authority]).await;
        assert!(why(server.call(&desk(&server), "read").await).contains("expected S256"));
        assert_eq!((authority.seen("/authorize").len(), authority.seen("/register").len()), (0, 0));
    }
}

#[tokio::test]
async fn the_browser_comes_back_to_this_machine() {
    let authority = Authority::granting(json!({})).await;
    let server = Guarded::by(&[&authority]).await;
    let (pages, seen) = tokio::sync::mpsc::unbounded_channel();
    let mut seen = seen;
    let browser = Browser::new().open_with(move |address| {
        let (address, pages) = (address.to_owned(), pages.clone());
        tokio::spawn(async move {
            let back = sent_on(&address).await;
            let place = back.split('?').next().unwrap();
            // Others who know the port.
            for other in [format!("{place}?code=x&state=guessed"), format!("{place}x?{back}"), place.to_owned()] {
                pages.send(get(&other).await).unwrap();
            }
            pages.send(get(&back).await).unwrap();
        });
        Ok(())
    });
    let oauth = OAuth::authorization_code(&server.url, browser).build().unwrap();
    assert_eq!(server.call(&oauth, "read").await.unwrap().status, 200);
    for expected in [400, 404, 400, 200] {
        let page = seen.recv().await.unwrap();
        assert_eq!(page.status, expected, "{page:?}");
        assert_eq!(page.header("cache-control"), Some("no-store"));
        assert!(!page.text().contains("code-") && !page.text().contains("guessed"), "{}", page.text());
    }
    let redirect = &authority.seen("/authorize")[0]["redirect_uri"];
    assert!(redirect.starts_with("http://127.0.0.1:") && redirect.ends_with("/callback"), "{redirect}");
}

#[tokio::test]
async fn the_browser_comes_back_to_the_same_place_and_so_to_the_same_session() {
    let authority = Authority::granting(json!({})).await;
    let server = Guarded::by(&[&authority]).await;
    let browser = Browser::new().open_with(|address| {
        let address = address.to_owned();
        tokio::spawn(async move { get(&sent_on(&address).await).await });
        Ok(())
    });
    let oauth = OAuth::authorization_code(&server.url, browser).build().unwrap();
    let target = HttpTarget::new(&server.url).authorize(Arc::new(oauth));
    let options = ClientOptions { mode: Mode::Legacy, ..ClientOptions::default() };
    let client = Client::connect_with(target, options).await.unwrap();
    for tool in ["write", "burn"] {
        client.call::<String>(tool, json!({})).await.unwrap();
    }
    assert_eq!((authority.seen("/authorize").len(), authority.seen("/register").len()), (3, 1));
}

#[tokio::test]
async fn a_user_who_does_not_come_back_is_waited_for_no_longer_than_was_said() {
    let authority = Authority::granting(json!({})).await;
    let server = Guarded::by(&[&authority]).await;
    let oauth = OAuth::authorization_code(&server.url, Browser::new().open_with(|_| Ok(())))
        .login_timeout(Duration::from_millis(1))
        .build()
        .unwrap();
    assert!(why(server.call(&oauth, "read").await).contains("login_timeout"));
    let broken = Browser::new().open_with(|_| Err(Error::Io("there is no screen".into())));
    let oauth = OAuth::authorization_code(&server.url, broken).build().unwrap();
    assert!(why(server.call(&oauth, "read").await).contains("there is no screen"));
}

#[tokio::test]
async fn a_client_is_who_the_authorization_server_can_know_it_as() {
    const DOCUMENT: &str = "https://desk.example.com/client.json";
    let table = [
        (json!({ "client_id_metadata_document_supported": true }), false, DOCUMENT, "none", 0),
        (json!({}), false, "client-1", "none", 1),
        (json!({ "client_id_metadata_document_supported": true }), true, "desk", "client_secret_basic", 0),
        (
            json!({ "token_endpoint_auth_methods_supported": ["client_secret_post"] }),
            true,
            "desk",
            "client_secret_post",
            0,
        ),
        (json!({ "token_endpoint_auth_methods_supported": null }), true, "desk", "client_secret_basic", 0),
        (
            json!({ "token_endpoint_auth_methods_supported": ["client_secret_post"] }),
            false,
            "client-1",
            "client_secret_post",
            1,
        ),
        (json!({ "token_endpoint_auth_methods_supported": null }), false, "client-1", "client_secret_basic", 1),
    ];
    for (metadata, known, id, method, registrations) in table {
        let authority = Authority::granting(metadata.clone()).await;
        let server = Guarded::by(&[&authority]).await;
        let mut builder = OAuth::authorization_code(&server.url, yes()).client_id_metadata(DOCUMENT);
        if known {
            let known = Known {
                secret: Some("s:/ %".into()),
                method: method.into(),
                redirect_uris: vec![BACK.into()],
                key: None,
            };
            authority.know("desk", known);
            builder = builder.client(ClientIdentity::new("desk").secret("s:/ %").issuer(&authority.issuer));
        }
        let oauth = builder.build().unwrap();
        assert_eq!(server.call(&oauth, "read").await.unwrap().status, 200, "{metadata}");
        assert_eq!(authority.seen("/authorize")[0]["client_id"], id, "{metadata}");
        assert_eq!(authority.seen("/register").len(), registrations, "{metadata}");
    }
}

#[tokio::test]
async fn a_client_that_cannot_register_says_what_to_do() {
    let authority = Authority::granting(json!({ "registration_endpoint": null })).await;
    let server = Guarded::by(&[&authority]).await;
    assert!(why(server.call(&desk(&server), "read").await).contains("OAuthBuilder::client"));
    let authority = Authority::granting(json!({ "token_endpoint_auth_methods_supported": ["tls_client_auth"] })).await;
    let server = Guarded::by(&[&authority]).await;
    assert!(why(server.call(&desk(&server), "read").await).contains("cannot prove itself"));
}

#[tokio::test]
async fn a_programs_client_is_shown_to_its_own_authorization_server_alone() {
    let authority = Authority::granting(json!({})).await;
    let server = Guarded::by(&[&authority]).await;
    let identity = ClientIdentity::new("desk").secret("hunter2").issuer("https://auth.example.com");
    let oauth = OAuth::authorization_code(&server.url, yes()).client(identity).build().unwrap();
    let words = why(server.call(&oauth, "read").await);
    assert!(words.contains("belongs to \"https://auth.example.com\"") && !words.contains("hunter2"), "{words}");
    assert_eq!(authority.seen("/authorize").len() + authority.seen("/token").len(), 0);
}

#[tokio::test]
async fn what_is_kept_is_used_in_the_next_run() {
    let authority = Authority::granting(json!({})).await;
    let server = Guarded::by(&[&authority]).await;
    let folder = std::env::temp_dir().join(format!("isogloss-oauth-{}", std::process::id()));
    for run in 0..3 {
        let oauth = OAuth::authorization_code(&server.url, yes())
            .store(Arc::new(FileStore::new(folder.join("tokens"))))
            .build()
            .unwrap();
        assert_eq!(server.call(&oauth, "read").await.unwrap().status, 200);
        assert_eq!(authority.seen("/authorize").len(), if run < 2 { 1 } else { 2 }, "run {run}");
        assert_eq!(authority.seen("/register").len(), 1, "the registration is good for the same redirect address");
        if run == 1 {
            oauth.forget().await;
        }
    }
    #[cfg(unix)]
    for file in std::fs::read_dir(folder.join("tokens")).unwrap() {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(file.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn a_store_that_keeps_nothing_is_reported_and_one_that_cannot_be_read_ends_the_call() {
    struct Broken(bool);
    impl TokenStore for Broken {
        fn load<'a>(&'a self, _: &'a str) -> isogloss::oauth::Storing<'a, Option<String>> {
            let broken = self.0;
            Box::pin(async move { if broken { Err(Error::Io("the keychain is locked".into())) } else { Ok(None) } })
        }

        fn save<'a>(&'a self, _: &'a str, value: Option<&'a str>) -> isogloss::oauth::Storing<'a, ()> {
            assert!(value.is_some());
            Box::pin(async { Err(Error::Io("the disk is full".into())) })
        }
    }
    let authority = Authority::granting(json!({})).await;
    let server = Guarded::by(&[&authority]).await;
    let said = Arc::new(Mutex::new(Vec::new()));
    let lines = said.clone();
    let diagnostics = Diagnostics::to(move |line| lines.lock().unwrap().push(line.to_owned()));
    let oauth = OAuth::authorization_code(&server.url, yes()).store(Arc::new(Broken(false))).diagnostics(diagnostics);
    assert_eq!(server.call(&oauth.build().unwrap(), "read").await.unwrap().status, 200);
    let said = said.lock().unwrap().join("\n");
    assert!(said.contains("the disk is full"), "{said}");
    let oauth = OAuth::authorization_code(&server.url, yes()).store(Arc::new(Broken(true))).build().unwrap();
    assert!(why(server.call(&oauth, "read").await).contains("the keychain is locked"));
}

#[tokio::test]
async fn a_token_goes_to_its_server_alone_and_nothing_secret_is_shown() {
    use isogloss::http_client::Authorize;
    let authority = Authority::granting(json!({})).await;
    let server = Guarded::by(&[&authority]).await;
    authority.know(
        "desk",
        Known {
            secret: Some("hunter2".into()),
            method: "client_secret_basic".into(),
            redirect_uris: vec![BACK.into()],
            key: None,
        },
    );
    let oauth = OAuth::authorization_code(&server.url, yes()).client(ClientIdentity::new("desk").secret("hunter2"));
    let oauth = oauth.build().unwrap();
    server.call(&oauth, "read").await.unwrap();
    let (mut other, ()) = ::http::Request::post("https://evil.example/mcp").body(()).unwrap().into_parts();
    assert!(why(oauth.authorize(&mut other).await).contains("another server"));
    assert!(other.headers.is_empty());
    let (mut own, ()) = ::http::Request::post(&server.url).body(()).unwrap().into_parts();
    oauth.authorize(&mut own).await.unwrap();
    let token = own.headers["authorization"].to_str().unwrap().strip_prefix("Bearer ").unwrap().to_owned();
    assert_eq!(unchecked(&token)["aud"], server.url.as_str());
    let shown = format!("{oauth:?} {own:?}");
    assert!(!shown.contains(&token) && !shown.contains("hunter2"), "{shown}");
}

#[tokio::test]
async fn a_client_gets_itself_what_it_needs_in_either_era() {
    for mode in [Mode::Legacy, Mode::Modern, Mode::Auto] {
        let authority = Authority::granting(json!({})).await;
        let server = Guarded::by(&[&authority]).await;
        let target = HttpTarget::new(&server.url).authorize(Arc::new(desk(&server)));
        let client = Client::connect_with(target, ClientOptions { mode, ..ClientOptions::default() }).await.unwrap();
        for (tool, expected) in [("read", "a note"), ("write", "written"), ("read", "a note")] {
            assert_eq!(client.call::<String>(tool, json!({})).await.unwrap(), expected, "{mode:?}");
        }
        assert_eq!(authority.seen("/authorize").len(), 2, "{mode:?}");
        authority.answers().grants.denied = Some("access_denied".into());
        assert!(why(client.call::<String>("burn", json!({})).await).contains("access_denied"));
        assert_eq!(client.call::<String>("read", json!({})).await.unwrap(), "a note", "what there was is still good");
    }
}

#[tokio::test]
async fn a_user_who_says_no_is_not_asked_again_for_the_other_era() {
    let authority = Authority::granting(json!({})).await;
    let server = Guarded::by(&[&authority]).await;
    authority.answers().grants.denied = Some("access_denied".into());
    let target = HttpTarget::new(&server.url).authorize(Arc::new(desk(&server)));
    assert!(why(Client::connect(target).await).contains("access_denied"));
    assert_eq!(authority.seen("/authorize").len(), 1);
}

#[test]
fn what_is_set_up_wrongly_is_said_at_once() {
    let at = |server: &str| OAuth::authorization_code(server, Browser::new());
    let table = [
        (at("http://mcp.example.com/mcp"), "use https"),
        (at("mcp.example.com"), "absolute address"),
        (at("https://m.example/mcp").scopes(["a b"]), "is no scope"),
        (at("https://m.example/mcp").client_id_metadata("http://127.0.0.1/c.json"), "expected https"),
        (at("https://m.example/mcp").client_id_metadata("https://desk.example"), "a path"),
    ];
    for (builder, expected) in table {
        let error = builder.build().map(drop).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
