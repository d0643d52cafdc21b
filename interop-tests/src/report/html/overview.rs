//! What a person wants to know first: what is red, what changed, what is known to fail, what was left out.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use super::super::difference::Turn;
use super::super::escaped::Escaped;
use super::super::{CaseReport, Change, RunReport, Status};
use super::cases::{Linked, case_id};
use super::{Page, sections};

/// How many red cases are told on top; all of them are with their runs.
const BROKEN: usize = 60;
/// How many places of one are listed.
const PLACES: usize = 40;
/// So few are listed without being unfolded.
const FEW: usize = 4;

/// What some cases have in common, and where they are.
type Groups<'r, K> = BTreeMap<K, Vec<(&'r RunReport, &'r CaseReport)>>;

impl<'r> Page<'r> {
    pub(super) fn write_troubles(&mut self) -> fmt::Result {
        if self.report.missing > 0 {
            writeln!(self, "<p class=\"trouble\">Interrupted: {} runs are missing.</p>", self.report.missing)?;
        }
        for not in &self.report.not_built {
            let (peer, problem) = (Escaped(&not.peer), Escaped(&not.problem));
            writeln!(
                self,
                "<details class=\"trouble\"><summary>{peer} could not be built</summary><pre>{problem}</pre></details>"
            )?;
        }
        for stale in &self.report.stale {
            let (entry, problem) = (Escaped(&stale.entry), Escaped(&stale.problem));
            writeln!(self, "<p class=\"trouble\">known-failing.toml: {entry}: {problem}</p>")?;
        }
        Ok(())
    }

    pub(super) fn write_difference(&mut self) -> fmt::Result {
        let Some(difference) = &self.report.difference else {
            return Ok(());
        };
        let counts = difference.counts();
        let counts = if counts.is_empty() { "nothing changed" } else { &counts };
        writeln!(
            self,
            "<section aria-labelledby=\"changes\">\n<h2 id=\"changes\">Since the last run: {counts}</h2>\n\
             <p class=\"soft\">{} runs are in both and were compared.</p>",
            difference.compared
        )?;
        for turn in Turn::ALL {
            let changes: Vec<&Change> = difference.turned(turn).collect();
            if changes.is_empty() {
                continue;
            }
            let open = if turn == Turn::Red { " open" } else { "" };
            writeln!(self, "<details{open}><summary>{} {}</summary><ul>", changes.len(), turn.words())?;
            for change in changes.iter().take(PLACES) {
                self.write_change(change)?;
            }
            self.write_rest(changes.len(), PLACES)?;
            self.write_str("</ul></details>\n")?;
        }
        self.write_str("</section>\n")
    }

    fn write_change(&mut self, change: &Change) -> fmt::Result {
        let run = self.report.runs.iter().find(|run| run.key == change.run);
        let fails = matches!(change.now, Some(Status::Fail | Status::Known));
        let place = run.map(|run| if fails { case_id(run, &change.case) } else { run.key.slug() });
        let (place, case, run) = (place.unwrap_or_default(), Escaped(&change.case), change.run.to_string());
        writeln!(self, "<li><a href=\"#{place}\">{case}</a> <span class=\"soft\">{}</span></li>", Escaped(&run))
    }

    /// Each red case once, with where it is red.
    pub(super) fn write_broken(&mut self) -> fmt::Result {
        let groups = self.groups(Status::Fail, |case| case.case.as_str());
        if groups.is_empty() {
            return Ok(());
        }
        let mut groups: Vec<(&str, Vec<(&RunReport, &CaseReport)>)> = groups.into_iter().collect();
        groups.sort_by_key(|(_, cases)| std::cmp::Reverse(cases.len()));
        writeln!(
            self,
            "<section aria-labelledby=\"broken\">\n<h2 id=\"broken\">What is red</h2>\n<ol class=\"broken\">"
        )?;
        for (name, cases) in groups.iter().take(BROKEN) {
            let (run, first) = cases[0];
            write!(self, "<li class=\"group\"><h3><a href=\"#{}\">{}</a></h3> ", case_id(run, name), Escaped(name))?;
            writeln!(self, "<p class=\"what\">{}</p>", Escaped(&first.what))?;
            if let Some(failure) = first.failures.first() {
                let (expected, found) = (Escaped(&failure.expected), Escaped(&failure.found));
                writeln!(
                    self,
                    "<dl><dt>expected</dt><dd>{expected}</dd><dt>found</dt><dd class=\"found\">{found}</dd></dl>"
                )?;
            }
            self.write_places(cases)?;
            self.write_str("</li>\n")?;
        }
        self.write_rest(groups.len(), BROKEN)?;
        self.write_str("</ol>\n</section>\n")
    }

