//! The official runner: installed with the Node that it needs, asked what a revision requires, and run.
//!
//! `--requirements <revision>` makes it run the revision's frozen list and what it does not score; each scenario
//! leaves a `checks.json` in a folder of its own. Its exit status and its summary say less, and are not used.

use std::fs;
use std::path::{Path, PathBuf};

use super::Role;
use super::leg::{Leg, Scenario};
use crate::install;
use crate::project::Project;
use crate::screen::Screen;
use crate::step::{Call, Done};

/// The revisions that it has lists for.
pub const REVISIONS: [&str; 2] = ["2025-11-25", "2026-07-28"];
/// How long it waits for one scenario, in milliseconds.
const TIMEOUT: &str = "30000";

/// The runner.
pub struct Suite<'p> {
    project: &'p Project,
    folder: PathBuf,
}

impl<'p> Suite<'p> {
    /// Installs what the lock file says, unless it is there.
    pub fn install(project: &'p Project) -> Result<Self, String> {
        let folder = project.path("interop-tests/conformance");
        install::npm(project, &folder)?;
        Ok(Suite { project, folder })
    }

    /// Runs a leg: all scenarios, or those with this in their name.
    pub fn run(&self, role: Role, revision: &str, target: &str, only: Option<&str>) -> Result<Leg, String> {
        let mut scenarios = self.listed(role, revision)?;
        scenarios.retain(|scenario| only.is_none_or(|part| scenario.name.contains(part)));
        if scenarios.is_empty() {
            return Err(format!("no {role} scenario of {revision} has {} in its name", only.unwrap_or_default()));
        }
        let output = self.project.places.target.join("conformance").join(format!("{role}-{revision}"));
        // Results of an earlier run would be taken for this one's.
        match fs::remove_dir_all(&output) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(format!("{}: {error}", output.display()));
            }
            _ => {}
        }
        let calls = match only {
            None => vec![self.ask(role, revision, target, &["--requirements", revision], &output)],
            Some(_) => scenarios
                .iter()
                .map(|one| {
                    // An extension's is of no revision, and would be skipped.
                    let which = ["--scenario", &one.name, "--spec-version", revision, "--force"];
                    self.ask(role, revision, target, &which, &output)
                })
                .collect(),
        };
        let name = format!("{role} {revision}");
        let said = self.shown(&name, calls)?;
        let mut leg = Leg { role, revision: revision.into(), scenarios };
        let read = leg.read(&output)?;
        if read == 0 {
            return Err(format!("the runner left no results in {}. It said:\n{}", output.display(), said.trim_end()));
        }
        Ok(leg)
    }

    /// Its scenarios of a revision, in its order, and why it does not score some.
    fn listed(&self, role: Role, revision: &str) -> Result<Vec<Scenario>, String> {
        let said = self
            .call(&["list", "--requirements", revision])
            .run(&self.project.toolchains, &self.log(&format!("list-{revision}")))?;
        let listed = list(&said, role);
        if listed.is_empty() { Err(format!("the runner lists no {role} scenario of {revision}")) } else { Ok(listed) }
    }

    fn ask(&self, role: Role, revision: &str, target: &str, what: &[&str], output: &Path) -> (String, Call) {
        let to = match role {
            Role::Server => "--url",
            Role::Client => "--command",
        };
        let output = output.to_string_lossy();
        let mut args = vec![if role == Role::Server { "server" } else { "client" }, to, target];
        args.extend(what);
        args.extend(["--timeout", TIMEOUT, "--output-dir", &*output]);
        (format!("{role}-{revision}"), self.call(&args))
    }

    fn call(&self, args: &[&str]) -> Call {
        let bin = |name: &str| self.folder.join("node_modules/.bin").join(name).to_string_lossy().into_owned();
        let args = [bin("conformance")].into_iter().chain(args.iter().map(|&arg| arg.to_owned())).collect();
        Call { program: bin("node"), args, dir: self.folder.clone(), env: Vec::new(), silent: false }
    }

    fn log(&self, name: &str) -> PathBuf {
        self.project.logs().join(format!("conformance-{name}.log"))
    }

    /// Makes the calls, and shows that they are being made. The runner's status is no problem of its own.
    fn shown(&self, name: &str, calls: Vec<(String, Call)>) -> Result<String, String> {
        let screen = Screen::new();
        let what = format!("conformance: {name}");
        let started = std::time::Instant::now();
        screen.begin(&what);
        let mut said = String::new();
        for (log, call) in calls {
            said.push_str(&call.run(&self.project.toolchains, &self.log(&log)).unwrap_or_else(|said| said));
        }
        let done = Done {
            lane: "conformance".into(),
            name: name.into(),
            ok: true,
            took: Some(started.elapsed()),
            read: crate::reading::Read::default(),
            shown: String::new(),
        };
        screen.end(&what, &done);
        Ok(said)
    }
}

/// What `list --requirements` says, for one role.
fn list(said: &str, role: Role) -> Vec<Scenario> {
    let mut scenarios = Vec::new();
    let mut mine = false;
    // Why what follows is not scored; none where it is.
    let mut reason: Option<String> = None;
    for line in said.lines() {
        let trimmed = line.trim();
        if let Some(item) = trimmed.strip_prefix("- ") {
            let (name, of) =
                item.split_once(" [").map_or((item, None), |(name, rest)| (name, Some(rest.trim_end_matches(']'))));
            if of.map_or(mine, |of| of == role.to_string()) {
                scenarios.push(Scenario { name: name.into(), not_scored: reason.clone(), checks: Vec::new() });
            }
        } else if line.starts_with("Server scenarios") || line.starts_with("Client scenarios") {
            mine = line.to_lowercase().starts_with(&role.to_string());
            reason = None;
        } else if let Some((why, _)) = trimmed.split_once(" (").filter(|_| trimmed.ends_with("):")) {
            reason = Some(why.into());
        }
    }
    scenarios
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "Server scenarios (test against a server):
  - server-stateless
  - tools-list

Client scenarios (test against a client):
  - tools_call

Run and reported, but never scored:
  extension (2):
    - auth/dpop [client]
    - tasks-lifecycle [server]
  pending (1):
    - json-schema-2020-12 [server]
";

    #[test]
    fn what_a_revision_requires_is_read_a_role_at_a_time() {
        let names = |role| -> Vec<(String, Option<String>)> {
            list(SAID, role).into_iter().map(|scenario| (scenario.name, scenario.not_scored)).collect()
        };
        let of = |name: &str, why: Option<&str>| (name.to_owned(), why.map(str::to_owned));
        assert_eq!(
            names(Role::Server),
            [
                of("server-stateless", None),
                of("tools-list", None),
                of("tasks-lifecycle", Some("extension")),
                of("json-schema-2020-12", Some("pending"))
            ]
        );
        assert_eq!(names(Role::Client), [of("tools_call", None), of("auth/dpop", Some("extension"))]);
    }
}
