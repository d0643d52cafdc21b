//! Hostile input: cases of `spec/fixtures/hostile`, thrown at a server as bytes. Each must end in the answer that its
//! case wants, and in a server that still answers. What a peer is made with is not known here.

mod case;
mod http;
mod stdio;
mod text;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::error::Result;
use crate::pattern::Pattern;

use case::{Case, Transport};

/// How long anything is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many cases run at once.
const AT_ONCE: usize = 4;

/// How a server is reached.
#[derive(Debug, Clone)]
pub struct Target {
    /// The command of its `server` mode; `--http 0` is added for HTTP.
    pub command: Vec<String>,
}

/// What became of a case.
#[derive(Debug)]
pub struct Verdict {
    /// Its name.
    pub name: String,
    /// What was wrong, if anything.
    pub problem: Option<Problem>,
}

/// What was wrong with a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// For people.
    pub what: String,
    /// Whether the server did its work all the same: it answered otherwise than was wanted, and goes on.
    pub lived: bool,
}

impl Problem {
    /// The server does no work any more, or hangs.
    fn dead(what: impl Into<String>) -> Self {
        Problem { what: what.into(), lived: false }
    }
}

impl From<String> for Problem {
    fn from(what: String) -> Self {
        Problem { what, lived: true }
    }
}

impl From<&str> for Problem {
    fn from(what: &str) -> Self {
        String::from(what).into()
    }
}

/// All verdicts of a transport.
#[derive(Debug)]
pub struct Report {
    /// `stdio` or `http`.
    pub transport: &'static str,
    /// One a case, in the order of the file.
    pub verdicts: Vec<Verdict>,
    /// How long it took.
    pub took: Duration,
}

impl Report {
    /// How many cases ended as they should.
    pub fn passed(&self) -> usize {
        self.verdicts.iter().filter(|verdict| verdict.problem.is_none()).count()
    }

    /// After how many cases the server was not there any more, or hung.
    pub fn deaths(&self) -> usize {
        self.verdicts.iter().filter(|verdict| verdict.problem.as_ref().is_some_and(|problem| !problem.lived)).count()
    }

    /// Whether all did.
    pub fn is_good(&self) -> bool {
        self.passed() == self.verdicts.len()
    }

    /// What is wrong, a line each, and the count.
    pub fn table(&self) -> String {
        let mut out = String::new();
        for Verdict { name, problem } in &self.verdicts {
            if let Some(problem) = problem {
                let dead = if problem.lived { "" } else { "DEAD " };
                out.push_str(&format!("  {} {dead}{name}: {}\n", self.transport, problem.what));
            }
        }
        let (passed, all) = (self.passed(), self.verdicts.len());
        let (transport, deaths, took) = (self.transport, self.deaths(), self.took);
        out.push_str(&format!(
            "hostile, {transport}: {passed} of {all} cases in {took:.1?}; dead or silent after {deaths}\n"
        ));
        out
    }

    /// The same for machines.
    pub fn json(&self) -> Value {
        let verdict = |Verdict { name, problem }: &Verdict| {
            let what = problem.as_ref().map(|problem| &problem.what);
            json!({"case": name, "problem": what, "lived": problem.as_ref().is_none_or(|problem| problem.lived)})
        };
        let verdicts: Vec<Value> = self.verdicts.iter().map(verdict).collect();
        json!({"transport": self.transport, "passed": self.passed(), "deaths": self.deaths(), "cases": verdicts})
    }
}

/// Throws the cases that a pattern picks at a server, over the transports that are asked for.
pub fn run(root: &Path, target: &Target, transport: &Pattern, picked: &Pattern) -> Result<Vec<Report>> {
    let mut reports = Vec::new();
    for kind in [Transport::Stdio, Transport::Http] {
        if !transport.matches(kind.name()) {
            continue;
        }
        let path = root.join("spec/fixtures/hostile").join(format!("{}.toml", kind.name()));
        let cases: Vec<Case> = case::load(&path)?.into_iter().filter(|case| picked.matches(&case.name)).collect();
        let began = Instant::now();
        let verdicts = match kind {
            Transport::Stdio => each(&cases, |case| stdio::run(target, case)),
            Transport::Http => {
                let server = http::Server::start(target)?;
                each(&cases, |case| http::run(&server, case))
            }
        };
        reports.push(Report { transport: kind.name(), verdicts, took: began.elapsed() });
    }
    Ok(reports)
}

/// Runs all cases, some at a time; those that need the machine for themselves come last, alone.
fn each(cases: &[Case], run: impl Fn(&Case) -> std::result::Result<(), Problem> + Sync) -> Vec<Verdict> {
    let found: Mutex<Vec<Option<Option<Problem>>>> = Mutex::new(cases.iter().map(|_| None).collect());
    let next = AtomicUsize::new(0);
    let verdict = |index: usize| {
        let problem = run(&cases[index]).err();
        found.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(problem);
    };
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    match cases.get(index) {
                        Some(case) if case.alone => {}
                        Some(_) => verdict(index),
                        None => return,
                    }
                }
            });
        }
    });
    (0..cases.len()).filter(|index| cases[*index].alone).for_each(verdict);
    let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    cases
        .iter()
        .zip(found)
        .map(|(case, problem)| Verdict { name: case.name.clone(), problem: problem.flatten() })
        .collect()
}

#[cfg(test)]
mod tests;
