//! What typify's types keep and refuse of the messages in `target/official-corpus.jsonl`.

#[allow(clippy::all, dead_code, unused_imports, irrefutable_let_patterns)]
mod types {
    include!(concat!(env!("OUT_DIR"), "/types.rs"));
}

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

fn through<T: DeserializeOwned + Serialize>(text: &str) -> Result<Value, String> {
    let value: T = serde_json::from_str(text).map_err(|e| e.to_string())?;
    serde_json::to_value(&value).map_err(|e| e.to_string())
}

/// Decodes a text as a definition and encodes it again.
fn recode(definition: &str, text: &str) -> Option<Result<Value, String>> {
    include!(concat!(env!("OUT_DIR"), "/table.rs"))
}

/// Equal as JSON: `50` and `50.0` are one number.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same(a, b))),
        (a, b) => a == b,
    }
}

fn main() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../target/official-corpus.jsonl");
    let Ok(text) = fs::read_to_string(&path) else {
        println!("typify: not run, target/official-corpus.jsonl is not there");
        return;
    };
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for line in text.lines() {
        let message: Value = serde_json::from_str(line).expect("a line of JSON");
        let definition = message["type"].as_str().unwrap_or_default();
        let result = recode(definition, &message["json"].to_string()).unwrap_or_else(|| Err("no such type".into()));
        let (group, right) = match message["kind"].as_str() {
            Some("example") => ("round trip", result.as_ref().is_ok_and(|json| same(json, &message["json"]))),
            Some("unknown") => ("unknown kept", result.as_ref().is_ok_and(|json| same(json, &message["json"]))),
            _ => ("refused", result.is_err()),
        };
        let count = counts.entry(group).or_default();
        count.0 += usize::from(right);
        count.1 += 1;
    }
    let count = |group: &str| counts.get(group).map_or_else(String::new, |(right, all)| format!("{right}/{all} {group}"));
    println!("typify: {}, {}, {}", count("round trip"), count("unknown kept"), count("refused"));
    print!("{}", include_str!(concat!(env!("OUT_DIR"), "/tried.txt")));
}
