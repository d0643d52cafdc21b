//! What carries messages between a client and a server.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A way that messages travel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// Lines on the standard streams of a server that the client starts.
    #[default]
    Stdio,
    /// Streamable HTTP: the client is given a URL.
    Http,
}

impl Transport {
    /// All transports, in the order they are run and shown.
    pub const ALL: [Self; 2] = [Self::Stdio, Self::Http];

    /// The word used on a peer's command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stdio => "stdio",
            Self::Http => "http",
        }
    }

    /// What a peer has that says nothing about transports.
    pub fn usual() -> Vec<Self> {
        vec![Self::Stdio]
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
