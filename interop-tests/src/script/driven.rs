//! One run of a driver: starts who is needed for each connection, has its scripts gone through, and gathers what
//! passed on the wire.

use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use super::Script;
use super::driver::{Driver, Missing};
use super::play::play;
use crate::error::{Error, Result};
use crate::expect::{Mismatch, shorten};
use crate::launch::{Behind, Serving, end_servers, recorded};
use crate::matrix::Run;
use crate::outcome::Outcome;
use crate::process;
use crate::recording::{Record, Recording};
use crate::suite::Suite;
use crate::transport::Transport;

/// Connecting starts a program, on a machine that may be compiling.
const CONNECT: Duration = Duration::from_secs(40);
const CLOSE: Duration = Duration::from_secs(10);
/// Where the first so many connections cannot be made, no other is tried: each may take all of its time to fail.
const HOPELESS: usize = 2;

/// What came of the scripts of a run.
pub struct Driven<'s> {
    /// In the order they were gone through.
    pub played: Vec<Played<'s>>,
    /// What was left behind.
    pub outcome: Outcome,
    /// How many connections were tried before the first that was made.
    failed_first: usize,
    /// Whether any was made.
    has_met: bool,
}

/// What came of one script.
pub struct Played<'s> {
    /// The script.
    pub script: &'s Script,
    /// How it went at the caller.
    pub went: Result<(), Mismatch>,
    /// Which of the run's conversations were its connection's.
    pub of: Range<usize>,
    /// What passed in them while it was gone through.
    pub passed: Vec<Vec<Record>>,
}

/// Goes through scripts; those that connect alike share a connection until one goes wrong.
pub fn drive<'s>(suite: &Suite, run: &Run<'_>, scripts: &[&'s Script], folder: &Path) -> Result<Driven<'s>> {
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder).map_err(|error| Error::at(folder, error))?;
    let mut driven = Driven { played: Vec::new(), outcome: Outcome::default(), failed_first: 0, has_met: false };
    let mut left: Vec<&'s Script> = scripts.to_vec();
    // What stands between the two comes last, so that what keeps them apart by itself shows first.
    left.sort_by_key(|script| script.stands_between());
    while !left.is_empty() {
        if !driven.has_met && driven.failed_first >= HOPELESS {
            driven.give_up(left);
            break;
        }
        let first = left.remove(0);
        let mut alike = vec![first];
        alike.extend(left.extract_if(.., |script| script.meets_like(first)));
        let again = connection(suite, run, alike, folder, &mut driven)?;
        left.splice(0..0, again);
    }
    Ok(driven)
}

impl<'s> Driven<'s> {
    /// None of these is tried: what kept the last one from being connected would keep them.
    fn give_up(&mut self, scripts: Vec<&'s Script>) {
        let Some(Err(last)) = self.played.last().map(|played| &played.went) else { return };
        let found = format!("{}; not tried again, as was none before it", last.found);
        let why = Mismatch { expected: last.expected.clone(), found };
        let not_tried = |script| Played { script, went: Err(why.clone()), of: 0..0, passed: Vec::new() };
        self.played.extend(scripts.into_iter().map(not_tried));
    }
}

/// One connection's scripts; gives back those that were not begun because one before them went wrong.
fn connection<'s>(
    suite: &Suite,
    run: &Run<'_>,
    scripts: Vec<&'s Script>,
    folder: &Path,
    driven: &mut Driven<'s>,
) -> Result<Vec<&'s Script>> {
    let number = driven.played.len();
    let recording = folder.join(format!("recording-{number}.jsonl"));
    let first = driven.outcome.recording.conversations.len();
    let mut waiting = scripts.into_iter();
    let mut played = Vec::new();
    match Connected::open(suite, run, waiting.as_slice().first().copied(), folder, &recording)? {
        Err(mismatch) => {
            driven.failed_first += 1;
            played.extend(waiting.next().map(|script| (script, Err(mismatch), 0..0)));
        }
        Ok(mut connected) => {
            driven.has_met = true;
            for script in waiting.by_ref() {
                let from = length(&recording);
                let went = play(&mut connected.driver, script, &suite.places.root);
                let wrong = went.is_err();
                played.push((script, went, from..length(&recording)));
                if wrong {
                    break;
                }
            }
            connected.close(&recording, &mut driven.outcome);
        }
    }
    let recorded = Recording::read(&recording)?;
    process::end_left_behind(&recorded.unended(), &recording);
    let of = first..first + recorded.conversations.len();
    for (script, went, bytes) in played {
        let passed = Recording::read_part(&recording, bytes, &recorded)?;
        driven.played.push(Played { script, went, of: of.clone(), passed });
    }
    driven.outcome.recording.conversations.extend(recorded.conversations);
    Ok(waiting.collect())
}

