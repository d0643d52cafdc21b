//! What a person picks of the matrix on the command line, for every program that runs it.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use crate::error::{Error, Result};
use crate::matrix::{Extent, Selection, Shard};
use crate::pattern::Pattern;
use crate::peers::Peers;
use crate::suite::JOBS;
use crate::taken::Taken;

/// The options. Whatever is picked by name is run whole, unless `--ours` or `--pairwise` says otherwise.
#[derive(Args)]
#[command(next_help_heading = "Picking")]
pub struct Picked {
    /// Clients: names, or `ours-<language>` and `official-<language>`; globs, separated by commas.
    #[arg(long, default_value = "**")]
    client: String,
    /// Servers, the same way.
    #[arg(long, default_value = "**")]
    server: String,
    /// Transports: stdio, http (answers as the server finds fitting), http-json, http-stream.
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
    /// Every two peers of which one is ours: each two of transport, revision and mode meet.
    #[arg(long)]
    ours: bool,
    /// Every two peers, of others as well: between them each two of transport, revision, mode and surface meet.
    #[arg(long, conflicts_with = "ours")]
    pairwise: bool,
    /// Everything: every mode and revision of every two peers over every transport.
    #[arg(long, conflicts_with_all = ["ours", "pairwise"])]
    full: bool,
    /// What changes since a commit touch, as --ours runs it: HEAD if none is named.
    #[arg(long, num_args = 0..=1, default_missing_value = "HEAD", value_name = "COMMIT")]
    changed: Option<String>,
    /// A part of it, such as 1/4, so that several machines run it together.
    #[arg(long, value_name = "PART", default_value = "1/1", hide_default_value = true)]
    shard: Shard,
    /// Reports of the same question, as JSON: runs that they have are taken from them, and only the rest is run.
    #[arg(long, num_args = 1.., value_name = "REPORT")]
    take: Vec<PathBuf>,
    /// How many clients run at once. With many, the peers' own limits of time begin to show.
    #[arg(long, short, default_value_t = JOBS, value_parser = at_least_one)]
    jobs: usize,
}

fn at_least_one(text: &str) -> std::result::Result<usize, String> {
    text.parse().ok().filter(|jobs| *jobs > 0).ok_or_else(|| "expected a whole number from 1 on".to_owned())
}

impl Picked {
    /// What is to be run of the suite of a repository.
    pub fn selection(&self, root: &Path) -> Result<Selection> {
        let touched = self.changed.as_deref().map(|commit| touched(root, commit)).transpose()?.flatten();
        Ok(Selection {
            client: Pattern::new(&self.client),
            server: Pattern::new(&self.server),
            transport: Pattern::new(&self.transport),
            mode: Pattern::new(&self.mode),
            revision: Pattern::new(&self.revision),
            case: Pattern::new(&self.case),
            extent: self.extent(),
            touched,
            shard: self.shard,
        })
    }

    /// What need not be run again; `into` is the folder that the report will be in.
    pub fn taken(&self, selection: &Selection, into: &Path) -> Result<Taken> {
        Taken::read(&self.take, selection, into)
    }

    /// How many clients run at once.
    pub fn jobs(&self) -> usize {
        self.jobs
    }

    /// Whether nothing is left out but by how much is run.
    pub fn is_everything(&self) -> bool {
        self.names_nothing() && self.shard.is_everything()
    }

    fn names_nothing(&self) -> bool {
        let all = [&self.client, &self.server, &self.transport, &self.mode, &self.revision, &self.case];
        all.iter().all(|pattern| *pattern == "**") && self.changed.is_none()
    }

    /// Whether only what changes touch is to be run.
    pub fn wants_changes(&self) -> bool {
        self.changed.is_some()
    }

    /// How much of it is run.
    pub fn extent(&self) -> Extent {
        match self {
            Self { full: true, .. } => Extent::Full,
            Self { pairwise: true, .. } => Extent::Pairwise,
            Self { ours: true, .. } | Self { changed: Some(_), .. } => Extent::Ours,
            _ if self.names_nothing() => Extent::Usual,
            _ => Extent::Full,
        }
    }
}

/// The peers whose sources have changed since a commit; none where something has changed that all of them share.
fn touched(root: &Path, commit: &str) -> Result<Option<Vec<String>>> {
    let peers = Peers::load(&root.join("interop-tests/peers.toml"))?;
    let mut changed = git(root, &["diff", "--name-only", commit, "--"])?;
    changed.extend(git(root, &["ls-files", "--others", "--exclude-standard"])?);
    Ok(peers.touched_by(&changed))
}

fn git(root: &Path, words: &[&str]) -> Result<Vec<String>> {
    let said = Command::new("git").args(words).current_dir(root).output();
    let said =
        said.map_err(|error| Error::new(format!("git, which says what has changed, cannot be started: {error}")))?;
    if !said.status.success() {
        let problem = String::from_utf8_lossy(&said.stderr);
        return Err(Error::new(format!("git {}: {}", words.join(" "), problem.trim())));
    }
    Ok(String::from_utf8_lossy(&said.stdout).lines().map(str::to_owned).collect())
}
