//! Turns what happened in one run into verdicts: the cases, then the specification's schema over every
//! message, then what known failures explain.
//!
//! Pure: it sees steps and recordings, never a process, so it is tested without one.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde_json::Value;

use crate::cases::{Case, Circumstances};
use crate::conversation::{Conversation, Kind};
use crate::error::Result;
use crate::expect::{Mismatch, check_all};
use crate::known_failing::{KnownFailing, Scope, Stale};
use crate::matrix::Run;
use crate::peers::{Peer, Role};
use crate::recording::Recording;
use crate::report::{CaseReport, LeftOut, Shown, Status};
use crate::schema_check::SchemaCheck;
use crate::spec::Spec;
use crate::wire_rules;

/// What a run left behind.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Lines of the client's standard output.
    pub lines: Vec<String>,
    /// What the wire carried.
    pub recording: Recording,
    /// How the client ended, if not well.
    pub trouble: Option<String>,
    /// Servers that had to be killed after their client had ended.
    pub left_behind: Vec<u32>,
}

/// What a client reports about a step.
#[derive(Debug, Clone, Deserialize)]
struct Step {
    step: String,
    ok: bool,
    #[serde(default)]
    detail: Value,
}

/// What verdicts rest on.
pub struct Judge<'a> {
    /// The specification.
    pub spec: &'a Spec,
    /// Compiled validators.
    pub schema: &'a SchemaCheck,
    /// Explained failures.
    pub known: &'a KnownFailing,
}

/// The cases of a run, and those that a documented lack leaves out.
pub fn cases_of<'r, 'c>(
    run: &Run<'r>,
    cases: &'c [Case],
    picked: impl Fn(&str) -> bool,
) -> (Vec<&'c Case>, Vec<LeftOut>) {
    let circumstances = circumstances(run);
    let (mut asked, mut left_out) = (Vec::new(), Vec::new());
    for case in cases
        .iter()
        .filter(|case| picked(&case.name) && case.applies(circumstances))
    {
        let lack = |peer: &'r Peer, role| peer.lack(role, run.mode, &run.revision, &case.name);
        match lack(run.client, Role::Client).or_else(|| lack(run.server, Role::Server)) {
            Some(lack) => left_out.push(LeftOut {
                case: case.name.clone(),
                reason: lack.reason.clone(),
                evidence: lack.evidence.clone(),
            }),
            None => asked.push(case),
        }
    }
    (asked, left_out)
}

fn circumstances<'r>(run: &'r Run<'_>) -> Circumstances<'r> {
    Circumstances {
        mode: run.mode,
        revision: &run.revision,
        extra_steps: &run.client.client.extra_steps,
    }
}

impl Judge<'_> {
    /// Judges one run; `picked` says which of the specification's own checks are asked for.
    pub fn verdicts(
        &self,
        run: &Run<'_>,
        cases: &[&Case],
        outcome: &Outcome,
        picked: impl Fn(&str) -> bool,
    ) -> Result<(Vec<CaseReport>, Vec<Stale>)> {
        let talks: Vec<Conversation> = outcome
            .recording
            .conversations
            .iter()
            .map(|records| Conversation::read(records))
            .collect();
        let steps = read_steps(&outcome.lines);
        let mut verdicts: Vec<CaseReport> = cases
            .iter()
            .map(|case| judge_case(run, case, &steps, outcome, &talks))
            .collect();
        verdicts.extend(self.schema_verdicts(&talks)?);
        verdicts.push(answered_once(&talks));
        verdicts.push(ended_cleanly(outcome, &steps));
        verdicts.retain(|verdict| {
            picked(&verdict.case) || cases.iter().any(|case| case.name == verdict.case)
        });
        let stale = self.explain(run, &mut verdicts);
        Ok((verdicts, stale))
    }

    /// One verdict a sender and method, so that each can be known to fail by itself.
    fn schema_verdicts(&self, talks: &[Conversation]) -> Result<Vec<CaseReport>> {
        let mut verdicts: BTreeMap<String, CaseReport> = BTreeMap::new();
        for (index, talk) in talks.iter().enumerate() {
            for message in &talk.messages {
                let subject = talk.subject(message).unwrap_or("no-method");
                let name = format!("schema/{}/{subject}", message.from.word());
                let verdict = verdicts.entry(name).or_insert_with_key(|name| {
                    let what = format!(
                        "what the {} sends about {subject} is as the schema says",
                        message.from.word()
                    );
                    CaseReport::passed(name, &what)
                });
                for violation in self.schema.violations(self.spec, talk, message)? {
                    let shown = Shown {
                        conversation: index,
                        seq: message.seq,
                    };
                    let found = if violation.at.is_empty() {
                        violation.problem.clone()
                    } else {
                        format!("{}: {}", violation.at, violation.problem)
                    };
                    verdict.fail_with_rule(&violation.rule, &found, shown);
                }
            }
        }
        Ok(verdicts.into_values().collect())
    }

    /// Marks known failures, and finds entries that a passing case contradicts.
    fn explain(&self, run: &Run<'_>, verdicts: &mut [CaseReport]) -> Vec<Stale> {
        let scope = Scope {
            client: run.client,
            server: run.server,
            mode: run.mode,
            revision: &run.revision,
        };
        let mut stale = Vec::new();
        for verdict in verdicts {
            if verdict.status == Status::Pass {
                if let Some(entry) = self.known.contradicted_by_pass(scope, &verdict.case) {
                    let problem = format!(
                        "{} passes in {}: narrow or remove the entry",
                        verdict.case,
                        run.title()
                    );
                    stale.push(Stale {
                        entry: entry.title(),
                        problem,
                    });
                }
            } else if let Some(entry) = self.known.explains(scope, &verdict.case, &verdict.found())
            {
                verdict.status = Status::Known;
                verdict.reason = Some(entry.reason.clone());
                verdict.evidence = Some(entry.evidence.clone());
            }
        }
        stale
    }
}

