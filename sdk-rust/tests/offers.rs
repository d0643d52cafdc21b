//! What a server offers, to whom, and what becomes of it while the server runs, as text on the wire.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use isogloss::offer;
use isogloss::protocol::types::{CacheScope, LoggingLevel};
use isogloss::{Access, Context, Failure, ItemKind, Json, NoArguments, Server};
use serde_json::{Value, json};
use support::{Wire, initialize, legacy, modern};

async fn nothing(_: NoArguments, _: Context) -> Result<(), Failure> {
    Ok(())
}

fn names(answer: &Value, list: &str) -> Vec<String> {
    let items = answer["result"][list].as_array().cloned().unwrap_or_default();
    let name = |item: &Value| {
        ["uri", "uriTemplate", "name"]
            .iter()
            .find_map(|key| Some(item.get(*key)?.as_str()?.to_owned()))
            .unwrap_or_default()
    };
    items.iter().map(name).collect()
}

#[tokio::test]
async fn an_offer_says_all_that_it_was_told() {
    let server = Server::new("shop", "1")
        .offer(
            offer::tool("buy", nothing)
                .title("Buy")
                .description("Buys.")
                .destructive(true)
                .open_world(false)
                .meta("shop/aisle", Json::new(&7).expect("JSON")),
        )
        .offer(offer::tool("look", nothing).read_only().idempotent())
        .offer(
            offer::resource("text://terms", "terms", async |_| Ok("terms"))
                .title("Terms")
                .mime_type("text/markdown")
                .size(5)
                .cache(Duration::from_secs(5), CacheScope::Public),
        );
    let mut wire = Wire::to(&server);
    let tools = wire.ask(&modern(1, "tools/list", "{}")).await;
    assert_eq!(
        tools["result"]["tools"][0],
        json!({
            "name": "buy", "title": "Buy", "description": "Buys.", "_meta": {"shop/aisle": 7},
            "annotations": {"destructiveHint": true, "openWorldHint": false},
            "inputSchema": {"type": "object", "additionalProperties": false},
        })
    );
    assert_eq!(tools["result"]["tools"][1]["annotations"], json!({"readOnlyHint": true, "idempotentHint": true}));
    assert_eq!((&tools["result"]["ttlMs"], &tools["result"]["cacheScope"]), (&json!(60_000), &json!("public")));
    let resources = wire.ask(&modern(1, "resources/list", "{}")).await;
    let listed = &resources["result"]["resources"][0];
    assert_eq!(
        listed,
        &json!({"name": "terms", "title": "Terms", "uri": "text://terms", "mimeType": "text/markdown", "size": 5})
    );
    let read = wire.ask(&modern(1, "resources/read", r#"{"uri":"text://terms"}"#)).await;
    assert_eq!(read["result"]["contents"][0]["mimeType"], "text/markdown");
    assert_eq!((&read["result"]["ttlMs"], &read["result"]["cacheScope"]), (&json!(5000), &json!("public")));
    let answer = wire.ask(&modern(1, "tools/call", r#"{"name":"look"}"#)).await;
    assert_eq!(answer["result"]["content"], json!([]), "nothing is an empty result");
}

#[tokio::test]
async fn a_policy_decides_who_sees_and_who_uses_what() {
    let server = Server::new("guarded", "1")
        .page_size(2)
        .offer(offer::tool("a", nothing))
        .offer(offer::tool("secret", nothing).tag("secret"))
        .offer(offer::tool("b", nothing))
        .offer(offer::tool("wipe", nothing).destructive(true))
        .offer(offer::tool("scoped", nothing).scopes(["files:write"]))
        .prompt("secret", "", async |_: NoArguments, _| Ok("x"))
        .policy(|_, item| match item.annotations {
            Some(hints) if hints.destructive_hint == Some(true) => Access::Refuse("not on Sundays".into()),
            _ if item.kind == ItemKind::Prompt || item.tags.iter().any(|tag| tag == "secret") => Access::Hide,
            _ => Access::Allow,
        });
    let mut wire = Wire::to(&server);
    let first = wire.ask(&modern(1, "tools/list", "{}")).await;
    assert_eq!(names(&first, "tools"), ["a", "b"]);
    assert_eq!(first["result"]["cacheScope"], "private", "another may see something else");
    let params = json!({"cursor": first["result"]["nextCursor"]}).to_string();
    let second = wire.ask(&modern(1, "tools/list", &params)).await;
    assert_eq!(
        (names(&second, "tools"), &second["result"]["nextCursor"]),
        (vec!["wipe".into(), "scoped".into()], &Value::Null)
    );
    for (method, params, code, message) in [
        ("tools/call", r#"{"name":"secret"}"#, -32602, "unknown tool: secret"),
        ("tools/call", r#"{"name":"wipe"}"#, -32602, "not on Sundays"),
        ("tools/call", r#"{"name":"scoped"}"#, -32600, "this needs an access token with the scopes: files:write"),
        ("prompts/get", r#"{"name":"secret"}"#, -32602, "unknown prompt: secret"),
    ] {
        let answer = wire.ask(&modern(1, method, params)).await;
        assert_eq!((&answer["error"]["code"], &answer["error"]["message"]), (&json!(code), &json!(message)));
    }
}

#[tokio::test]
async fn nothing_of_what_a_policy_refuses_runs() {
    #[derive(serde::Deserialize, schemars::JsonSchema)]
    struct Id {
        #[allow(dead_code, reason = "nobody may read it")]
        id: String,
    }
    let ran = Arc::new(AtomicUsize::new(0));
    let count = |ran: &Arc<AtomicUsize>| {
        let ran = Arc::clone(ran);
        // Before there is a future: what an `async fn` does not do.
        move || _ = ran.fetch_add(1, Ordering::Relaxed)
    };
    let (tool, resource, template, prompt) = (count(&ran), count(&ran), count(&ran), count(&ran));
    let (of_prompt, of_template) = (count(&ran), count(&ran));
    let server = Server::new("vault", "1")
        .tool("open", "", move |_: NoArguments, _| {
            tool();
            async { Ok("open") }
        })
        .resource("vault://all", "all", move |_| {
            resource();
            async { Ok("all") }
        })
        .resource_template("vault://{id}/one", "one", move |_: Id, _| {
            template();
            async { Ok("one") }
        })
        .prompt("ask", "", move |_: Id, _| {
            prompt();
            async { Ok("ask") }
        })
        .complete_prompt("ask", "id", move |_, _| {
            of_prompt();
            async { Ok(vec!["secret".into()]) }
        })
        .complete_resource("vault://{id}/one", "id", move |_, _| {
            of_template();
            async { Ok(vec!["secret".into()]) }
        });
    for access in [Access::Hide, Access::Refuse("no".into())] {
        let mut wire = Wire::to(&server.clone().policy(move |_, _| access.clone()));
        for (method, params) in [
            ("tools/call", r#"{"name":"open"}"#),
            ("resources/read", r#"{"uri":"vault://all"}"#),
            ("resources/read", r#"{"uri":"vault://1/one"}"#),
            ("prompts/get", r#"{"name":"ask","arguments":{"id":"1"}}"#),
            (
                "completion/complete",
                r#"{"ref":{"type":"ref/prompt","name":"ask"},"argument":{"name":"id","value":""}}"#,
            ),
            (
                "completion/complete",
                r#"{"ref":{"type":"ref/resource","uri":"vault://{id}/one"},"argument":{"name":"id","value":""}}"#,
            ),
        ] {
            let answer = wire.ask(&modern(1, method, params)).await;
            assert_eq!(answer["error"]["code"], -32602, "{method} {params}: {answer}");
        }
    }
    assert_eq!(ran.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn changes_are_told_to_those_who_listen() {
    let server =
        Server::new("live", "1").offer(offer::tool("a", nothing)).prompt("p", "", async |_: NoArguments, _| Ok("x"));
    let server = server.resource("text://a", "a", async |_| Ok("a"));
    let mut modern_wire = Wire::to(&server);
    let filter = r#"{"notifications":{"toolsListChanged":true,"resourceSubscriptions":["text://a"]}}"#;
    let ack = modern_wire.ask(&modern(9, "subscriptions/listen", filter)).await;
    assert_eq!(ack["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(
        ack["params"]["notifications"],
        json!({"toolsListChanged": true, "resourceSubscriptions": ["text://a"]})
    );
    let id = "/params/_meta/io.modelcontextprotocol~1subscriptionId";
    assert_eq!(ack.pointer(id), Some(&json!(9)));

    let mut legacy_wire = Wire::to(&server);
    legacy_wire.ask(&initialize("2025-11-25")).await;
    legacy_wire.ask(&legacy(1, "resources/subscribe", r#"{"uri":"text://a"}"#)).await;
    legacy_wire.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
    assert_eq!(legacy_wire.ask(&legacy(2, "ping", "{}")).await["result"], json!({}));

    server.add(offer::tool("b", nothing)).expect("a tool");
    assert!(server.enable_prompt("p", false) && !server.enable_prompt("p", false));
    server.resource_changed("text://other");
    server.resource_changed("text://a");
    assert!(server.remove_tool("a") && !server.remove_tool("a"));
    for (method, told) in [
        ("notifications/tools/list_changed", true),
        ("notifications/prompts/list_changed", false),
        ("notifications/resources/updated", true),
        ("notifications/tools/list_changed", true),
    ] {
        if told {
            let message: Value = serde_json::from_str(&modern_wire.receive().await.expect("a change")).expect("JSON");
            assert_eq!((&message["method"], message.pointer(id)), (&json!(method), Some(&json!(9))));
        }
        let message: Value = serde_json::from_str(&legacy_wire.receive().await.expect("a change")).expect("JSON");
        assert_eq!(message["method"], method);
    }
    assert_eq!(names(&modern_wire.ask(&modern(10, "tools/list", "{}")).await, "tools"), ["b"]);
    assert_eq!(names(&modern_wire.ask(&modern(11, "prompts/list", "{}")).await, "prompts"), Vec::<String>::new());
    let broken = server.add(offer::raw_tool("c", json!({"type": "string"}), async |_, _| Ok(())));
    assert!(broken.is_err_and(|error| error.to_string().contains("tool \"c\"")));
    assert_eq!(names(&modern_wire.ask(&modern(12, "tools/list", "{}")).await, "tools"), ["b"], "it takes down no list");

    server.end_subscriptions();
    let end: Value = serde_json::from_str(&modern_wire.receive().await.expect("the end")).expect("JSON");
    assert_eq!((&end["id"], &end["result"]["resultType"]), (&json!(9), &json!("complete")));
    assert_eq!(end.pointer("/result/_meta/io.modelcontextprotocol~1subscriptionId"), Some(&json!(9)));
}

#[tokio::test]
async fn what_a_clone_is_built_on_with_is_offered_by_it_alone() {
    let plain = Server::new("shop", "1").tool("look", "", nothing);
    let inner = Server::new("inner", "1").tool("x", "", nothing);
    let more = plain.clone().tool("buy", "", nothing).mount("in", &inner);
    for (server, expected) in [(&plain, &["look"][..]), (&more, &["look", "buy", "in_x"])] {
        let mut wire = Wire::to(server);
        assert_eq!(names(&wire.ask(&modern(1, "tools/list", "{}")).await, "tools"), expected);
    }
}

#[tokio::test]
async fn a_server_is_mounted_in_another_under_a_namespace() {
    let inner = support::server();
    let mut wire = Wire::to(&Server::new("outer", "1").tool("own", "", nothing).mount("in", &inner));
    let tools = names(&wire.ask(&modern(1, "tools/list", "{}")).await, "tools");
    assert_eq!((tools[0].as_str(), tools[1].as_str(), tools.len()), ("own", "in_add", 11));
    let answer = wire.ask(&modern(1, "tools/call", r#"{"name":"in_add","arguments":{"a":2,"b":3}}"#)).await;
    assert_eq!(answer["result"]["structuredContent"], json!({"sum": 5}));
    let read = wire.ask(&modern(1, "resources/read", r#"{"uri":"item://in/caf%C3%A9"}"#)).await;
    assert_eq!(read["result"]["contents"][0]["text"], "item café");
    let read = wire.ask(&modern(1, "resources/read", r#"{"uri":"text://in/greeting"}"#)).await;
    assert_eq!(read["result"]["contents"][0]["text"], "héllo wörld ✓");
    let complete = r#"{"ref":{"type":"ref/prompt","name":"in_greet"},"argument":{"name":"name","value":"Al"}}"#;
    let completed = wire.ask(&modern(1, "completion/complete", complete)).await;
    assert_eq!(completed["result"]["completion"]["values"], json!(["Alice", "Alan"]));
}

#[tokio::test]
async fn middleware_stands_around_every_request() {
    let server = support::server()
        .middleware(|request, next| async move {
            match request.context.method() {
                "prompts/list" => Err(Failure::protocol(-32099, "no prompts today")),
                "resources/list" => Ok(Json::from_text(r#"{"resultType":"complete","resources":[]}"#)?),
                _ => next.run(request).await,
            }
        })
        .middleware(|request, next| async move {
            let result = next.run(request).await?;
            let mut members = isogloss::JsonObject::try_from(result)?.members();
            members.insert("seen".into(), Json::new(&true)?);
            Ok(Json::new(&members)?)
        });
    let mut wire = Wire::to(&server);
    let answer = wire.ask(&modern(1, "tools/call", r#"{"name":"count"}"#)).await;
    assert_eq!(
        (&answer["result"]["structuredContent"], &answer["result"]["seen"]),
        (&json!({"result": 3}), &json!(true))
    );
    assert_eq!(wire.ask(&modern(1, "prompts/list", "{}")).await["error"]["code"], -32099);
    assert_eq!(
        wire.ask(&modern(1, "resources/list", "{}")).await["result"]["seen"],
        Value::Null,
        "the inner one has no turn"
    );
}

#[tokio::test]
async fn a_line_of_the_log_is_sent_only_where_it_was_asked_for() {
    let server = Server::new("logging", "1").tool("log", "", async |_: NoArguments, cx: Context| {
        cx.log(LoggingLevel::Debug, "fine").await?;
        cx.log(LoggingLevel::Error, json!({"disk": "full"})).await?;
        Ok(())
    });
    let call = r#"{"name":"log"}"#;
    let mut wire = Wire::to(&server);
    assert!(
        wire.ask(&modern(1, "tools/call", call)).await["result"].is_object(),
        "a modern request that asks for none"
    );
    let asking = modern(2, "tools/call", call)
        .replace(r#""_meta":{"#, r#""_meta":{"io.modelcontextprotocol/logLevel":"warning","#);
    let line = wire.ask(&asking).await;
    assert_eq!((&line["method"], &line["params"]["data"]), (&json!("notifications/message"), &json!({"disk": "full"})));
    assert!(wire.receive().await.expect("the result").contains("result"));

    let mut wire = Wire::to(&server);
    wire.ask(&initialize("2025-11-25")).await;
    let line = wire.ask(&legacy(1, "tools/call", call)).await;
    assert_eq!(line["params"]["level"], "error", "from info on, unless it says otherwise");
    wire.receive().await.expect("the result");
    wire.ask(&legacy(2, "logging/setLevel", r#"{"level":"debug"}"#)).await;
    assert_eq!(wire.ask(&legacy(3, "tools/call", call)).await["params"]["level"], "debug");
}
