//! `cargo xtask bench`: builds who takes part, says so to the benchmark (crate `bench/`), and has it measure.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::Arc;

use isogloss_interop::{Peer, Peers, Places, Terminal};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::lanes::Lane;
use crate::languages::Language;
use crate::project::Project;
use crate::step::Step;

const CONTESTANTS: &str = "bench/contestants.toml";
/// What measures, among the peers of that file.
const LOAD: &str = "load";
/// The page with the figures of the last whole run.
const PAGE: &str = "docs/benchmarks.md";

/// Measure our server beside the official SDK's and beside a server that does nothing but answer.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask bench
  cargo xtask bench rust --only stdio-64 --rounds 3
  cargo xtask bench --json > bench.json
  cargo xtask bench --quick        shows that it works, and nothing about speed

Each round starts everybody afresh in every cell, one after the other; every answer is checked. A whole run
(no --only, --quick or --rounds) writes the figures to docs/benchmarks.md. The machine should do nothing else.
Needs Linux. Who takes part is bench/contestants.toml.")]
pub struct Args {
    /// The language; Rust if it is not said.
    #[arg(value_enum, default_value = "rust")]
    language: Language,
    /// Only cells whose name has this in it, such as http-32 or add; several are alternatives.
    #[arg(long)]
    only: Vec<String>,
    /// How often everything is measured; 7 if it is not said.
    #[arg(long)]
    rounds: Option<usize>,
    /// Once, with few calls.
    #[arg(long)]
    quick: bool,
    /// Print JSON instead of the table.
    #[arg(long)]
    json: bool,
}