/// Steps by name; of two reports of one step the first counts. `ended_cleanly` sees lines that are none.
fn read_steps(lines: &[String]) -> HashMap<String, Step> {
    let mut steps = HashMap::new();
    for line in lines {
        if let Ok(step) = serde_json::from_str::<Step>(line) {
            steps.entry(step.step.clone()).or_insert(step);
        }
    }
    steps
}

fn judge_case(
    run: &Run<'_>,
    case: &Case,
    steps: &HashMap<String, Step>,
    outcome: &Outcome,
    talks: &[Conversation],
) -> CaseReport {
    let case = &case.in_revision(&run.revision);
    let mut verdict = CaseReport::passed(&case.name, &case.what);
    if let Err(mismatch) = at_caller(case, steps.get(&case.step), outcome) {
        verdict.fail(&mismatch.expected, &mismatch.found, &[]);
    }
    for rule in case
        .wire
        .iter()
        .filter(|rule| rule.applies(circumstances(run)))
    {
        if let Err(breach) = wire_rules::check(rule, talks) {
            let shown: Vec<Shown> = breach
                .shown
                .iter()
                .map(|&(conversation, seq)| Shown { conversation, seq })
                .collect();
            verdict.fail(&breach.expected, &breach.found, &shown);
        }
    }
    verdict
}

fn at_caller(case: &Case, step: Option<&Step>, outcome: &Outcome) -> Result<(), Mismatch> {
    let Some(step) = step else {
        let trouble = outcome.trouble.as_deref().unwrap_or("the client ended");
        let last = outcome
            .lines
            .last()
            .map_or("no line".to_owned(), |line| crop(line));
        let found = format!("{trouble}; its last line: {last}");
        return Err(Mismatch {
            expected: format!("the client reports {}", case.step),
            found,
        });
    };
    if step.ok != case.caller.ok {
        let wanted = if case.caller.ok { "goes well" } else { "fails" };
        let expected = format!("{} {wanted} at the caller", case.step);
        return Err(Mismatch {
            expected,
            found: crop(&step.detail.to_string()),
        });
    }
    check_all(&case.caller.detail, &step.detail, &Value::Null).map_err(|mismatch| Mismatch {
        expected: format!("the detail of {}: {}", case.step, mismatch.expected),
        found: mismatch.found,
    })
}

/// JSON-RPC: a request has one answer and an id is not used twice.
fn answered_once(talks: &[Conversation]) -> CaseReport {
    let mut verdict = CaseReport::passed(
        "wire/answered-once",
        "every request is answered exactly once",
    );
    let expected = "one answer for each request";
    for (conversation, talk) in talks.iter().enumerate() {
        let mut answers: HashMap<usize, u64> = HashMap::new();
        for message in &talk.messages {
            let shown = Shown {
                conversation,
                seq: message.seq,
            };
            if let Some(request) = message.answers
                && answers.insert(request, message.seq).is_some()
            {
                verdict.fail(expected, "a second answer", &[shown]);
            }
        }
        for (index, message) in talk.messages.iter().enumerate() {
            let open =
                matches!(message.kind, Kind::Request { .. }) && !answers.contains_key(&index);
            if open && !was_cancelled(talk, &message.value["id"]) {
                let found = format!("no answer to {}", message.method().unwrap_or_default());
                verdict.fail(
                    expected,
                    &found,
                    &[Shown {
                        conversation,
                        seq: message.seq,
                    }],
                );
            }
        }
    }
    verdict
}

fn was_cancelled(talk: &Conversation, id: &Value) -> bool {
    talk.messages.iter().any(|message| {
        message.method() == Some("notifications/cancelled")
            && message.value.pointer("/params/requestId") == Some(id)
    })
}

/// A run ends by itself: the client with 0, and the server once its input is closed.
fn ended_cleanly(outcome: &Outcome, steps: &HashMap<String, Step>) -> CaseReport {
    let mut verdict = CaseReport::passed(
        "wire/ends",
        "client and server end by themselves, with nothing left over",
    );
    if let Some(trouble) = &outcome.trouble {
        verdict.fail("the client ends with 0", trouble, &[]);
    }
    if let Some(line) = outcome
        .lines
        .iter()
        .find(|line| serde_json::from_str::<Step>(line).is_err())
    {
        verdict.fail(
            "each line of the client's output is a step",
            &crop(line),
            &[],
        );
    }
    if !outcome.left_behind.is_empty() && steps.contains_key("close") {
        verdict.fail(
            "the server ends after close",
            "it was still running and was killed",
            &[],
        );
    }
    verdict
}

fn crop(text: &str) -> String {
    const ENOUGH: usize = 400;
    match text.char_indices().nth(ENOUGH) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
