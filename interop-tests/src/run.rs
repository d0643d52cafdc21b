//! Runs the matrix: builds peers, starts client after client, two at a time, and has each judged.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::cases::Case;
use crate::error::{Error, Result};
use crate::judge::Judge;
use crate::known_failing::{Entry, Scope, Stale};
use crate::matrix::{Plan, Run, Selection, plan};
use crate::outcome::Outcome;
use crate::pattern::Pattern;
use crate::process::{self, Task};
use crate::progress::{Advance, Progress};
use crate::recording::{Event, Recording, Side};
use crate::report::{NotBuilt, PeerInfo, Report, RunReport, Shown, Status, TraceLine};
use crate::schema_check::SchemaCheck;
use crate::suite::Suite;

/// Clients that run at once. Two keep two cores busy; more would make peers' own time limits fire.
const AT_ONCE: usize = 2;
/// A server whose client has ended gets this long to notice that its input is closed.
const SERVER_END: Duration = Duration::from_secs(3);
/// Longer lines are cut in the middle in reports; the recording has them whole.
const TRACE_LINE: usize = 2_000;
/// How much of a client's standard error is kept: its end.
const STDERR_CHARS: usize = 8_000;

/// Builds those peers that the selection needs; each failure is returned with its peer's name.
pub fn build_peers(suite: &Suite, selection: &Selection, progress: &mut dyn Progress) -> Result<Vec<NotBuilt>> {
    let mut not_built = Vec::new();
    build_recorder(suite, progress)?;
    for peer in &suite.peers.peers {
        if !peer.is_called(&selection.client) && !peer.is_called(&selection.server) {
            continue;
        }
        if let Err(problem) = peer.build(&suite.peers, &suite.places, progress) {
            not_built.push(NotBuilt { peer: peer.name.clone(), problem: problem.to_string() });
        }
    }
    Ok(not_built)
}

