//! Who meets whom: the product of clients, servers, modes and revisions, filtered by what both declare.
//!
//! Pure: no process is started here, and the order is that of `peers.toml`.

use serde::Serialize;

use crate::cases::{Case, Circumstances};
use crate::pattern::Pattern;
use crate::peers::{Peer, Peers, Role};
use crate::report::LeftOut;
use crate::revision::{Mode, is_modern};

/// What a person picked; everything by default.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Clients, by name or alias.
    pub client: Pattern,
    /// Servers, by name or alias.
    pub server: Pattern,
    /// Client modes.
    pub mode: Pattern,
    /// Revisions.
    pub revision: Pattern,
    /// Cases.
    pub case: Pattern,
}

/// One client process against one server, in one mode and revision.
#[derive(Debug, Clone)]
pub struct Run<'a> {
    /// The client.
    pub client: &'a Peer,
    /// The server.
    pub server: &'a Peer,
    /// The client's mode.
    pub mode: Mode,
    /// The revision both should arrive at.
    pub revision: String,
}

impl<'a> Run<'a> {
    /// The cases of a run, and those that a documented lack leaves out.
    pub fn cases<'c>(&self, cases: &'c [Case], picked: impl Fn(&str) -> bool) -> (Vec<&'c Case>, Vec<LeftOut>) {
        let circumstances = self.circumstances();
        let (mut asked, mut left_out) = (Vec::new(), Vec::new());
        for case in cases.iter().filter(|case| picked(&case.name) && case.applies(circumstances)) {
            let lack = |peer: &'a Peer, role| peer.lack(role, self.mode, &self.revision, &case.name);
            match lack(self.client, Role::Client).or_else(|| lack(self.server, Role::Server)) {
                Some(lack) => left_out.push(LeftOut {
                    case: case.name.clone(),
                    reason: lack.reason.clone(),
                    evidence: lack.evidence.clone(),
                }),
                None => asked.push(case),
            }
        }
        (asked, left_out)
    }

    /// What decides which cases and rules apply.
    pub fn circumstances(&self) -> Circumstances<'_> {
        Circumstances { mode: self.mode, revision: &self.revision, extra_steps: &self.client.client.extra_steps }
    }

    /// `go → rmcp, legacy 2025-06-18`.
    pub fn title(&self) -> String {
        format!("{} → {}, {} {}", self.client.name, self.server.name, self.mode, self.revision)
    }

    /// A name for the run's folder.
    pub fn folder(&self) -> String {
        format!("{}--{}--{}--{}", self.client.name, self.server.name, self.mode, self.revision)
    }

    /// The revision that the client is told to offer; an automatic client finds out by itself.
    pub fn offer(&self) -> Option<&str> {
        (self.mode == Mode::Legacy).then_some(self.revision.as_str())
    }
}

/// A combination that is not run, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotRun {
    /// The client's name.
    pub client: String,
    /// The server's name.
    pub server: String,
    /// The client's mode.
    pub mode: Mode,
    /// The revision, where it is one that is lacking.
    pub revision: Option<String>,
    /// Why.
    pub reason: String,
    /// Where that can be seen.
    pub evidence: String,
}

/// What will be run and what will not.
#[derive(Debug, Default)]
pub struct Plan<'a> {
    /// In the order of `peers.toml`: client, server, mode, revision.
    pub runs: Vec<Run<'a>>,
    /// Combinations that a documented lack rules out.
    pub not_run: Vec<NotRun>,
}

/// Expands the selection over all peers.
pub fn plan<'a>(peers: &'a Peers, selection: &Selection) -> Plan<'a> {
    let mut plan = Plan::default();
    for client in peers.picked(&selection.client).into_iter().filter(|peer| peer.has_mode("client")) {
        for server in peers.picked(&selection.server).into_iter().filter(|peer| peer.has_mode("server")) {
            for mode in client.client.modes.iter().copied().filter(|mode| selection.mode.matches(mode.word())) {
                for revision in revisions(client, server, mode) {
                    if selection.revision.matches(&revision) {
                        plan.add(Run { client, server, mode, revision });
                    }
                }
            }
        }
    }
    plan
}

