//! One case of one run: whether it holds, and if not, what was expected, what was found and which bytes show it.

use serde::{Deserialize, Serialize};

/// How many failures of one case are shown; the rest is only counted.
const SHOWN_FAILURES: usize = 5;
/// How many records of the wire a failure points to.
pub const SHOWN_RECORDS: usize = 40;
/// Whether a case holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It does.
    Pass,
    /// It does not, and nobody said so.
    Fail,
    /// It does not, as the known failures say.
    Known,
}

/// One case of one run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CaseReport {
    /// Its name.
    pub case: String,
    /// What it shows.
    pub what: String,
    /// Whether it holds.
    pub status: Status,
    /// Why not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Failure>,
    /// Failures beyond those shown.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more_failures: usize,
    /// Why it is known to fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where that can be seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
pub(super) fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Failure {
    /// What should be.
    pub expected: String,
    /// What is.
    pub found: String,
    /// The rule of the specification's schema that is violated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The records that show it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shown: Vec<Shown>,
}

/// Points to a line of the trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shown {
    /// Which of the servers that the client started, from 0.
    pub conversation: usize,
    /// The record's number.
    pub seq: u64,
}

/// A case that was not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Its name.
    pub case: String,
    /// Why.
    pub reason: String,
    /// Where that can be seen.
    pub evidence: String,
}

impl Status {
    /// The word used in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Known => "known",
        }
    }
}

impl CaseReport {
    /// A case that holds so far.
    pub fn passed(case: &str, what: &str) -> Self {
        Self {
            case: case.to_owned(),
            what: what.to_owned(),
            status: Status::Pass,
            failures: Vec::new(),
            more_failures: 0,
            reason: None,
            evidence: None,
        }
    }

    /// Notes a failure.
    pub fn fail(&mut self, expected: &str, found: &str, shown: &[Shown]) {
        self.note(Failure { expected: expected.into(), found: found.into(), rule: None, shown: few(shown) });
    }

    /// Notes a violation of the specification's schema.
    pub fn fail_with_rule(&mut self, rule: &str, found: &str, shown: Shown) {
        let expected = "a message that the specification allows".to_owned();
        self.note(Failure { expected, found: found.into(), rule: Some(rule.into()), shown: vec![shown] });
    }

    fn note(&mut self, failure: Failure) {
        self.status = Status::Fail;
        if self.failures.len() < SHOWN_FAILURES {
            self.failures.push(failure);
        } else {
            self.more_failures += 1;
        }
    }

    /// What its failures point to.
    pub fn shown(&self) -> impl Iterator<Item = Shown> + '_ {
        self.failures.iter().flat_map(|failure| &failure.shown).copied()
    }

    /// What was found, one text a failure.
    pub fn found(&self) -> Vec<&str> {
        self.failures.iter().map(|failure| failure.found.as_str()).collect()
    }
}

fn few(shown: &[Shown]) -> Vec<Shown> {
    shown.iter().take(SHOWN_RECORDS).copied().collect()
}
