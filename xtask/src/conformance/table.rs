//! What was found, for a terminal and for programs.

use std::fmt::Write;

use serde_json::json;

use super::Outcome;
use super::leg::{Leg, Status};

/// A line a leg, what there is to explain, and what was not expected.
pub fn table(outcome: &Outcome) -> String {
    let mut text = format!("{:<20} {:>10} {:>10} {:>10}   {}\n", "", "all", "scored", "unscored", "checks");
    for leg in &outcome.legs {
        text.push_str(&line(leg));
    }
    for leg in &outcome.legs {
        let mut reason = "";
        for (scenario, why) in outcome.explained(leg) {
            if why != reason {
                let _ = writeln!(text, "\n{} {}, expected: {why}", leg.role, leg.revision);
                reason = why;
            }
            let not_scored = scenario.not_scored.as_deref().map_or_else(String::new, |why| format!(" ({why})"));
            let _ = writeln!(text, "  {}{not_scored}: {}", scenario.name, scenario.summary());
        }
    }
    if outcome.problems.is_empty() {
        text.push_str("\nas expected\n");
    } else {
        let _ = writeln!(text, "\nnot expected (interop-tests/conformance/expected.toml):");
        for problem in &outcome.problems {
            let _ = writeln!(text, "  {problem}");
        }
    }
    text
}

fn line(leg: &Leg) -> String {
    let of = |(passed, all): (usize, usize)| format!("{passed}/{all}");
    let (scored, unscored) = (leg.count(true), leg.count(false));
    let all = (scored.0 + unscored.0, scored.1 + unscored.1);
    format!(
        "{:<20} {:>10} {:>10} {:>10}   {} passed, {} failed, {} warnings, {} skipped\n",
        format!("{} {}", leg.role, leg.revision),
        of(all),
        of(scored),
        of(unscored),
        leg.checks(Status::Success),
        leg.checks(Status::Failure),
        leg.checks(Status::Warning),
        leg.checks(Status::Skipped)
    )
}

/// All legs with all checks.
pub fn json(outcome: &Outcome) -> Result<String, String> {
    let count = |(passed, all): (usize, usize)| json!({ "passed": passed, "all": all });
    let leg = |leg: &Leg| {
        json!({
            "role": leg.role,
            "revision": leg.revision,
            "scored": count(leg.count(true)),
            "unscored": count(leg.count(false)),
            "scenarios": leg.scenarios,
        })
    };
    let legs: Vec<_> = outcome.legs.iter().map(leg).collect();
    serde_json::to_string_pretty(&json!({ "legs": legs, "not_expected": outcome.problems })).map_err(|e| e.to_string())
}
