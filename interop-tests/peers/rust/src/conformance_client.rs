//! The client of the official conformance suite: each scenario as a user of the SDK would write it. The suite names the
//! scenario and what goes with it in the environment, and the server's address as the last argument.

mod credentials;
mod scenarios;

use isogloss::protocol::types::{
    ClientCapabilities, ElicitationCapability, Implementation, RootsCapability, SamplingCapability,
};
use isogloss::{Answering, Client, ClientOptions, Diagnostics, Error, HttpTarget, JsonObject, Mode, Revision};
use serde_json::{Value, json};

use scenarios::User;

/// What the suite says about a run.
pub struct Scenario {
    name: String,
    /// The revision of the leg.
    revision: Option<Revision>,
    /// What a user of the scenario would know: credentials, arguments.
    context: Value,
}

impl Scenario {
    fn from_environment() -> Self {
        let variable = |name: &str| std::env::var(name).unwrap_or_default();
        Scenario {
            name: variable("MCP_CONFORMANCE_SCENARIO"),
            revision: Revision::parse(&variable("MCP_CONFORMANCE_PROTOCOL_VERSION")),
            context: serde_json::from_str(&variable("MCP_CONFORMANCE_CONTEXT")).unwrap_or_default(),
        }
    }

    fn options(&self, user: &User) -> ClientOptions {
        let defaults = JsonObject::new(&json!({"applyDefaults": true})).unwrap_or_default();
        ClientOptions {
            info: Implementation::new("isogloss-rust-conformance", env!("CARGO_PKG_VERSION")),
            capabilities: ClientCapabilities {
                elicitation: Some(ElicitationCapability { form: Some(defaults), ..Default::default() }),
                roots: Some(RootsCapability::default()),
                sampling: Some(SamplingCapability::default()),
                ..ClientCapabilities::default()
            },
            mode: if self.revision == Some(Revision::V2026_07_28) { Mode::Modern } else { Mode::Legacy },
            revision: self.revision,
            answering: Some(Answering::by(user.clone()).filling_in_defaults()),
            diagnostics: Diagnostics::to(|line| eprintln!("{line}")),
            ..ClientOptions::default()
        }
    }
}

pub async fn run(url: &str) -> Result<(), String> {
    let scenario = Scenario::from_environment();
    let result = connect_and_play(&scenario, url).await;
    result.map_err(|error| format!("{}: {error}", scenario.name))
}

async fn connect_and_play(scenario: &Scenario, url: &str) -> Result<(), Error> {
    let mut target = HttpTarget::new(url);
    if let Some(authorize) = credentials::of(&scenario.name, &scenario.context, url)? {
        target = target.authorize(authorize);
    }
    let user = User::default();
    let client = Client::connect_with(target, scenario.options(&user)).await?;
    user.is_of(&client);
    let played = scenarios::play(&client, &scenario.name, &scenario.context).await;
    user.leaves();
    client.close().await;
    played
}
