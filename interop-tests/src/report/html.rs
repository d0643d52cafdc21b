//! `report.html`: one file without script and without anything from elsewhere. The matrix is on top; a
//! cell opens its runs, a failing case its expectation, the rule and the bytes.
//!
//! Everything that is not ours goes through `Escaped`: peers send what they like.

use std::fmt::{self, Display, Write};
use std::path::Path;

use super::{CaseReport, Failure, Report, RunReport, Score, Shown, Status, TraceLine, json};
use crate::error::Result;

const STYLE: &str = include_str!("report.css");

/// Text that may hold anything.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                // Shown as a picture of themselves: browsers drop them or stop at them.
                control @ '\0'..='\x1f' if !matches!(control, '\n' | '\t') => {
                    f.write_char(char::from_u32(0x2400 + control as u32).unwrap_or('�'))?;
                }
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

impl Report {
    /// Writes `report.html`, with the folders it needs.
    pub fn write_html(&self, path: &Path) -> Result<()> {
        json::write(path, &self.to_html())
    }

    /// The page.
    pub fn to_html(&self) -> String {
        let mut page = String::new();
        // Writing to a string cannot fail.
        let _ = self.write_page(&mut page);
        page
    }

    fn write_page(&self, page: &mut String) -> fmt::Result {
        let Score { pass, known, fail } = self.score();
        writeln!(
            page,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <title>Isogloss interop: {fail} red</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
             <h1>Isogloss interop</h1>\n\
             <p>Every client against every server. <b class=\"pass\">{pass} passed</b>, \
             <b class=\"known\">{known} known to fail</b>, <b class=\"fail\">{fail} red</b> in {} runs. \
             Choose a cell to see its cases.</p>",
            self.runs.len()
        )?;
        self.write_troubles(page)?;
        self.write_matrix(page)?;
        for client in &self.clients {
            for server in &self.servers {
                self.write_cell(page, &client.name, &server.name)?;
            }
        }
        self.write_not_run(page)?;
        page.push_str("</main>\n</body>\n</html>\n");
        Ok(())
    }

    fn write_troubles(&self, page: &mut String) -> fmt::Result {
        for not in &self.not_built {
            let (peer, problem) = (Escaped(&not.peer), Escaped(&not.problem));
            writeln!(
                page,
                "<details class=\"fail\"><summary>{peer} could not be built</summary><pre>{problem}</pre></details>"
            )?;
        }
        for stale in &self.stale {
            let (entry, problem) = (Escaped(&stale.entry), Escaped(&stale.problem));
            writeln!(page, "<p class=\"fail\">known-failing.toml: {entry}: {problem}</p>")?;
        }
        Ok(())
    }

    fn write_matrix(&self, page: &mut String) -> fmt::Result {
        page.push_str("<div class=\"wide\"><table>\n<thead><tr><th>client ↓ server →</th>");
        for server in &self.servers {
            let title = server.sdk.as_deref().unwrap_or(&server.language);
            write!(page, "<th title=\"{}\">{}</th>", Escaped(title), Escaped(&server.name))?;
        }
        page.push_str("</tr></thead>\n<tbody>\n");
        for client in &self.clients {
            write!(page, "<tr><th>{}</th>", Escaped(&client.name))?;
            for server in &self.servers {
                self.write_matrix_cell(page, &client.name, &server.name)?;
            }
            page.push_str("</tr>\n");
        }
        page.push_str("</tbody></table></div>\n");
        Ok(())
    }

    fn write_matrix_cell(&self, page: &mut String, client: &str, server: &str) -> fmt::Result {
        let score = self.cell_score(client, server);
        if score.total() == 0 {
            let text = if self.was_built(client) && self.was_built(server) { "–" } else { "not built" };
            return write!(page, "<td class=\"none\">{text}</td>");
        }
        let class = if score.fail > 0 {
            "fail"
        } else if score.known > 0 {
            "known"
        } else {
            "pass"
        };
        let (anchor, pass, total) = (anchor(client, server), score.pass, score.total());
        write!(page, "<td class=\"{class}\"><a href=\"#{anchor}\">{pass}/{total}</a></td>")
    }

    fn write_cell(&self, page: &mut String, client: &str, server: &str) -> fmt::Result {
        if self.cell(client, server).next().is_none() {
            return Ok(());
        }
        let anchor = anchor(client, server);
        writeln!(page, "<section id=\"{anchor}\">\n<h2>{} → {}</h2>", Escaped(client), Escaped(server))?;
        for run in self.cell(client, server) {
            write_run(page, run)?;
        }
        page.push_str("<p><a href=\"#\">Close</a></p>\n</section>\n");
        Ok(())
    }

    fn write_not_run(&self, page: &mut String) -> fmt::Result {
        if self.not_run.is_empty() {
            return Ok(());
        }
        page.push_str("<details><summary>Not run, because a peer documents that it cannot</summary><ul>\n");
        for not in &self.not_run {
            let revision = not.revision.as_deref().unwrap_or_default();
            writeln!(
                page,
                "<li>{} → {}, {} {} {}: {} ({})</li>",
                Escaped(&not.client),
                Escaped(&not.server),
                not.transport,
                not.mode,
                Escaped(revision),
                Escaped(&not.reason),
                Escaped(&not.evidence)
            )?;
        }
        page.push_str("</ul></details>\n");
        Ok(())
    }
}