/// The languages that take part.
const MEASURED: [Language; 4] = [Language::Rust, Language::Typescript, Language::Go, Language::Python];
/// Enough for a median that hardly moves.
const ROUNDS: usize = 7;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "contestant")]
    contestants: Vec<Contestant>,
    /// Beside those of peers.toml.
    #[serde(rename = "peer")]
    peers: Vec<Peer>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Contestant {
    language: String,
    name: String,
    kind: String,
    peer: String,
    made_with: Packages,
    modes: Vec<Mode>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Packages {
    lock: String,
    packages: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mode {
    name: String,
    stdio: Option<Vec<String>>,
    http: Option<Vec<String>>,
}

/// Runs it.
pub fn run(args: &Args) -> Result<ExitCode, String> {
    let project = Project::open()?;
    let mut command = prepare(&project, args.language)?;
    let whole = args.only.is_empty() && !args.quick && args.rounds.is_none();
    command.args(args.only.iter().flat_map(|part| ["--only", part]));
    command.args(["--rounds", &args.rounds.unwrap_or(ROUNDS).to_string()]);
    command.args(args.quick.then_some("--quick")).args(args.json.then_some("--json"));
    if whole {
        command.arg("--page").arg(project.path(PAGE));
    }
    let status = command.status().map_err(|e| format!("the benchmark cannot be started: {e}"))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Shows that it works, with few calls and every answer checked: what it measures then says nothing about speed.
pub fn lane(project: &Arc<Project>) -> Lane {
    let steps = MEASURED.map(|language| {
        let project = Arc::clone(project);
        Step::check(language.word(), move || {
            let output = prepare(&project, language)?.arg("--quick").output().map_err(|e| e.to_string())?;
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8_lossy(&said).into_owned();
            if output.status.success() { Ok(said) } else { Err(said) }
        })
    });
    Lane { name: "bench".into(), steps: steps.into() }
}

/// Builds all that is needed; gives the command that measures.
fn prepare(project: &Project, language: Language) -> Result<Command, String> {
    let contestants = contestants(project, language)?;
    let file = project.places.target.join("bench").join(format!("{}.json", language.word()));
    let problem = |e: std::io::Error| format!("{}: {e}", file.display());
    fs::create_dir_all(file.parent().unwrap_or(&file)).map_err(problem)?;
    fs::write(&file, Value::from(contestants).to_string()).map_err(problem)?;
    let mut command = Command::new(project.places.target.join("release/isogloss-bench"));
    command.arg("--contestants").arg(&file).args(["--language", language.word()]);
    Ok(command)
}

/// Builds everybody of a language; says how each is started in each of its modes.
fn contestants(project: &Project, language: Language) -> Result<Vec<Value>, String> {
    let path = project.path(CONTESTANTS);
    let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut file: File = toml::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut peers = Peers::load(&project.path("interop-tests/peers.toml")).map_err(|e| e.to_string())?;
    peers.peers.append(&mut file.peers);
    let build = |peer: &Peer| {
        peer.in_mode("bench").build(&peers, &project.places, &mut Terminal::new()).map_err(|e| e.to_string())
    };
    build(peers.get(LOAD).map_err(|e| e.to_string())?)?;
    let mut shown = Vec::new();
    for contestant in file.contestants.into_iter().filter(|one| one.language == language.word()) {
        let peer = peers.get(&contestant.peer).map_err(|e| e.to_string())?;
        build(peer)?;
        let command = peer.command(&project.places, "bench").map_err(|e| e.to_string())?;
        shown.extend(contestant.modes(&command, &project.places)?);
    }
    if shown.is_empty() {
        return Err(format!("nobody takes part in the benchmark of {}: see {CONTESTANTS}", language.word()));
    }
    Ok(shown)
}

impl Contestant {
    fn modes(self, command: &[String], places: &Places) -> Result<Vec<Value>, String> {
        let made_with = self.made_with.versions(places)?;
        let words = |more: Option<Vec<String>>| -> Vec<String> {
            more.map(|more| command.iter().cloned().chain(more).collect()).unwrap_or_default()
        };
        let mode = |mode: Mode| {
            json!({
                "name": self.name, "kind": self.kind, "mode": mode.name, "made_with": made_with,
                "stdio": words(mode.stdio), "http": words(mode.http),
            })
        };
        Ok(self.modes.into_iter().map(mode).collect())
    }
}

impl Packages {
    /// `hyper 1.12.0, serde_json 1.0.150`, as the lock file of the language says.
    fn versions(&self, places: &Places) -> Result<String, String> {
        let path = PathBuf::from(places.fill(&self.lock));
        let problem = |e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
        let text = fs::read_to_string(&path).map_err(|e| problem(&e))?;
        let locked = match path.extension().and_then(OsStr::to_str) {
            Some("json") => in_package_lock(&serde_json::from_str(&text).map_err(|e| problem(&e))?),
            Some("mod") => in_lines(&text, ' '),
            Some("txt") => in_lines(&text, '='),
            _ => in_cargo_lock(&toml::from_str(&text).map_err(|e| problem(&e))?),
        };
        let version = |name: &String| {
            let version = locked.iter().find(|(locked, _)| locked == name);
            version.map(|(_, version)| format!("{name} {version}")).ok_or_else(|| problem(&format!("no {name}")))
        };
        Ok(self.packages.iter().map(version).collect::<Result<Vec<String>, String>>()?.join(", "))
    }
}

/// The names and versions in a Cargo.lock.
fn in_cargo_lock(lock: &toml::Table) -> Vec<(String, String)> {
    let packages = lock.get("package").and_then(toml::Value::as_array).map_or(&[][..], Vec::as_slice);
    let member = |package: &toml::Value, name| package.get(name).and_then(toml::Value::as_str).map(str::to_owned);
    packages.iter().filter_map(|package| Some((member(package, "name")?, member(package, "version")?))).collect()
}

/// The names and versions in a go.mod (`require name v1.2.3`, or a line of a block) or a requirements.txt
/// (`name==1.2.3`).
fn in_lines(text: &str, between: char) -> Vec<(String, String)> {
    let named = text.lines().filter_map(|line| {
        let line = line.trim().strip_prefix("require ").unwrap_or(line.trim());
        let (name, rest) = line.split_once(between)?;
        let version = rest.trim_start_matches(between).split_whitespace().next()?;
        Some((name.to_owned(), version.trim_start_matches('v').to_owned()))
    });
    named.collect()
}

/// The names and versions in a package-lock.json: the package's own, and those that it has installed.
fn in_package_lock(lock: &Value) -> Vec<(String, String)> {
    let packages = lock.get("packages").and_then(Value::as_object);
    let named = packages.into_iter().flatten().filter_map(|(path, package)| {
        let name = match path.strip_prefix("node_modules/") {
            Some(name) => name,
            None => package.get("name")?.as_str()?,
        };
        Some((name.to_owned(), package.get("version")?.as_str()?.to_owned()))
    });
    named.collect()
}
