//! `report.xml`: the report for programs that read JUnit's results, as Jenkins' schema has them. A run is a suite; what
//! is known to fail or left out is skipped, with the reason.

use std::fmt::{self, Write};

use super::escaped::Escaped;
use super::{CaseReport, Report, RunReport, Score, Status};

impl Report {
    /// The XML.
    pub fn to_junit(&self) -> String {
        let mut xml = String::new();
        // Writing to a string cannot fail.
        let _ = self.write_suites(&mut xml);
        xml
    }

    fn write_suites(&self, xml: &mut String) -> fmt::Result {
        let Score { fail, .. } = self.score();
        let tests: usize = self.runs.iter().map(|run| run.cases.len() + run.left_out.len()).sum();
        let (errors, stale) = (self.errors(), self.stale.len());
        writeln!(
            xml,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <testsuites name=\"isogloss interop\" tests=\"{}\" failures=\"{}\" errors=\"{errors}\" time=\"{:.3}\">",
            tests + errors + stale,
            fail + stale,
            self.seconds
        )?;
        self.runs.iter().try_for_each(|run| write_run(xml, run))?;
        self.write_troubles(xml)?;
        xml.push_str("</testsuites>\n");
        Ok(())
    }

    /// Peers that were not built, and an interruption.
    fn errors(&self) -> usize {
        self.not_built.len() + usize::from(self.missing > 0)
    }

    /// What keeps the whole from being good, and belongs to no run.
    fn write_troubles(&self, xml: &mut String) -> fmt::Result {
        let (errors, failures) = (self.errors(), self.stale.len());
        if errors + failures == 0 {
            return Ok(());
        }
        let tests = errors + failures;
        writeln!(
            xml,
            "<testsuite name=\"suite\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"0\">"
        )?;
        if self.missing > 0 {
            let missing = self.missing;
            writeln!(
                xml,
                "<testcase classname=\"suite\" name=\"whole\"><error type=\"interrupted\" message=\"{missing} runs are missing\"/></testcase>"
            )?;
        }
        for not in &self.not_built {
            let (peer, problem) = (Escaped(&not.peer), Escaped(&not.problem));
            writeln!(
                xml,
                "<testcase classname=\"build\" name=\"{peer}\"><error type=\"build\" message=\"it was not built\">{problem}</error></testcase>"
            )?;
        }
        for stale in &self.stale {
            let (entry, problem) = (Escaped(&stale.entry), Escaped(&stale.problem));
            writeln!(
                xml,
                "<testcase classname=\"known-failing\" name=\"{entry}\"><failure type=\"stale\" message=\"{problem}\"/></testcase>"
            )?;
        }
        xml.push_str("</testsuite>\n");
        Ok(())
    }
}

fn write_run(xml: &mut String, run: &RunReport) -> fmt::Result {
    let Score { known, fail, .. } = run.score();
    let (tests, skipped) = (run.cases.len() + run.left_out.len(), known + run.left_out.len());
    let title = run.key.to_string();
    writeln!(
        xml,
        "<testsuite name=\"{}\" tests=\"{tests}\" failures=\"{fail}\" errors=\"0\" skipped=\"{skipped}\" time=\"{:.3}\">",
        Escaped(&title),
        run.seconds
    )?;
    let class = class(run);
    for case in &run.cases {
        write!(xml, "<testcase classname=\"{class}\" name=\"{}\"", Escaped(&case.case))?;
        match case.status {
            Status::Pass => xml.push_str("/>\n"),
            Status::Fail => write_failure(xml, case)?,
            Status::Known => write_skipped(xml, case.reason.as_deref().unwrap_or_default(), case.evidence.as_deref())?,
        }
    }
    for left in &run.left_out {
        write!(xml, "<testcase classname=\"{class}\" name=\"{}\"", Escaped(&left.case))?;
        write_skipped(xml, &left.reason, Some(&left.evidence))?;
    }
    xml.push_str("</testsuite>\n");
    Ok(())
}

/// Readers take what stands before the last point for a package: the two peers, then the way they met.
fn class(run: &RunReport) -> String {
    let key = &run.key;
    let word = |text: &str| Escaped(&text.replace('.', "_")).to_string();
    let (client, server, revision) = (word(&key.client), word(&key.server), word(&key.revision));
    format!("{client}.{server}.{}-{}-{revision}-{}", key.transport, key.mode, key.surface)
}

fn write_failure(xml: &mut String, case: &CaseReport) -> fmt::Result {
    let found = case.failures.first().map_or("it fails", |failure| failure.found.as_str());
    let kind = case.case.split('/').next().unwrap_or_default();
    write!(xml, "><failure type=\"{}\" message=\"{}\">{}", Escaped(kind), Escaped(found), Escaped(&case.what))?;
    for failure in &case.failures {
        write!(xml, "\nexpected {}\nfound    {}\n", Escaped(&failure.expected), Escaped(&failure.found))?;
        if let Some(rule) = &failure.rule {
            writeln!(xml, "rule     {}", Escaped(rule))?;
        }
    }
    if case.more_failures > 0 {
        writeln!(xml, "and {} more", case.more_failures)?;
    }
    xml.push_str("</failure></testcase>\n");
    Ok(())
}

fn write_skipped(xml: &mut String, reason: &str, evidence: Option<&str>) -> fmt::Result {
    let evidence = Escaped(evidence.unwrap_or_default()).to_string();
    writeln!(xml, "><skipped message=\"{}\">{evidence}</skipped></testcase>", Escaped(reason))
}

#[cfg(test)]
mod tests {
    use crate::known_failing::Stale;
    use crate::report::NotBuilt;
    use crate::report::tests::sample;

    #[test]
    fn a_run_is_a_suite_whose_red_cases_are_failures_and_whose_known_ones_are_skipped() {
        let mut report = sample();
        report.stale.push(Stale { entry: "x".into(), problem: "matches no failure".into() });
        report.not_built.push(NotBuilt { peer: "c".into(), problem: "no <compiler>".into(), optional: false });
        report.missing = 7;
        let xml = report.to_junit();
        for part in [
            "tests=\"6\" failures=\"2\" errors=\"2\" time=\"65.000\"",
            "<testsuite name=\"a → b, stdio auto 2025-11-25 reference\" tests=\"1\" failures=\"1\" errors=\"0\"",
            "<testcase classname=\"a.a.stdio-auto-2025-11-25-reference\" name=\"tools/add\"/>",
            "<failure type=\"schema\" message=\"/result: &quot;&lt;script&gt;alert(1)",
            "rule     2025-11-25 CallToolResult: /type",
            "<skipped message=\"they say so\">https://example.invalid/issue</skipped>",
            "message=\"it was not built\">no &lt;compiler&gt;</error>",
            "<error type=\"interrupted\" message=\"7 runs are missing\"/>",
            "<failure type=\"stale\" message=\"matches no failure\"/>",
        ] {
            assert!(xml.contains(part), "{part} in {xml}");
        }
    }
}
