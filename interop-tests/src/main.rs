//! The command line: `run` the matrix, `list` what would be run, `tee` or `proxy` a server's wire to a file.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use isogloss_interop::{
    Error, KnownFailing, Picked, Result, Selection, Suite, Terminal, balance, build_peers, exit_like, fault, plan,
    proxy, run_matrix, tee,
};

/// Runs every MCP client against every MCP server and checks the bytes between them.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:
  isogloss-interop run
  isogloss-interop run --client go --server 'rust,official-*' --revision 2026-07-28
  isogloss-interop list --client python-sdk
  isogloss-interop run --peers my-peers.toml
  isogloss-interop tee wire.jsonl -- my-server --stdio"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Builds the peers, runs the matrix, prints it, and writes report.html, report.json, report.xml and badge.svg.
    ///
    /// Ends with 0 when nothing is red that known-failing.toml does not explain, and no entry of it is stale.
    #[command(after_help = "Examples:
  isogloss-interop run
  isogloss-interop run --client 'ours-*' --server 'ours-*'
  isogloss-interop run --transport http --server rust
  isogloss-interop run --client go-sdk --server rmcp --mode legacy --case 'tools/*'
  isogloss-interop run --full --shard 1/4 --output one              # and 2/4, 3/4, 4/4 on other machines
  isogloss-interop run --full --take {one,two,three,four}/report.json
  isogloss-interop run --json > report.json")]
    Run {
        #[command(flatten)]
        picked: Picked,
        #[command(flatten)]
        whose: Whose,
        /// Prints the report as JSON instead of the table.
        #[arg(long)]
        json: bool,
        /// Takes the peers as they were built last.
        #[arg(long)]
        no_build: bool,
    },
    /// Says what would be run, and what would not and why.
    #[command(after_help = "Example:\n  isogloss-interop list --client rmcp --mode legacy")]
    List {
        #[command(flatten)]
        picked: Picked,
        #[command(flatten)]
        whose: Whose,
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
    /// Runs a server with its standard streams copied through, and records each line.
    ///
    /// Every byte is handed on as it comes; end of input, signals and the exit status pass through.
    #[command(after_help = "Example:\n  isogloss-interop tee wire.jsonl -- my-server --stdio")]
    Tee {
        /// The file that records are appended to, one JSON object a line.
        recording: PathBuf,
        /// The server's command.
        #[arg(last = true, required = true)]
        server: Vec<String>,
    },
    /// Runs a server with trouble before it: messages that are cut, lost, late, doubled, or a server that is killed.
    #[command(after_help = "Example:
  isogloss-interop fault '{\"what\":\"cut\",\"method\":\"tools/call\",\"bytes\":20}' -- my-server --stdio")]
    Fault {
        /// What happens to which messages, as JSON: src/fault.rs lists the members.
        fault: String,
        /// The server serves HTTP, and says where in its first line of output.
        #[arg(long)]
        http: bool,
        /// The server's command.
        #[arg(last = true, required = true)]
        server: Vec<String>,
    },
    /// Runs two processes of an HTTP server behind nginx, which gives each the next request in turn.
    #[command(after_help = "Example:\n  isogloss-interop balance /tmp/nginx -- my-server --http 0")]
    Balance {
        /// Where nginx has its files.
        folder: PathBuf,
        /// The server's command.
        #[arg(last = true, required = true)]
        server: Vec<String>,
    },
    /// Runs an HTTP server behind a proxy that records, until standard input is closed.
    ///
    /// The server's first line of output is {"url":"…"}; the proxy prints such a line of its own.
    #[command(after_help = "Example:\n  isogloss-interop proxy wire.jsonl -- my-server --http 0")]
    Proxy {
        /// The file that records are appended to, one JSON object a line.
        recording: PathBuf,
        /// The server's command.
        #[arg(last = true, required = true)]
        server: Vec<String>,
    },
}

/// Whose suite it is.
#[derive(Args)]
#[command(next_help_heading = "Whose")]
struct Whose {
    /// The repository: where interop-tests/ and spec/ are; the nearest one upwards by default.
    #[arg(long)]
    root: Option<PathBuf>,
    /// Peers of another project: its peers.toml. Cases, scripts and schemas are those of this program.
    #[arg(long, value_name = "FILE", conflicts_with = "root")]
    peers: Option<PathBuf>,
    /// What is known to fail; the known-failing.toml beside the peers by default.
    #[arg(long, value_name = "FILE")]
    known: Option<PathBuf>,
    /// Where recordings and reports go; target/interop by default.
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
}

