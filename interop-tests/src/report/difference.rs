//! What is other than in the report before: cases that turned red or green, that are new, and that are gone.
//!
//! Only runs that are in both are compared, whatever was picked; where the two were asked for other cases, only cases
//! that are in both.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{FORMAT, Report, RunKey, Status};

/// What is other than before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Runs that are in both reports.
    pub compared: usize,
    /// By run, then by case.
    pub changes: Vec<Change>,
}

/// A case that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The run it belongs to.
    #[serde(flatten)]
    pub run: RunKey,
    /// Its name.
    pub case: String,
    /// What it was; none where it is new.
    pub before: Option<Status>,
    /// What it is; none where it is gone.
    pub now: Option<Status>,
}

/// How a case changed, as a person asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It was something else, and is red.
    Red,
    /// It was something else, and holds.
    Green,
    /// It is known to fail by now.
    Known,
    /// It was not there.
    New,
    /// It is not there any more.
    Gone,
}

impl Turn {
    /// In the order in which they matter.
    pub const ALL: [Self; 5] = [Self::Red, Self::Green, Self::Known, Self::New, Self::Gone];

    /// The words for it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Red => "newly red",
            Self::Green => "newly green",
            Self::Known => "newly known to fail",
            Self::New => "new",
            Self::Gone => "gone",
        }
    }
}

impl Change {
    /// How it changed.
    pub fn turn(&self) -> Turn {
        match (self.before, self.now) {
            (_, None) => Turn::Gone,
            (None, _) => Turn::New,
            (_, Some(Status::Fail)) => Turn::Red,
            (_, Some(Status::Pass)) => Turn::Green,
            (_, Some(Status::Known)) => Turn::Known,
        }
    }
}

impl Difference {
    /// The changes of one kind.
    pub fn turned(&self, turn: Turn) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(move |change| change.turn() == turn)
    }

    /// `3 newly red, 12 new`; nothing where nothing changed.
    pub fn counts(&self) -> String {
        let count = |turn: Turn| (self.turned(turn).count(), turn.words());
        let counts = Turn::ALL.map(count).into_iter().filter(|(count, _)| *count > 0);
        counts.map(|(count, words)| format!("{count} {words}")).collect::<Vec<_>>().join(", ")
    }
}

/// What is needed of the report before.
#[derive(Deserialize)]
pub struct Before {
    format: u32,
    asked: String,
    runs: Vec<RunBefore>,
}

#[derive(Deserialize)]
struct RunBefore {
    #[serde(flatten)]
    key: RunKey,
    cases: Vec<CaseBefore>,
}

#[derive(Deserialize)]
struct CaseBefore {
    case: String,
    status: Status,
}

impl Before {
    /// Reads a report's JSON; there is nothing to compare with in one of another format.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().filter(|before: &Self| before.format == FORMAT)
    }

    /// What is other in this report.
    pub fn compare(&self, report: &Report) -> Difference {
        let before: BTreeMap<&RunKey, &RunBefore> = self.runs.iter().map(|run| (&run.key, run)).collect();
        let same_question = self.asked == report.asked;
        let mut difference = Difference::default();
        for run in &report.runs {
            let Some(before) = before.get(&run.key) else {
                continue;
            };
            difference.compared += 1;
            let was: BTreeMap<&str, Status> =
                before.cases.iter().map(|case| (case.case.as_str(), case.status)).collect();
            let is: BTreeMap<&str, Status> = run.cases.iter().map(|case| (case.case.as_str(), case.status)).collect();
            let names: BTreeSet<&str> = was.keys().chain(is.keys()).copied().collect();
            for case in names {
                let (before, now) = (was.get(case).copied(), is.get(case).copied());
                if before != now && (same_question || (before.is_some() && now.is_some())) {
                    difference.changes.push(Change { run: run.key.clone(), case: case.to_owned(), before, now });
                }
            }
        }
        difference
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::CaseReport;
    use crate::report::tests::sample;

    fn before(report: &Report) -> Before {
        Before::parse(&report.to_json().unwrap()).unwrap()
    }

    #[test]
    fn each_way_to_change_is_told_apart() {
        let old = sample();
        let mut new = sample();
        new.runs[0].cases[0].fail("5", "6", &[]);
        new.runs[1].cases[0].status = Status::Pass;
        new.runs[1].cases.push(CaseReport::passed("tools/new", "is new"));
        new.runs[2].cases.clear();
        let difference = before(&old).compare(&new);
        assert_eq!(difference.compared, 3);
        assert_eq!(difference.counts(), "1 newly red, 1 newly green, 1 new, 1 gone");
        let red: Vec<String> =
            difference.turned(Turn::Red).map(|change| format!("{} {}", change.run, change.case)).collect();
        assert_eq!(red, ["a → a, stdio auto 2025-11-25 reference tools/add"]);
        assert_eq!(before(&old).compare(&old).counts(), "");
    }

    #[test]
    fn only_what_both_were_asked_for_is_compared() {
        let old = sample();
        let mut new = sample();
        new.asked = "tools/*".into();
        new.runs[0].cases.clear();
        new.runs[1].cases[0].status = Status::Pass;
        new.runs.remove(2);
        let difference = before(&old).compare(&new);
        assert_eq!((difference.compared, difference.counts().as_str()), (2, "1 newly green"));
    }

    #[test]
    fn a_report_of_another_format_is_nothing_to_compare_with() {
        assert!(Before::parse("{}").is_none());
        let other = sample().to_json().unwrap().replacen("\"format\": 2", "\"format\": 1", 1);
        assert!(Before::parse(&other).is_none());
    }
}
