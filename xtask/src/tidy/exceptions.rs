//! `xtask/tidy.toml`: exceptions from the rules, each with its reason.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::Violation;

/// Where they are.
pub const FILE: &str = "xtask/tidy.toml";

/// The exceptions, and which of them were needed.
#[derive(Debug, Default)]
pub struct Exceptions {
    data: Data,
    used: RefCell<BTreeSet<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Data {
    /// Files longer than the limit.
    long: BTreeMap<String, String>,
    /// Files of a runtime that are no stem of their own, and the stem they are a part of.
    part: BTreeMap<String, String>,
    /// `<file> -> <stem>`: a stem that is used from above it.
    upward: BTreeMap<String, String>,
}

impl Exceptions {
    /// Reads them.
    pub fn load(root: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(root.join(FILE)).map_err(|e| format!("{FILE}: {e}"))?;
        Self::parse(&text)
    }

    /// Parses the file's text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let data: Data = toml::from_str(text).map_err(|e| format!("{FILE}: {e}"))?;
        if let Some((key, _)) = data.long.iter().chain(&data.upward).find(|(_, reason)| reason.trim().is_empty()) {
            return Err(format!("{FILE}: {key} has no reason"));
        }
        Ok(Exceptions { data, used: RefCell::default() })
    }

    /// Whether a file may be long.
    pub fn may_be_long(&self, path: &str) -> bool {
        self.use_up("long", &self.data.long, path)
    }

    /// Whether a file may use a stem that stands below its own.
    pub fn may_use(&self, path: &str, stem: &str) -> bool {
        self.use_up("upward", &self.data.upward, &format!("{path} -> {stem}"))
    }

    /// The stem that a file's own is a part of.
    pub fn whole_of(&self, part: &str) -> Option<&str> {
        self.use_up("part", &self.data.part, part).then(|| self.data.part[part].as_str())
    }

    fn use_up(&self, table: &str, entries: &BTreeMap<String, String>, key: &str) -> bool {
        let there = entries.contains_key(key);
        if there {
            self.used.borrow_mut().insert(format!("{table}.{key:?}"));
        }
        there
    }

    /// Exceptions that nothing needed.
    pub fn unused(&self) -> Vec<Violation> {
        let used = self.used.borrow();
        let Data { long, part, upward } = &self.data;
        let all = [("long", long), ("part", part), ("upward", upward)];
        let keys = all.iter().flat_map(|(table, entries)| entries.keys().map(move |key| format!("{table}.{key:?}")));
        keys.filter(|key| !used.contains(key))
            .map(|key| Violation::at(FILE, format!("{key} excepts nothing"), "remove it"))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_is_used_or_is_a_violation_itself() {
        let exceptions =
            Exceptions::parse("[long]\na = 'reason'\nb = 'reason'\n[part]\ntools = 'registry'").expect("it parses");
        assert!(exceptions.may_be_long("a") && !exceptions.may_be_long("c"));
        assert_eq!(exceptions.whole_of("tools"), Some("registry"));
        let unused: Vec<String> = exceptions.unused().into_iter().map(|violation| violation.found).collect();
        assert_eq!(unused, ["long.\"b\" excepts nothing"]);
        assert!(Exceptions::parse("[long]\na = ' '").is_err());
    }
}
