//! What the output of test runners says: how many tests there were, and notes worth repeating at the end.

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
    let strip = |line: &str| line.trim_start_matches(['#', ' ', '\t']).trim_end().to_owned();
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
    fn notes_are_repeated_once_whatever_stands_before_them() {
        let said = "x\n# not run: the examples\nnot run: the examples\ngo: downloading x\n    go: 3/3 round trip\n";
        assert_eq!(read(Reads::Node, said).notes, ["not run: the examples", "go: 3/3 round trip"]);
    }

    #[test]
    fn events_become_lines_again() {
        let said = "{\"Action\":\"output\",\"Output\":\"--- FAIL\\n\"}\nno event\n";
        assert_eq!(text(Reads::Go, said), "--- FAIL\nno event\n");
    }
}
