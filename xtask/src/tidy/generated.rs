//! Generated files: fresh, marked as such and nothing else marked so, and known to git as generated.

use std::collections::BTreeSet;
use std::path::Path;

use isogloss_codegen::generate as generate_all;
use isogloss_codegen::inputs::Inputs;
use isogloss_codegen::output::{Mode, What, apply};

use super::Violation;
use super::files::{Files, is_made};

const MEND: &str = "cargo xtask codegen";
const ATTRIBUTES: &str = ".gitattributes";
/// A marker stands among the first lines, or no one sees it.
const HEAD: usize = 3;

/// Generates in memory: the paths that are written, and what on disk is not as written. An overlay entry that nothing
/// uses is an error of generating itself.
pub fn generate(root: &Path) -> Result<(BTreeSet<String>, Vec<Violation>), String> {
    let inputs = Inputs::read(&root.join("spec")).map_err(|e| e.to_string())?;
    let generated = generate_all(&inputs).map_err(|e| e.to_string())?;
    let changes = apply(root, &generated.files, Mode::Check).map_err(|e| e.to_string())?;
    let found = |what: What| match what {
        What::Missing => "is not there, though the generator writes it",
        What::Different => "is not what the generator writes",
        What::Stale => "lies in a generated folder, but is not generated",
    };
    let mut violations: Vec<Violation> =
        changes.iter().map(|change| Violation::at(&change.path, found(change.what), MEND)).collect();
    for name in &generated.undocumented {
        violations.push(Violation::at(
            "spec/overlay/docs.toml",
            format!("{name} is not documented"),
            "write a line for it, in our own words",
        ));
    }
    Ok((generated.files.into_iter().map(|file| file.path).collect(), violations))
}

/// Every generated file says so, and no other does. JSON has no comments.
pub fn markers(files: &Files) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in files.all.iter().filter(|file| !is_made(&file.path) && !file.path.ends_with(".json")) {
        let Some(text) = &file.text else { continue };
        let marked = text.lines().take(HEAD).any(is_marker);
        if file.generated && !marked {
            violations.push(Violation::at(
                &file.path,
                "no marker at the head of a generated file",
                "write it into the template in codegen/templates",
            ));
        }
        if !file.generated && marked && !file.path.starts_with("codegen/templates/") {
            violations.push(Violation::at(
                &file.path,
                "a generated file's marker, but nothing generates it",
                "remove the marker, or the file",
            ));
        }
    }
    violations
}

fn is_marker(line: &str) -> bool {
    let comment = line.trim_start_matches(['/', '#', '*', '!', ' ']);
    comment.len() < line.len()
        && (comment.starts_with("@generated")
            || comment.starts_with("Code generated ") && comment.ends_with("DO NOT EDIT."))
}

/// Git is told of every generated file, and of no other that a person wrote.
pub fn attributes(files: &Files) -> Vec<Violation> {
    let Some(text) = files.text(ATTRIBUTES) else {
        return vec![Violation::at(
            ATTRIBUTES,
            "not there",
            "list the generated folders in it, linguist-generated=true",
        )];
    };
    let patterns: Vec<&str> = text
        .lines()
        .filter(|line| line.contains(" linguist-generated"))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let mut violations = Vec::new();
    for file in &files.all {
        let listed = patterns.iter().any(|pattern| matches(pattern, &file.path));
        if file.generated && !listed {
            let mend = format!("add a line for its folder to {ATTRIBUTES}: <folder>/** linguist-generated=true");
            violations.push(Violation::at(&file.path, format!("generated, and not listed in {ATTRIBUTES}"), mend));
        }
        if listed && !file.generated && !is_made(&file.path) {
            violations.push(Violation::at(
                &file.path,
                format!("listed in {ATTRIBUTES} as generated, and it is not"),
                "narrow the pattern",
            ));
        }
    }
    violations
}

/// `folder/**`, `name` anywhere, `folder/*.ending`, or a whole path.
fn matches(pattern: &str, path: &str) -> bool {
    if let Some(folder) = pattern.strip_suffix("/**") {
        return path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    }
    match pattern.split_once('*') {
        Some((start, end)) => {
            let middle = path.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
            middle.is_some_and(|middle| !middle.contains('/'))
        }
        None if !pattern.contains('/') => path.rsplit('/').next() == Some(pattern),
        None => path == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::files::File;

    #[test]
    fn markers_are_those_of_the_languages() {
        for (line, expected) in [
            ("// @generated by `cargo xtask codegen` from spec/.", true),
            ("# @generated by `cargo xtask codegen`", true),
            ("// Code generated by cargo xtask codegen from spec/. DO NOT EDIT.", true),
            ("let marker = \"@generated\";", false),
            ("@generated", false),
            ("// the @generated marker", false),
        ] {
            assert_eq!(is_marker(line), expected, "{line}");
        }
    }

    #[test]
    fn a_marker_and_a_line_for_git_belong_to_generated_files_alone() {
        let mut files = Files::for_test(&[
            (ATTRIBUTES, "protocol/** linguist-generated=true\n"),
            ("protocol/a.rs", "//! no marker\n"),
            ("protocol/by_hand.rs", "//! by hand\n"),
            ("b.rs", "// @generated by hand\n"),
        ]);
        files.all.push(File { path: "c.rs".into(), text: Some("// @generated by it\n".into()), generated: true });
        files.all[1].generated = true;
        let found: Vec<String> = markers(&files).into_iter().chain(attributes(&files)).map(|v| v.place).collect();
        assert_eq!(found, ["protocol/a.rs", "b.rs", "protocol/by_hand.rs", "c.rs"]);
    }

    #[test]
    fn patterns_match_as_git_does() {
        for (pattern, path, expected) in [
            ("a/b/**", "a/b/c/d.rs", true),
            ("a/b/**", "a/bc/d.rs", false),
            ("Cargo.lock", "x/Cargo.lock", true),
            ("spec/schema/*.json", "spec/schema/2026-07-28.json", true),
            ("spec/schema/*.json", "spec/schema/x/y.json", false),
            ("a/b.rs", "a/b.rs", true),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }
}
