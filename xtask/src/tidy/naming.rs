//! Names that say nothing, and files that grew too long.

use super::Violation;
use super::exceptions::{Exceptions, FILE};
use super::files::{Files, name};

/// A file that a person wrote is read as a whole; longer ones are several things.
const LINES: usize = 700;
/// A name must say what a file is about, and these are about anything.
const EMPTY: [&str; 10] =
    ["utils", "util", "common", "commons", "helpers", "helper", "misc", "manager", "managers", "stuff"];

/// Checks names and lengths.
pub fn check(files: &Files, exceptions: &Exceptions) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in &files.all {
        for segment in file.path.split('/').filter(|segment| says_nothing(segment)) {
            let mend = "name it after what it is about";
            violations.push(Violation::at(&file.path, format!("{segment:?} says nothing about what is in it"), mend));
        }
    }
    for (path, text) in files.written().filter(|(path, _)| is_read(path)) {
        let lines = text.lines().count();
        if lines > LINES && !exceptions.may_be_long(path) {
            let mend = format!("split it by what it is about, or give a reason under [long] in {FILE}");
            violations.push(Violation::at(path, format!("{lines} lines, more than {LINES}"), mend));
        }
    }
    violations
}

fn says_nothing(segment: &str) -> bool {
    let words = segment.split(|c: char| !c.is_ascii_alphanumeric());
    words.map(str::to_ascii_lowercase).any(|word| EMPTY.contains(&word.as_str()))
}

/// A licence's text is what it is.
fn is_read(path: &str) -> bool {
    name(path) != "LICENSE"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_say_nothing_are_found_as_words() {
        for (segment, expected) in [
            ("test_utils.py", true),
            ("Helpers.ts", true),
            ("util.go", true),
            ("commonality.rs", false),
            ("server.rs", false),
        ] {
            assert_eq!(says_nothing(segment), expected, "{segment}");
        }
    }

    #[test]
    fn a_long_file_needs_a_reason() {
        let text = "x\n".repeat(LINES + 1);
        let files = Files::for_test(&[("a.rs", &text), ("b.rs", &text)]);
        let exceptions = Exceptions::parse("[long]\n'b.rs' = 'a table'").expect("it parses");
        let places: Vec<String> = check(&files, &exceptions).into_iter().map(|violation| violation.place).collect();
        assert_eq!(places, ["a.rs"]);
    }
}
