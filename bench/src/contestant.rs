//! Who is measured: programs in one of their modes, and how each is started. `cargo xtask bench` builds them and says
//! it in a file.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::cell::Transport;

/// A server in one of its modes.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Contestant {
    /// Whose server it is; the same for all of its modes.
    pub name: String,
    /// What it is to the others.
    pub kind: Kind,
    /// Its mode, if it has several: `one thread`.
    #[serde(default)]
    pub mode: String,
    /// What it is made with, and of which version.
    pub made_with: String,
    /// How it is started on stdio; not measured there if it is empty.
    #[serde(default)]
    pub stdio: Vec<String>,
    /// How it is started on HTTP; not measured there if it is empty.
    #[serde(default)]
    pub http: Vec<String>,
}

/// What a contestant is to the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The floor: what everything is a ratio to.
    Limit,
    /// Ours.
    Ours,
    /// An official SDK's.
    Official,
}

impl Contestant {
    /// Reads the file.
    pub fn load(path: &Path) -> Result<Vec<Self>, String> {
        let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))
    }

    /// How it is started, if it has that transport.
    pub fn command(&self, transport: Transport) -> Option<&[String]> {
        let command = match transport {
            Transport::Stdio => &self.stdio,
            Transport::Http => &self.http,
        };
        (!command.is_empty()).then_some(command)
    }

    /// Its name with its mode.
    pub fn title(&self) -> String {
        if self.mode.is_empty() { self.name.clone() } else { format!("{}, {}", self.name, self.mode) }
    }
}
