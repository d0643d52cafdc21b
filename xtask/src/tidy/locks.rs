//! Lock files: they pin versions and hashes, and name no registry, so that they work behind any mirror.

use super::Violation;
use super::files::{Files, is_lock};

/// The one source that Cargo writes for the public registry, wherever that is fetched from.
const CRATES: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Checks all lock files, and that each package has one.
pub fn check(files: &Files) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in files.all.iter().filter(|file| is_lock(&file.path)) {
        for (index, line) in file.text.as_deref().unwrap_or_default().lines().enumerate() {
            if let Some((found, mend)) = names_registry(file.name(), line.trim()) {
                violations.push(Violation::line(&file.path, index, found, mend));
            }
        }
    }
    for file in &files.all {
        let lock = match file.name() {
            "package.json" => "package-lock.json",
            "pyproject.toml" => "requirements-dev.txt",
            _ => continue,
        };
        let path = format!("{}{lock}", file.path.trim_end_matches(file.name()));
        if files.text(&path).is_none() {
            violations.push(Violation::at(&path, "not there", "pin what the package is built and tested with"));
        }
    }
    violations
}

fn names_registry(name: &str, line: &str) -> Option<(String, &'static str)> {
    match name {
        "Cargo.lock" => {
            let source = line.strip_prefix("source = ")?.trim_matches('"');
            (source != CRATES).then(|| (format!("the source {source}"), "take the crate from crates.io"))
        }
        "package-lock.json" => line.starts_with("\"resolved\": \"http").then(|| {
            ("the address of a registry".into(), "npm install --package-lock-only --omit-lockfile-registry-resolved")
        }),
        "go.sum" => None,
        _ => {
            let option = ["--index-url", "--extra-index-url", "--find-links", "-i ", "-f "]
                .iter()
                .any(|start| line.starts_with(start));
            let address = !line.starts_with('#') && line.contains("://");
            (option || address).then(|| (format!("{line:?}"), "leave names, versions and hashes only"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_hashes_are_fine_and_addresses_are_not() {
        let npm = "\"resolved\": \"https://registry.example/a.tgz\",";
        for (path, text, count) in [
            ("Cargo.lock", format!("source = \"{CRATES}\"\n"), 0),
            ("Cargo.lock", "source = \"git+https://example.com/x\"\n".into(), 1),
            ("package-lock.json", "\"integrity\": \"sha512-x\",\n".into(), 0),
            ("package-lock.json", npm.into(), 1),
            ("requirements-dev.txt", "mypy==2.4.1 --hash=sha256:x\n# from https://example.com\n".into(), 0),
            ("requirements-dev.txt", "--index-url https://example.com\n".into(), 1),
        ] {
            assert_eq!(check(&Files::for_test(&[(path, &text)])).len(), count, "{path}: {text}");
        }
    }

    #[test]
    fn a_package_without_its_lock_file_is_found() {
        let files =
            Files::for_test(&[("a/package.json", "{}\n"), ("b/package.json", "{}\n"), ("b/package-lock.json", "{}\n")]);
        let places: Vec<String> = check(&files).into_iter().map(|violation| violation.place).collect();
        assert_eq!(places, ["a/package-lock.json"]);
    }
}
