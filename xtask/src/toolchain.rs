//! Toolchains: which programs each language needs, how old they may be and how to get them.
//!
//! The table is `[toolchain]` of interop-tests/peers.toml, so that every verb asks for the same versions.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use isogloss_interop::Peers;

/// Finds programs, and remembers what it found.
pub struct Toolchains {
    peers: Peers,
    found: Mutex<BTreeMap<String, Result<PathBuf, String>>>,
}

impl Toolchains {
    /// Reads the table of a repository.
    pub fn of(root: &Path) -> Result<Self, String> {
        let peers = Peers::load(&root.join("interop-tests/peers.toml")).map_err(|e| e.to_string())?;
        Ok(Toolchains { peers, found: Mutex::default() })
    }

    /// The program of a toolchain (`cargo`, `go`, `node`, `npm`, `python`), if it is new enough; a program of
    /// another name is taken as it is.
    pub fn find(&self, name: &str) -> Result<PathBuf, String> {
        let Some(toolchain) = self.peers.toolchain.get(name) else { return Ok(PathBuf::from(name)) };
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let look = || {
            toolchain
                .find()
                .map_err(|e| format!("{e}\n  {name} {} or newer is needed; then run this again", toolchain.at_least))
        };
        found.entry(name.into()).or_insert_with(look).clone()
    }
}

/// The folder of a virtual environment's programs.
pub fn programs(venv: &Path) -> PathBuf {
    venv.join(if cfg!(windows) { "Scripts" } else { "bin" })
}

/// A program's file name.
pub fn program(name: &str) -> String {
    format!("{name}{}", std::env::consts::EXE_SUFFIX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::root::root;

    #[test]
    fn every_language_has_its_toolchain_and_what_is_none_is_taken_as_it_is() {
        let toolchains = Toolchains::of(&root()).expect("peers.toml is readable");
        for name in ["cargo", "go", "node", "npm", "python"] {
            assert!(toolchains.peers.toolchain.contains_key(name), "{name}");
        }
        assert_eq!(toolchains.find("some/program"), Ok(PathBuf::from("some/program")));
    }
}
