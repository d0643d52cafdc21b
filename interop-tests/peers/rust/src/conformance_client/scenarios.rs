//! What is done in each scenario, once there is a connection.

use std::sync::{Arc, Mutex, PoisonError};

use isogloss::protocol::handlers::ClientHandler;
use isogloss::protocol::types::{
    ElicitRequestParams, ElicitResult, ElicitResultAction, ElicitValue, GetPromptRequestParams,
    ReadResourceRequestParams, Tool,
};
use isogloss::wire::{Encoder, Map};
use isogloss::{Client, Error, Failure, Json, ServerCalls};
use serde_json::{Value, json};

pub async fn play(client: &Client, scenario: &str, context: &Value) -> Result<(), Error> {
    match scenario {
        "initialize" | "request-metadata" | "json-schema-ref-no-deref" => client.tools().await.map(|_| ()),
        "elicitation-sep1034-client-defaults" => call(client, "test_client_elicitation_defaults", json!({})).await,
        "sse-retry" => call(client, "test_reconnection", json!({})).await,
        "sep-2322-client-request-state" => rounds(client).await,
        "http-standard-headers" => everything(client).await,
        "http-custom-headers" => {
            client.tools().await?;
            for wanted in context["toolCalls"].as_array().into_iter().flatten() {
                call(client, wanted["name"].as_str().unwrap_or_default(), wanted["arguments"].clone()).await?;
            }
            Ok(())
        }
        "http-invalid-tool-headers" => {
            for tool in client.tools().await? {
                call(client, &tool.name, json!({"region": "us-east1"})).await?;
            }
            Ok(())
        }
        "json-schema-2020-12-preservation" => {
            let tools = client.tools().await?;
            let wanted = tools.into_iter().find(|tool| tool.name == "json_schema_2020_12_tool");
            let Some(Tool { input_schema, .. }) = wanted else {
                return Err(Error::Setup(String::from("there is no json_schema_2020_12_tool")));
            };
            let written = Encoder::message(&input_schema, client.revision().bit());
            let text = written.map_err(|error| Error::Setup(error.to_string()))?.text;
            let schema = Json::from_text(&text).map_err(|error| Error::Setup(error.to_string()))?;
            client.call("json_schema_echo", Map::from([(String::from("schema"), schema)])).raw().await.map(|_| ())
        }
        // `tools_call`, and whatever is about the way to a server: list the tools, and call the first.
        _ => {
            for tool in client.tools().await?.iter().take(1) {
                let arguments = if tool.name == "add_numbers" { json!({"a": 2, "b": 3}) } else { json!({}) };
                call(client, &tool.name, arguments).await?;
            }
            Ok(())
        }
    }
}

async fn call(client: &Client, tool: &str, arguments: Value) -> Result<(), Error> {
    client.call(tool, arguments).raw().await.map(|_| ())
}

/// Calls tools that ask; the user has another one called before answering.
async fn rounds(client: &Client) -> Result<(), Error> {
    client.tools().await?;
    for tool in ["test_mrtr_echo_state", "test_mrtr_no_state", "test_mrtr_no_result_type"] {
        call(client, tool, json!({})).await?;
    }
    Ok(())
}

/// Uses whatever the server has.
async fn everything(client: &Client) -> Result<(), Error> {
    for tool in client.tools().await? {
        call(client, &tool.name, json!({})).await?;
    }
    for resource in client.resources().await? {
        client.read_resource(&ReadResourceRequestParams { uri: resource.uri, ..Default::default() }).await?;
    }
    for prompt in client.prompts().await? {
        client.get_prompt(&GetPromptRequestParams { name: prompt.name, ..Default::default() }).await?;
    }
    Ok(())
}

/// A user who agrees to everything, and who has something else done while being asked.
#[derive(Clone, Default)]
pub struct User(Arc<Mutex<Option<Client>>>);

impl User {
    fn client(&self) -> std::sync::MutexGuard<'_, Option<Client>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn is_of(&self, client: &Client) {
        *self.client() = Some(client.clone());
    }

    pub fn leaves(&self) {
        self.client().take();
    }
}

impl ClientHandler<()> for User {
    type Error = Failure;

    async fn elicit(&self, (): &(), asked: ElicitRequestParams) -> Result<ElicitResult, Failure> {
        let accepted = ElicitResult::new(ElicitResultAction::Accept);
        let ElicitRequestParams::Form(form) = asked else { return Ok(accepted) };
        if !form.requested_schema.properties.contains_key("confirmed") {
            return Ok(accepted);
        }
        let client = self.client().clone();
        if let Some(client) = client {
            call(&client, "test_mrtr_unrelated", json!({})).await?;
        }
        let content = Map::from([(String::from("confirmed"), ElicitValue::Boolean(true))]);
        Ok(ElicitResult { content: Some(content), ..accepted })
    }
}
