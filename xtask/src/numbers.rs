//! The codec's numbers: the specification's published examples through each language's codec peer, as bytes of a
//! process. Where the examples are not at hand, the corpus that the generator wrote is sent instead.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use isogloss_interop::{Peers, Silent};
use serde_json::{Value, json};

use crate::lanes::Lane;
use crate::languages::Language;
use crate::project::Project;
use crate::step::Step;

/// What `official_corpus` writes.
const OFFICIAL: &str = "target/official-corpus.jsonl";
/// How many wrong answers are shown.
const SHOWN: usize = 5;

/// A message and what must become of it.
struct Message {
    line: String,
    group: &'static str,
    expected: Expected,
}

enum Expected {
    Json(Value),
    Refusal,
    RefusalOf(Value),
}

/// Derives the messages that follow from the published examples; says so where those are not at hand.
pub fn derive(project: &Project) -> Lane {
    let args = ["run", "--quiet", "--package", "isogloss-codegen", "--example", "official_corpus"];
    Lane { name: "project".into(), steps: vec![Step::call("official examples", "cargo", &args, &project.places.root)] }
}

/// A step a language.
pub fn lane(project: &Arc<Project>, languages: &[Language]) -> Lane {
    let step = |language: &Language| {
        let (project, name) = (Arc::clone(project), language.word());
        Step::check(name, move || run(&project, name))
    };
    let steps = languages.iter().filter(|language| **language != Language::Project).map(step).collect();
    Lane { name: "codec".into(), steps }
}

/// Sends all messages to a language's codec and counts.
pub fn run(project: &Project, name: &str) -> Result<String, String> {
    let (messages, said) = messages(&project.places.root)?;
    let lines: Vec<&str> = messages.iter().map(|message| message.line.as_str()).collect();
    let answers = exchange(&codec(project, name)?, &lines, &project.logs(), name)?;
    let right: Vec<bool> = messages.iter().zip(&answers).map(|(message, answer)| message.expected.is(answer)).collect();
    let groups = ["round trip", "unknown member kept", "refused"];
    let groups = groups.iter().filter(|group| messages.iter().any(|message| message.group == **group));
    let count = |group: &&'static str| {
        let of = messages.iter().zip(&right).filter(|(message, _)| message.group == *group);
        let (all, good) = of.fold((0, 0), |(all, good), (_, right)| (all + 1, good + usize::from(*right)));
        format!("{good}/{all} {group}")
    };
    let counts = groups.map(count).collect::<Vec<_>>().join(", ");
    let numbers = format!("{said}codec numbers, {name}: {counts}\n");
    let wrong: Vec<String> =
        messages.iter().zip(&answers).zip(&right).filter(|(_, right)| !**right).map(|(pair, _)| shown(pair)).collect();
    match wrong.len() {
        0 => Ok(numbers),
        n => Err(format!("{numbers}{n} answers are wrong, first:\n{}", wrong[..n.min(SHOWN)].join("\n"))),
    }
}

fn shown((message, answer): (&Message, &Value)) -> String {
    let expected = match &message.expected {
        Expected::Json(json) => json.to_string(),
        Expected::Refusal => "a refusal".into(),
        Expected::RefusalOf(error) => format!("the refusal {error}"),
    };
    format!("  sent     {}\n  expected {expected}\n  found    {answer}", message.line)
}

impl Expected {
    fn is(&self, answer: &Value) -> bool {
        match self {
            Expected::Json(json) => answer["ok"] == true && same(&answer["json"], json),
            Expected::Refusal => answer["ok"] == false && answer["error"]["path"].is_string(),
            Expected::RefusalOf(error) => answer["ok"] == false && answer["error"] == *error,
        }
    }
}

/// Equal as JSON: `0.0` is `0`.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => x == y || (x.is_f64() || y.is_f64()) && x.as_f64() == y.as_f64(),
        (Value::Array(x), Value::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same(x, y)),
        (Value::Object(x), Value::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(name, x)| y.get(name).is_some_and(|y| same(x, y)))
        }
        _ => a == b,
    }
}

/// A peer's codec mode.
pub struct Codec {
    /// Its command.
    pub argv: Vec<String>,
    /// Variables added to its environment.
    pub env: Vec<(String, String)>,
}

/// A language's codec, built.
pub fn codec(project: &Project, name: &str) -> Result<Codec, String> {
    let peers = Peers::load(&project.path("interop-tests/peers.toml")).map_err(|e| e.to_string())?;
    let peer = peers.get(name).map_err(|e| e.to_string())?;
    let argv = peer.command(&project.places, "codec").map_err(|e| e.to_string())?;
    peer.build(&peers, &project.places, &mut Silent).map_err(|e| e.to_string())?;
    Ok(Codec { argv, env: Vec::new() })
}