/// The revisions that a mode leads to. A legacy client can be told which to offer; an automatic one
/// takes the best that both have: the modern one, or the latest shared handshake.
fn revisions(client: &Peer, server: &Peer, mode: Mode) -> Vec<String> {
    let mut shared: Vec<String> = client.client.revisions.clone();
    shared.retain(|revision| server.server.revisions.contains(revision));
    shared.sort();
    match mode {
        Mode::Auto => shared.pop().into_iter().collect(),
        Mode::Legacy => shared.into_iter().filter(|revision| !is_modern(revision)).collect(),
        Mode::Modern => shared.into_iter().filter(|revision| is_modern(revision)).collect(),
    }
}

impl<'a> Plan<'a> {
    fn add(&mut self, run: Run<'a>) {
        let lack = |peer: &'a Peer, role| {
            // A lack of single cases leaves the run; one of a whole mode or revision takes it away.
            peer.lack(role, run.mode, &run.revision, "any/case").filter(|lack| lack.case.is_everything())
        };
        let lack = lack(run.client, Role::Client).or_else(|| lack(run.server, Role::Server));
        let Some(lack) = lack else {
            return self.runs.push(run);
        };
        self.not_run.push(NotRun {
            client: run.client.name.clone(),
            server: run.server.name.clone(),
            mode: run.mode,
            revision: Some(run.revision),
            reason: lack.reason.clone(),
            evidence: lack.evidence.clone(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peers() -> Peers {
        let peer = |name: &str, modes: &str, offers: &str, speaks: &str, lacks: &str| {
            format!(
                "[[peer]]\nname = \"{name}\"\nlanguage = \"{name}\"\nkind = \"official\"\nrun = [\"x\"]\n\
                 modes = [\"client\", \"server\"]\nclient = {{ modes = {modes}, revisions = {offers} }}\n\
                 server = {{ revisions = {speaks} }}\nlacks = {lacks}\n"
            )
        };
        let all = r#"["auto", "legacy", "modern"]"#;
        let both = r#"["2025-06-18", "2025-11-25", "2026-07-28"]"#;
        let old = r#"["2025-06-18", "2025-11-25"]"#;
        let lack = r#"[{ role = "client", mode = "modern", reason = "cannot", evidence = "its page" }]"#;
        let text = [
            peer("both", all, both, both, "[]"),
            peer("old", r#"["auto", "legacy"]"#, r#"["2025-11-25"]"#, old, "[]"),
            peer("shy", all, both, both, lack),
        ];
        Peers::parse(&text.concat()).unwrap()
    }

    fn runs(client: &str, server: &str) -> Vec<String> {
        let selection =
            Selection { client: Pattern::new(client), server: Pattern::new(server), ..Selection::default() };
        let peers = peers();
        let plan = plan(&peers, &selection);
        plan.runs.iter().map(|run| format!("{} {}", run.mode, run.revision)).collect()
    }

    #[test]
    fn a_pair_meets_in_every_mode_and_revision_that_both_have() {
        for (client, server, expected) in [
            ("both", "both", &["auto 2026-07-28", "legacy 2025-06-18", "legacy 2025-11-25", "modern 2026-07-28"][..]),
            ("both", "old", &["auto 2025-11-25", "legacy 2025-06-18", "legacy 2025-11-25"]),
            ("old", "both", &["auto 2025-11-25", "legacy 2025-11-25"]),
            ("shy", "both", &["auto 2026-07-28", "legacy 2025-06-18", "legacy 2025-11-25"]),
        ] {
            assert_eq!(runs(client, server), expected, "{client} → {server}");
        }
    }

    #[test]
    fn what_a_lack_takes_away_is_said_with_its_reason() {
        let peers = peers();
        let selection = Selection { client: Pattern::new("shy"), server: Pattern::new("both"), ..Selection::default() };
        let plan = plan(&peers, &selection);
        assert_eq!(plan.not_run.len(), 1);
        assert_eq!((plan.not_run[0].reason.as_str(), plan.not_run[0].mode), ("cannot", Mode::Modern));
    }

    #[test]
    fn a_selection_narrows_every_dimension() {
        let peers = peers();
        let selection = Selection {
            client: Pattern::new("official-both"),
            mode: Pattern::new("legacy"),
            revision: Pattern::new("2025-06-*"),
            ..Selection::default()
        };
        let plan = plan(&peers, &selection);
        assert_eq!(plan.runs.len(), 3);
        assert!(plan.runs.iter().all(|run| run.revision == "2025-06-18" && run.offer() == Some("2025-06-18")));
    }
}
