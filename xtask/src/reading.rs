//! What the output of test runners says: how many tests there were, and notes worth repeating at the end.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// How a step's output is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// No test runner: notes only.
    Lines,
    /// `cargo test`
    Cargo,
    /// `node --test`
    Node,
    /// `go test -json`
    Go,
    /// `pytest`
    Pytest,
}

/// What was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Read {
    /// Tests that passed and failed, where the step ran tests.
    pub tests: Option<(usize, usize)>,
    /// Lines that the person at the terminal should see even if all is well: see [`is_note`].
    pub notes: Vec<String>,
}

/// A test says what it did not run and what it counted in lines such as `not run: …`, `go: 129/129 round trip` and
/// `codec numbers, go: …`.
fn is_note(line: &str) -> bool {
    let counted = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit()) || rest.contains("not run");
    let of_language = ["rust: ", "typescript: ", "go: ", "python: ", "official examples"];
    line.starts_with("not run: ")
        || line.starts_with("codec numbers, ")
        || of_language.iter().any(|start| line.strip_prefix(start).is_some_and(counted))
}

/// Reads a step's output.
pub fn read(reads: Reads, said: &str) -> Read {
    let text = text(reads, said);
    let tests = match reads {
        Reads::Lines => None,
        Reads::Cargo => Some((sum(&text, "test result: ", " passed"), sum(&text, "test result: ", " failed"))),
        Reads::Node => Some((marked(&text, "pass "), marked(&text, "fail "))),
        Reads::Go => Some(go_events(said)),
        Reads::Pytest => {
            let last = text.lines().rev().find(|line| line.contains(" in ") && has_word(line)).unwrap_or_default();
            Some((before(last, " passed"), before(last, " failed") + before(last, " error")))
        }
    };
    let strip = |line: &str| {
        // pytest says why a test was left out in a line of its own making.
        let start = line.find("not run: ").filter(|_| line.starts_with("SKIPPED")).unwrap_or(0);
        line[start..].trim_start_matches(['#', ' ', '\t']).trim_end().to_owned()
    };
    let mut notes: Vec<String> = Vec::new();
    for line in text.lines().map(strip).filter(|line| is_note(line)) {
        if !notes.contains(&line) {
            notes.push(line);
        }
    }
    Read { tests, notes }
}

