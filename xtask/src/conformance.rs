//! `cargo xtask conformance <language>`: the official suite against our fixtures, a leg a role and revision, held to
//! what interop-tests/conformance/expected.toml expects.
//!
//! `suite` runs the official runner, `leg` reads what it found, `expected` compares, `table` shows.

mod expected;
mod fixture;
mod leg;
mod suite;
mod table;

use std::process::ExitCode;
use std::sync::Arc;

use crate::lanes::Lane;
use crate::languages::Language;
use crate::project::Project;
use crate::root::root;
use crate::step::Step;

use expected::Expected;
use fixture::Fixture;
use leg::{Leg, Scenario};
use suite::Suite;

/// Run the official conformance suite against the fixtures of a language.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask conformance rust
  cargo xtask conformance rust --revision 2026-07-28 --scenario server-stateless
  cargo xtask conformance rust --json > conformance.json
  cargo xtask conformance rust --url http://127.0.0.1:3000/mcp    a server that already runs

Ends with 0 when nothing fails, warns or is skipped that interop-tests/conformance/expected.toml does not list,
and everything listed there does.")]
pub struct Args {
    /// The language.
    #[arg(value_enum)]
    language: Language,
    /// One role; all that the language has by default.
    #[arg(long, value_enum)]
    role: Option<Role>,
    /// One revision; both by default.
    #[arg(long, value_parser = suite::REVISIONS)]
    revision: Option<String>,
    /// Scenarios whose name has this in it.
    #[arg(long)]
    scenario: Option<String>,
    /// Print all legs with all checks as JSON.
    #[arg(long)]
    json: bool,
    /// A server that already runs, instead of the fixture.
    #[arg(long)]
    url: Option<String>,
}

/// Which side of the wire the fixture is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The suite calls it.
    Server,
    /// It calls the suite.
    Client,
}

/// All legs of a language, and what is wrong with them.
pub struct Outcome {
    legs: Vec<Leg>,
    /// What was not expected, a line each.
    problems: Vec<String>,
    language: Language,
    expected: Expected,
}

impl Outcome {
    /// The scenarios of a leg that do not pass and are expected not to, with the reason.
    fn explained<'o>(&'o self, leg: &'o Leg) -> impl Iterator<Item = (&'o Scenario, &'o str)> {
        let notable = leg.scenarios.iter().filter(|scenario| scenario.is_notable());
        notable.filter_map(|one| Some((one, self.expected.reason(self.language.word(), leg, &one.name)?)))
    }
}

/// Runs it.
pub fn run(args: &Args) -> Result<ExitCode, String> {
    let project = Project::open()?;
    let outcome = outcome(&project, args)?;
    if args.json {
        println!("{}", table::json(&outcome)?);
    } else {
        print!("{}", table::table(&outcome));
    }
    Ok(if outcome.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The suite against the languages that have a fixture. One step after the other: each starts servers.
pub fn lane(project: &Arc<Project>, languages: &[Language]) -> Lane {
    let with_fixture = languages
        .iter()
        .filter(|language| Fixture::of(project, **language).is_ok_and(|fixture| !fixture.roles().is_empty()));
    let step = |language: &Language| {
        let (project, language) = (Arc::clone(project), *language);
        Step::check(language.word(), move || check(&project, language))
    };
    Lane { name: "conformance".into(), steps: with_fixture.map(step).collect() }
}

/// Both revisions in all roles: the counts, and what is wrong as an error.
fn check(project: &Project, language: Language) -> Result<String, String> {
    let args = Args { language, role: None, revision: None, scenario: None, json: false, url: None };
    let outcome = outcome(project, &args)?;
    let shown = table::table(&outcome);
    if outcome.problems.is_empty() { Ok(shown) } else { Err(shown) }
}

fn outcome(project: &Project, args: &Args) -> Result<Outcome, String> {
    let suite = Suite::install(project)?;
    let expected = Expected::load(&root().join("interop-tests/conformance/expected.toml"))?;
    let fixture = Fixture::of(project, args.language)?;
    let roles: Vec<Role> =
        fixture.roles().into_iter().filter(|role| args.role.is_none_or(|only| only == *role)).collect();
    if roles.is_empty() {
        let role = args.role.map_or_else(String::new, |role| format!(" as {role}"));
        return Err(format!("the peer {} has no fixture{role}: see its modes in peers.toml", args.language.word()));
    }
    let (mut legs, mut problems) = (Vec::new(), Vec::new());
    for role in roles {
        let target = fixture.start(role, args.url.as_deref())?;
        for revision in
            suite::REVISIONS.into_iter().filter(|one| args.revision.as_deref().is_none_or(|only| only == *one))
        {
            let leg = suite.run(role, revision, target.word(), args.scenario.as_deref())?;
            problems.extend(expected.problems(args.language.word(), &leg, args.scenario.is_none()));
            legs.push(leg);
        }
    }
    Ok(Outcome { legs, problems, language: args.language, expected })
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Role::Server => "server",
            Role::Client => "client",
        })
    }
}
