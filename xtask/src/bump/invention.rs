//! The invented revision: what it adds to the newest one, and messages of it with what must become of them.

use serde_json::{Value, json};

/// The revision it is made from.
pub const BASE: &str = "2026-07-28";
/// Its date, which no revision will have.
pub const REVISION: &str = "2099-01-01";

/// A message of the invented revision, or of the one before it.
pub struct Message {
    /// The definition it is a value of.
    pub ty: &'static str,
    /// The revision it is decoded and encoded in.
    pub revision: &'static str,
    /// The message, its members in the order in which they are encoded.
    pub json: Value,
    /// What must become of it.
    pub becomes: Becomes,
}

/// What becomes of a message.
pub enum Becomes {
    /// Encoded again it is the same text.
    Same,
    /// It is refused at this place in these words.
    Refused {
        /// A JSON Pointer.
        path: &'static str,
        /// The words.
        message: &'static str,
    },
}

/// A new request with parameters and a result, a new notification, a new kind of content, a new optional and a new
/// required member of a type that there was.
pub fn schema(base: &str) -> Result<Value, String> {
    let mut schema: Value = serde_json::from_str(base).map_err(|e| format!("the schema of {BASE}: {e}"))?;
    let definitions = schema["$defs"].as_object_mut().ok_or(format!("the schema of {BASE} has no $defs"))?;
    for (name, definition) in additions() {
        definitions.insert(name.into(), definition);
    }
    for (union, name) in [
        ("ClientRequest", "SurveyRequest"),
        ("ServerNotification", "SurveyedNotification"),
        ("ServerResult", "SurveyResult"),
        ("ContentBlock", "DiagramContent"),
    ] {
        let members = definitions[union]["anyOf"].as_array_mut().ok_or(format!("{union} of {BASE} is no union"))?;
        members.push(json!({"$ref": format!("#/$defs/{name}")}));
    }
    let tool = &mut definitions["Tool"];
    tool["properties"]["audit"] = json!({"type": "string"});
    tool["properties"]["shelf"] = json!({"type": "integer"});
    tool["required"].as_array_mut().ok_or(format!("Tool of {BASE} requires nothing"))?.push("audit".into());
    Ok(schema)
}

fn additions() -> Vec<(&'static str, Value)> {
    let text = json!({"type": "string"});
    let version = json!({"const": "2.0", "type": "string"});
    let refer = |name: &str| json!({"$ref": format!("#/$defs/{name}")});
    let object = |properties: Value, required: &[&str]| json!({"type": "object", "properties": properties, "required": required});
    vec![
        (
            "SurveyRequest",
            object(
                json!({"id": refer("RequestId"), "jsonrpc": version, "method": {"const": "survey/run", "type": "string"}, "params": refer("SurveyRequestParams")}),
                &["id", "jsonrpc", "method", "params"],
            ),
        ),
        (
            "SurveyRequestParams",
            object(
                json!({"_meta": refer("RequestMetaObject"), "depth": {"type": "integer"}, "topic": text}),
                &["_meta", "topic"],
            ),
        ),
        (
            "SurveyResult",
            object(
                json!({"_meta": refer("ResultMetaObject"), "answers": {"items": refer("ContentBlock"), "type": "array"}, "resultType": text}),
                &["answers", "resultType"],
            ),
        ),
        (
            "SurveyResultResponse",
            object(
                json!({"id": refer("RequestId"), "jsonrpc": version, "result": refer("SurveyResult")}),
                &["id", "jsonrpc", "result"],
            ),
        ),
        (
            "SurveyedNotification",
            object(
                json!({"jsonrpc": version, "method": {"const": "notifications/surveyed", "type": "string"}, "params": refer("SurveyedNotificationParams")}),
                &["jsonrpc", "method", "params"],
            ),
        ),
        (
            "SurveyedNotificationParams",
            object(json!({"_meta": refer("NotificationMetaObject"), "answered": {"type": "boolean"}}), &["answered"]),
        ),
        (
            "DiagramContent",
            object(
                json!({"annotations": refer("Annotations"), "source": text, "type": {"const": "diagram", "type": "string"}}),
                &["source", "type"],
            ),
        ),
    ]
}

/// Messages that go round, and messages that each language must refuse in the same words.
pub fn messages() -> Vec<Message> {
    let meta = json!({
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "n", "version": "1"},
        "io.modelcontextprotocol/protocolVersion": REVISION,
    });
    let request = |params: Value| json!({"id": 1, "jsonrpc": "2.0", "method": "survey/run", "params": params});
    let notification = |params: Value| json!({"jsonrpc": "2.0", "method": "notifications/surveyed", "params": params});
    let diagram = json!({"annotations": {"priority": 1}, "source": "a → b", "type": "diagram", "x-scale": 0.5});
    let schema = json!({"type": "object"});
    vec![
        same("SurveyRequest", request(json!({"_meta": meta, "depth": 3, "topic": "größe", "x-later": [1, null]}))),
        same("ClientRequest", request(json!({"_meta": meta, "topic": ""}))),
        same("SurveyResult", json!({"answers": [diagram, {"text": "t", "type": "text"}], "resultType": "complete"})),
        same(
            "SurveyResultResponse",
            json!({"id": "a", "jsonrpc": "2.0", "result": {"answers": [], "resultType": "complete"}}),
        ),
        same("ServerNotification", notification(json!({"answered": true}))),
        same("ContentBlock", diagram.clone()),
        same("CallToolResult", json!({"content": [diagram], "resultType": "complete"})),
        same("Tool", json!({"audit": "yes", "inputSchema": schema, "name": "t", "shelf": 2})),
        // To the revision before, what is new is unknown: kept and not checked, and no kind of content.
        of_base(same("Tool", json!({"inputSchema": schema, "name": "t", "audit": 5}))),
        of_base(refused(
            "ContentBlock",
            diagram,
            "/type",
            r#"expected one of "audio", "image", "resource", "resource_link", "text", found "diagram""#,
        )),
        refused("SurveyRequest", request(json!({"_meta": meta})), "/params/topic", "required member is missing"),
        refused(
            "ClientRequest",
            request(json!({"_meta": meta, "depth": "3", "topic": "t"})),
            "/params/depth",
            "expected integer, found string",
        ),
        refused(
            "SurveyResult",
            json!({"answers": [{"type": "diagram"}], "resultType": "complete"}),
            "/answers/0/source",
            "required member is missing",
        ),
        refused(
            "SurveyedNotification",
            notification(json!({"answered": 1})),
            "/params/answered",
            "expected boolean, found number",
        ),
        refused("Tool", json!({"inputSchema": schema, "name": "t"}), "/audit", "required member is missing"),
        refused(
            "Tool",
            json!({"audit": null, "inputSchema": schema, "name": "t"}),
            "/audit",
            "expected string, found null",
        ),
    ]
}

fn same(ty: &'static str, json: Value) -> Message {
    Message { ty, revision: REVISION, json, becomes: Becomes::Same }
}

fn refused(ty: &'static str, json: Value, path: &'static str, message: &'static str) -> Message {
    Message { ty, revision: REVISION, json, becomes: Becomes::Refused { path, message } }
}

fn of_base(message: Message) -> Message {
    Message { revision: BASE, ..message }
}
