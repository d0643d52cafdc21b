//! Tiny schemas, a feature each, with what every language makes of them side by side (`rosetta/<feature>`): the
//! folder to read first. `UPDATE_GOLDENS=1 cargo test -p isogloss-codegen --test rosetta` writes what changed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use isogloss_codegen::inputs::{Inputs, Source};
use isogloss_codegen::lang::{ALL, Language};
use isogloss_codegen::output::OutputFile;
use isogloss_codegen::{build, overlay};

/// The revision of a schema that is alone.
const REVISION: &str = "2026-07-28";

fn features() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/rosetta");
    let mut features: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    features.sort();
    features
}

fn name(path: &Path) -> String {
    path.file_stem().expect("a name").to_string_lossy().into_owned()
}

/// The schemas of a feature, by revision, and its overlay files.
fn inputs(feature: &Path) -> Inputs {
    let mut inputs = Inputs::default();
    let mut files: Vec<_> =
        fs::read_dir(feature).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    for path in files.into_iter().filter(|path| path.extension().is_some_and(|ext| ext == "json" || ext == "toml")) {
        let text = fs::read_to_string(&path).expect("a file");
        let file = path.file_name().expect("a name").to_string_lossy().into_owned();
        if overlay::FILES.contains(&file.as_str()) {
            inputs.overlay.insert(file, text);
        } else {
            let revision = if file == "schema.json" { REVISION.into() } else { name(&path) };
            inputs.schemas.push(Source { name: revision, extends: None, text });
        }
    }
    inputs
}

fn emit(feature: &Path, language: &Language) -> Vec<OutputFile> {
    let protocol = build(&inputs(feature)).unwrap_or_else(|e| panic!("{}: {e}", name(feature)));
    (language.emit)(&protocol).unwrap_or_else(|e| panic!("{} in {}: {e}", name(feature), language.name))
}

/// What a language makes of the types: its files of the area `base`, all of them in one.
fn golden(files: &[OutputFile]) -> (String, String) {
    let base = |file: &&OutputFile| {
        let stem = file.path.rsplit('/').next().and_then(|name| name.split('.').next()).unwrap_or_default();
        stem.split('_').any(|word| word == "base")
    };
    let files: Vec<&OutputFile> = files.iter().filter(base).collect();
    let extension = files.first().and_then(|file| file.path.rsplit_once('.')).expect("a file of types").1;
    let texts: Vec<&str> = files.iter().map(|file| file.text.as_str()).collect();
    (format!("expected.{extension}"), texts.join("\n"))
}

#[test]
fn every_language_makes_of_every_feature_what_is_expected() {
    let update = std::env::var_os("UPDATE_GOLDENS").is_some();
    let mut wrong = Vec::new();
    for feature in features() {
        for language in &ALL {
            let (file, found) = golden(&emit(&feature, language));
            let path = feature.join(&file);
            if fs::read_to_string(&path).is_ok_and(|expected| expected == found) {
                continue;
            }
            wrong.push(format!("{}/{file}", name(&feature)));
            if update {
                fs::write(&path, found).expect("to write");
            }
        }
    }
    assert!(
        wrong.is_empty() || update,
        "not as expected: {}\n  UPDATE_GOLDENS=1 cargo test -p isogloss-codegen --test rosetta",
        wrong.join(", ")
    );
}

/// What stands beside generated code in a crate of its own: the wire room, and nothing else. Tiny schemas have no methods.
const LIB: &str =
    "#![deny(warnings)]\n#![allow(unused, unreachable_code)]\npub use isogloss::wire;\npub mod protocol;\n";

#[test]
fn what_rust_makes_of_every_feature_compiles() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the repository");
    let folder = root.join("target/rosetta");
    let _ = fs::remove_dir_all(&folder);
    let mut members = BTreeMap::new();
    for feature in features() {
        let rust = ALL.iter().find(|language| language.name == "rust").expect("Rust");
        let member = format!("rosetta-{}", name(&feature).replace('_', "-"));
        for file in emit(&feature, rust) {
            let path = file.path.strip_prefix("sdk-rust/").expect("a file of the crate");
            write(&folder.join(&member).join(path), &file.text);
        }
        write(&folder.join(&member).join("src/lib.rs"), LIB);
        let manifest = format!(
            "[package]\nname = \"{member}\"\nedition = \"2024\"\n[dependencies]\nisogloss = {{ path = {:?} }}\n",
            root.join("sdk-rust")
        );
        write(&folder.join(&member).join("Cargo.toml"), &manifest);
        members.insert(member, ());
    }
    let members: Vec<&String> = members.keys().collect();
    write(&folder.join("Cargo.toml"), &format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n"));
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).expect("a lock file");
    let output = Command::new(env!("CARGO"))
        .args(["check", "--quiet", "--offline", "--workspace", "--manifest-path"])
        .arg(folder.join("Cargo.toml"))
        .env("CARGO_TARGET_DIR", root.join("target/rosetta-build"))
        .output()
        .expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, text).expect("a file");
}
