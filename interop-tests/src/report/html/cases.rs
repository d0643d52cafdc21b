//! A case that does not pass: what was expected, what was found, which rule says so, and the bytes beside it.

use std::fmt::{self, Write};

use super::super::escaped::{Escaped, Text};
use super::super::trace::nearest;
use super::super::{CaseReport, Failure, RunReport, Shown, Status, TraceLine};
use super::{Page, sections};

/// What a line of the wire costs beside its text.
const MARKUP: usize = 120;
/// What a line shows at least, however little room there is.
const SHORTEST: usize = 200;
/// Records before and after those that show a failure: an answer is read with its request.
const AROUND: usize = 2;

impl Page<'_> {
    pub(super) fn write_case(&mut self, run: &RunReport, case: &CaseReport, open: bool) -> fmt::Result {
        let status = case.status;
        let (id, word) = (case_id(run, &case.case), if status == Status::Fail { "red" } else { "known" });
        let turn = self.turned.get(&(&run.key, case.case.as_str())).map(|turn| turn.words());
        let open = if open { " open" } else { "" };
        write!(
            self,
            "<details class=\"case {0}\" id=\"{id}\" data-case=\"{1}\"{open}><summary><span class=\"mark\">{word}</span> \
             <b>{1}</b>",
            status.word(),
            Escaped(&case.case)
        )?;
        if let Some(turn) = turn {
            write!(self, " <span class=\"turn\">{turn}</span>")?;
        }
        let Some(room) = self.room.for_case(status) else {
            return self.write_str(
                "</summary><p class=\"soft\">One of too many to tell each: see report.json.</p></details>\n",
            );
        };
        let before = self.text.len();
        writeln!(self, " <span class=\"what\">{}</span></summary>", Escaped(&case.what))?;
        if let (Some(reason), Some(evidence)) = (&case.reason, &case.evidence) {
            let (reason, evidence) = (Escaped(reason), Linked(evidence));
            writeln!(self, "<p class=\"reason\">{reason} <span class=\"soft\">{evidence}</span></p>")?;
        }
        for failure in &case.failures {
            self.write_failure(run, case, failure, room / case.failures.len())?;
        }
        self.room.told(status, self.text.len() - before);
        if case.more_failures > 0 {
            writeln!(self, "<p class=\"soft\">and {} more failures of this case</p>", case.more_failures)?;
        }
        self.write_str("</details>\n")
    }

    fn write_failure(&mut self, run: &RunReport, case: &CaseReport, failure: &Failure, room: usize) -> fmt::Result {
        let (expected, found) = (Escaped(&failure.expected), Escaped(&failure.found));
        write!(
            self,
            "<div class=\"failure\">\n<dl>\n<dt>expected</dt><dd>{expected}</dd>\n<dt>found</dt><dd class=\"found\">{found}</dd>\n"
        )?;
        if let Some(rule) = &failure.rule {
            writeln!(self, "<dt>rule</dt><dd><code>{}</code></dd>", Escaped(rule))?;
        }
        if let Some(address) = sections::address(&case.case, failure.rule.as_deref(), &run.key.revision) {
            let page = address.rsplit("/specification/").next().unwrap_or(&address);
            writeln!(self, "<dt>specification</dt><dd><a href=\"{0}\">{1}</a></dd>", Escaped(&address), Escaped(page))?;
        }
        self.write_str("</dl>\n")?;
        self.write_bytes(run, failure, room)?;
        self.write_str("</div>\n")
    }

    /// The records that show it, marked, and those next to them.
    fn write_bytes(&mut self, run: &RunReport, failure: &Failure, room: usize) -> fmt::Result {
        let is_near = |line: &&TraceLine| {
            failure.shown.iter().any(|shown| {
                let Shown { conversation, seq } = line.place;
                shown.conversation == conversation && shown.seq.abs_diff(seq) <= AROUND as u64
            })
        };
        let near: Vec<&TraceLine> = run.trace.iter().filter(is_near).collect();
        if near.is_empty() {
            return self.write_str("<p class=\"soft\">Nothing that passed on the wire shows this by itself; the run's trace is below.</p>\n");
        }
        self.write_str("<div class=\"bytes\">\n")?;
        self.write_lines(&near, &failure.shown, room)?;
        self.write_str("</div>\n")
    }

    /// As many lines as there is room for, nearest to what is shown first. One is always there, if only its beginning.
    pub(super) fn write_lines(&mut self, lines: &[&TraceLine], shown: &[Shown], room: usize) -> fmt::Result {
        let places: Vec<Shown> = lines.iter().map(|line| line.place).collect();
        let (room, longest) = (room.max(SHORTEST + MARKUP), room.max(SHORTEST));
        let cost = |index: usize| Text(&lines[index].text).len().min(longest) + MARKUP;
        let kept = nearest(&places, shown, cost, room.max(longest + MARKUP));
        self.write_str("<ol class=\"wire\">\n")?;
        let mut next = 0;
        for index in kept.iter().copied() {
            self.write_gap(index - next)?;
            self.write_line(lines[index], shown.contains(&lines[index].place), longest)?;
            next = index + 1;
        }
        self.write_gap(lines.len() - next)?;
        self.write_str("</ol>\n")
    }

    fn write_gap(&mut self, records: usize) -> fmt::Result {
        if records == 0 {
            return Ok(());
        }
        writeln!(self, "<li class=\"gap\">{records} more records, see report.json</li>")
    }

    fn write_line(&mut self, line: &TraceLine, shows: bool, longest: usize) -> fmt::Result {
        let Shown { conversation, seq } = line.place;
        let way = match &*line.from {
            "client" => "client → server",
            "server" => "server → client",
            "stderr" => "the server's standard error",
            other => other,
        };
        let (from, mark) = (&line.from, if shows { " shows" } else { "" });
        let end = (0..=longest.min(line.text.len())).rev().find(|end| line.text.is_char_boundary(*end)).unwrap_or(0);
        let cut = if end < line.text.len() { "…" } else { "" };
        writeln!(
            self,
            "<li class=\"{from}{mark}\"><span>{way} · {}.{seq} · {:.1} ms</span><pre>{}{cut}</pre></li>",
            conversation + 1,
            line.at_ms,
            Text(&line.text[..end])
        )
    }
}

/// The place of a case that did not pass.
pub(super) fn case_id(run: &RunReport, case: &str) -> String {
    let plain = |character: char| !character.is_ascii_alphanumeric() && !"-./_".contains(character);
    format!("{}/{}", run.key.slug(), case.replace(plain, "_"))
}

/// Text whose addresses are links.
pub(super) struct Linked<'a>(pub(super) &'a str);

impl fmt::Display for Linked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(start) = rest.find("https://") {
            let end = rest[start..].find(|character: char| character.is_whitespace() || ";,)\"".contains(character));
            let end = end.map_or(rest.len(), |end| start + end);
            let address = Escaped(&rest[start..end]);
            write!(f, "{}<a href=\"{address}\">{address}</a>", Escaped(&rest[..start]))?;
            rest = &rest[end..];
        }
        write!(f, "{}", Escaped(rest))
    }
}
