//! What a run of the matrix found, as data; `table`, `json`, `html`, `junit` and `badge` show it, `files` writes them.
//!
//! A report is complete in itself: it carries the bytes that show each failure.

mod badge;
mod case;
mod difference;
mod escaped;
mod files;
mod html;
mod json;
mod junit;
mod key;
mod table;
mod trace;

use serde::{Deserialize, Serialize};

use case::is_zero;
pub use case::{CaseReport, Failure, LeftOut, SHOWN_RECORDS, Shown, Status};
pub use difference::{Change, Difference};
pub use files::Written;
pub use key::RunKey;
pub use trace::{TraceLine, trace};

use crate::known_failing::Stale;
use crate::matrix::NotRun;
use crate::peers::{Origin, Peer};
use crate::transport::Transport;

/// Version of the report's format as JSON.
pub const FORMAT: u32 = 2;

/// Everything one invocation found.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Report {
    /// Version of this format.
    pub format: u32,
    /// Clients, in order.
    pub clients: Vec<PeerInfo>,
    /// Servers, in order.
    pub servers: Vec<PeerInfo>,
    /// One a client process.
    pub runs: Vec<RunReport>,
    /// Combinations ruled out by what a peer documents.
    pub not_run: Vec<NotRun>,
    /// Peers that could not be built.
    pub not_built: Vec<NotBuilt>,
    /// Entries of the known failures that no longer tell the truth.
    pub stale: Vec<Stale>,
    /// Runs that were not begun, since whoever waited wanted an early end.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub missing: usize,
    /// Which cases a run was asked for: a pattern, and how much of the matrix was picked.
    pub asked: String,
    /// What is other than in the report before; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<Difference>,
    /// How long it took.
    pub seconds: f64,
}

/// Who took part.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PeerInfo {
    /// The peer's name.
    pub name: String,
    /// Its language.
    pub language: String,
    /// Whose SDK.
    pub kind: Origin,
    /// The SDK's version, for official ones.
    pub sdk: Option<String>,
}

/// A peer that could not be built: all its cells are red, unless it is optional.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NotBuilt {
    /// The peer's name.
    pub peer: String,
    /// What its build said.
    pub problem: String,
    /// It may be left out, for what builds it is not installed.
    pub optional: bool,
}

/// One client process against one server.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunReport {
    /// Which one.
    #[serde(flatten)]
    pub key: RunKey,
    /// How long it took.
    pub seconds: f64,
    /// All cases, in order.
    pub cases: Vec<CaseReport>,
    /// Cases that a documented lack leaves out.
    pub left_out: Vec<LeftOut>,
    /// What passed on the wire, where a case did not pass: the records that show it and those nearest to them. Long
    /// lines are cut in the middle.
    pub trace: Vec<TraceLine>,
    /// Records beyond those; `recording` has them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub trace_left_out: usize,
    /// The folder with all that passed, from where the report is; none where every case passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recording: Option<String>,
    /// The end of the client's standard error, where a case did not pass.
    pub stderr: String,
}

/// Counts of one cell, or of all of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Score {
    /// Cases that hold.
    pub pass: usize,
    /// Cases known to fail.
    pub known: usize,
    /// Cases that fail unexplained.
    pub fail: usize,
}

impl Score {
    /// All cases.
    pub fn total(self) -> usize {
        self.pass + self.known + self.fail
    }

    fn of<'a>(cases: impl Iterator<Item = &'a CaseReport>) -> Self {
        let mut score = Self::default();
        for case in cases {
            match case.status {
                Status::Pass => score.pass += 1,
                Status::Known => score.known += 1,
                Status::Fail => score.fail += 1,
            }
        }
        score
    }
}

