//! Runs the matrix: builds peers, starts client after client, some at a time, and has each judged.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::judge::Judge;
use crate::known_failing::{Entry, Scope, Stale};
use crate::launch::launch;
use crate::matrix::{Plan, Run, Selection, Surface, plan};
use crate::peers::Peer;
use crate::progress::{Advance, Progress};
use crate::report::{FORMAT, LeftOut, NotBuilt, PeerInfo, Report, RunKey, RunReport, Status, trace};
use crate::schema_check::SchemaCheck;
use crate::script::Script;
use crate::script::driven::drive;
use crate::suite::Suite;
use crate::taken::Taken;

/// How often progress is shown while nothing happens.
const TICK: Duration = Duration::from_secs(1);
/// How much of a client's standard error is kept: its end.
const STDERR_CHARS: usize = 8_000;

/// Builds those peers that take part in a run of the selection; each failure is returned with its peer's name.
pub fn build_peers(suite: &Suite, selection: &Selection, progress: &mut dyn Progress) -> Result<Vec<NotBuilt>> {
    let mut not_built = Vec::new();
    build_recorder(suite, progress)?;
    let plan = plan(&suite.peers, selection);
    let takes_part =
        |peer: &&Peer| plan.runs.iter().any(|run| [&run.client.name, &run.server.name].contains(&&peer.name));
    for peer in suite.peers.peers.iter().filter(takes_part) {
        if progress.wants_end() {
            return Err(Error::new("interrupted before anything was run"));
        }
        let missing = peer.optional.then(|| peer.lacks_toolchain(&suite.peers)).flatten();
        let optional = missing.is_some();
        let built = missing.map_or_else(|| peer.build(&suite.peers, &suite.places, progress), Err);
        if let Err(problem) = built {
            not_built.push(NotBuilt { peer: peer.name.clone(), problem: problem.to_string(), optional });
        }
    }
    Ok(not_built)
}

/// Where another program calls this library, the recorder is a program still to be built.
fn build_recorder(suite: &Suite, progress: &mut dyn Progress) -> Result<()> {
    let this = std::env::current_exe().ok();
    if Some(PathBuf::from(&suite.recorder)) == this {
        return Ok(());
    }
    let Some(cargo) = suite.peers.toolchain.get("cargo") else {
        return Err(Error::new("peers.toml has no toolchain named cargo, which builds the recorder"));
    };
    let started = Instant::now();
    progress.begin("recorder");
    let output = std::process::Command::new(cargo.find()?)
        .args(["build", "--quiet", "--package", "isogloss-interop"])
        .current_dir(&suite.places.root)
        .output()
        .map_err(|error| Error::new(format!("cargo cannot be started: {error}")))?;
    if !output.status.success() {
        return Err(Error::new(format!("the recorder: {}", String::from_utf8_lossy(&output.stderr))));
    }
    progress.done("recorder", started.elapsed());
    Ok(())
}

/// Runs everything the selection picks, but for what is taken from other reports, and judges it. Peers in `not_built` are
/// left out and reported.
pub fn run_matrix(
    suite: &Suite,
    selection: &Selection,
    mut taken: Taken,
    not_built: Vec<NotBuilt>,
    progress: &mut dyn Progress,
) -> Result<Report> {
    let started = Instant::now();
    let mut plan = plan(&suite.peers, selection);
    let clients = taking_part(suite, &plan, |run| run.client);
    let servers = taking_part(suite, &plan, |run| run.server);
    let built = |name: &str| not_built.iter().all(|not: &NotBuilt| not.peer != name);
    let planned = plan.runs.clone();
    let contradicted = taken.settle(&planned, &suite.known);
    plan.runs.retain(|run| built(&run.client.name) && built(&run.server.name) && !taken.has(run));
    let schema = SchemaCheck::default();
    let (runs, mut stale) = run_all(suite, selection, &plan, &schema, progress)?;
    let missing = plan.runs.len() - runs.len();
    stale.extend(contradicted);
    let runs = taken.with(runs, &planned);
    stale.extend(unused_entries(suite, &runs, selection.case.is_everything()));
    Ok(Report {
        format: FORMAT,
        clients,
        servers,
        runs,
        not_run: plan.not_run,
        not_built,
        stale,
        missing,
        asked: selection.asked(),
        difference: None,
        seconds: started.elapsed().as_secs_f64(),
    })
}

/// The peers that have this role in any run of a plan, in the order of `peers.toml`.
fn taking_part<'a>(suite: &Suite, plan: &Plan<'a>, role: impl Fn(&Run<'a>) -> &'a Peer) -> Vec<PeerInfo> {
    let takes_part = |peer: &&Peer| plan.runs.iter().any(|run| role(run).name == peer.name);
    suite.peers.peers.iter().filter(takes_part).map(PeerInfo::from).collect()
}

/// What a worker says about the run of a number.
enum Note {
    Began(usize),
    Judged(usize, Box<Result<(RunReport, Vec<Stale>)>>),
}

