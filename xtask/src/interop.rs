//! `cargo xtask interop`: generates, builds the peers, runs the matrix, prints it and writes the reports.

use std::fs;
use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;

use isogloss_interop::{Pattern, Report, Selection, Suite, Terminal, build_peers, run_matrix};

use crate::codegen;
use crate::readme;
use crate::root::root;

/// Run every client against every server: generate, build, run, report.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask interop
  cargo xtask interop --client 'ours-*' --server 'ours-*'
  cargo xtask interop --transport http --server rust
  cargo xtask interop --all
  cargo xtask interop --client go-sdk --server rmcp --mode legacy --case 'tools/*'
  cargo xtask interop --json > report.json

A run without a selection brings the matrix in README.md up to date. Ends with 0 when nothing is red that
interop-tests/known-failing.toml does not explain, and no entry of it is stale.")]
pub struct Args {
    /// Clients: names, or `ours-<language>` and `official-<language>`; globs, separated by commas.
    #[arg(long, default_value = "**")]
    client: String,
    /// Servers, the same way.
    #[arg(long, default_value = "**")]
    server: String,
    /// Transports: stdio, http.
    #[arg(long, default_value = "**")]
    transport: String,
    /// Client modes: auto, legacy, modern.
    #[arg(long, default_value = "**")]
    mode: String,
    /// Revisions, such as 2025-11-25 or 2025-*.
    #[arg(long, default_value = "**")]
    revision: String,
    /// Cases, such as tools/* or schema/**.
    #[arg(long, default_value = "**")]
    case: String,
    /// Everything, where nothing is picked: every mode and revision of every two peers over every transport.
    ///
    /// By default two peers of which neither is ours meet once over standard streams, and of the legacy revisions
    /// the first and the last that both have are spoken, all of them only between our own.
    #[arg(long)]
    all: bool,
    /// Print the report as JSON instead of the table.
    #[arg(long)]
    json: bool,
}

impl Args {
    fn selection(&self) -> Selection {
        Selection {
            usual: self.is_everything() && !self.all,
            client: Pattern::new(&self.client),
            server: Pattern::new(&self.server),
            transport: Pattern::new(&self.transport),
            mode: Pattern::new(&self.mode),
            revision: Pattern::new(&self.revision),
            case: Pattern::new(&self.case),
        }
    }

    fn is_everything(&self) -> bool {
        let all = [&self.client, &self.server, &self.transport, &self.mode, &self.revision, &self.case];
        all.iter().all(|pattern| *pattern == "**")
    }
}

/// Runs it.
pub fn run(args: &Args) -> Result<ExitCode, String> {
    let root = root();
    eprintln!("{}", codegen::write(&root)?);
    let (report, page) = matrix(&root, &args.selection())?;
    if args.is_everything() && !args.all && report.not_built.is_empty() && std::env::var_os("CI").is_none() {
        bring_up_to_date(&root.join("README.md"), &report)?;
    }
    if args.json {
        println!("{}", report.to_json().map_err(|e| e.to_string())?);
    } else {
        print!("{}", report.table(std::io::stdout().is_terminal()));
        println!("\nreport: {page}");
    }
    Ok(ExitCode::from(report.exit_code()))
}

/// Builds the peers and runs the matrix; writes both reports and answers where the page is.
pub fn matrix(root: &Path, selection: &Selection) -> Result<(Report, String), String> {
    let suite = Suite::open(root).map_err(|e| e.to_string())?;
    let mut progress = Terminal::new();
    let not_built = build_peers(&suite, selection, &mut progress).map_err(|e| e.to_string())?;
    let report = run_matrix(&suite, selection, not_built, &mut progress).map_err(|e| e.to_string())?;
    let page = suite.places.output.join("report.html");
    report.write_json(&suite.places.output.join("report.json")).map_err(|e| e.to_string())?;
    report.write_html(&page).map_err(|e| e.to_string())?;
    Ok((report, page.display().to_string()))
}

fn bring_up_to_date(path: &Path, report: &Report) -> Result<(), String> {
    let place = path.display();
    let text = fs::read_to_string(path).map_err(|e| format!("{place}: {e}"))?;
    let new = readme::with_matrix(&text, report).map_err(|e| format!("{place}: {e}"))?;
    if new != text {
        fs::write(path, new).map_err(|e| format!("{place}: {e}"))?;
        eprintln!("README.md: the matrix is brought up to date");
    }
    Ok(())
}