/// How long the recording is by now. A record is there before its bytes are handed on.
fn length(recording: &Path) -> u64 {
    std::fs::metadata(recording).map_or(0, |data| data.len())
}

/// A driver that is connected, and what the server needs to be there.
struct Connected {
    driver: Driver,
    behind: Option<Behind>,
}

impl Connected {
    /// `Err` inside says what kept it from being connected.
    fn open(
        suite: &Suite,
        run: &Run<'_>,
        script: Option<&Script>,
        folder: &Path,
        recording: &Path,
    ) -> Result<Result<Self, Mismatch>> {
        let nginx = folder.join("nginx");
        let serving = script.map(|script| Serving {
            options: &script.options,
            fault: script.fault.as_ref(),
            balanced: script.balanced.then_some(&nginx),
            proxy: script.proxy.as_deref(),
        });
        let serving = serving.unwrap_or_default();
        let mut argv =
            run.client.command(&suite.places, &format!("driver {} {}", run.transport.channel(), run.mode))?;
        let behind = match run.transport.channel() {
            Transport::Stdio => {
                argv.extend(recorded(suite, run, recording, serving)?);
                None
            }
            _ => {
                let mut behind = Behind::start(suite, run, serving, folder, recording)?;
                match behind.url() {
                    Ok(url) => argv.push(url),
                    Err(problem) => return Ok(Err(cannot_connect(&problem.to_string()))),
                }
                Some(behind)
            }
        };
        let mut driver = Driver::start(&argv, &suite.places.root, &folder.join("client.stderr"))?;
        let mut with = script.map(|script| script.connect.clone()).unwrap_or_default();
        with.extend(run.offer().map(|revision| ("revision".to_owned(), revision.into())));
        let id = driver.tell("connect", with);
        let problem = match driver.answer(id, Instant::now() + CONNECT) {
            Ok(answer) if answer.pointer("/ok/revision").is_some_and(|agreed| *agreed == *run.revision) => {
                return Ok(Ok(Self { driver, behind }));
            }
            Ok(answer) => shorten(&answer),
            Err(Missing::Late) => "no answer in time".to_owned(),
            Err(Missing::Ended) => "the driver has ended".to_owned(),
        };
        driver.kill();
        Ok(Err(cannot_connect(&problem)))
    }

    fn close(self, recording: &Path, outcome: &mut Outcome) {
        let Self { mut driver, behind } = self;
        let id = driver.tell("close", serde_json::Map::new());
        let closed = driver.answer(id, Instant::now() + CLOSE).is_ok_and(|answer| answer.get("ok").is_some());
        if !closed {
            outcome.trouble.get_or_insert_with(|| "did not close".to_owned());
        }
        outcome.lines.append(&mut driver.odd);
        let over_stdio = behind.is_none();
        let mut left = Vec::new();
        let trouble = driver.end(&mut || {
            if over_stdio {
                left = end_servers(recording);
            }
        });
        outcome.left_behind.extend(left);
        if let Some(trouble) = trouble {
            outcome.trouble.get_or_insert(trouble);
        }
        drop(behind);
    }
}

fn cannot_connect(found: &str) -> Mismatch {
    Mismatch { expected: "the driver connects in the run's revision".to_owned(), found: found.to_owned() }
}
