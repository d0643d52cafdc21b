//! The corpus, replayed: what fuzzers begin with and what they once found (`sdk-rust/fuzz/seeds`), and all messages of
//! `spec/fixtures`. It finds again what was found before; to find more is for `cargo fuzz`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::TARGETS;

/// Names a folder where everything that is replayed is written, for `cargo fuzz` to begin with.
const WRITE: &str = "ISOGLOSS_FUZZ_CORPUS";

/// Inputs by target.
type Seeds = BTreeMap<String, Vec<Vec<u8>>>;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn seeds() -> Seeds {
    let mut seeds = Seeds::new();
    for target in TARGETS {
        let folder = repository().join("sdk-rust/fuzz/seeds").join(target.name);
        let mut paths: Vec<_> =
            fs::read_dir(&folder).expect(target.name).map(|entry| entry.expect("an entry").path()).collect();
        paths.sort();
        let texts = paths.iter().map(|path| fs::read(path).expect("a seed")).collect();
        seeds.insert(target.name.to_owned(), texts);
    }
    messages(&mut seeds);
    seeds
}

/// Messages of every type of every revision, valid and not: as they are, and around them what carries them.
fn messages(seeds: &mut Seeds) {
    for entry in fs::read_dir(repository().join("spec/fixtures/corpus")).expect("the corpus: cargo xtask codegen") {
        let text = fs::read_to_string(entry.expect("an entry").path()).expect("a file");
        let file: Value = serde_json::from_str(&text).expect("JSON");
        let revision = file["revision"].as_str().expect("a revision");
        for case in file["cases"].as_array().expect("cases") {
            let (name, json) = (case["type"].as_str().expect("a type"), case["json"].as_str().expect("a text"));
            let mut add = |target: &str, seed: String| {
                if let Some(all) = seeds.get_mut(target) {
                    all.push(seed.into_bytes());
                }
            };
            add("json", json.to_owned());
            add("wire", format!("{revision} {name}\n{json}"));
            add("envelope", json.to_owned());
            add("envelope", format!(r#"{{"jsonrpc":"2.0","id":1,"result":{json}}}"#));
            add("arguments", json.to_owned());
            add("sse", format!("\u{7f}\u{8}event: message\ndata: {json}\n\n"));
            add("lines", format!("\u{7f}\u{8}{json}\r\n"));
        }
    }
}

#[test]
fn what_fuzzers_found_and_begin_with_is_replayed() {
    let seeds = seeds();
    let written = std::env::var_os(WRITE).map(PathBuf::from);
    for target in TARGETS {
        let all = &seeds[target.name];
        assert!(!all.is_empty(), "{} has no seeds", target.name);
        for seed in all {
            (target.feed)(seed);
        }
        if let Some(folder) = &written {
            write(&folder.join(target.name), all);
        }
        println!("{}: {} inputs replayed, none invented: that is for cargo fuzz", target.name, all.len());
    }
}

/// Inputs that are cut, doubled and turned round in ways that follow from nothing but their number.
#[test]
fn what_is_near_to_it_is_read_with_the_same_care() {
    for target in TARGETS {
        for (number, seed) in seeds()[target.name].iter().enumerate().step_by(7) {
            let at = number % seed.len().max(1);
            (target.feed)(&seed[..at]);
            (target.feed)(&seed[at..]);
            (target.feed)(&[seed, seed.as_slice()].concat());
            let mut turned = seed.clone();
            if let Some(byte) = turned.get_mut(at) {
                *byte ^= 1 << (number % 8);
            }
            (target.feed)(&turned);
        }
    }
}

fn write(folder: &Path, seeds: &[Vec<u8>]) {
    fs::create_dir_all(folder).expect("a folder");
    for (number, seed) in seeds.iter().enumerate() {
        fs::write(folder.join(format!("seed-{number:05}")), seed).expect("a seed");
    }
}
