//! The program outside any repository: peers of another project, named by a file of its own.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

const PEERS: &str = r#"
    [[peer]]
    name = "mine"
    language = "python"
    kind = "ours"
    run = ["python3", "{root}/peer.py"]
    modes = ["server", "client"]
    server = { revisions = ["2025-11-25"], transports = ["stdio"] }
    client = { modes = ["legacy"], revisions = ["2025-11-25"], transports = ["stdio"] }

    [[peer]]
    name = "wrong"
    language = "python"
    kind = "ours"
    run = ["python3", "{root}/peer.py", "wrong-sum"]
    modes = ["server"]
    server = { revisions = ["2025-11-25"], transports = ["stdio"] }

    [toolchain.none]
    program = "a-program-that-nobody-has"
    version = ["--version"]
    at_least = "1.0"
    get = "nowhere"

    [[peer]]
    name = "absent"
    language = "none"
    kind = "official"
    optional = true
    build = [{ toolchain = "none", args = [] }]
    run = ["a-program-that-nobody-has"]
    modes = ["server"]
    server = { revisions = ["2025-11-25"], transports = ["stdio"] }
"#;

const KNOWN: &str = "[[entry]]\nserver = \"wrong\"\ncase = \"tools/add,tools/add-text\"\n\
                     reason = \"it is scripted so\"\nevidence = \"peer.py\"\n";

/// A project of its own, with a peer and nothing else of ours.
fn project(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("elsewhere").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("my-peers.toml"), PEERS).unwrap();
    let peer = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/peer.py");
    fs::copy(peer, folder.join("peer.py")).unwrap();
    folder
}

fn run(folder: &Path, words: &[&str]) -> Output {
    run_cases(folder, "lifecycle/*,tools/add*,schema/**", words)
}

fn run_cases(folder: &Path, cases: &str, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_isogloss-interop"))
        .args(["run", "--peers", "my-peers.toml", "--case", cases])
        .args(words)
        .current_dir(folder)
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap()
}

fn statuses(report: &Path, status: &str) -> Vec<String> {
    let report: Value = serde_json::from_slice(&fs::read(report).unwrap()).unwrap();
    let runs = report["runs"].as_array().unwrap();
    let cases = runs.iter().flat_map(|run| run["cases"].as_array().unwrap());
    cases.filter(|case| case["status"] == status).map(|case| case["case"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn peers_of_another_project_are_run_with_what_is_in_the_program() {
    let folder = project("green");
    let output = run(&folder, &["--server", "mine"]);
    assert!(output.status.success(), "{output:?}");
    let report = folder.join("target/interop/report.json");
    assert!(statuses(&report, "pass").iter().any(|case| case.starts_with("schema/")), "{output:?}");
    assert!(folder.join("target/interop/report.html").is_file());
}

#[test]
fn failures_are_known_by_the_list_beside_the_peers_or_by_the_one_that_is_named() {
    let folder = project("known");
    let output = run(&folder, &["--server", "wrong", "--output", "there"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    fs::write(folder.join("other.toml"), KNOWN).unwrap();
    let output = run(&folder, &["--server", "wrong", "--output", "there", "--known", "other.toml"]);
    assert!(output.status.success(), "{output:?}");
    fs::rename(folder.join("other.toml"), folder.join("known-failing.toml")).unwrap();
    let output = run(&folder, &["--server", "wrong", "--output", "there"]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(statuses(&folder.join("there/report.json"), "known"), ["tools/add", "tools/add-text"]);
    assert!(!folder.join("target").exists());
    let output = run(&folder, &["--known", "nowhere.toml"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("nowhere.toml"), "{output:?}");
}

#[test]
fn an_optional_peer_whose_toolchain_is_missing_is_said_to_be_left_out() {
    let folder = project("optional");
    let output = run(&folder, &["--server", "mine,absent"]);
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("absent: a-program-that-nobody-has is not installed; get it: nowhere"), "{said}");
}

#[test]
fn reports_of_parts_make_that_of_the_whole_and_only_it_shows_what_no_part_needs() {
    let folder = project("parts");
    let nowhere = "[[entry]]\nserver = \"mine,wrong\"\ncase = \"tools/nowhere\"\nreason = \"r\"\nevidence = \"e\"\n";
    // The scripted peer knows few of the steps.
    let short = |server: &str| {
        format!("[[entry]]\nserver = {server:?}\ncase = \"**\"\nsometimes = true\nreason = \"r\"\nevidence = \"e\"\n")
    };
    fs::write(folder.join("known-failing.toml"), [KNOWN, &short("**"), nowhere].concat()).unwrap();
    let report = |folder: &Path| -> Value { serde_json::from_slice(&fs::read(folder).unwrap()).unwrap() };
    let run = |words: &[&str]| run_cases(&folder, "**", &[&["--server", "mine,wrong"], words].concat());
    for part in ["1", "2"] {
        run(&["--shard", &format!("{part}/2"), "--output", part]);
        let part = report(&folder.join(part).join("report.json"));
        assert_eq!((part["runs"].as_array().unwrap().len(), &part["stale"]), (1, &serde_json::json!([])));
    }
    // From here on the program is not there any more, and to run it is to fail.
    fs::remove_file(folder.join("peer.py")).unwrap();
    let joined = run(&["--take", "2/report.json", "1/report.json", "--output", "whole"]);
    let whole = report(&folder.join("whole/report.json"));
    let servers: Vec<&Value> = whole["runs"].as_array().unwrap().iter().map(|run| &run["server"]).collect();
    assert_eq!(servers, ["mine", "wrong"], "{joined:?}");
    let stale: Vec<&Value> = whole["stale"].as_array().unwrap().iter().map(|stale| &stale["entry"]).collect();
    assert_eq!(stale, ["** → mine,wrong, ** ** **, tools/nowhere"]);
    let recording = whole["runs"][1]["recording"].as_str().unwrap();
    assert!(folder.join("whole").join(recording).is_dir(), "{recording}");

    // What is not known any more is run again, and only that.
    fs::write(folder.join("known-failing.toml"), short("mine")).unwrap();
    run(&["--take", "whole/report.json", "--output", "again"]);
    let again = report(&folder.join("again/report.json"));
    let connects = |run: &Value| {
        run["cases"].as_array().unwrap().iter().find(|case| case["case"] == "lifecycle/connect").unwrap()["status"]
            .clone()
    };
    assert_eq!([connects(&again["runs"][0]), connects(&again["runs"][1])], ["pass", "fail"]);

    for (take, problem) in [
        (&["1/report.json", "1/report.json"][..], "mine → mine"),
        (&["nowhere.json"], "nowhere.json"),
        (&["my-peers.toml"], "my-peers.toml"),
    ] {
        let refused = run(&[&["--take"], take].concat());
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(said.contains(problem) && refused.status.code() == Some(2), "{said}");
    }
    let other = run_cases(&folder, "tools/*", &["--take", "1/report.json"]);
    assert!(String::from_utf8_lossy(&other.stderr).contains("expected a part of \"tools/* full\""), "{other:?}");
}
