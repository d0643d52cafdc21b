//! What all languages do alike, held to `spec/vectors`: arguments, coercion, results and header values.

mod support;

use std::sync::{Arc, Mutex};

use isogloss::{Coercion, Diagnostics, IntoToolResult, JsonObject, NoArguments, Server, offer};
use serde::Deserialize;
use serde_json::{Value, json};
use support::{Wire, modern};

#[derive(Deserialize)]
struct Vectors {
    arguments: Vec<Arguments>,
    registration: Vec<Registration>,
    coercion: Vec<Coerced>,
    wrapping: Vec<Wrapping>,
}

#[derive(Deserialize)]
struct Arguments {
    schema: Value,
    accepts: Vec<Accepted>,
    refuses: Vec<Refused>,
}

#[derive(Deserialize)]
struct Accepted {
    given: String,
    taken: Option<String>,
}

#[derive(Deserialize)]
struct Refused {
    given: String,
    problems: Vec<String>,
}

#[derive(Deserialize)]
struct Registration {
    schema: Value,
    has: String,
}

#[derive(Deserialize)]
struct Coerced {
    schema: Value,
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    given: String,
    taken: Option<String>,
    #[serde(default)]
    mended: Vec<String>,
    #[serde(default)]
    problems: Vec<String>,
    off: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Wrapping {
    is: String,
    content: Value,
    #[serde(rename = "outputSchema")]
    output_schema: Value,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../../spec/vectors/arguments.json")).expect("vectors")
}

/// A server with a tool that gives its arguments back.
fn echo(schema: &Value) -> Server {
    Server::new("vectors", "1").offer(offer::raw_tool("echo", schema.clone(), async |given: JsonObject, _| Ok(given)))
}

async fn call(wire: &mut Wire, arguments: &str) -> Value {
    let params = format!(r#"{{"name":"echo","arguments":{arguments}}}"#);
    wire.ask(&modern(1, "tools/call", &params)).await["result"].clone()
}

fn lines(result: &Value) -> Vec<&str> {
    result["content"][0]["text"].as_str().unwrap_or_default().lines().collect()
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).expect(text)
}

#[tokio::test]
async fn arguments_are_held_to_the_schema() {
    for Arguments { schema, accepts, refuses } in vectors().arguments {
        let mut wire = Wire::to(&echo(&schema));
        for Accepted { given, taken } in accepts {
            let result = call(&mut wire, &given).await;
            let expected = taken.as_deref().map_or_else(|| value(&given), value);
            // What is taken is what is given back, with its numbers as they are spelled.
            let text = result["content"][0]["text"].as_str().unwrap_or_default();
            match &taken {
                Some(taken) => assert_eq!(text, taken, "{schema}\n{given}"),
                None => assert_eq!(result["structuredContent"], expected, "{schema}\n{given}\n{result}"),
            }
        }
        for Refused { given, problems } in refuses {
            let result = call(&mut wire, &given).await;
            assert_eq!(
                (&result["isError"], lines(&result)),
                (&json!(true), problems.iter().map(String::as_str).collect()),
                "{schema}\n{given}"
            );
        }
    }
}

#[test]
fn a_schema_that_cannot_be_held_is_refused_when_it_is_offered() {
    for Registration { schema, has } in vectors().registration {
        let error = echo(&schema).check().expect_err(&schema.to_string()).to_string();
        assert!(error.contains("tool \"echo\"") && error.contains(&has), "{schema}\n{error}\n{has}");
    }
}

#[tokio::test]
async fn a_string_is_taken_for_what_it_spells_only_where_that_is_wanted() {
    for Coerced { schema, rows } in vectors().coercion {
        let told: Arc<Mutex<Vec<String>>> = Arc::default();
        let hears = told.clone();
        let diagnostics = Diagnostics::to(move |line: &str| hears.lock().expect("a list").push(line.to_owned()));
        let mut off = Wire::to(&echo(&schema));
        let mut on = Wire::to(&echo(&schema).coercion(Coercion::Report).diagnostics(diagnostics));
        for row in rows {
            told.lock().expect("a list").clear();
            let result = call(&mut on, &row.given).await;
            match &row.taken {
                Some(taken) => assert_eq!(result["content"][0]["text"], json!(taken), "{}", row.given),
                None => assert_eq!(lines(&result), row.problems, "{}", row.given),
            }
            let told: Vec<String> =
                told.lock().expect("a list").iter().map(|line| line.replace("arguments: ", "")).collect();
            assert_eq!(told, row.mended, "{}", row.given);
            let result = call(&mut off, &row.given).await;
            match &row.off {
                Some(problems) => assert_eq!(lines(&result), *problems, "{}", row.given),
                None => assert_ne!(result["isError"], json!(true), "{}", row.given),
            }
        }
    }
}

#[derive(serde::Serialize, schemars::JsonSchema)]
struct Sum {
    sum: i64,
}

fn giving<T: IntoToolResult + Clone + Send + Sync + 'static>(given: T) -> Server {
    Server::new("vectors", "1").tool("echo", "", move |_: NoArguments, _| {
        let given = given.clone();
        async move { Ok(given) }
    })
}

#[tokio::test]
async fn plain_values_stand_in_an_object() {
    for Wrapping { is, content, output_schema } in vectors().wrapping {
        let server = match is.as_str() {
            "integer" => giving(3_i64),
            "text" => giving("sunny"),
            "list" => giving(["a", "b"].map(str::to_owned).to_vec()),
            "truth" => giving(true),
            "object" => Server::new("vectors", "1").tool("echo", "", async |_: NoArguments, _| Ok(Sum { sum: 5 })),
            _ => giving(()),
        };
        let mut wire = Wire::to(&server);
        let result = call(&mut wire, "{}").await;
        assert_eq!(result["structuredContent"], content, "{is}");
        match content {
            Value::Null => assert_eq!(result["content"], json!([]), "{is}"),
            _ => assert_eq!(value(result["content"][0]["text"].as_str().unwrap_or("null")), content, "{is}"),
        }
        let tools = wire.ask(&modern(2, "tools/list", "{}")).await;
        assert_eq!(tools["result"]["tools"][0]["outputSchema"], output_schema, "{is}");
    }
}

#[cfg(feature = "http")]
#[test]
fn texts_are_header_values_and_back() {
    let vectors: Value = value(include_str!("../../spec/vectors/header-values.json"));
    for row in vectors["values"].as_array().expect("rows") {
        let (text, value) = (row["text"].as_str().expect("a text"), row["value"].as_str().expect("a value"));
        assert_eq!(isogloss::headers::encode(text), value);
        assert_eq!(isogloss::headers::decode(value.as_bytes()).as_deref(), Ok(text));
    }
    for wrong in vectors["wrong"].as_array().expect("rows") {
        assert!(isogloss::headers::decode(wrong.as_str().expect("a value").as_bytes()).is_err(), "{wrong}");
    }
}
