//! interop-tests/conformance/expected.toml: what does not pass, each with its reason.

use std::path::Path;

use serde::Deserialize;

use super::Role;
use super::leg::Leg;

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    #[serde(default)]
    expected: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    language: String,
    role: Role,
    revision: String,
    scenarios: Vec<String>,
    reason: String,
}

impl Entry {
    fn is_about(&self, language: &str, leg: &Leg) -> bool {
        self.language == language && self.role == leg.role && self.revision == leg.revision
    }
}

impl Expected {
    /// Reads the file.
    pub fn load(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        Self::parse(&text).map_err(|e| format!("{}: {e}", path.display()))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let expected: Self = toml::from_str(text).map_err(|e| e.to_string())?;
        match expected.expected.iter().find(|entry| entry.reason.trim().is_empty()) {
            Some(entry) => Err(format!("{} has no reason", entry.scenarios.join(", "))),
            None => Ok(expected),
        }
    }

    /// Why a scenario of a leg is listed; none if it is not.
    pub fn reason(&self, language: &str, leg: &Leg, scenario: &str) -> Option<&str> {
        let lists =
            |entry: &&Entry| entry.is_about(language, leg) && entry.scenarios.iter().any(|name| name == scenario);
        self.expected.iter().find(lists).map(|entry| entry.reason.as_str())
    }

    /// What a leg has that is not listed, and what is listed that it has not; `whole` if all its scenarios were run.
    pub fn problems(&self, language: &str, leg: &Leg, whole: bool) -> Vec<String> {
        let entries = self.expected.iter().filter(|entry| entry.is_about(language, leg));
        let listed: Vec<&String> = entries.flat_map(|entry| &entry.scenarios).collect();
        let title = format!("{} {}", leg.role, leg.revision);
        let mut problems = Vec::new();
        for scenario in &leg.scenarios {
            let is_listed = listed.contains(&&scenario.name);
            if is_listed && !scenario.is_notable() {
                problems.push(format!(
                    "{title} {}: passes, and expected.toml says it does not: remove it there",
                    scenario.name
                ));
            }
            if !is_listed {
                problems.extend(scenario.notes().iter().map(|note| format!("{title} {}: {note}", scenario.name)));
            }
        }
        let unknown = listed.into_iter().filter(|name| !leg.scenarios.iter().any(|scenario| scenario.name == **name));
        if whole {
            problems.extend(unknown.map(|name| format!("{title} {name}: listed in expected.toml, and no scenario")));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::super::leg::{Check, Scenario, Status};
    use super::*;

    #[test]
    fn what_is_not_expected_is_a_problem_and_so_is_what_passes_though_listed() {
        let text = "[[expected]]\nlanguage = 'rust'\nrole = 'server'\nrevision = 'r'\nscenarios = ['a', 'b', 'gone']\nreason = 'why'";
        let expected = Expected::parse(text).expect("it is readable");
        let scenario = |name: &str, status| Scenario {
            name: name.into(),
            not_scored: None,
            checks: vec![Check { id: "id".into(), status, error_message: None }],
        };
        let leg = Leg {
            role: Role::Server,
            revision: "r".into(),
            scenarios: vec![
                scenario("a", Status::Failure),
                scenario("b", Status::Success),
                scenario("c", Status::Failure),
                scenario("d", Status::Warning),
                scenario("e", Status::Success),
            ],
        };
        let starts =
            ["server r b: passes", "server r c: failure id", "server r d: warning id", "server r gone: listed"];
        let problems = expected.problems("rust", &leg, true);
        assert_eq!(problems.len(), starts.len(), "{problems:?}");
        for (problem, start) in problems.iter().zip(starts) {
            assert!(problem.starts_with(start), "{problem}");
        }
        assert_eq!(expected.problems("rust", &leg, false).len(), 3);
        assert_eq!(expected.problems("go", &leg, true).len(), 3);
        assert!(Expected::parse(&text.replace("why", " ")).is_err());
    }
}
