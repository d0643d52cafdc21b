//! Runs that are in reports already, of other machines or of another day, and need not be run again: `--take`.

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
    stale: Vec<Stale>,
    seconds: f64,
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
        self.stale.extend(report.stale);
        self.seconds += report.seconds;
        Ok(())
    }

    /// Whether a run need not be run.
    pub fn has(&self, run: &Run<'_>) -> bool {
        self.runs.contains_key(&RunKey::of(run))
    }

    /// How long they took.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// What is to be reported of a plan: its runs that are here with those that were run now, in the plan's order, and the
    /// entries that were contradicted here. What explained a failure here is counted as if it had been run.
    pub fn with(mut self, new: Vec<RunReport>, plan: &[Run<'_>], known: &KnownFailing) -> (Vec<RunReport>, Vec<Stale>) {
        for run in plan {
            if let Some(there) = self.runs.get(&RunKey::of(run)) {
                for case in there.cases.iter().filter(|case| case.status == Status::Known) {
                    known.has_explained(Scope::of(run), &case.case, case.reason.as_deref().unwrap_or_default());
                }
            }
        }
        self.runs.extend(new.into_iter().map(|run| (run.key.clone(), run)));
        let runs = plan.iter().filter_map(|run| self.runs.remove(&RunKey::of(run))).collect();
        // An entry that no run needed was judged by a part of them.
        self.stale.retain(|stale| !stale.is_unused());
        (runs, self.stale)
    }
}
