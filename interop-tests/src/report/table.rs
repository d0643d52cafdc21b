//! The terminal's table: clients down, servers across, passed of all in each cell, then what is red.

use std::fmt::Write;

use super::difference::Turn;
use super::{CaseReport, Change, Difference, Report, RunReport, Score, Status};
use crate::progress::minutes;
use crate::transport::Transport;
use std::time::Duration;

/// How many runs with red cases are listed below the table; the reports have them all.
const LISTED_RUNS: usize = 20;
/// How many of a run: where connecting fails everything does, and the first says why.
const LISTED_CASES: usize = 3;

/// How many changes of one kind.
const LISTED_CHANGES: usize = 5;

const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";
const PLAIN: &str = "\x1b[0m";

impl Report {
    /// The table as text, with colours where the reader can show them.
    pub fn table(&self, colour: bool) -> String {
        let mut text = self.cells(colour);
        self.write_legend(&mut text);
        self.write_red(&mut text);
        self.write_difference(&mut text);
        text
    }

    fn cells(&self, colour: bool) -> String {
        let corner = "client \\ server".to_owned();
        let mut rows = vec![vec![(corner, None)]];
        rows[0].extend(self.servers.iter().map(|server| (server.name.clone(), None)));
        for client in &self.clients {
            let mut row = vec![(client.name.clone(), None)];
            row.extend(self.servers.iter().map(|server| self.cell_text(&client.name, &server.name)));
            rows.push(row);
        }
        let columns = self.servers.len() + 1;
        let width = |column: usize| rows.iter().map(|row| row[column].0.chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut text = String::new();
        for row in &rows {
            for (column, ((cell, paint), width)) in row.iter().zip(&widths).enumerate() {
                let padding = " ".repeat(width - cell.chars().count() + if column == 0 { 0 } else { 2 });
                let painted = match paint {
                    Some(code) if colour => format!("{code}{cell}{PLAIN}"),
                    _ => cell.clone(),
                };
                let (before, after) = if column == 0 { ("", padding.as_str()) } else { (padding.as_str(), "") };
                let _ = write!(text, "{before}{painted}{after}");
            }
            let end = text.trim_end().len();
            text.truncate(end);
            text.push('\n');
        }
        text
    }

    fn cell_text(&self, client: &str, server: &str) -> (String, Option<&'static str>) {
        if !self.was_built(client) || !self.was_built(server) {
            return ("not built".to_owned(), Some(RED));
        }
        let score = self.cell_score(client, server);
        match score {
            Score { pass: 0, known: 0, fail: 0 } => ("–".to_owned(), None),
            Score { fail: 0, known: 0, .. } => (format!("{}/{}", score.pass, score.total()), Some(GREEN)),
            Score { fail: 0, known, .. } => (format!("{}/{} ~{known}", score.pass, score.total()), Some(YELLOW)),
            Score { fail, .. } => (format!("{}/{} !{fail}", score.pass, score.total()), Some(RED)),
        }
    }

    fn write_legend(&self, text: &mut String) {
        let Score { pass, known, fail } = self.score();
        let took = minutes(Duration::from_secs_f64(self.seconds));
        let runs = self.runs.len();
        let _ = writeln!(text, "\n{pass} passed, {known} known to fail (~), {fail} red (!) in {runs} runs, {took} min");
        if self.missing > 0 {
            let _ = writeln!(
                text,
                "interrupted: {} runs are missing; --take with this report's JSON runs them",
                self.missing
            );
        }
        let over: Vec<String> = Transport::ALL.map(|way| format!("{} over {way}", self.score_over(way).total())).into();
        let _ = writeln!(text, "{}", over.join(", "));
        let left_out: usize = self.runs.iter().map(|run| run.left_out.len()).sum();
        if left_out + self.not_run.len() > 0 {
            let whole = self.not_run.len();
            let _ = writeln!(
                text,
                "{left_out} cases and {whole} whole runs left out: the peer documents that it cannot (see the report)"
            );
        }
    }

    fn write_difference(&self, text: &mut String) {
        let Some(difference) = &self.difference else {
            return;
        };
        let counts = difference.counts();
        let counts = if counts.is_empty() { "nothing changed" } else { &counts };
        let _ = writeln!(text, "\nsince the last run, of {} runs in both: {counts}", difference.compared);
        for turn in [Turn::Red, Turn::Green] {
            difference.write_turned(text, turn);
        }
    }

    fn write_red(&self, text: &mut String) {
        for not in &self.not_built {
            let _ = writeln!(text, "\nnot built: {}: {}", not.peer, not.problem);
        }
        for stale in &self.stale {
            let _ = writeln!(text, "\nknown-failing.toml: {}: {}", stale.entry, stale.problem);
        }
        let red = |run: &RunReport| run.score().fail;
        let runs: Vec<&RunReport> = self.runs.iter().filter(|run| red(run) > 0).collect();
        for run in runs.iter().take(LISTED_RUNS) {
            let cases = run.cases.iter().filter(|case| case.status == Status::Fail);
            cases.take(LISTED_CASES).for_each(|case| write_case(text, run, case));
            if red(run) > LISTED_CASES {
                let _ = writeln!(text, "  and {} more red cases in this run", red(run) - LISTED_CASES);
            }
        }
        if runs.len() > LISTED_RUNS {
            let more = runs.len() - LISTED_RUNS;
            let _ = writeln!(text, "\n… and {more} more runs with red cases: see the report");
        }
    }
}

impl Difference {
    /// The few changes of one kind that a terminal has room for.
    fn write_turned(&self, text: &mut String, turn: Turn) {
        let changes: Vec<&Change> = self.turned(turn).collect();
        let few = changes.iter().take(LISTED_CHANGES);
        few.for_each(|change| {
            let _ = writeln!(text, "  {}: {}, {}", turn.words(), change.run, change.case);
        });
        if changes.len() > LISTED_CHANGES {
            let _ = writeln!(text, "  and {} more {}", changes.len() - LISTED_CHANGES, turn.words());
        }
    }
}

fn write_case(text: &mut String, run: &RunReport, case: &CaseReport) {
    let _ = writeln!(text, "\n{}: {}", run.key, case.case);
    if let Some(failure) = case.failures.first() {
        let _ = writeln!(text, "  expected {}\n  found    {}", failure.expected, failure.found);
        if let Some(rule) = &failure.rule {
            let _ = writeln!(text, "  rule     {rule}");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::report::NotBuilt;
    use crate::report::difference::Before;
    use crate::report::tests::sample;

    #[test]
    fn cells_show_passed_of_all_and_what_is_red_is_listed() {
        let table = sample().table(false);
        let rows: Vec<Vec<&str>> = table.lines().take(3).map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(rows[0], ["client", "\\", "server", "a", "b"]);
        assert_eq!(rows[1], ["a", "1/1", "0/1", "!1"]);
        assert_eq!(rows[2], ["b", "0/1", "~1", "–"]);
        assert!(table.contains("a → b, stdio auto 2025-11-25 reference: schema/server/tools/call"), "{table}");
        assert!(table.contains("rule     2025-11-25 CallToolResult: /type"), "{table}");
        assert!(table.contains("1:05 min") && table.contains("3 over stdio, 0 over http"), "{table}");
        assert!(!table.contains('\x1b'));
    }

    #[test]
    fn what_changed_since_the_last_run_is_told_in_a_few_lines() {
        let (old, mut report) = (sample(), sample());
        report.difference = Before::parse(&old.to_json().unwrap()).map(|before| before.compare(&report));
        assert!(report.table(false).contains("since the last run, of 3 runs in both: nothing changed"));
        report.runs[0].cases[0].fail("5", "6", &[]);
        report.difference = Before::parse(&old.to_json().unwrap()).map(|before| before.compare(&report));
        let table = report.table(false);
        assert!(
            table.contains("in both: 1 newly red\n  newly red: a → a, stdio auto 2025-11-25 reference, tools/add\n"),
            "{table}"
        );
    }

    #[test]
    fn colours_are_used_where_they_can_be_shown() {
        assert!(sample().table(true).contains("\x1b[32m1/1\x1b[0m"));
    }

    #[test]
    fn a_peer_that_was_not_built_is_no_empty_cell() {
        let mut report = sample();
        report.not_built.push(NotBuilt { peer: "b".into(), problem: "no compiler".into(), optional: false });
        let table = report.table(false);
        assert!(table.contains("not built") && table.contains("no compiler"), "{table}");
    }
}
