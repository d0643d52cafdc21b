//! Goes through the reference surface of any server, one line a step.

use std::process::ExitCode;
use std::time::Duration;

use isogloss::protocol::handlers::ClientHandler;
use isogloss::protocol::types::{
    ClientCapabilities, ElicitRequestParams, ElicitResult, ElicitResultAction, ElicitValue, ElicitationCapability,
    Implementation,
};
use isogloss::wire::Map;
use isogloss::{Answering, Client, ClientOptions, Failure, Mode, Revision, Target};
use serde_json::{Value, json};

use crate::steps::{self, Outcome};

const STEP_TIME: Duration = Duration::from_secs(5);
/// Connecting starts a program, on a machine that may be compiling.
const CONNECT_TIME: Duration = Duration::from_secs(30);

pub async fn run(mode: Mode, target: impl Target) -> ExitCode {
    let variable = |name: &str| std::env::var(name).ok();
    let options = ClientOptions {
        info: Implementation::new("isogloss-rust-peer", env!("CARGO_PKG_VERSION")),
        capabilities: ClientCapabilities {
            elicitation: Some(ElicitationCapability::default()),
            ..ClientCapabilities::default()
        },
        mode,
        revision: variable("ISOGLOSS_REVISION").and_then(|date| Revision::parse(&date)),
        answering: Some(Answering::by(Zoe)),
        ..ClientOptions::default()
    };
    let mut client = None;
    let connecting = async {
        let connected = client.insert(Client::connect_with(target, options).await?);
        let server = connected.server_info().map(|info| info.name.clone());
        Ok((true, json!({"revision": connected.revision().as_str(), "server": server})))
    };
    report("connect", CONNECT_TIME, connecting).await;
    let Some(client) = client else { return ExitCode::FAILURE };
    let only = variable("ISOGLOSS_STEPS");
    for name in steps::NAMES {
        let wanted = match &only {
            Some(only) => only.split(',').any(|wanted| wanted == name),
            None => name != "ping",
        };
        if wanted {
            report(name, STEP_TIME, steps::run(name, &client)).await;
        }
    }
    let closing = async {
        client.close().await;
        Ok((true, Value::Null))
    };
    report("close", STEP_TIME, closing).await;
    ExitCode::SUCCESS
}

/// Runs a step within its time and prints its line.
async fn report(name: &str, limit: Duration, step: impl Future<Output = Outcome>) {
    let (ok, detail) = match tokio::time::timeout(limit, step).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => (false, error.to_string().into()),
        Err(_) => (false, format!("not done within {limit:?}").into()),
    };
    println!("{}", json!({"step": name, "ok": ok, "detail": detail}));
}

/// The user, who gives this name whenever asked for one.
struct Zoe;

impl ClientHandler<()> for Zoe {
    type Error = Failure;

    async fn elicit(&self, (): &(), _: ElicitRequestParams) -> Result<ElicitResult, Failure> {
        let content = Map::from([(String::from("name"), ElicitValue::String(String::from("Zoë")))]);
        Ok(ElicitResult { content: Some(content), ..ElicitResult::new(ElicitResultAction::Accept) })
    }
}
