//! Everything a run of the matrix needs, read and checked before the first process is started.

use std::path::Path;
use std::time::Duration;

use crate::balance;
use crate::cases::{self, Case};
use crate::data::Data;
use crate::error::{Error, Result};
use crate::known_failing::KnownFailing;
use crate::peers::Peers;
use crate::places::Places;
use crate::script::{self, Script};
use crate::spec::Spec;

/// Peers, cases, known failures and the specification.
pub struct Suite {
    /// Where things lie.
    pub places: Places,
    /// Who takes part.
    pub peers: Peers,
    /// What is looked at where a client goes through the steps.
    pub cases: Vec<Case>,
    /// What drivers are told to do.
    pub scripts: Vec<Script>,
    /// What is known to fail.
    pub known: KnownFailing,
    /// What the specification allows.
    pub spec: Spec,
    /// The program that records: `tee` and `proxy` are its words.
    pub recorder: String,
    /// Whether there is a load balancer for the scripts that want one.
    pub has_balancer: bool,
    /// When a client is ended by force.
    pub pair_timeout: Duration,
    /// How many clients run at once.
    pub jobs: usize,
}

/// Two keep two cores busy for most of the time; many more would make peers' own time limits fire.
pub const JOBS: usize = 2;

/// One client's whole way through the surface. The slowest takes about ten seconds on a busy machine;
/// a step has its own limit of a few seconds in the peer, so this fires only for a client that hangs.
const PAIR_TIMEOUT: Duration = Duration::from_secs(90);

impl Suite {
    /// Opens the suite of a repository: `interop-tests/` and `spec/` under `root`. The recorder is this
    /// program where it is `isogloss-interop`, and otherwise built as `build_peers` builds a peer.
    pub fn open(root: &Path) -> Result<Self> {
        Self::with(&Data::read(root)?, root, &root.join("interop-tests"), "peers.toml")
    }

    /// Opens the suite that is in this program for peers of another project. `{root}` is the folder of their file, and
    /// what they know to fail is in the `known-failing.toml` beside it, where there is one.
    pub fn of_peers(peers: &Path) -> Result<Self> {
        let name = peers.file_name().ok_or_else(|| Error::at(peers, "a file is wanted, such as peers.toml"))?;
        let folder = peers.parent().unwrap_or(Path::new(""));
        Self::with(&Data::embedded(), folder, folder, name)
    }

    fn with(data: &Data, root: &Path, folder: &Path, peers: impl AsRef<Path>) -> Result<Self> {
        // Commands must be absolute, whatever folder their reader is in.
        let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
        let root = &std::path::absolute(root).map_err(|error| Error::at(root, error))?;
        let places = Places::of_environment(root);
        Ok(Self {
            peers: Peers::load(&folder.join(peers))?,
            cases: cases::load(data)?,
            scripts: script::load(data)?,
            known: KnownFailing::load(&folder.join("known-failing.toml"))?,
            spec: Spec::load(data)?,
            recorder: recorder(&places),
            places,
            has_balancer: balance::is_there(),
            pair_timeout: PAIR_TIMEOUT,
            jobs: JOBS,
        })
    }
}

/// Name of the program that records; cargo gives it to the binary of this crate.
const PROGRAM: &str = "isogloss-interop";

fn recorder(places: &Places) -> String {
    let this = std::env::current_exe().ok();
    let own = this.filter(|path| path.file_stem().is_some_and(|stem| stem == PROGRAM));
    let built = || places.target.join("debug").join(format!("{PROGRAM}{}", std::env::consts::EXE_SUFFIX));
    own.unwrap_or_else(built).to_string_lossy().into_owned()
}