/// A step's output for people: Go's events are turned back into lines.
pub fn text(reads: Reads, said: &str) -> String {
    if reads != Reads::Go {
        return said.to_owned();
    }
    let mut text = String::new();
    for line in said.lines() {
        match serde_json::from_str::<Value>(line) {
            Ok(event) => text.push_str(event["Output"].as_str().unwrap_or_default()),
            Err(_) => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    text
}

/// A step's output without what passed.
pub fn failures(reads: Reads, said: &str) -> String {
    match reads {
        Reads::Go => go_failures(said),
        Reads::Cargo => cargo_failures(said),
        _ => said.to_owned(),
    }
}

/// Without tests that passed, and what they printed.
fn cargo_failures(said: &str) -> String {
    let mut text = String::new();
    let mut passed = false;
    for line in said.lines() {
        passed = line == "successes:" || passed && line != "failures:" && !line.starts_with("test result: ");
        let good =
            ["test result: ok", "running ", "   Doc-tests", "     Running"].iter().any(|start| line.starts_with(start));
        let good = good || line.trim().is_empty() || line.starts_with("test ") && line.ends_with("... ok");
        if !passed && !good {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

/// What failed tests and packages printed, and what is no event.
fn go_failures(said: &str) -> String {
    let mut printed: BTreeMap<String, String> = BTreeMap::new();
    let mut text = String::new();
    for line in said.lines() {
        let Ok(event) = serde_json::from_str::<Value>(line) else {
            text.push_str(line);
            text.push('\n');
            continue;
        };
        let test = format!("{} {}", event["Package"], event["Test"]);
        match event["Action"].as_str() {
            Some("output") => printed.entry(test).or_default().push_str(event["Output"].as_str().unwrap_or_default()),
            Some("build-output") => text.push_str(event["Output"].as_str().unwrap_or_default()),
            Some("fail") => text.push_str(&printed.remove(&test).unwrap_or_default()),
            _ => {}
        }
    }
    text
}

fn has_word(line: &str) -> bool {
    [" passed", " failed", " error"].iter().any(|word| line.contains(word))
}

/// Adds up the numbers before a word in lines that begin with something.
fn sum(text: &str, start: &str, word: &str) -> usize {
    text.lines().filter(|line| line.starts_with(start)).map(|line| before(line, word)).sum()
}

/// The number before a word.
fn before(line: &str, word: &str) -> usize {
    let Some(end) = line.find(word) else { return 0 };
    let digits = line[..end].rfind(|c: char| !c.is_ascii_digit()).map_or(0, |i| i + 1);
    line[digits..end].parse().unwrap_or(0)
}

/// `# pass 12` (TAP) or `ℹ pass 12` (for people).
fn marked(text: &str, word: &str) -> usize {
    let number =
        |line: &str| line.strip_prefix("# ").or(line.strip_prefix("ℹ "))?.strip_prefix(word)?.trim().parse().ok();
    text.lines().rev().find_map(number).unwrap_or(0)
}

fn go_events(said: &str) -> (usize, usize) {
    let mut counts = (0, 0);
    for event in said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        match (event["Test"].is_string(), event["Action"].as_str()) {
            (true, Some("pass")) => counts.0 += 1,
            (true, Some("fail")) => counts.1 += 1,
            _ => {}
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_counted_as_each_runner_reports_them() {
        for (reads, said, tests) in [
            (Reads::Lines, "42 passed", None),
            (
                Reads::Cargo,
                "test result: ok. 3 passed; 0 failed; 0 ignored\n\ntest result: FAILED. 10 passed; 2 failed;",
                Some((13, 2)),
            ),
            (Reads::Node, "# tests 5\n# pass 4\n# fail 1\n", Some((4, 1))),
            (Reads::Node, "ℹ tests 5\nℹ pass 5\nℹ fail 0\n", Some((5, 0))),
            (Reads::Pytest, "....\n4 failed, 129 passed, 1 skipped in 0.42s\n", Some((129, 4))),
            (Reads::Pytest, "24 passed in 0.10s", Some((24, 0))),
            (
                Reads::Go,
                "{\"Action\":\"pass\",\"Test\":\"TestA\"}\n{\"Action\":\"fail\",\"Test\":\"TestB\"}\n{\"Action\":\"fail\"}",
                Some((1, 1)),
            ),
        ] {
            assert_eq!(read(reads, said).tests, tests, "{said}");
        }
    }

    #[test]
    fn why_a_python_test_was_left_out_is_a_note() {
        let said = "SKIPPED [1] tests/test_x.py:12: not run: x is not there\n3 passed, 1 skipped in 0.1s\n";
        assert_eq!(read(Reads::Pytest, said).notes, ["not run: x is not there"]);
    }

    #[test]
    fn notes_are_repeated_once_whatever_stands_before_them() {
        let said = "x\n# not run: the examples\nnot run: the examples\ngo: downloading x\n    go: 3/3 round trip\n";
        assert_eq!(read(Reads::Node, said).notes, ["not run: the examples", "go: 3/3 round trip"]);
    }

    #[test]
    fn what_failed_is_shown_without_what_passed() {
        let cargo = "running 2 tests\ntest a ... ok\ntest b ... FAILED\n\nsuccesses:\n\n---- a stdout ----\nnoise\n\nfailures:\n\n---- b stdout ----\npanicked\n\ntest result: FAILED. 1 passed; 1 failed;\n";
        assert_eq!(
            failures(Reads::Cargo, cargo),
            "test b ... FAILED\nfailures:\n---- b stdout ----\npanicked\ntest result: FAILED. 1 passed; 1 failed;\n"
        );
        let go = [
            r#"{"Action":"output","Package":"p","Test":"A","Output":"noise\n"}"#,
            r#"{"Action":"output","Package":"p","Test":"B","Output":"wrong\n"}"#,
            r#"{"Action":"pass","Package":"p","Test":"A"}"#,
            r#"{"Action":"fail","Package":"p","Test":"B"}"#,
        ];
        assert_eq!(failures(Reads::Go, &go.join("\n")), "wrong\n");
    }

    #[test]
    fn events_become_lines_again() {
        let said = "{\"Action\":\"output\",\"Output\":\"--- FAIL\\n\"}\nno event\n";
        assert_eq!(text(Reads::Go, said), "--- FAIL\nno event\n");
    }
}
