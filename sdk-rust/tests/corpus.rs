//! Every message of the corpus (`spec/fixtures/corpus`) goes through the generated code and comes out as the
//! corpus says: the same text, or refused at the same place in the same words.

use std::fs;
use std::path::PathBuf;

use isogloss::protocol::revisions::{RecodeError, recode};
use serde_json::Value;

/// How many differences are shown.
const SHOWN: usize = 20;

#[test]
fn every_message_becomes_what_the_corpus_says() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../spec/fixtures/corpus");
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(&folder).expect("the corpus: cargo xtask codegen") {
        let text = fs::read_to_string(entry.expect("an entry").path()).expect("a file");
        let file: Value = serde_json::from_str(&text).expect("JSON");
        let revision = file["revision"].as_str().expect("a revision");
        for case in file["cases"].as_array().expect("cases") {
            count += 1;
            wrong.extend(difference(revision, case));
        }
    }
    println!("rust: {}/{count} messages of the corpus", count - wrong.len());
    let shown = wrong.len().min(SHOWN);
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong[..shown].join("\n"));
    assert!(count > 10_000, "the corpus has shrunk to {count} messages");
}

fn difference(revision: &str, case: &Value) -> Option<String> {
    let text = |member: &str| case[member].as_str().unwrap_or_default();
    let expected = match &case["error"] {
        Value::Null => text("encoded").to_owned(),
        error => format!("{} {}", error["path"], error["message"]),
    };
    let found = match recode(revision, text("type"), text("json").as_bytes()) {
        Ok(encoded) => encoded,
        Err(RecodeError::Decode(error)) if error.is_syntax() => r#""" "invalid JSON""#.to_owned(),
        Err(RecodeError::Decode(error)) => format!("{} {}", Value::from(error.pointer()), Value::from(error.message())),
        Err(other) => format!("{other:?}"),
    };
    let same = found == expected;
    (!same).then(|| {
        format!(
            "{revision} {} ({}): {}\n    expected {expected}\n    found    {found}",
            text("type"),
            text("name"),
            text("json")
        )
    })
}