/// Where another program calls this library, the recorder is a program still to be built.
fn build_recorder(suite: &Suite, progress: &mut dyn Progress) -> Result<()> {
    let this = std::env::current_exe().ok();
    if suite.recorder.first().map(PathBuf::from) == this {
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

/// Runs everything the selection picks and judges it. Peers in `not_built` are left out and reported.
pub fn run_matrix(
    suite: &Suite,
    selection: &Selection,
    not_built: Vec<NotBuilt>,
    progress: &mut dyn Progress,
) -> Result<Report> {
    let started = Instant::now();
    let mut plan = plan(&suite.peers, selection);
    let built = |name: &str| not_built.iter().all(|not: &NotBuilt| not.peer != name);
    plan.runs.retain(|run| built(&run.client.name) && built(&run.server.name));
    let schema = SchemaCheck::default();
    let (runs, mut stale) = run_all(suite, selection, &plan, &schema, progress)?;
    stale.extend(unused_entries(suite, selection, &plan));
    Ok(Report {
        format: 1,
        clients: taking_part(suite, &selection.client, "client"),
        servers: taking_part(suite, &selection.server, "server"),
        runs,
        not_run: plan.not_run,
        not_built,
        stale,
        seconds: started.elapsed().as_secs_f64(),
    })
}

fn taking_part(suite: &Suite, pattern: &Pattern, mode: &str) -> Vec<PeerInfo> {
    suite.peers.picked(pattern).into_iter().filter(|peer| peer.has_mode(mode)).map(PeerInfo::from).collect()
}

type Judged = (usize, Result<(RunReport, Vec<Stale>)>);

fn run_all(
    suite: &Suite,
    selection: &Selection,
    plan: &Plan<'_>,
    schema: &SchemaCheck,
    progress: &mut dyn Progress,
) -> Result<(Vec<RunReport>, Vec<Stale>)> {
    let next = AtomicUsize::new(0);
    let (sender, judged) = mpsc::channel::<Judged>();
    let sender = Mutex::new(sender);
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            let (next, sender) = (&next, sender.lock().unwrap_or_else(PoisonError::into_inner).clone());
            scope.spawn(move || {
                while let Some((index, run)) = take(next, &plan.runs) {
                    if sender.send((index, run_one(suite, selection, run, schema))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let collected = collect(&judged, plan, progress);
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
    judged: &mpsc::Receiver<Judged>,
    plan: &Plan<'_>,
    progress: &mut dyn Progress,
) -> Result<(Vec<RunReport>, Vec<Stale>)> {
    let started = Instant::now();
    let total = plan.runs.len();
    let mut reports: Vec<Option<RunReport>> = vec![None; total];
    let (mut stale, mut red) = (Vec::new(), 0);
    for done in 1..=total {
        let Ok((index, outcome)) = judged.recv() else {
            return Err(Error::new("a worker of the matrix ended early"));
        };
        let (report, contradicted) = outcome?;
        red += report.score().fail;
        stale.extend(contradicted);
        let left = started.elapsed().mul_f64((total - done) as f64 / done as f64);
        progress.advance(&Advance { done, total, left, red, label: &plan.runs[index].title() });
        reports[index] = Some(report);
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
    let (cases, left_out) = run.cases(&suite.cases, picked);
    let folder = suite.places.output.join("runs").join(run.folder());
    let outcome = launch(suite, run, &cases, &folder)?;
    let judge = Judge { spec: &suite.spec, schema, known: &suite.known };
    let (cases, stale) = judge.verdicts(run, &cases, &outcome, picked)?;
    let green = cases.iter().all(|case| case.status == Status::Pass);
    let mut report = RunReport {
        client: run.client.name.clone(),
        server: run.server.name.clone(),
        mode: run.mode,
        revision: run.revision.clone(),
        seconds: started.elapsed().as_secs_f64(),
        cases,
        left_out,
        trace: Vec::new(),
        stderr: String::new(),
    };
    if green {
        // Megabytes a run that nobody will read.
        let _ = std::fs::remove_dir_all(&folder);
    } else {
        report.trace = trace(&outcome.recording);
        report.stderr = end_of(&folder.join("client.stderr"));
    }
    Ok((report, stale))
}

/// Starts the client with a recorder around the server, and waits for both.
fn launch(suite: &Suite, run: &Run<'_>, cases: &[&Case], folder: &Path) -> Result<Outcome> {
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder).map_err(|error| Error::at(folder, error))?;
    let recording = folder.join("recording.jsonl");
    let mut argv = run.client.command(&suite.places, &format!("client stdio {}", run.mode))?;
    argv.extend(suite.recorder.iter().cloned());
    argv.extend([recording.to_string_lossy().into_owned(), "--".to_owned()]);
    argv.extend(run.server.command(&suite.places, "server")?);
    let task = Task {
        argv: &argv,
        env: &environment(run, cases),
        dir: &suite.places.root,
        stderr: &folder.join("client.stderr"),
        limit: suite.pair_timeout,
    };
    let mut left_behind = Vec::new();
    let ended = process::run(&task, &mut || left_behind = end_servers(&recording))?;
    let recorded = Recording::read(&recording)?;
    // After a time limit: a server in a group of its own was not ended with its client's.
    process::end_left_behind(&recorded.unended(), &recording);
    Ok(Outcome { lines: ended.lines, recording: recorded, trouble: ended.trouble, left_behind })
}

fn environment(run: &Run<'_>, cases: &[&Case]) -> Vec<(String, String)> {
    let steps: BTreeSet<&str> = cases.iter().map(|case| case.step.as_str()).chain(["connect", "close"]).collect();
    let steps = steps.into_iter().collect::<Vec<_>>().join(",");
    let mut environment = vec![("ISOGLOSS_STEPS".to_owned(), steps)];
    environment.extend(run.offer().map(|revision| ("ISOGLOSS_REVISION".to_owned(), revision.to_owned())));
    environment
}

/// Waits until the recording has the end of every server, then ends by force those that are left. The
/// client starts servers, not we, so the recording is the only place where their end can be seen.
fn end_servers(recording: &Path) -> Vec<u32> {
    const POLL: Duration = Duration::from_millis(20);
    let deadline = Instant::now() + SERVER_END;
    loop {
        // A recording that cannot be read is reported by the one who needs what is in it.
        let unended = Recording::read(recording).map(|read| read.unended()).unwrap_or_default();
        if unended.is_empty() || Instant::now() >= deadline {
            return process::end_left_behind(&unended, recording);
        }
        thread::sleep(POLL);
    }
}

fn trace(recording: &Recording) -> Vec<TraceLine> {
    let mut lines = Vec::new();
    for (conversation, records) in recording.conversations.iter().enumerate() {
        for record in records {
            let (from, text) = match &record.event {
                Event::Line { from: Side::Client, text, hex, .. } => ("client", text.as_ref().or(hex.as_ref())),
                Event::Line { from: Side::Server, text, hex, .. } => ("server", text.as_ref().or(hex.as_ref())),
                Event::Stderr { text } => ("stderr", Some(text)),
                Event::Start { .. } | Event::Eof { .. } | Event::Exit { .. } => ("process", None),
            };
            let text = text.map_or_else(|| in_words(&record.event), |text| cut_middle(text));
            let place = Shown { conversation, seq: record.seq };
            lines.push(TraceLine { place, at_ms: record.at_us as f64 / 1000.0, from, text });
        }
    }
    lines
}

fn in_words(event: &Event) -> String {
    match event {
        Event::Start { .. } => "the server was started".to_owned(),
        Event::Eof { from } => format!("the {} closed its stream", from.word()),
        Event::Exit { status: Some(status) } => format!("the server ended with {status}"),
        Event::Exit { status: None } => "the server was ended by a signal".to_owned(),
        Event::Line { .. } | Event::Stderr { .. } => String::new(),
    }
}

fn cut_middle(text: &str) -> String {
    let count = text.chars().count();
    if count <= TRACE_LINE {
        return text.to_owned();
    }
    let half = TRACE_LINE / 2;
    let head: String = text.chars().take(half).collect();
    let tail: String = text.chars().skip(count - half).collect();
    format!("{head} …[{} of {} bytes left out]… {tail}", text.len() - head.len() - tail.len(), text.len())
}

fn end_of(path: &Path) -> String {
    let text = std::fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let count = text.chars().count();
    text.chars().skip(count.saturating_sub(STDERR_CHARS)).collect()
}

/// Entries that explained nothing. An entry is only put to the test when every run that it is about was
/// run and no case was left out by choice; one that is about no run of the whole matrix is always wrong.
fn unused_entries(suite: &Suite, selection: &Selection, ran: &Plan<'_>) -> Vec<Stale> {
    let whole = plan(&suite.peers, &Selection::default());
    let about = |entry: &Entry, run: &Run<'_>| {
        let scope = Scope { client: run.client, server: run.server, mode: run.mode, revision: &run.revision };
        entry.covers_run(scope)
    };
    suite.known.unused(|entry| {
        let meant = whole.runs.iter().filter(|run| about(entry, run));
        let was_run = |run: &Run<'_>| ran.runs.iter().any(|done| done.folder() == run.folder());
        let mut meant = meant.peekable();
        meant.peek().is_none() || (selection.case.is_everything() && meant.all(was_run))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_keeps_both_ends_and_says_what_is_missing() {
        let text = format!("{{\"a\":\"{}ü\"}}", "x".repeat(5_000));
        let cut = cut_middle(&text);
        assert!(cut.starts_with("{\"a\":\"x") && cut.ends_with("xü\"}"), "{cut}");
        assert!(cut.contains(&format!("of {} bytes left out", text.len())), "{cut}");
        assert_eq!(cut_middle("short"), "short");
    }
}
