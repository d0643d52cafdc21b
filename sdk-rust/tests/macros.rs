//! `#[isogloss::server]`: an impl block as a server, as text on the wire.

mod support;

use std::sync::atomic::{AtomicU64, Ordering};

use isogloss::{Claims, Completing, Context, IntoServer, Result};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use support::{Wire, modern};

#[derive(Serialize, JsonSchema)]
struct Forecast {
    summary: String,
    days: u8,
}

#[derive(Default)]
struct Weather {
    asked: AtomicU64,
}

#[derive(Debug)]
struct NoSuchCity(String);

impl std::fmt::Display for NoSuchCity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "there is no city {}", self.0)
    }
}

impl std::error::Error for NoSuchCity {}

/// Weather for the cities of the world.
#[isogloss::server(name = "weather", version = "2.0.0")]
impl Weather {
    /// Forecast for a city.
    ///
    /// In the city's own time.
    #[tool(title = "Forecast", read_only, open_world = true, tag = "weather")]
    async fn get_forecast(
        &self,
        /// City to look up.
        #[arg(length = 1..=40, example = "Ulm")]
        city: String,
        #[arg(range = 1..=10, default = 1, description = "How far to look ahead.")] days: u8,
        #[arg(format = "email", rename = "notify", header = "Notify")] mail: Option<String>,
        cx: &Context,
    ) -> Result<Forecast, NoSuchCity> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if city == "Atlantis" {
            return Err(NoSuchCity(city));
        }
        let summary = format!("sunny in {city}, told {}, {}", mail.unwrap_or_default(), cx.revision());
        Ok(Forecast { summary, days })
    }

    /// How often it was asked.
    #[tool]
    fn count(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    #[tool(name = "who", description = "Who asks.")]
    async fn who_asks(claims: Option<Claims>, #[extract] cx: Context) -> String {
        format!("{} {}", claims.is_some(), cx.method())
    }

    #[tool(confirm = "Really?", destructive = true, idempotent)]
    async fn reset(&self) {
        self.asked.store(0, Ordering::Relaxed);
    }

    /// A city's profile.
    #[resource("city://{name}/profile", title = "Profile", mime_type = "text/markdown")]
    async fn profile(&self, name: String) -> Result<String> {
        Ok(format!("# {name}"))
    }

    #[resource("text://terms")]
    fn terms() -> &'static str {
        "Be kind."
    }

    /// Greets somebody.
    #[prompt]
    async fn greet(
        &self,
        /// Whom to greet.
        name: String,
    ) -> String {
        format!("Greet {name}")
    }

    #[complete(prompt = "greet", argument = "name")]
    async fn names(&self, typed: Completing) -> Vec<String> {
        self.known().into_iter().filter(|name| name.starts_with(&typed.value)).collect()
    }

    #[complete(resource = "city://{name}/profile", argument = "name")]
    fn cities(typed: Completing) -> Vec<String> {
        vec![typed.value + "burg"]
    }

    fn known(&self) -> Vec<String> {
        ["Alice", "Alan", "Bob"].map(str::to_owned).to_vec()
    }
}

fn wire() -> Wire {
    Wire::to(&Weather::default().into_server())
}

async fn call(wire: &mut Wire, name: &str, arguments: Value) -> Value {
    let params = json!({"name": name, "arguments": arguments}).to_string();
    wire.ask(&modern(1, "tools/call", &params)).await["result"].clone()
}

