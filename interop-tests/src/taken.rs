//! Runs that are in reports already, of other machines or of another hour, and need not be run again: `--take`.
//!
//! They are taken at their word: whether peers have changed since is for whoever takes them to know.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::known_failing::{KnownFailing, Scope, Stale};
use crate::matrix::{Run, Selection};
use crate::report::{FORMAT, Report, RunKey, RunReport, Status};

/// What was found in earlier runs of a selection.
#[derive(Default)]
pub struct Taken {
    runs: BTreeMap<RunKey, RunReport>,
}

impl Taken {
    /// Reads reports of parts of a selection; `into` is the folder that the report of the whole will be in.
    pub fn read(reports: &[PathBuf], selection: &Selection, into: &Path) -> Result<Self> {
        let mut taken = Self::default();
        for path in reports {
            let text = std::fs::read_to_string(path).map_err(|error| Error::at(path, error))?;
            let report: Report = serde_json::from_str(&text).map_err(|error| Error::at(path, error))?;
            taken.add(report, selection, path, into).map_err(|problem| Error::at(path, problem))?;
        }
        Ok(taken)
    }

    fn add(&mut self, report: Report, selection: &Selection, path: &Path, into: &Path) -> Result<(), String> {
        if report.format != FORMAT {
            return Err(format!("is of format {}; expected {FORMAT}: run its part anew", report.format));
        }
        let asked = selection.asked();
        if report.asked != asked {
            return Err(format!("was asked for {:?}; expected a part of {asked:?}", report.asked));
        }
        let folder = std::path::absolute(path).map_err(|error| error.to_string())?;
        for mut run in report.runs {
            let at = run.recording.map(|recording| folder.with_file_name("").join(recording));
            run.recording = at.map(|at| at.strip_prefix(into).unwrap_or(&at).to_string_lossy().into_owned());
            if let Some(twice) = self.runs.insert(run.key.clone(), run) {
                return Err(format!("{} is in a report before it, too; expected each run once", twice.key));
            }
        }
        Ok(())
    }

    /// Holds the runs of a plan to what is known to fail now, and lets go of those in which something is red, so that they
    /// are run again. Returns what contradicts an entry.
    pub fn settle(&mut self, plan: &[Run<'_>], known: &KnownFailing) -> Vec<Stale> {
        let mut stale = Vec::new();
        for run in plan {
            let Some(mut taken) = self.runs.remove(&RunKey::of(run)) else { continue };
            let contradicted = known.explain(Scope::of(run), &run.title(), &mut taken.cases);
            if taken.cases.iter().all(|case| case.status != Status::Fail) {
                self.runs.insert(taken.key.clone(), taken);
                stale.extend(contradicted);
            }
        }
        stale
    }

    /// Whether a run need not be run.
    pub fn has(&self, run: &Run<'_>) -> bool {
        self.runs.contains_key(&RunKey::of(run))
    }

    /// What is to be reported of a plan: its runs that are here with those that were run now, in the plan's order.
    pub fn with(mut self, new: Vec<RunReport>, plan: &[Run<'_>]) -> Vec<RunReport> {
        self.runs.extend(new.into_iter().map(|run| (run.key.clone(), run)));
        plan.iter().filter_map(|run| self.runs.remove(&RunKey::of(run))).collect()
    }
}
