//! Text: line ends, blanks, indentation, what must not be in a file that is published.

use super::Violation;
use super::files::{Files, is_lock, name};

/// Checks all text.
pub fn check(files: &Files) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in &files.all {
        let Some(text) = file.text.as_deref().filter(|_| !is_lock(&file.path)) else { continue };
        whole(&file.path, text, &mut violations);
        for (index, line) in text.lines().enumerate() {
            each(&file.path, index, line, &mut violations);
        }
    }
    violations
}

fn whole(path: &str, text: &str, violations: &mut Vec<Violation>) {
    if text.contains('\r') {
        violations.push(Violation::at(
            path,
            "a carriage return",
            "end lines with a line feed alone; .gitattributes has eol=lf",
        ));
    }
    if !text.is_empty() && !text.ends_with('\n') {
        violations.push(Violation::at(path, "no line feed at the end", "add one"));
    }
    if text.ends_with("\n\n") {
        violations.push(Violation::at(path, "an empty line at the end", "remove it"));
    }
}

fn each(path: &str, index: usize, line: &str, violations: &mut Vec<Violation>) {
    if line.ends_with([' ', '\t']) {
        violations.push(Violation::line(path, index, "blanks at the end of the line", "remove them"));
    }
    if line.starts_with('\t') && !has_tabs(path) {
        violations.push(Violation::line(path, index, "a tab", "indent with spaces, as .editorconfig says"));
    }
    for word in unfinished() {
        if has_word(line, &word) {
            violations.push(Violation::line(
                path,
                index,
                format!("{word}: something unfinished"),
                "finish it, or say in an issue what is open",
            ));
        }
    }
    for start in machine_paths() {
        if names_path(line, &start) {
            violations.push(Violation::line(
                path,
                index,
                format!("a path of one machine: {start}…"),
                "count from the repository's top, or from a variable",
            ));
        }
    }
}

/// Go is indented with tabs, and so is what becomes or shows Go.
fn has_tabs(path: &str) -> bool {
    let go = path.ends_with(".md") || path.ends_with(".go") || matches!(name(path), "go.mod" | "go.work");
    go || path.starts_with("codegen/templates/go") || path.starts_with("codegen/src/lang/golang/")
}

/// Put together here, so that this file does not break its own rule.
fn unfinished() -> [String; 3] {
    [["TO", "DO"], ["FIX", "ME"], ["XX", "X"]].map(|parts| parts.concat())
}

fn machine_paths() -> [String; 5] {
    [["/ro", "ot/"], ["/ho", "me/"], ["/Us", "ers/"], ["/wo", "rk/"], ["C:", "\\"]].map(|parts| parts.concat())
}

fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        !line[..at].chars().next_back().is_some_and(is_part)
            && !line[at + word.len()..].chars().next().is_some_and(is_part)
    })
}

/// A path begins where a word does: `https://host/…/x` has none.
fn names_path(line: &str, start: &str) -> bool {
    let before = |at: usize| line[..at].chars().next_back();
    line.match_indices(start).any(|(at, _)| before(at).is_none_or(|c| c.is_whitespace() || "\"'`(=:[{<,>".contains(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        check(&Files::for_test(&[(path, text)])).into_iter().map(|violation| violation.place).collect()
    }

    #[test]
    fn what_editors_leave_behind_is_found() {
        for (path, text, places) in [
            ("a.rs", "fine\n", vec![]),
            ("a.rs", "x \ny\n", vec!["a.rs:1"]),
            ("a.rs", "x\r\n", vec!["a.rs"]),
            ("a.rs", "x", vec!["a.rs"]),
            ("a.rs", "x\n\n", vec!["a.rs"]),
            ("a.rs", "\tx\n", vec!["a.rs:1"]),
            ("a.go", "\tx\n", vec![]),
            ("Cargo.lock", "x \n", vec![]),
        ] {
            assert_eq!(found(path, text), places, "{path} {text:?}");
        }
    }

    #[test]
    fn unfinished_work_and_paths_of_a_machine_are_found_as_words() {
        let [unfinished, _, marks] = unfinished();
        let [home, ..] = machine_paths();
        for (text, count) in [
            (format!("// {unfinished}: later\n"), 1),
            (format!("a{unfinished}b {marks}Y\n"), 0),
            (format!("cd {home}x\n"), 1),
            (format!("https://example.com{home}x\n"), 0),
        ] {
            assert_eq!(found("a.rs", &text).len(), count, "{text}");
        }
    }
}