    fn groups<K: Ord>(&self, status: Status, key: impl Fn(&'r CaseReport) -> K) -> Groups<'r, K> {
        let mut groups: Groups<'r, K> = BTreeMap::new();
        for run in &self.report.runs {
            for case in run.cases.iter().filter(|case| case.status == status) {
                groups.entry(key(case)).or_default().push((run, case));
            }
        }
        groups
    }

    fn write_places(&mut self, cases: &[(&RunReport, &CaseReport)]) -> fmt::Result {
        let folded = cases.len() > FEW;
        if folded {
            write!(self, "<details><summary>in {} runs</summary>", cases.len())?;
        }
        self.write_str("<ul class=\"places\">\n")?;
        for (run, case) in cases.iter().take(PLACES) {
            let (id, key) = (case_id(run, &case.case), &run.key);
            let (client, server) = (Escaped(&key.client), Escaped(&key.server));
            let way = format!("{} {} {} {}", key.transport, key.mode, key.revision, key.surface);
            writeln!(
                self,
                "<li><a href=\"#{id}\">{client} → {server}</a> <span class=\"soft\">{}</span></li>",
                Escaped(&way)
            )?;
        }
        self.write_rest(cases.len(), PLACES)?;
        self.write_str(if folded { "</ul></details>\n" } else { "</ul>\n" })
    }

    fn write_rest(&mut self, all: usize, listed: usize) -> fmt::Result {
        match all.saturating_sub(listed) {
            0 => Ok(()),
            more => writeln!(self, "<li class=\"soft\">and {more} more, each with its run below</li>"),
        }
    }

    /// Known failures by their reason.
    pub(super) fn write_known(&mut self) -> fmt::Result {
        let groups = self.groups(Status::Known, |case| (case.reason.as_deref(), case.evidence.as_deref()));
        if groups.is_empty() {
            return Ok(());
        }
        let cases = self.report.score().known;
        writeln!(
            self,
            "<details class=\"list\"><summary>Known to fail: {cases}, by their reasons ({})</summary>",
            groups.len()
        )?;
        for ((reason, evidence), cases) in groups {
            let mut names: Vec<&str> = cases.iter().map(|(_, case)| case.case.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            let (reason, evidence) = (Escaped(reason.unwrap_or_default()), Linked(evidence.unwrap_or_default()));
            let names = names.join(" ");
            write!(self, "<div class=\"group\"><p>{reason} <span class=\"soft\">{evidence}</span></p>")?;
            writeln!(self, "<p class=\"names\">{}</p>", Escaped(&names))?;
            self.write_places(&cases)?;
            self.write_str("</div>\n")?;
        }
        self.write_str("</details>\n")
    }

    /// Cases and whole runs that a peer documents that it cannot do, by the reason.
    pub(super) fn write_left_out(&mut self) -> fmt::Result {
        let mut reasons: BTreeMap<(&str, &str), BTreeMap<String, usize>> = BTreeMap::new();
        for not in &self.report.not_run {
            let revision = not.revision.as_deref().unwrap_or_default();
            let run = format!("{} → {}, {} {} {revision}", not.client, not.server, not.transport, not.mode);
            *reasons.entry((&not.reason, &not.evidence)).or_default().entry(run).or_default() += 1;
        }
        for left in self.report.runs.iter().flat_map(|run| &run.left_out) {
            *reasons.entry((&left.reason, &left.evidence)).or_default().entry(left.case.clone()).or_default() += 1;
        }
        if reasons.is_empty() {
            return Ok(());
        }
        writeln!(
            self,
            "<details class=\"list\"><summary>Left out, because a peer cannot: by reasons ({})</summary>",
            reasons.len()
        )?;
        for ((reason, evidence), what) in reasons {
            let (reason, evidence) = (Escaped(reason), Linked(evidence));
            writeln!(self, "<div class=\"group\"><p>{reason} <span class=\"soft\">{evidence}</span></p><ul>")?;
            for (name, count) in what.iter().take(PLACES) {
                let times = if *count > 1 { format!(", in {count} runs") } else { String::new() };
                writeln!(self, "<li>{}{times}</li>", Escaped(name))?;
            }
            self.write_rest(what.len(), PLACES)?;
            self.write_str("</ul></div>\n")?;
        }
        self.write_str("</details>\n")
    }

    /// What each case shows, told once.
    pub(super) fn write_glossary(&mut self) -> fmt::Result {
        let cases =
            self.report.runs.iter().flat_map(|run| run.cases.iter().map(|case| (run.key.revision.as_str(), case)));
        let mut told: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
        for (revision, case) in cases {
            let entry = told.entry(&case.case).or_insert((&case.what, revision));
            entry.1 = entry.1.max(revision);
        }
        writeln!(
            self,
            "<details class=\"list\"><summary>What the {} cases show</summary><dl id=\"glossary\">",
            told.len()
        )?;
        for (name, (what, revision)) in told {
            write!(self, "<dt>{}</dt><dd>{}", Escaped(name), Escaped(what))?;
            if let Some(address) = sections::address(name, None, revision) {
                write!(self, " <a href=\"{}\">specification</a>", Escaped(&address))?;
            }
            self.write_str("</dd>\n")?;
        }
        self.write_str("</dl></details>\n")
    }
}