fn run_all(
    suite: &Suite,
    selection: &Selection,
    plan: &Plan<'_>,
    schema: &SchemaCheck,
    progress: &mut dyn Progress,
) -> Result<(Vec<RunReport>, Vec<Stale>)> {
    let next = AtomicUsize::new(0);
    let (sender, notes) = mpsc::channel::<Note>();
    let sender = Mutex::new(sender);
    thread::scope(|scope| {
        for _ in 0..suite.jobs {
            let (next, sender) = (&next, sender.lock().unwrap_or_else(PoisonError::into_inner).clone());
            scope.spawn(move || {
                while let Some((index, run)) = take(next, &plan.runs) {
                    let _ = sender.send(Note::Began(index));
                    let judged = Box::new(run_one(suite, selection, run, schema));
                    if sender.send(Note::Judged(index, judged)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let collected = collect(&notes, plan, &next, progress);
        // After an error the workers take nothing more; what runs is waited for and cleaned up.
        next.store(plan.runs.len(), Ordering::Relaxed);
        collected
    })
}

fn take<'p, 'a>(next: &AtomicUsize, runs: &'p [Run<'a>]) -> Option<(usize, &'p Run<'a>)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    runs.get(index).map(|run| (index, run))
}

fn collect(
    notes: &mpsc::Receiver<Note>,
    plan: &Plan<'_>,
    next: &AtomicUsize,
    progress: &mut dyn Progress,
) -> Result<(Vec<RunReport>, Vec<Stale>)> {
    let started = Instant::now();
    let total = plan.runs.len();
    let mut reports: Vec<Option<RunReport>> = vec![None; total];
    let (mut stale, mut running) = (Vec::new(), Vec::new());
    let (mut red, mut done, mut ended_at) = (0, 0, Duration::ZERO);
    while done < total {
        if progress.wants_end() {
            next.store(total, Ordering::Relaxed);
        }
        match notes.recv_timeout(TICK) {
            Ok(Note::Began(index)) => running.push(plan.runs[index].title()),
            Ok(Note::Judged(index, outcome)) => {
                let (report, contradicted) = (*outcome)?;
                red += report.score().fail;
                stale.extend(contradicted);
                reports[index] = Some(report);
                running.retain(|title| *title != plan.runs[index].title());
                (done, ended_at) = (done + 1, started.elapsed());
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) if progress.wants_end() => break,
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                return Err(Error::new("a worker of the matrix ended early"));
            }
        }
        let elapsed = started.elapsed();
        progress.advance(&Advance { done, total, elapsed, ended_at, red, running: &running });
    }
    Ok((reports.into_iter().flatten().collect(), stale))
}

fn run_one(
    suite: &Suite,
    selection: &Selection,
    run: &Run<'_>,
    schema: &SchemaCheck,
) -> Result<(RunReport, Vec<Stale>)> {
    let started = Instant::now();
    let picked = |case: &str| selection.case.matches(case);
    let folder = suite.places.output.join("runs").join(run.folder());
    let judge = Judge { spec: &suite.spec, schema, known: &suite.known };
    let (outcome, left_out, (cases, stale)) = if run.surface == Surface::Reference {
        let (cases, left_out) = run.cases(&suite.cases, picked);
        let outcome = launch(suite, run, &cases, &folder)?;
        let verdicts = judge.verdicts(run, &cases, &outcome, picked)?;
        (outcome, left_out, verdicts)
    } else {
        let (mut scripts, mut left_out) = run.scripts(&suite.scripts, picked);
        if !suite.has_balancer {
            left_out.extend(scripts.extract_if(.., |script| script.balanced).map(without_balancer));
        }
        scripts.retain(|script| !script.takes_long() || selection.extent.has_long(run));
        let driven = drive(suite, run, &scripts, &folder)?;
        let verdicts = judge.script_verdicts(run, &driven, picked)?;
        (driven.outcome, left_out, verdicts)
    };
    let green = cases.iter().all(|case| case.status == Status::Pass);
    let mut report = RunReport {
        key: RunKey::of(run),
        seconds: started.elapsed().as_secs_f64(),
        cases,
        left_out,
        trace: Vec::new(),
        trace_left_out: 0,
        recording: None,
        stderr: String::new(),
    };
    if green {
        // Megabytes a run that nobody will read.
        let _ = std::fs::remove_dir_all(&folder);
    } else {
        (report.trace, report.trace_left_out) = trace(&outcome.recording, &report.cases);
        report.recording = Some(format!("runs/{}", run.folder()));
        report.stderr = end_of(&folder.join("client.stderr"));
    }
    Ok((report, stale))
}

fn without_balancer(script: &Script) -> LeftOut {
    LeftOut {
        case: script.name.clone(),
        reason: "nginx is not installed on this machine.".to_owned(),
        evidence: "Debian's package of that name has it".to_owned(),
    }
}

fn end_of(path: &Path) -> String {
    let text = std::fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let count = text.chars().count();
    text.chars().skip(count.saturating_sub(STDERR_CHARS)).collect()
}

/// Entries that explained nothing. An entry is only put to the test when every run that it is about was
/// run, with all cases; one that is about no run of the whole matrix is always wrong.
fn unused_entries(suite: &Suite, runs: &[RunReport], all_cases: bool) -> Vec<Stale> {
    let whole = plan(&suite.peers, &Selection::default());
    let ran: BTreeSet<&RunKey> = runs.iter().map(|run| &run.key).collect();
    let about = |entry: &Entry, run: &Run<'_>| entry.covers_run(Scope::of(run));
    suite.known.unused(|entry| {
        let mut meant = whole.runs.iter().filter(|run| about(entry, run)).peekable();
        meant.peek().is_none() || (all_cases && meant.all(|run| ran.contains(&RunKey::of(run))))
    })
}
