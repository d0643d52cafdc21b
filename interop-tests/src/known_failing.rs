//! `known-failing.toml`: failures we know and can explain. A listed failure must fail; an entry that
//! passes, or that nothing matches, is an error, so the list cannot rot.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::matrix::{Run, Surface};
use crate::pattern::Pattern;
use crate::peers::Peer;
use crate::report::{CaseReport, Status};
use crate::revision::Mode;
use crate::transport::Transport;

/// One explained failure. All patterns must match; a peer matches by its name or its alias.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Clients it is about.
    #[serde(default)]
    pub client: Pattern,
    /// Servers it is about.
    #[serde(default)]
    pub server: Pattern,
    /// Transports it is about.
    #[serde(default)]
    pub transport: Pattern,
    /// Client modes it is about.
    #[serde(default)]
    pub mode: Pattern,
    /// Revisions it is about.
    #[serde(default)]
    pub revision: Pattern,
    /// Surfaces it is about.
    #[serde(default)]
    pub surface: Pattern,
    /// Cases it is about.
    pub case: Pattern,
    /// True: a race in a peer, which fails now and then. Such an entry may pass; it is the one kind that can rot.
    #[serde(default)]
    pub sometimes: bool,
    /// Everything found must have this in it, so that another failure of the same case still shows.
    #[serde(default)]
    pub found: String,
    /// Why it fails.
    pub reason: String,
    /// Where that can be seen: a link, or the bytes.
    pub evidence: String,
    #[serde(skip)]
    matched: AtomicUsize,
}

/// All entries of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownFailing {
    /// In file order; the first that matches explains a failure.
    #[serde(default, rename = "entry")]
    pub entries: Vec<Entry>,
}

/// Which run a case belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The client.
    pub client: &'a Peer,
    /// The server.
    pub server: &'a Peer,
    /// What carries the messages.
    pub transport: Transport,
    /// The client's mode.
    pub mode: Mode,
    /// The revision that the run is about.
    pub revision: &'a str,
    /// What the server offers.
    pub surface: Surface,
}

impl<'a> Scope<'a> {
    /// The scope of a run.
    pub fn of(run: &'a Run<'_>) -> Self {
        let Run { client, server, transport, mode, revision, surface } = run;
        Self { client, server, transport: *transport, mode: *mode, revision, surface: *surface }
    }
}

/// An entry that no longer tells the truth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stale {
    /// The entry, by its patterns.
    pub entry: String,
    /// What is wrong with it.
    pub problem: String,
}

impl KnownFailing {
    /// Reads the file; a missing one is an empty list.
    pub fn load(path: &Path) -> Result<Self> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text).map_err(|problem| Error::at(path, problem)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(Error::at(path, error)),
        }
    }

    /// Parses the file's text; each entry must say why and where that can be seen.
    pub fn parse(text: &str) -> Result<Self> {
        let list: Self = toml::from_str(text).map_err(|error| Error::new(error.to_string()))?;
        match list.entries.iter().find(|entry| entry.reason.trim().is_empty() || entry.evidence.trim().is_empty()) {
            Some(entry) => Err(Error::new(format!("{}: `reason` and `evidence` must say something", entry.title()))),
            None => Ok(list),
        }
    }

    /// Says of each failure whether it is known, and why; returns the entries that a passing case contradicts.
    pub fn explain(&self, scope: Scope<'_>, run: &str, verdicts: &mut [CaseReport]) -> Vec<Stale> {
        let mut stale = Vec::new();
        for verdict in verdicts {
            if verdict.status == Status::Pass {
                if let Some(entry) = self.contradicted_by_pass(scope, &verdict.case) {
                    let problem = format!("{} passes in {run}: narrow or remove the entry", verdict.case);
                    stale.push(Stale { entry: entry.title(), problem });
                }
                continue;
            }
            let entry = self.explains(scope, &verdict.case, &verdict.found());
            verdict.status = entry.map_or(Status::Fail, |_| Status::Known);
            verdict.reason = entry.map(|entry| entry.reason.clone());
            verdict.evidence = entry.map(|entry| entry.evidence.clone());
        }
        stale
    }

    /// The entry that says this failure is known.
    fn explains(&self, scope: Scope<'_>, case: &str, found: &[&str]) -> Option<&Entry> {
        let explained = |entry: &&Entry| found.iter().all(|found| found.contains(&entry.found));
        let entry = self.entries.iter().filter(|entry| entry.covers(scope, case)).find(explained)?;
        entry.matched.fetch_add(1, Ordering::Relaxed);
        Some(entry)
    }

    /// The entry that says this case fails, although it passed.
    fn contradicted_by_pass(&self, scope: Scope<'_>, case: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| !entry.sometimes && entry.covers(scope, case))
    }

    /// Entries that no failure of this run needed, of those that `tried` says were put to the test.
    pub fn unused(&self, tried: impl Fn(&Entry) -> bool) -> Vec<Stale> {
        let problem = "matches no failure: remove the entry";
        let unused = self.entries.iter().filter(|entry| !entry.sometimes && entry.matched.load(Ordering::Relaxed) == 0);
        unused
            .filter(|entry| tried(entry))
            .map(|entry| Stale { entry: entry.title(), problem: problem.into() })
            .collect()
    }
}