impl Whose {
    /// The suite, and what is picked of it.
    fn picking(&self, picked: &Picked) -> Result<(Suite, Selection)> {
        if self.peers.is_some() && picked.wants_changes() {
            return Err(Error::new("--changed looks at this repository alone; leave it out, or --peers"));
        }
        let mut suite = self.suite()?;
        suite.jobs = picked.jobs();
        let selection = picked.selection(&suite.places.root)?;
        Ok((suite, selection))
    }

    fn suite(&self) -> Result<Suite> {
        let mut suite = match (&self.peers, &self.root) {
            (Some(peers), _) => Suite::of_peers(peers)?,
            (None, Some(root)) => Suite::open(root)?,
            (None, None) => Suite::open(&find_root()?)?,
        };
        if let Some(known) = &self.known {
            let text = std::fs::read_to_string(known).map_err(|error| Error::at(known, error))?;
            suite.known = KnownFailing::parse(&text).map_err(|problem| Error::at(known, problem))?;
        }
        if let Some(output) = &self.output {
            let output = std::path::absolute(output).map_err(|error| Error::at(output, error))?;
            suite.places.bin = output.join("bin");
            suite.places.output = output;
        }
        Ok(suite)
    }
}

/// The nearest folder upwards that has the suite's data.
fn find_root() -> Result<PathBuf> {
    let here = std::env::current_dir().map_err(|error| Error::new(format!("the current folder: {error}")))?;
    let found = here.ancestors().find(|folder| folder.join("interop-tests/peers.toml").is_file()).map(Path::to_owned);
    found.ok_or_else(|| {
        Error::new(
            "no interop-tests/peers.toml here or above; say where with --root, or name peers of your own with --peers",
        )
    })
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Run { picked, whose, json, no_build } => run(&whose, &picked, json, no_build),
        Command::List { picked, whose, json } => list(&whose, &picked, json),
        Command::Tee { recording, server } => tee(&recording, &server).map(|status| exit_like(status)),
        Command::Fault { fault: said, http, server } => fault(&said, http, &server).map(|()| ExitCode::SUCCESS),
        Command::Balance { folder, server } => balance(&folder, &server).map(|()| ExitCode::SUCCESS),
        Command::Proxy { recording, server } => proxy(&recording, &server).map(|()| ExitCode::SUCCESS),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("isogloss-interop: {error}");
        ExitCode::from(2)
    })
}

fn run(whose: &Whose, picked: &Picked, json: bool, no_build: bool) -> Result<ExitCode> {
    let (suite, selection) = whose.picking(picked)?;
    let taken = picked.taken(&selection, &suite.places.output)?;
    let mut progress = Terminal::new().until_interrupted();
    let not_built = if no_build { Vec::new() } else { build_peers(&suite, &selection, &mut progress)? };
    let mut report = run_matrix(&suite, &selection, taken, not_built, &mut progress)?;
    let written = report.write(&suite.places.output)?;
    if json {
        println!("{}", report.to_json()?);
    } else {
        print!("{}", report.table(std::io::stdout().is_terminal()));
        println!("\nreport: {}", written.page.display());
    }
    Ok(ExitCode::from(report.exit_code()))
}

fn list(whose: &Whose, picked: &Picked, json: bool) -> Result<ExitCode> {
    let (suite, selection) = whose.picking(picked)?;
    let plan = plan(&suite.peers, &selection);
    if json {
        let runs: Vec<serde_json::Value> = plan.runs.iter().map(as_json).collect();
        println!("{}", serde_json::json!({ "runs": runs, "not_run": plan.not_run }));
        return Ok(ExitCode::SUCCESS);
    }
    for run in &plan.runs {
        println!("{}", run.title());
    }
    for not in &plan.not_run {
        let revision = not.revision.as_deref().unwrap_or_default();
        println!(
            "not run: {} → {}, {} {} {revision}: {} ({})",
            not.client, not.server, not.transport, not.mode, not.reason, not.evidence
        );
    }
    println!("{} runs, {} left out", plan.runs.len(), plan.not_run.len());
    Ok(ExitCode::SUCCESS)
}

fn as_json(run: &isogloss_interop::Run<'_>) -> serde_json::Value {
    serde_json::json!({
        "client": run.client.name, "server": run.server.name, "transport": run.transport, "mode": run.mode,
        "revision": run.revision, "surface": run.surface,
    })
}