#[tokio::test]
async fn what_is_written_at_a_method_is_what_the_client_is_shown() {
    let mut wire = wire();
    let found = wire.ask(&modern(1, "server/discover", "{}")).await;
    assert_eq!(
        found["result"]["_meta"]["io.modelcontextprotocol/serverInfo"],
        json!({"name": "weather", "version": "2.0.0"})
    );
    assert_eq!(found["result"]["instructions"], "Weather for the cities of the world.");
    let tools = wire.ask(&modern(1, "tools/list", "{}")).await["result"]["tools"].clone();
    assert_eq!(
        tools[0],
        json!({
            "name": "get_forecast",
            "title": "Forecast",
            "description": "Forecast for a city.\n\nIn the city's own time.",
            "annotations": {"readOnlyHint": true, "openWorldHint": true},
            "inputSchema": {
                "type": "object",
                "properties": {
                    "city": {"type": "string", "description": "City to look up.", "minLength": 1, "maxLength": 40, "examples": ["Ulm"]},
                    "days": {"type": "integer", "description": "How far to look ahead.", "minimum": 1, "maximum": 10, "default": 1},
                    "notify": {"type": ["string", "null"], "format": "email", "x-mcp-header": "Notify"},
                },
                "required": ["city"],
                "additionalProperties": false,
            },
            "outputSchema": {
                "type": "object",
                "properties": {"summary": {"type": "string"}, "days": {"type": "integer", "minimum": 0, "maximum": 255}},
                "required": ["summary", "days"],
            },
        })
    );
    let names: Vec<&str> = tools.as_array().expect("tools").iter().filter_map(|tool| tool["name"].as_str()).collect();
    assert_eq!(names, ["get_forecast", "count", "who", "reset"]);
    assert_eq!(tools[3]["annotations"], json!({"destructiveHint": true, "idempotentHint": true}));
    let templates = wire.ask(&modern(1, "resources/templates/list", "{}")).await;
    assert_eq!(
        templates["result"]["resourceTemplates"][0],
        json!({
            "name": "profile", "title": "Profile", "description": "A city's profile.",
            "mimeType": "text/markdown", "uriTemplate": "city://{name}/profile",
        })
    );
    let prompts = wire.ask(&modern(1, "prompts/list", "{}")).await;
    assert_eq!(
        prompts["result"]["prompts"][0]["arguments"],
        json!([{"name": "name", "description": "Whom to greet.", "required": true}])
    );
}

#[tokio::test]
async fn methods_are_called_with_what_the_client_sends() {
    let mut wire = wire();
    let answer = call(&mut wire, "get_forecast", json!({"city": "Ulm", "notify": "a@example.com"})).await;
    let summary = "sunny in Ulm, told a@example.com, 2026-07-28";
    assert_eq!(answer["structuredContent"], json!({"summary": summary, "days": 1}));
    for (arguments, expected) in [
        (json!({"city": "Ulm", "days": 11}), "days: must be at most 10"),
        (json!({"city": ""}), "city: must have at least 1 characters"),
        (json!({"citty": "Ulm"}), "citty: unknown argument, did you mean \"city\"?\ncity: required member is missing"),
        (json!({"city": "Atlantis"}), "there is no city Atlantis"),
    ] {
        let answer = call(&mut wire, "get_forecast", arguments).await;
        assert_eq!((&answer["isError"], &answer["content"][0]["text"]), (&json!(true), &json!(expected)));
    }
    assert_eq!(call(&mut wire, "count", json!({})).await["structuredContent"], json!({"result": 2}), "state is shared");
    assert_eq!(call(&mut wire, "who", json!({})).await["structuredContent"], json!({"result": "false tools/call"}));
    let direct = Weather::default();
    assert_eq!(direct.count(), 0, "the methods are still methods");
}

#[tokio::test]
async fn resources_prompts_and_completions_are_methods_too() {
    let mut wire = wire();
    for (method, params, pointer, expected) in [
        ("resources/read", r#"{"uri":"city://Z%C3%BCrich/profile"}"#, "/result/contents/0/text", json!("# Zürich")),
        ("resources/read", r#"{"uri":"text://terms"}"#, "/result/contents/0/text", json!("Be kind.")),
        (
            "prompts/get",
            r#"{"name":"greet","arguments":{"name":"Ann"}}"#,
            "/result/messages/0/content/text",
            json!("Greet Ann"),
        ),
        (
            "completion/complete",
            r#"{"ref":{"type":"ref/prompt","name":"greet"},"argument":{"name":"name","value":"Al"}}"#,
            "/result/completion/values",
            json!(["Alice", "Alan"]),
        ),
        (
            "completion/complete",
            r#"{"ref":{"type":"ref/resource","uri":"city://{name}/profile"},"argument":{"name":"name","value":"Salz"}}"#,
            "/result/completion/values",
            json!(["Salzburg"]),
        ),
    ] {
        let answer = wire.ask(&modern(1, method, params)).await;
        assert_eq!(answer.pointer(pointer), Some(&expected), "{method} {params}: {answer}");
    }
}
