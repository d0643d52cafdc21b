//! Turns what happened in one run into verdicts: the cases, then the specification's schema over every
//! message, then what known failures explain.
//!
//! Pure: it sees steps and recordings, never a process, so it is tested without one.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use crate::cases::{Case, WireRule};
use crate::conversation::Conversation;
use crate::error::Result;
use crate::expect::{Mismatch, check_all};
use crate::fault::STRUCK;
use crate::http::{self, Exchange, HttpRule};
use crate::known_failing::{KnownFailing, Scope, Stale};
use crate::matrix::Run;
use crate::outcome::{Outcome, Step, crop};
use crate::recording::{Event, Record};
use crate::report::{CaseReport, SHOWN_RECORDS, Shown, Status};
use crate::run_checks::{ANSWERED_ONCE, answered_as, answered_once, ended_cleanly, state_given_back};
use crate::schema_check::SchemaCheck;
use crate::script::driven::{Driven, Played};
use crate::spec::Spec;
use crate::wire_rules;

/// What verdicts rest on.
pub struct Judge<'a> {
    /// The specification.
    pub spec: &'a Spec,
    /// Compiled validators.
    pub schema: &'a SchemaCheck,
    /// Explained failures.
    pub known: &'a KnownFailing,
}

impl Judge<'_> {
    /// Verdicts on a client that went through its steps: its cases in their order, then the schema's, then what
    /// holds for every run; and the known failures that no longer tell the truth. Of what no case asks for, only
    /// what is `picked` is reported.
    pub fn verdicts(
        &self,
        run: &Run<'_>,
        cases: &[&Case],
        outcome: &Outcome,
        picked: impl Fn(&str) -> bool,
    ) -> Result<(Vec<CaseReport>, Vec<Stale>)> {
        let wire = Wire::of(&outcome.recording.conversations);
        let steps = outcome.steps();
        let mut verdicts: Vec<CaseReport> =
            cases.iter().map(|case| judge_case(run, case, &steps, outcome, &wire)).collect();
        let mut general = self.general(run, &wire)?;
        general.push(ended_cleanly(outcome, outcome.odd_line(), steps.contains_key("close")));
        verdicts.extend(general.into_iter().filter(|verdict| picked(&verdict.case)));
        let stale = self.known.explain(Scope::of(run), &run.title(), &mut verdicts);
        Ok((verdicts, stale))
    }

    /// Verdicts on a driver that went through scripts, likewise.
    pub fn script_verdicts(
        &self,
        run: &Run<'_>,
        driven: &Driven<'_>,
        picked: impl Fn(&str) -> bool,
    ) -> Result<(Vec<CaseReport>, Vec<Stale>)> {
        let outcome = &driven.outcome;
        let mut untroubled = Wire::of(&outcome.recording.conversations);
        let mut verdicts = Vec::new();
        for Played { script, went, of, passed } in &driven.played {
            let mut verdict = CaseReport::passed(&script.name, &script.what);
            if let Err(mismatch) = went {
                // One that could not even connect shows how far its connection came.
                let whole = &outcome.recording.conversations[of.clone()];
                let shown = if passed.iter().all(Vec::is_empty) { whole } else { passed };
                verdict.fail(&mismatch.expected, &mismatch.found, &last_of(shown, of.start));
            }
            Wire::of(passed).hold(run, &script.wire, &script.http, of.start, &mut verdict);
            if script.fault.is_some() {
                // Behind a proxy it leaves no mark here; there the script looks for what it did.
                if script.proxy.is_none() && !was_struck(&outcome.recording.conversations[of.clone()]) {
                    verdict.fail("the fault hits a message", "it hit none", &[]);
                }
                // What is wrong there is the runner's doing.
                untroubled.talks[of.clone()].fill(Conversation::default());
                untroubled.exchanges[of.clone()].fill(Vec::new());
            }
            verdicts.push(verdict);
        }
        let all_went_well = verdicts.iter().all(|verdict| verdict.status == Status::Pass);
        let mut general = self.general(run, &untroubled)?;
        // A script that went wrong may have left a call without an answer, and has its connection closed.
        general.retain(|verdict| all_went_well || verdict.case != ANSWERED_ONCE);
        general.push(ended_cleanly(outcome, outcome.lines.first().map(String::as_str), true));
        verdicts.extend(general.into_iter().filter(|verdict| picked(&verdict.case)));
        let stale = self.known.explain(Scope::of(run), &run.title(), &mut verdicts);
        Ok((verdicts, stale))
    }

    /// What holds whatever a client was to do.
    fn general(&self, run: &Run<'_>, wire: &Wire) -> Result<Vec<CaseReport>> {
        let mut verdicts = self.schema_verdicts(&wire.talks)?;
        verdicts.push(answered_once(&wire.talks));
        verdicts.extend(state_given_back(&wire.talks));
        verdicts.extend(run.transport.answers().map(|(_, media)| answered_as(media, &wire.exchanges)));
        Ok(verdicts)
    }

    /// One verdict a sender and method, so that each can be known to fail by itself.
    fn schema_verdicts(&self, talks: &[Conversation]) -> Result<Vec<CaseReport>> {
        let mut verdicts: BTreeMap<String, CaseReport> = BTreeMap::new();
        for (index, talk) in talks.iter().enumerate() {
            for message in &talk.messages {
                let subject = talk.subject(message).unwrap_or("no-method");
                let name = format!("schema/{}/{subject}", message.from.word());
                let verdict = verdicts.entry(name).or_insert_with_key(|name| {
                    let what = format!("what the {} sends about {subject} is as the schema says", message.from.word());
                    CaseReport::passed(name, &what)
                });
                for violation in self.schema.violations(self.spec, talk, message)? {
                    let shown = Shown { conversation: index, seq: message.seq };
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
}

fn was_struck(conversations: &[Vec<Record>]) -> bool {
    let says = |record: &Record| matches!(&record.event, Event::Stderr { text } if text == STRUCK);
    conversations.iter().flatten().any(says)
}

fn judge_case(run: &Run<'_>, case: &Case, steps: &HashMap<String, Step>, outcome: &Outcome, wire: &Wire) -> CaseReport {
    let case = &case.in_revision(&run.revision);
    let mut verdict = CaseReport::passed(&case.name, &case.what);
    if let Err(mismatch) = at_caller(case, steps.get(&case.step), outcome) {
        verdict.fail(&mismatch.expected, &mismatch.found, &[]);
    }
    wire.hold(run, &case.wire, &case.http, 0, &mut verdict);
    verdict
}

/// What passed between a client and its servers, read.
struct Wire {
    talks: Vec<Conversation>,
    exchanges: Vec<Vec<Exchange>>,
}

impl Wire {
    fn of(conversations: &[Vec<Record>]) -> Self {
        Self {
            talks: conversations.iter().map(|records| Conversation::read(records)).collect(),
            exchanges: conversations.iter().map(|records| http::exchanges(records)).collect(),
        }
    }

    /// Holds the conversations to rules; the first of them is the run's of this number.
    fn hold(&self, run: &Run<'_>, wire: &[WireRule], over_http: &[HttpRule], first: usize, verdict: &mut CaseReport) {
        let to = run.circumstances();
        let Self { talks, exchanges } = self;
        let wire = wire.iter().filter(|rule| rule.applies(to)).map(|rule| wire_rules::check(rule, talks));
        let over_http = over_http.iter().filter(|rule| run.transport.is_http() && rule.applies(to));
        for breach in wire.chain(over_http.map(|rule| http::check(rule, exchanges))).filter_map(Result::err) {
            let place = |&(conversation, seq): &(usize, u64)| Shown { conversation: first + conversation, seq };
            let shown: Vec<Shown> = breach.shown.iter().map(place).collect();
            verdict.fail(&breach.expected, &breach.found, &shown);
        }
    }
}

/// The last records that passed while a script was gone through, which is where it went wrong; `first` is the number
/// that the first of these conversations has in the run.
fn last_of(passed: &[Vec<Record>], first: usize) -> Vec<Shown> {
    let numbered = (first..).zip(passed);
    let places = numbered
        .flat_map(|(conversation, records)| records.iter().map(move |record| Shown { conversation, seq: record.seq }));
    let places: Vec<Shown> = places.collect();
    places[places.len().saturating_sub(SHOWN_RECORDS)..].to_vec()
}

fn at_caller(case: &Case, step: Option<&Step>, outcome: &Outcome) -> Result<(), Mismatch> {
    let Some(step) = step else {
        let trouble = outcome.trouble.as_deref().unwrap_or("the client ended");
        let last = outcome.lines.last().map_or("no line".to_owned(), |line| crop(line));
        let found = format!("{trouble}; its last line: {last}");
        return Err(Mismatch { expected: format!("the client reports {}", case.step), found });
    };
    if step.ok != case.caller.ok {
        let wanted = if case.caller.ok { "goes well" } else { "fails" };
        let expected = format!("{} {wanted} at the caller", case.step);
        return Err(Mismatch { expected, found: crop(&step.detail.to_string()) });
    }
    check_all(&case.caller.detail, &step.detail, &Value::Null).map_err(|mismatch| Mismatch {
        expected: format!("the detail of {}: {}", case.step, mismatch.expected),
        found: mismatch.found,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases;
    use crate::matrix::Surface;
    use crate::peers::Peers;
    use crate::recording::{Recording, Side, line_event};
    use crate::report::LeftOut;
    use crate::revision::Mode;
    use crate::transport::Transport;
    use serde_json::json;

    const PEERS: &str = r#"
        [[peer]]
        name = "c"
        language = "go"
        kind = "ours"
        run = ["x"]
        modes = ["client"]
        lacks = [{ role = "client", case = "prompts/*", reason = "no prompts", evidence = "its page" }]
        [[peer]]
        name = "s"
        language = "go"
        kind = "ours"
        run = ["x"]
        modes = ["server"]
    "#;
    const CASES: &str = r#"
        [[case]]
        name = "tools/add"
        step = "add"
        what = "adds"
        caller.detail = { "/sum" = 5 }
        [[case.wire]]
        method = "tools/call"
        result = { "/structuredContent/sum" = 5 }
        [[case]]
        name = "prompts/get"
        step = "prompt"
        what = "gets"
        [[case]]
        name = "tools/newer"
        step = "add"
        what = "is not there yet"
        since = "2026-07-28"
    "#;

    /// A fake pair: what its client reports, what its server answers, and nothing is started.
    struct Fake {
        lines: Vec<String>,
        answer: Value,
        trouble: Option<String>,
        left_behind: Vec<u32>,
    }

    fn good() -> Fake {
        let step = |step: &str, detail: Value| json!({"step": step, "ok": true, "detail": detail}).to_string();
        Fake {
            lines: vec![step("add", json!({"sum": 5})), step("close", Value::Null)],
            answer: json!({"jsonrpc": "2.0", "id": 1, "result": {"content": [], "structuredContent": {"sum": 5}}}),
            trouble: None,
            left_behind: Vec::new(),
        }
    }

    fn recording(answer: &Value) -> Recording {
        let said = [
            (
                Side::Client,
                json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
                "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}}}),
            ),
            (
                Side::Server,
                json!({"jsonrpc": "2.0", "id": 0, "result": {
                "protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": "s", "version": "1"}}}),
            ),
            (Side::Client, json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "add"}})),
            (Side::Server, answer.clone()),
        ];
        let record = |(seq, event)| Record { process: 1, seq, at_us: seq, event };
        let lines = said.iter().map(|(from, value)| line_event(*from, value.to_string().as_bytes(), true));
        Recording {
            conversations: vec![(1..).zip(lines.chain([Event::Exit { status: Some(0) }])).map(record).collect()],
        }
    }

    fn judge(fake: Fake, known: &str) -> (Vec<CaseReport>, Vec<Stale>, Vec<LeftOut>) {
        let peers = Peers::parse(PEERS).unwrap();
        let run = Run {
            client: peers.get("c").unwrap(),
            server: peers.get("s").unwrap(),
            transport: Transport::Stdio,
            mode: Mode::Legacy,
            revision: "2025-11-25".to_owned(),
            surface: Surface::Reference,
        };
        let all = cases::parse(CASES).unwrap();
        let (cases, left_out) = run.cases(&all, |_| true);
        let spec = Spec::load(&crate::data::Data::embedded()).unwrap();
        let (schema, known) = (SchemaCheck::default(), KnownFailing::parse(known).unwrap());
        let judge = Judge { spec: &spec, schema: &schema, known: &known };
        let Fake { lines, answer, trouble, left_behind } = fake;
        let outcome = Outcome { lines, recording: recording(&answer), trouble, left_behind };
        let (verdicts, stale) = judge.verdicts(&run, &cases, &outcome, |_| true).unwrap();
        (verdicts, stale, left_out)
    }

    fn failing(fake: Fake) -> Vec<String> {
        let (verdicts, _, _) = judge(fake, "");
        verdicts.into_iter().filter(|case| case.status == Status::Fail).map(|case| case.case).collect()
    }

    #[test]
    fn a_good_pair_passes_and_a_documented_lack_is_left_out() {
        let (verdicts, _, left_out) = judge(good(), "");
        assert!(verdicts.iter().all(|case| case.status == Status::Pass), "{verdicts:?}");
        let names: Vec<&str> = verdicts.iter().map(|case| case.case.as_str()).collect();
        assert_eq!(
            names,
            [
                "tools/add",
                "schema/client/initialize",
                "schema/client/tools/call",
                "schema/server/initialize",
                "schema/server/tools/call",
                "wire/answered-once",
                "wire/ends"
            ]
        );
        assert_eq!((left_out.len(), left_out[0].case.as_str()), (1, "prompts/get"));
    }

    #[test]
    fn each_kind_of_trouble_fails_the_case_that_looks_at_it() {
        let answer = |result: Value| json!({"jsonrpc": "2.0", "id": 1, "result": result});
        let step = |detail: Value, ok: bool| json!({"step": "add", "ok": ok, "detail": detail}).to_string();
        let sum = json!({"sum": 5});
        let close = json!({"step": "close", "ok": true}).to_string();
        for (fake, expected) in [
            (Fake { answer: answer(json!({"structuredContent": sum})), ..good() }, &["schema/server/tools/call"][..]),
            (
                Fake { answer: answer(json!({"content": [], "structuredContent": {"sum": 6}})), ..good() },
                &["tools/add"],
            ),
            (Fake { lines: vec![step(sum.clone(), false), close.clone()], ..good() }, &["tools/add"]),
            (Fake { lines: vec![step(json!({"sum": 6}), true), close.clone()], ..good() }, &["tools/add"]),
            (Fake { lines: vec![close.clone()], ..good() }, &["tools/add"]),
            (Fake { lines: vec!["debug".into(), step(sum.clone(), true), close], ..good() }, &["wire/ends"]),
            (Fake { trouble: Some("ended with 1".into()), ..good() }, &["wire/ends"]),
            (Fake { left_behind: vec![1], ..good() }, &["wire/ends"]),
            (
                Fake { answer: json!({"jsonrpc": "2.0", "id": 2, "result": {"content": []}}), ..good() },
                &["tools/add", "schema/server/no-method", "wire/answered-once"],
            ),
        ] {
            assert_eq!(failing(fake), expected);
        }
    }

    #[test]
    fn a_script_that_goes_wrong_shows_what_passed_last_in_it() {
        let record = |seq| Record { process: 1, seq, at_us: seq, event: line_event(Side::Client, b"{}", true) };
        let shown = last_of(&[(1..=30).map(record).collect(), (1..=25).map(record).collect()], 2);
        assert_eq!(shown.len(), SHOWN_RECORDS);
        assert_eq!(shown.first(), Some(&Shown { conversation: 2, seq: 16 }));
        assert_eq!(shown.last(), Some(&Shown { conversation: 3, seq: 25 }));
        assert!(last_of(&[Vec::new()], 0).is_empty());
    }

    #[test]
    fn a_known_failure_is_explained_only_while_it_fails_as_listed() {
        let entry = |found: &str| {
            format!("[[entry]]\ncase = \"tools/add\"\nfound = \"{found}\"\nreason = \"r\"\nevidence = \"e\"")
        };
        let wrong =
            || Fake { lines: vec![json!({"step": "add", "ok": true, "detail": {"sum": 6}}).to_string()], ..good() };
        let (verdicts, stale, _) = judge(wrong(), &entry("6"));
        assert_eq!((verdicts[0].status, verdicts[0].reason.as_deref(), stale.len()), (Status::Known, Some("r"), 0));
        let (verdicts, _, _) = judge(wrong(), &entry("7"));
        assert_eq!(verdicts[0].status, Status::Fail);
        let (_, stale, _) = judge(good(), &entry("6"));
        assert!(stale[0].problem.contains("tools/add passes"), "{stale:?}");
    }
}