fn write_run(page: &mut String, run: &RunReport) -> fmt::Result {
    let score = run.score();
    let open = if score.fail > 0 { " open" } else { "" };
    writeln!(
        page,
        "<details class=\"run\"{open}><summary>{} {} {}: {}/{}, {:.1} s</summary>\n<ul class=\"cases\">",
        run.transport,
        run.mode,
        Escaped(&run.revision),
        score.pass,
        score.total(),
        run.seconds
    )?;
    let mut cases: Vec<&CaseReport> = run.cases.iter().collect();
    cases.sort_by_key(|case| match case.status {
        Status::Fail => 0,
        Status::Known => 1,
        Status::Pass => 2,
    });
    for case in cases {
        write_case(page, run, case)?;
    }
    for left in &run.left_out {
        let (case, reason, evidence) = (Escaped(&left.case), Escaped(&left.reason), Escaped(&left.evidence));
        writeln!(page, "<li class=\"none\"><b>{case}</b> left out: {reason} ({evidence})</li>")?;
    }
    page.push_str("</ul>\n");
    write_trace(page, run)?;
    page.push_str("</details>\n");
    Ok(())
}

fn write_case(page: &mut String, run: &RunReport, case: &CaseReport) -> fmt::Result {
    let class = match case.status {
        Status::Pass => "pass",
        Status::Known => "known",
        Status::Fail => "fail",
    };
    let (name, what) = (Escaped(&case.case), Escaped(&case.what));
    if case.failures.is_empty() {
        return writeln!(page, "<li class=\"{class}\"><b>{name}</b> {what}</li>");
    }
    writeln!(page, "<li class=\"{class}\"><details><summary><b>{name}</b> {what}</summary>")?;
    if let (Some(reason), Some(evidence)) = (&case.reason, &case.evidence) {
        writeln!(page, "<p>Known: {} ({})</p>", Escaped(reason), Escaped(evidence))?;
    }
    for failure in &case.failures {
        write_failure(page, run, failure)?;
    }
    if case.more_failures > 0 {
        writeln!(page, "<p>and {} more</p>", case.more_failures)?;
    }
    page.push_str("</details></li>\n");
    Ok(())
}

fn write_failure(page: &mut String, run: &RunReport, failure: &Failure) -> fmt::Result {
    let (expected, found) = (Escaped(&failure.expected), Escaped(&failure.found));
    writeln!(page, "<dl><dt>expected</dt><dd>{expected}</dd><dt>found</dt><dd>{found}</dd>")?;
    if let Some(rule) = &failure.rule {
        writeln!(page, "<dt>rule</dt><dd><code>{}</code></dd>", Escaped(rule))?;
    }
    page.push_str("</dl>\n");
    let shown: Vec<&TraceLine> = run.trace.iter().filter(|line| failure.shown.contains(&line.place)).collect();
    if !shown.is_empty() {
        write_lines(page, &shown)?;
    }
    Ok(())
}

fn write_trace(page: &mut String, run: &RunReport) -> fmt::Result {
    if !run.trace.is_empty() {
        writeln!(page, "<details><summary>The wire, {} records</summary>", run.trace.len())?;
        write_lines(page, &run.trace.iter().collect::<Vec<_>>())?;
        page.push_str("</details>\n");
    }
    if !run.stderr.is_empty() {
        let stderr = Escaped(&run.stderr);
        writeln!(page, "<details><summary>The client's standard error</summary><pre>{stderr}</pre></details>")?;
    }
    Ok(())
}

fn write_lines(page: &mut String, lines: &[&TraceLine]) -> fmt::Result {
    page.push_str("<ol class=\"wire\">\n");
    for line in lines {
        let Shown { conversation, seq } = line.place;
        let (from, text) = (line.from, Escaped(&line.text));
        writeln!(
            page,
            "<li class=\"{from}\"><span>{}.{seq} {:.1} ms {from}</span><pre>{text}</pre></li>",
            conversation + 1,
            line.at_ms
        )?;
    }
    page.push_str("</ol>\n");
    Ok(())
}

/// Names of peers are ours, but an anchor must hold nothing that ends an attribute.
fn anchor(client: &str, server: &str) -> String {
    let plain =
        |name: &str| name.replace(|character: char| !character.is_ascii_alphanumeric() && character != '-', "_");
    format!("{}--to--{}", plain(client), plain(server))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::sample;

    #[test]
    fn nothing_a_peer_sends_becomes_markup() {
        let page = sample().to_html();
        assert!(!page.contains("<script"), "{page}");
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
        assert!(page.contains("what &lt;b&gt;it&lt;/b&gt; sends"));
        assert_eq!(Escaped("a\0\u{1b}[31m\"'&").to_string(), "a␀␛[31m&quot;&#39;&amp;");
    }

    #[test]
    fn the_page_needs_nothing_from_elsewhere() {
        let page = sample().to_html();
        for outside in ["src=", "@import", "url(", "<link", "href=\"http"] {
            assert!(!page.contains(outside), "{outside}");
        }
    }

    #[test]
    fn a_cell_leads_to_its_cases_and_a_failing_case_to_its_bytes_and_rule() {
        let page = sample().to_html();
        assert!(page.contains("<td class=\"fail\"><a href=\"#a--to--b\">0/1</a></td>"));
        let cell = page.split("<section id=\"a--to--b\">").nth(1).unwrap().split("</section>").next().unwrap();
        for part in ["2025-11-25 CallToolResult: /type", "1.2 1.5 ms server", "{&quot;&lt;&amp;&gt;&quot;}"] {
            assert!(cell.contains(part), "{part} in {cell}");
        }
    }
}
