//! A leg: a role in a revision, its scenarios, and what the suite found in each.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Role;

/// A role in a revision.
#[derive(Debug, Serialize)]
pub struct Leg {
    /// Which side the fixture was on.
    pub role: Role,
    /// Whose scenarios they are, and what is spoken.
    pub revision: String,
    /// In the order of the suite.
    pub scenarios: Vec<Scenario>,
}

/// One of the suite's scenarios.
#[derive(Debug, Serialize)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// Why the suite does not score it; none if it does.
    pub not_scored: Option<String>,
    /// What it looked at; empty if it has left no result.
    pub checks: Vec<Check>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// The suite's id of it.
    pub id: String,
    /// How it went.
    pub status: Status,
    /// What is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// Well.
    Success,
    /// A MUST is broken.
    Failure,
    /// A SHOULD is.
    Warning,
    /// Not looked at.
    Skipped,
    /// Nothing to be judged.
    Info,
}

/// How a scenario went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Something was looked at, and nothing failed.
    Passed,
    /// Something failed, or there is no result.
    Failed,
    /// Nothing was looked at.
    Skipped,
}

impl Leg {
    /// Reads the results that the suite left in a folder; answers of how many scenarios.
    pub fn read(&mut self, output: &Path) -> Result<usize, String> {
        let problem = |path: &Path, e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
        let mut found = Vec::new();
        results(output, &mut found).map_err(|e| problem(output, &e))?;
        let mut count = 0;
        for (folder, path) in found {
            let Some(scenario) = self.scenarios.iter_mut().find(|one| is_of(&folder, self.role, &one.name)) else {
                continue;
            };
            let text = fs::read_to_string(&path).map_err(|e| problem(&path, &e))?;
            scenario.checks = serde_json::from_str(&text).map_err(|e| problem(&path, &e))?;
            count += 1;
        }
        Ok(count)
    }

    /// How many pass of those that are scored, or of those that are not.
    pub fn count(&self, scored: bool) -> (usize, usize) {
        let those = || self.scenarios.iter().filter(|scenario| scenario.not_scored.is_none() == scored);
        (those().filter(|scenario| scenario.verdict() == Verdict::Passed).count(), those().count())
    }

    /// How many checks went so.
    pub fn checks(&self, status: Status) -> usize {
        self.scenarios.iter().flat_map(|scenario| &scenario.checks).filter(|check| check.status == status).count()
    }
}

impl Scenario {
    /// How it went.
    pub fn verdict(&self) -> Verdict {
        let any = |status| self.checks.iter().any(|check| check.status == status);
        if any(Status::Failure) || self.checks.is_empty() {
            Verdict::Failed
        } else if any(Status::Success) || any(Status::Warning) {
            Verdict::Passed
        } else {
            Verdict::Skipped
        }
    }

    /// Whether there is something to explain: it does not pass, or not without a warning.
    pub fn is_notable(&self) -> bool {
        self.verdict() != Verdict::Passed || self.checks.iter().any(|check| check.status == Status::Warning)
    }

    /// The ids of what failed or warned, in a line.
    pub fn summary(&self) -> String {
        let ids = |status, what: &str| {
            let ids: Vec<&str> =
                self.checks.iter().filter(|check| check.status == status).map(|check| &*check.id).collect();
            (!ids.is_empty()).then(|| format!("{what} {}", ids.join(", ")))
        };
        match self.verdict() {
            Verdict::Failed if self.checks.is_empty() => "no result".into(),
            Verdict::Skipped => "skipped".into(),
            _ => [ids(Status::Failure, "failed"), ids(Status::Warning, "warned")]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join("; "),
        }
    }

    /// What there is to explain, a line a check.
    pub fn notes(&self) -> Vec<String> {
        let wrong = self.checks.iter().filter(|check| matches!(check.status, Status::Failure | Status::Warning));
        let mut notes: Vec<String> = wrong.map(Check::note).collect();
        match self.verdict() {
            Verdict::Failed if self.checks.is_empty() => notes.push("no result".into()),
            Verdict::Skipped => notes.push("skipped".into()),
            _ => {}
        }
        notes
    }
}

impl Check {
    fn note(&self) -> String {
        let what = if self.status == Status::Warning { "warning" } else { "failure" };
        let why = self.error_message.as_deref().unwrap_or_default();
        format!("{what} {}: {why}", self.id).trim_end_matches([':', ' ']).to_owned()
    }
}

/// All `checks.json` below a folder, with the path of their folders from it. A scenario's name may have slashes.
fn results(output: &Path, found: &mut Vec<(String, std::path::PathBuf)>) -> std::io::Result<()> {
    let mut folders = vec![output.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name == "checks.json") {
                let own = folder.strip_prefix(output).unwrap_or(&folder).to_string_lossy().replace('\\', "/");
                found.push((own, path));
            }
        }
    }
    Ok(())
}

/// Whether a folder is a scenario's: `server-tools-list-2026-11-25T17-57-46-207Z`, a client's without its role.
fn is_of(folder: &str, role: Role, scenario: &str) -> bool {
    let name = match role {
        Role::Server => folder.strip_prefix("server-"),
        Role::Client => Some(folder),
    };
    let time = name.and_then(|name| name.strip_prefix(scenario)).and_then(|rest| rest.strip_prefix('-'));
    time.is_some_and(|time| time.starts_with(|first: char| first.is_ascii_digit()) && time.contains('T'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_belongs_to_one_scenario() {
        let time = "2026-11-25T17-57-46-207Z";
        for (folder, role, scenario, is) in [
            ("server-tools-list-", Role::Server, "tools-list", true),
            ("server-server-stateless-", Role::Server, "server-stateless", true),
            ("server-json-schema-2020-12-", Role::Server, "json-schema-2020-12", true),
            ("server-tools-call-error-", Role::Server, "tools-call", false),
            ("auth/dpop-", Role::Client, "auth/dpop", true),
            ("auth/dpop-nonce-", Role::Client, "auth/dpop", false),
        ] {
            assert_eq!(is_of(&format!("{folder}{time}"), role, scenario), is, "{folder} {scenario}");
        }
    }

    #[test]
    fn a_scenario_passes_if_something_was_seen_and_nothing_failed() {
        let check = |status| Check { id: "id".into(), status, error_message: Some("why".into()) };
        for (statuses, verdict, notes) in [
            (vec![Status::Success, Status::Info], Verdict::Passed, vec![]),
            (vec![Status::Success, Status::Warning], Verdict::Passed, vec!["warning id: why"]),
            (vec![Status::Success, Status::Failure], Verdict::Failed, vec!["failure id: why"]),
            (vec![Status::Skipped], Verdict::Skipped, vec!["skipped"]),
            (vec![], Verdict::Failed, vec!["no result"]),
        ] {
            let checks = statuses.iter().copied().map(check).collect();
            let scenario = Scenario { name: "s".into(), not_scored: None, checks };
            assert_eq!(
                (scenario.verdict(), scenario.notes()),
                (verdict, notes.iter().map(|&n| n.to_owned()).collect()),
                "{statuses:?}"
            );
            assert_eq!(scenario.is_notable(), !notes.is_empty(), "{statuses:?}");
        }
    }
}