impl Report {
    /// The runs of one client against one server.
    pub fn cell<'a>(&'a self, client: &'a str, server: &'a str) -> impl Iterator<Item = &'a RunReport> {
        self.runs.iter().filter(move |run| run.key.client == client && run.key.server == server)
    }

    /// One cell's counts.
    pub fn cell_score(&self, client: &str, server: &str) -> Score {
        Score::of(self.cell(client, server).flat_map(|run| &run.cases))
    }

    /// All counts.
    pub fn score(&self) -> Score {
        Score::of(self.runs.iter().flat_map(|run| &run.cases))
    }

    /// The counts over HTTP, whatever the form of answers.
    pub fn score_over_http(&self) -> Score {
        let runs = self.runs.iter().filter(|run| run.key.transport.is_http());
        Score::of(runs.flat_map(|run| &run.cases))
    }

    /// The counts over one transport.
    pub fn score_over(&self, transport: Transport) -> Score {
        let runs = self.runs.iter().filter(|run| run.key.transport == transport);
        Score::of(runs.flat_map(|run| &run.cases))
    }

    /// Whether nothing is red that is not explained, nothing explained is green, and all was built and run.
    pub fn is_good(&self) -> bool {
        self.score().fail == 0
            && self.missing == 0
            && self.stale.is_empty()
            && self.not_built.iter().all(|not| not.optional)
            && !self.runs.is_empty()
    }

    /// 0 when good, 1 otherwise.
    pub fn exit_code(&self) -> u8 {
        u8::from(!self.is_good())
    }

    fn was_built(&self, peer: &str) -> bool {
        self.not_built.iter().all(|not| not.peer != peer)
    }
}

impl RunReport {
    /// The run's counts.
    pub fn score(&self) -> Score {
        Score::of(self.cases.iter())
    }
}

impl From<&Peer> for PeerInfo {
    fn from(peer: &Peer) -> Self {
        Self { name: peer.name.clone(), language: peer.language.clone(), kind: peer.kind, sdk: peer.sdk.clone() }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::matrix::Surface;
    use crate::revision::Mode;

    /// A report with a green, a red, a known and an empty cell.
    pub(crate) fn sample() -> Report {
        let peer = |name: &str| PeerInfo { name: name.into(), language: "go".into(), kind: Origin::Ours, sdk: None };
        let mut wrong = CaseReport::passed("schema/server/tools/call", "what <b>it</b> sends is right");
        let shown = Shown { conversation: 0, seq: 2 };
        wrong.fail_with_rule(
            "2025-11-25 CallToolResult: /type",
            "/result: \"<script>alert(1)</script>\" is not an object",
            shown,
        );
        let mut known = CaseReport::passed("tools/add", "adds");
        known.fail("5", "6", &[]);
        known.status = Status::Known;
        known.reason = Some("they say so".into());
        known.evidence = Some("https://example.invalid/issue".into());
        let key = |client: &str, server: &str| RunKey {
            client: client.into(),
            server: server.into(),
            transport: Transport::Stdio,
            mode: Mode::Auto,
            revision: "2025-11-25".into(),
            surface: Surface::Reference,
        };
        let run = |client: &str, server: &str, cases: Vec<CaseReport>| RunReport {
            key: key(client, server),
            seconds: 0.5,
            trace_left_out: 0,
            recording: Some("runs/x".into()),
            trace: vec![TraceLine { place: shown, at_ms: 1.5, from: "server".into(), text: "{\"<&>\"}".into() }],
            cases,
            left_out: Vec::new(),
            stderr: String::new(),
        };
        Report {
            format: FORMAT,
            clients: vec![peer("a"), peer("b")],
            servers: vec![peer("a"), peer("b")],
            runs: vec![
                run("a", "a", vec![CaseReport::passed("tools/add", "adds")]),
                run("a", "b", vec![wrong]),
                run("b", "a", vec![known]),
            ],
            not_run: Vec::new(),
            not_built: Vec::new(),
            stale: Vec::new(),
            missing: 0,
            asked: "**".into(),
            difference: None,
            seconds: 65.0,
        }
    }

    #[test]
    fn only_unexplained_failures_stale_entries_and_failed_builds_are_bad() {
        let mut report = sample();
        assert_eq!(report.score(), Score { pass: 1, known: 1, fail: 1 });
        assert_eq!(report.exit_code(), 1);
        report.runs.remove(1);
        assert_eq!(report.exit_code(), 0);
        report.stale.push(Stale { entry: "x".into(), problem: "unused".into() });
        assert_eq!(report.exit_code(), 1);
        report.stale.clear();
        report.not_built.push(NotBuilt { peer: "a".into(), problem: "no".into(), optional: true });
        assert_eq!(report.exit_code(), 0, "who may be left out is said to be, and no more");
        report.not_built[0].optional = false;
        assert_eq!(report.exit_code(), 1);
        report.not_built.clear();
        report.missing = 1;
        assert_eq!(report.exit_code(), 1, "what was interrupted shows only what it came to");
        report.missing = 0;
        report.runs.clear();
        assert_eq!(report.exit_code(), 1, "a matrix without runs shows nothing");
    }
}
