//! Several servers from a file, each by itself, and what they may ask answered by closures.
#![cfg(unix)]

mod http;
mod support;

use http::{Served, soon};
use isogloss::http_server::HttpOptions;
use isogloss::protocol::types::{
    CreateMessageResult, ElicitRequestFormParams, ElicitResult, Role, Root, SamplingContent, TextContent,
};
use isogloss::{Client, ClientOptions, Clients, Config, Error, Form, Mode, NoArguments, Roots, Sample, Server};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use support::{Sum, server};

/// Examples are built before the tests that lie beside them.
fn weather() -> String {
    let mut path = std::env::current_exe().expect("a path");
    path.pop();
    path.pop();
    path.join("examples/weather").to_string_lossy().into_owned()
}

fn parsed(servers: &Value) -> Result<Config, Error> {
    Config::parse("servers.json", &json!({ "mcpServers": servers, "theme": "dark" }).to_string())
}

#[tokio::test]
async fn tools_of_all_servers_stand_in_one_list_and_a_server_that_fails_takes_down_no_other() {
    let served = Served::server(&server(), HttpOptions::default()).await;
    // As text: the order of the servers means something, and `json!` may sort them.
    let servers = [
        ("weather", json!({"command": weather(), "args": [], "env": {"LANG": "C"}, "cwd": "/", "disabled": false})),
        ("gone", json!({"command": "/no/such/program"})),
        ("wrong", json!({"command": "x", "args": ["-v", 7]})),
        ("sums", json!({"type": "http", "url": format!("http://{}/mcp", served.address), "headers": {"x-a": "b"}})),
    ];
    let servers = servers.map(|(name, server)| format!("\"{name}\": {server}")).join(", ");
    let text = format!("{{\"mcpServers\": {{{servers}}}, \"theme\": \"dark\"}}");
    let config = Config::parse("servers.json", &text).expect("a configuration");
    let clients = soon(Clients::connect(config)).await.expect("connections");
    let failed: Vec<(&str, String)> =
        clients.failed().iter().map(|(name, error)| (name.as_str(), error.to_string())).collect();
    assert_eq!(failed[0].0, "gone");
    assert!(failed[0].1.starts_with("/no/such/program cannot be started: "), "{failed:?}");
    assert_eq!(failed[1].1, "servers.json: server \"wrong\": args[1]: expected string, found number");
    assert_eq!(
        clients.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        ["weather", "sums"],
        "in the order of the file"
    );

    let listed = clients.tools().await;
    assert!(listed.failed.is_empty(), "{listed:?}");
    let names: Vec<&str> = listed.items.iter().map(|tool| tool.name.as_str()).collect();
    assert!(names.contains(&"weather_get_forecast") && names.contains(&"sums_add"), "{names:?}");
    let sum: Sum = clients.call("sums_add", json!({"a": 1, "b": 2})).expect("a server").await.expect("a sum");
    assert_eq!(sum, Sum { sum: 3 });
    let call = clients.call::<String>("weather_get_forecast", json!({"city": "Oslo"})).expect("a server");
    assert_eq!(call.await.expect("a forecast"), "Sunny in Oslo.");
    assert_eq!(clients.get("sums").and_then(|client| client.instructions()), Some("Add first."));
    let error = clients.call::<Value>("gone_add", json!({})).expect_err("no such server").to_string();
    assert!(error.contains("\"gone_add\"") && error.ends_with("they are weather, sums"), "{error}");
    soon(clients.close()).await;
}

#[tokio::test]
async fn names_that_do_not_tell_their_tools_apart_are_refused() {
    let config = parsed(&json!({"a": {"url": "http://x/"}, "a_b": {"url": "http://y/"}})).expect("a configuration");
    let error = Clients::connect(config).await.expect_err("ambiguous").to_string();
    assert_eq!(error, "the names of the servers \"a\" and \"a_b\" do not tell their tools apart: rename one of them");
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_told_with_its_place() {
    for (text, expected) in [
        ("{", "servers.json: invalid JSON"),
        ("[]", "servers.json: expected object, found array"),
        ("{}", "servers.json: mcpServers: required member is missing"),
        (r#"{"mcpServers": 1}"#, "servers.json: mcpServers: expected object, found number"),
    ] {
        let error = Config::parse("servers.json", text).expect_err(expected).to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    for (server, expected) in [
        (json!(1), "expected object, found number"),
        (json!({}), "expected one of the members \"command\", \"url\""),
        (json!({"command": 1}), "command: expected string, found number"),
        (json!({"command": "x", "args": "y"}), "args: expected array, found string"),
        (json!({"command": "x", "env": {"A": 1}}), "env.A: expected string, found number"),
        (json!({"type": "http", "command": "x"}), "url: required member is missing"),
        (json!({"type": "sse", "url": "http://x/"}), "type: expected \"stdio\" or \"http\", found \"sse\""),
        (json!({"url": "http://x/", "headers": ["a"]}), "headers: expected object, found array"),
    ] {
        let config = parsed(&json!({ "s": server })).expect("the rest");
        let clients = Clients::connect(config).await.expect("no connections");
        let [(name, error)] = clients.failed() else { panic!("{server}: {clients:?}") };
        assert_eq!((name.as_str(), error.to_string()), ("s", format!("servers.json: server \"s\": {expected}")));
    }
    let missing = Config::read("/no/such/servers.json").expect_err("no file").to_string();
    assert!(missing.starts_with("/no/such/servers.json: "), "{missing}");
}

#[test]
fn a_configuration_keeps_its_secrets() {
    let config = parsed(&json!({"s": {"url": "http://x/?key=secret", "headers": {"authorization": "secret"}}}));
    assert_eq!(format!("{:?}", config.expect("a configuration")), r#"["s"]"#);
}

#[derive(Deserialize, JsonSchema)]
struct Named {
    name: String,
}

#[tokio::test]
async fn closures_answer_what_a_server_asks_in_both_eras() {
    let asking = Server::new("asking", "1").tool("greet", "", async |_: NoArguments, cx| {
        let Named { name } = cx.ask(Form::new("Your name?")).await?.accepted()?;
        let roots = cx.ask(Roots).await?.len();
        let SamplingContent::Text(said) = cx.ask(Sample::text("Greet.", 10)).await?.content else {
            return Ok(String::from("no text"));
        };
        Ok(format!("{} {name}, {roots} roots", said.text))
    });
    for mode in [Mode::Legacy, Mode::Modern] {
        let user = async |form: ElicitRequestFormParams| {
            assert_eq!(form.message, "Your name?");
            ElicitResult::accept(json!({"name": "Zoë"}))
        };
        let options = ClientOptions { mode, ..ClientOptions::default() }
            .on_elicit(user)
            .on_roots(async || Ok(vec![Root::new("file:///home")]))
            .on_sample(async |_| {
                let said = SamplingContent::Text(TextContent::new("Hello"));
                Ok(CreateMessageResult::new(said, "m", Role::Assistant))
            });
        let client = Client::connect_with(&asking, options).await.expect("a connection");
        let said: String = soon(client.call("greet", json!({}))).await.expect("a greeting");
        assert_eq!(said, "Hello Zoë, 1 roots", "{mode:?}");

        let nobody = ClientOptions { mode, ..ClientOptions::default() }.on_roots(async || Ok(Vec::new()));
        let client = Client::connect_with(&asking, nobody).await.expect("a connection");
        let refused = soon(client.call("greet", json!({})).raw()).await;
        assert!(refused.is_err() || refused.is_ok_and(|result| result.is_error == Some(true)), "{mode:?}");
    }
}
