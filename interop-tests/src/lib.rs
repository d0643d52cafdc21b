//! The interop suite: runs every MCP client against every MCP server, stands between them, and holds
//! both the caller's view and the bytes on the wire to what the case and the specification say.
//!
//! It talks to peers by process and bytes only and links no SDK. Begin at [`run_matrix`]; `PEER.md` is
//! the contract that a peer follows, `peers.toml` and `cases/` are the data.

mod balance;
mod cases;
mod conversation;
mod data;
mod error;
mod expect;
mod fault;
mod hostile;
mod http;
mod judge;
mod known_failing;
mod launch;
mod matrix;
mod outcome;
mod overlay;
mod pattern;
mod peer_build;
mod peers;
mod picked;
mod places;
mod process;
mod progress;
mod recording;
mod report;
mod revision;
mod run;
mod run_checks;
mod schema_check;
mod script;
mod served;
mod spec;
mod suite;
mod taken;
mod tee;
mod transport;
mod wire_rules;

pub use balance::balance;
pub use error::{Error, Result};
pub use fault::{Fault, fault};
pub use hostile::{Problem as HostileProblem, Report as HostileReport, Target, Verdict, run as throw};
pub use http::{Proxy, proxy};
pub use known_failing::{KnownFailing, Stale};
pub use matrix::{Extent, NotRun, Plan, Run, Selection, Shard, Surface, plan};
pub use pattern::Pattern;
pub use peers::{Origin, Peer, Peers};
pub use picked::Picked;
pub use places::Places;
pub use progress::{Advance, Progress, Silent, Terminal};
pub use recording::{Event, Record, Recorder, Recording, Side};
pub use report::{
    CaseReport, Change, Difference, FORMAT, Failure, LeftOut, NotBuilt, PeerInfo, Report, RunKey, RunReport, Score,
    Shown, Status, TraceLine, Written,
};
pub use revision::Mode;
pub use run::{build_peers, run_matrix};
pub use suite::Suite;
pub use taken::Taken;
pub use tee::{exit_like, tee};
pub use transport::Transport;
