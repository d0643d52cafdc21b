//! Joins the reports of parts of one selection (`--shard`), which machines ran beside each other, into the report of the whole.
//!
//! Only together do they show whether an entry of the known failures is needed. Nothing is run here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::known_failing::Scope;
use crate::pattern::Pattern;
use crate::report::{FORMAT, Report, RunReport, Status};
use crate::run::unused_entries;
use crate::suite::Suite;

/// The report of all the runs of these reports; `into` is the folder that it will be written to.
pub fn merge(suite: &Suite, reports: &[PathBuf], into: &Path) -> Result<Report> {
    let mut parts = reports.iter().map(|path| read(path, into).map(|report| (path, report)));
    let (first, mut whole) = parts.next().ok_or_else(|| Error::new("no report is named"))??;
    for part in parts {
        let (path, part) = part?;
        if part.asked != whole.asked {
            let problem = format!(
                "was asked for {:?}, and {} for {:?}; expected parts of one selection",
                part.asked,
                first.display(),
                whole.asked
            );
            return Err(Error::at(path, problem));
        }
        take_in(&mut whole, part);
    }
    refuse_doubles(&whole.runs)?;
    whole.runs = in_order(suite, whole.runs);
    whole.runs.iter().for_each(|run| recall(suite, run));
    let cases = whole.asked.split(' ').next().unwrap_or_default();
    let unused = unused_entries(suite, &whole.runs, Pattern::new(cases).is_everything());
    add_new(&mut whole.stale, unused, PartialEq::eq);
    Ok(whole)
}

/// A report, its recordings named as they are found from the folder `into`.
fn read(path: &Path, into: &Path) -> Result<Report> {
    let text = std::fs::read_to_string(path).map_err(|error| Error::at(path, error))?;
    let mut report: Report = serde_json::from_str(&text).map_err(|error| Error::at(path, error))?;
    if report.format != FORMAT {
        let problem = format!("is of format {}; expected {FORMAT}: run its part anew", report.format);
        return Err(Error::at(path, problem));
    }
    let folder = std::path::absolute(path).map_err(|error| Error::at(path, error))?;
    let folder = folder.parent().unwrap_or(Path::new("/"));
    for recording in report.runs.iter_mut().filter_map(|run| run.recording.as_mut()) {
        let at = folder.join(&*recording);
        *recording = at.strip_prefix(into).unwrap_or(&at).to_string_lossy().into_owned();
    }
    report.difference = None;
    Ok(report)
}

/// Peers, lacks and stale entries are mostly those of every part; runs and time are a part's own.
fn take_in(whole: &mut Report, part: Report) {
    add_new(&mut whole.clients, part.clients, |one, other| one.name == other.name);
    add_new(&mut whole.servers, part.servers, |one, other| one.name == other.name);
    add_new(&mut whole.not_built, part.not_built, |one, other| one.peer == other.peer);
    add_new(&mut whole.not_run, part.not_run, PartialEq::eq);
    add_new(&mut whole.stale, part.stale, PartialEq::eq);
    whole.runs.extend(part.runs);
    whole.seconds += part.seconds;
}

fn add_new<T>(all: &mut Vec<T>, more: Vec<T>, same: impl Fn(&T, &T) -> bool) {
    for one in more {
        if !all.iter().any(|there| same(there, &one)) {
            all.push(one);
        }
    }
}

fn refuse_doubles(runs: &[RunReport]) -> Result<()> {
    let mut keys: Vec<_> = runs.iter().map(|run| &run.key).collect();
    keys.sort_unstable();
    match keys.windows(2).find(|two| two[0] == two[1]) {
        Some(two) => Err(Error::new(format!("{} is in two of the reports; expected each part once", two[0]))),
        None => Ok(()),
    }
}

/// Peer by peer, as `peers.toml` has them; a peer that it no longer has comes last.
fn in_order(suite: &Suite, runs: Vec<RunReport>) -> Vec<RunReport> {
    let place = |name: &str| suite.peers.peers.iter().position(|peer| peer.name == name).unwrap_or(usize::MAX);
    let mut ordered: BTreeMap<_, _> = BTreeMap::new();
    for run in runs {
        ordered.insert((place(&run.key.client), place(&run.key.server), run.key.clone()), run);
    }
    ordered.into_values().collect()
}

/// Counts what the known failures have explained in a run.
fn recall(suite: &Suite, run: &RunReport) {
    let (Ok(client), Ok(server)) = (suite.peers.get(&run.key.client), suite.peers.get(&run.key.server)) else {
        return;
    };
    let key = &run.key;
    let scope = Scope {
        client,
        server,
        transport: key.transport,
        mode: key.mode,
        revision: &key.revision,
        surface: key.surface,
    };
    for case in run.cases.iter().filter(|case| case.status == Status::Known) {
        suite.known.has_explained(scope, &case.case, case.reason.as_deref().unwrap_or_default());
    }
}
