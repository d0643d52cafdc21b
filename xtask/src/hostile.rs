//! `cargo xtask hostile <language>`: hostile input against a language's peer (spec/fixtures/hostile).

use std::process::ExitCode;

use isogloss_interop::{HostileReport, Pattern, Peers, Places, Target, Terminal, throw};

use crate::lanes::Lane;
use crate::languages::Language;
use crate::root::root;
use crate::step::Step;

/// Throw hostile input at a language's peer, over standard streams and over HTTP.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask hostile rust
  cargo xtask hostile rust --transport http --case 'framing/*'
  cargo xtask hostile rust --json > hostile.json
  cargo xtask hostile rust --command 'path/to/a/server --some-flag'
  cargo xtask hostile rust --peer go-sdk    another peer of interop-tests/peers.toml, for comparison

Ends with 0 when every case ended in the answer that it wants, and in a server that still answers.")]
pub struct Args {
    /// The language.
    #[arg(value_enum)]
    language: Language,
    /// `stdio` or `http`; both by default.
    #[arg(long, default_value = "**")]
    transport: String,
    /// Cases, such as json/* or framing/**.
    #[arg(long, default_value = "**")]
    case: String,
    /// A peer by its name instead of the language's own.
    #[arg(long)]
    peer: Option<String>,
    /// The command of any server's `server` mode, plain words, instead of a peer's.
    #[arg(long, conflicts_with = "peer")]
    command: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub fn run(args: &Args) -> Result<ExitCode, String> {
    let name = args.peer.clone().unwrap_or_else(|| args.language.word().to_owned());
    let target = match &args.command {
        Some(command) => Target { command: command.split_whitespace().map(str::to_owned).collect() },
        None => built(&name)?,
    };
    let reports = reports(&target, &Pattern::new(&args.transport), &Pattern::new(&args.case))?;
    if args.json {
        println!("{}", serde_json::Value::from(reports.iter().map(HostileReport::json).collect::<Vec<_>>()));
    } else {
        reports.iter().for_each(|report| print!("{}", report.table()));
    }
    Ok(ExitCode::from(u8::from(!reports.iter().all(HostileReport::is_good))))
}

/// A step a language whose peer has to live through all of it.
pub fn lane(languages: &[Language]) -> Lane {
    let step = |language: &Language| {
        let language = *language;
        Step::check(language.word(), move || check(language))
    };
    let steps = languages.iter().filter(|language| **language != Language::Project).map(step).collect();
    Lane { name: "hostile".into(), steps }
}

/// All of it against a language's own peer; what is wrong, if anything.
fn check(language: Language) -> Result<String, String> {
    let reports = reports(&built(language.word())?, &Pattern::everything(), &Pattern::everything())?;
    let table: String = reports.iter().map(HostileReport::table).collect();
    if reports.iter().all(HostileReport::is_good) { Ok(table) } else { Err(table) }
}

/// A peer of interop-tests/peers.toml, built.
fn built(name: &str) -> Result<Target, String> {
    let places = Places::of_environment(&root());
    let peers = Peers::load(&root().join("interop-tests/peers.toml")).map_err(|error| error.to_string())?;
    let peer = peers.get(name).map_err(|error| error.to_string())?;
    let command = peer.command(&places, "server").map_err(|error| error.to_string())?;
    peer.build(&peers, &places, &mut Terminal::new()).map_err(|error| error.to_string())?;
    Ok(Target { command })
}

fn reports(target: &Target, transport: &Pattern, picked: &Pattern) -> Result<Vec<HostileReport>, String> {
    throw(&root(), target, transport, picked).map_err(|error| error.to_string())
}