impl Entry {
    /// Whether the entry is about this run, whatever the case.
    pub fn covers_run(&self, scope: Scope<'_>) -> bool {
        scope.client.is_called(&self.client)
            && scope.server.is_called(&self.server)
            && scope.transport.is_meant(&self.transport)
            && self.mode.matches(scope.mode.word())
            && self.revision.matches(scope.revision)
            && self.surface.matches(scope.surface.word())
    }

    /// The entry in one line.
    pub fn title(&self) -> String {
        let Self { client, server, transport, mode, revision, case, .. } = self;
        format!("{client} → {server}, {transport} {mode} {revision}, {case}")
    }

    fn covers(&self, scope: Scope<'_>, case: &str) -> bool {
        self.covers_run(scope) && self.case.matches(case)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peers::Peers;

    const PEERS: &str = r#"
        [[peer]]
        name = "rust"
        language = "rust"
        kind = "ours"
        run = ["x"]
        modes = ["server", "client"]
        [[peer]]
        name = "go-sdk"
        language = "go"
        kind = "official"
        run = ["x"]
        modes = ["server", "client"]
    "#;

    fn entry(fields: &str) -> KnownFailing {
        KnownFailing::parse(&format!("[[entry]]\nreason = \"r\"\nevidence = \"e\"\n{fields}")).unwrap()
    }

    fn explains(list: &KnownFailing, client: &str, case: &str, found: &str) -> bool {
        let peers = Peers::parse(PEERS).unwrap();
        let (client, server) = (peers.get(client).unwrap(), peers.get("go-sdk").unwrap());
        let (transport, mode, surface) = (Transport::Http, Mode::Auto, Surface::Reference);
        let scope = Scope { client, server, transport, mode, revision: "2025-11-25", surface };
        list.explains(scope, case, &[found]).is_some()
    }

    #[test]
    fn an_entry_explains_what_all_its_patterns_match() {
        for (fields, client, case, expected) in [
            ("case = \"tools/add\"", "rust", "tools/add", true),
            ("case = \"tools/add\"", "rust", "tools/fail", false),
            ("case = \"tools/*\"\nclient = \"official-*\"", "rust", "tools/add", false),
            ("case = \"tools/*\"\nclient = \"official-*\"", "go-sdk", "tools/add", true),
            ("case = \"**\"\nmode = \"legacy\"", "rust", "tools/add", false),
            ("case = \"**\"\ntransport = \"stdio\"", "rust", "tools/add", false),
            ("case = \"**\"\ntransport = \"http\"", "rust", "tools/add", true),
            ("case = \"**\"\nrevision = \"2025-*\"", "rust", "tools/add", true),
            ("case = \"**\"\nfound = \"boom\"", "rust", "tools/add", false),
        ] {
            assert_eq!(explains(&entry(fields), client, case, "nothing"), expected, "{fields}");
        }
    }

    #[test]
    fn an_entry_is_unused_until_a_failure_matches_it() {
        let list = entry("case = \"tools/add\"");
        assert_eq!(list.unused(|_| true).len(), 1);
        assert!(list.unused(|_| false).is_empty());
        assert!(explains(&list, "rust", "tools/add", "x"));
        assert!(list.unused(|_| true).is_empty());
    }

    #[test]
    fn an_entry_without_a_reason_is_refused() {
        let text = "[[entry]]\ncase = \"a\"\nreason = \" \"\nevidence = \"e\"";
        assert!(KnownFailing::parse(text).is_err());
        assert!(KnownFailing::parse("[[entry]]\ncase = \"a\"").is_err());
    }
}