/// Sends lines to a command and reads an answer a line.
pub fn exchange(codec: &Codec, lines: &[&str], folder: &Path, name: &str) -> Result<Vec<Value>, String> {
    let file = |kind: &str| folder.join(format!("codec-{name}.{kind}"));
    let argv = &codec.argv;
    let failed = |path: &Path, e: std::io::Error| format!("{}: {e}", path.display());
    let (input, output) = (file("in.jsonl"), file("out.jsonl"));
    fs::create_dir_all(folder).map_err(|e| failed(folder, e))?;
    fs::write(&input, lines.join("\n") + "\n").map_err(|e| failed(&input, e))?;
    let status = Command::new(&argv[0])
        .args(&argv[1..])
        .envs(codec.env.iter().map(|(name, value)| (name, value)))
        .stdin(File::open(&input).map_err(|e| failed(&input, e))?)
        .stdout(File::create(&output).map_err(|e| failed(&output, e))?)
        .stderr(Stdio::inherit())
        .status()
        .map_err(|e| format!("{} cannot be started: {e}", argv[0]))?;
    let text = fs::read_to_string(&output).map_err(|e| failed(&output, e))?;
    let answers: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap_or(Value::from(line))).collect();
    if !status.success() || answers.len() != lines.len() {
        return Err(format!("{}: {} answers to {} lines, {status}", argv.join(" "), answers.len(), lines.len()));
    }
    Ok(answers)
}

/// What is sent, and what to say about it.
fn messages(root: &Path) -> Result<(Vec<Message>, String), String> {
    let path = root.join(OFFICIAL);
    if let Ok(text) = fs::read_to_string(&path) {
        let all = text
            .lines()
            .map(official)
            .collect::<Option<Vec<_>>>()
            .ok_or(format!("{}: no lines of messages", path.display()))?;
        return Ok((all, String::new()));
    }
    let said = "not run: the published examples, which are not beside this repository; the generated corpus instead\n";
    Ok((corpus(&root.join(isogloss_codegen::corpus::FOLDER))?, said.into()))
}

fn official(line: &str) -> Option<Message> {
    let value: Value = serde_json::from_str(line).ok()?;
    let group = match value["kind"].as_str()? {
        "example" => "round trip",
        "unknown" => "unknown member kept",
        _ => "refused",
    };
    let expected = if value["expect"] == "same" { Expected::Json(value["json"].clone()) } else { Expected::Refusal };
    Some(Message { line: line.into(), group, expected })
}

/// The generator's own messages, but for those that are no JSON and so cannot stand in a line.
fn corpus(folder: &Path) -> Result<Vec<Message>, String> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
        .map_err(|e| format!("{}: {e}", folder.display()))?;
    paths.sort();
    let mut messages = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let file: Value = serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
        let cases = file["cases"].as_array().map_or(&[][..], Vec::as_slice);
        messages.extend(cases.iter().filter_map(|case| generated(&file["revision"], case)));
    }
    Ok(messages)
}

fn generated(revision: &Value, case: &Value) -> Option<Message> {
    let json = case["json"].as_str()?;
    serde_json::from_str::<Value>(json).ok().filter(|_| !json.contains('\n'))?;
    let line = format!("{{\"type\":{},\"revision\":{revision},\"json\":{json}}}", case["type"]);
    let (group, expected) = match case["encoded"].as_str() {
        Some(encoded) => ("round trip", Expected::Json(serde_json::from_str(encoded).ok()?)),
        None => ("refused", Expected::RefusalOf(json!(case["error"]))),
    };
    Some(Message { line, group, expected })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_right_when_it_is_what_the_message_asks_for() {
        let error = json!({"path": "/a", "message": "m"});
        for (expected, answer, right) in [
            (Expected::Json(json!({"a": 1})), json!({"ok": true, "json": {"a": 1}}), true),
            (Expected::Json(json!({"a": 1})), json!({"ok": true, "json": {"a": 2}}), false),
            (Expected::Json(json!({"a": [0.0]})), json!({"ok": true, "json": {"a": [0]}}), true),
            (Expected::Refusal, json!({"ok": false, "error": error}), true),
            (Expected::Refusal, json!({"ok": true, "json": 1}), false),
            (Expected::RefusalOf(error.clone()), json!({"ok": false, "error": error}), true),
            (Expected::RefusalOf(json!({"path": "/b", "message": "m"})), json!({"ok": false, "error": error}), false),
        ] {
            assert_eq!(expected.is(&answer), right, "{answer}");
        }
    }

    #[test]
    fn a_line_of_either_corpus_becomes_a_message() {
        let line = r#"{"type":"Role","revision":"2026-07-28","json":"user","expect":"refuse","kind":"value"}"#;
        assert_eq!(official(line).map(|message| message.group), Some("refused"));
        let case = json!({"type": "Role", "json": "\"user\"", "encoded": "\"user\""});
        let message = generated(&json!("2026-07-28"), &case).expect("a message");
        assert_eq!(message.line, r#"{"type":"Role","revision":"2026-07-28","json":"user"}"#);
        assert!(generated(&json!("2026-07-28"), &json!({"type": "Role", "json": "{"})).is_none());
    }
}
