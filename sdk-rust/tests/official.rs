//! The published examples of the specification, and what follows from each, through the generated code.
//!
//! They are no part of the repository: `cargo run -p isogloss-codegen --example official_corpus` derives them from a
//! copy of the official schemas beside it. Without one this says what it did not run.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use isogloss::protocol::revisions::recode;
use serde_json::Value;

#[test]
fn published_examples_survive_and_near_misses_are_refused() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/official-corpus.jsonl");
    let Ok(text) = fs::read_to_string(path) else {
        println!("rust: the official examples were not run: target/official-corpus.jsonl is not there");
        return;
    };
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for line in text.lines() {
        let message: Value = serde_json::from_str(line).expect("a line of JSON");
        let group = match message["kind"].as_str() {
            Some("example") => "round trip",
            Some("unknown") => "unknown kept",
            _ => "refused",
        };
        let right = is_right(&message);
        let count = counts.entry(group).or_default();
        count.0 += usize::from(right);
        count.1 += 1;
        if !right {
            wrong.push(line.to_owned());
        }
    }
    let count =
        |group: &str| counts.get(group).map_or_else(String::new, |(right, all)| format!("{right}/{all} {group}"));
    println!("rust: {}, {}, {}", count("round trip"), count("unknown kept"), count("refused"));
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn is_right(message: &Value) -> bool {
    let text = |member: &str| message[member].as_str().unwrap_or_default();
    let json = message["json"].to_string();
    match (recode(text("revision"), text("type"), json.as_bytes()), text("expect")) {
        (Ok(encoded), "same") => serde_json::from_str::<Value>(&encoded).is_ok_and(|value| value == message["json"]),
        (Err(_), "refuse") => true,
        _ => false,
    }
}
