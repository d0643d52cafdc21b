//! Who meets whom: the product of clients, servers, modes and revisions, filtered by what both declare.
//!
//! Pure: no process is started here, and the order is that of `peers.toml`.

mod extent;
mod shard;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use extent::Extent;
pub use shard::Shard;

use crate::cases::{Case, Circumstances};
use crate::pattern::Pattern;
use crate::peers::{Lack, Peer, Peers, Role, Way};
use crate::report::LeftOut;
use crate::revision::{Mode, is_modern};
use crate::script::Script;
use crate::transport::Transport;

/// The first revision that defines Streamable HTTP; before it there was another transport over HTTP.
const FIRST_STREAMABLE: &str = "2025-03-26";

/// What a person picked; everything by default.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Clients, by name or alias.
    pub client: Pattern,
    /// Servers, by name or alias.
    pub server: Pattern,
    /// Transports.
    pub transport: Pattern,
    /// Client modes.
    pub mode: Pattern,
    /// Revisions.
    pub revision: Pattern,
    /// Cases.
    pub case: Pattern,
    /// How much of all that is picked.
    pub extent: Extent,
    /// Only runs that one of these peers takes part in.
    pub touched: Option<Vec<String>>,
    /// Only this part of what is left then.
    pub shard: Shard,
}

/// What a server offers in a run, and so what its client is asked to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Surface {
    /// The reference surface of PEER.md: the client goes through its steps.
    Reference,
    /// The wide surface of DRIVER.md: a driver goes through scripts.
    #[default]
    Wide,
    /// What a server that nobody here wrote has of its own, gone through with scripts.
    Own,
}

impl Surface {
    const ALL: [Self; 3] = [Self::Reference, Self::Wide, Self::Own];

    /// The word used in names and reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Wide => "wide",
            Self::Own => "own",
        }
    }

    /// The modes of PEER.md that a client and a server need for it.
    fn modes(self) -> (&'static str, &'static str) {
        match self {
            Self::Reference => ("client", "server"),
            Self::Wide => ("driver", "wide"),
            Self::Own => ("driver", "own"),
        }
    }

    fn of<'a>(client: &'a Peer, server: &'a Peer) -> impl Iterator<Item = Self> + 'a {
        let both = |surface: &Self| {
            let (driven, serving) = surface.modes();
            client.has_mode(driven) && server.has_mode(serving)
        };
        Self::ALL.into_iter().filter(both)
    }
}

impl fmt::Display for Surface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// One client process against one server, over one transport, in one mode and revision.
#[derive(Debug, Clone)]
pub struct Run<'a> {
    /// The client.
    pub client: &'a Peer,
    /// The server.
    pub server: &'a Peer,
    /// What carries the messages.
    pub transport: Transport,
    /// The client's mode.
    pub mode: Mode,
    /// The revision both should arrive at.
    pub revision: String,
    /// What the server offers.
    pub surface: Surface,
}

impl Selection {
    /// What runs are asked for, whichever of them are picked: reports of the same question can be joined and compared.
    pub fn asked(&self) -> String {
        format!("{} {}", self.case, self.extent.depth())
    }
}

impl<'a> Run<'a> {
    /// The cases of a run, and those that a documented lack leaves out.
    pub fn cases<'c>(&self, cases: &'c [Case], picked: impl Fn(&str) -> bool) -> (Vec<&'c Case>, Vec<LeftOut>) {
        let meant = |case: &&Case| {
            self.surface == Surface::Reference
                && picked(&case.name)
                && case.applies(self.circumstances())
                && self.client.is_called(&case.client)
                && self.server.is_called(&case.server)
        };
        self.without_lacks(cases.iter().filter(meant), |case| &case.name)
    }

    /// The scripts of a run, likewise.
    pub fn scripts<'s>(&self, scripts: &'s [Script], picked: impl Fn(&str) -> bool) -> (Vec<&'s Script>, Vec<LeftOut>) {
        let meant = |script: &&Script| {
            picked(&script.name)
                && script.applies(self.circumstances(), self.surface)
                && self.client.is_called(&script.client)
                && self.server.is_called(&script.server)
        };
        self.without_lacks(scripts.iter().filter(meant), |script| &script.name)
    }

    fn without_lacks<'c, T>(
        &self,
        meant: impl Iterator<Item = &'c T>,
        name: impl Fn(&T) -> &String,
    ) -> (Vec<&'c T>, Vec<LeftOut>) {
        let (mut asked, mut left_out) = (Vec::new(), Vec::new());
        for one in meant {
            match self.lack(name(one)) {
                Some(lack) => left_out.push(LeftOut {
                    case: name(one).clone(),
                    reason: lack.reason.clone(),
                    evidence: lack.evidence.clone(),
                }),
                None => asked.push(one),
            }
        }
        (asked, left_out)
    }

    /// The mode's words of PEER.md that start the server over standard streams.
    pub fn server_mode(&self) -> &'static str {
        self.surface.modes().1
    }

    /// What one of the two documents that it cannot.
    fn lack(&self, case: &str) -> Option<&'a Lack> {
        let way = Way { transport: self.transport, mode: self.mode, revision: &self.revision };
        self.client.lack(Role::Client, way, case).or_else(|| self.server.lack(Role::Server, way, case))
    }

    /// What decides which cases and rules apply.
    pub fn circumstances(&self) -> Circumstances<'_> {
        Circumstances { transport: self.transport, mode: self.mode, revision: &self.revision }
    }

    /// `go → rmcp, stdio legacy 2025-06-18`.
    pub fn title(&self) -> String {
        let Self { client, server, transport, mode, revision, surface } = self;
        let surface = if *surface == Surface::Reference { String::new() } else { format!(" {surface}") };
        format!("{} → {}, {transport} {mode} {revision}{surface}", client.name, server.name)
    }

    /// A name for the run's folder.
    pub fn folder(&self) -> String {
        let Self { client, server, transport, mode, revision, surface } = self;
        format!("{}--{}--{transport}--{mode}--{revision}--{surface}", client.name, server.name)
    }

    /// The revision that the client is told to offer; an automatic client finds out by itself.
    pub fn offer(&self) -> Option<&str> {
        (self.mode == Mode::Legacy).then_some(self.revision.as_str())
    }
}

/// A combination that is not run, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotRun {
    /// The client's name.
    pub client: String,
    /// The server's name.
    pub server: String,
    /// What would carry the messages.
    pub transport: Transport,
    /// The client's mode.
    pub mode: Mode,
    /// The revision, where it is one that is lacking.
    pub revision: Option<String>,
    /// Why.
    pub reason: String,
    /// Where that can be seen.
    pub evidence: String,
}

/// What will be run and what will not.
#[derive(Debug, Default)]
pub struct Plan<'a> {
    /// In the order of `peers.toml`: client, server, transport, mode, revision.
    pub runs: Vec<Run<'a>>,
    /// Combinations that a documented lack rules out.
    pub not_run: Vec<NotRun>,
}

/// Expands the selection over all peers.
pub fn plan<'a>(peers: &'a Peers, selection: &Selection) -> Plan<'a> {
    let mut plan = Plan::default();
    for client in peers.picked(&selection.client) {
        for server in peers.picked(&selection.server) {
            let surfaces: Vec<Surface> = Surface::of(client, server).collect();
            for transport in transports(client, server).filter(|way| selection.transport.matches(way.word())) {
                for mode in client.client.modes.iter().copied().filter(|mode| selection.mode.matches(mode.word())) {
                    let revisions = revisions(client, server, transport, mode);
                    for revision in revisions.iter().filter(|revision| selection.revision.matches(revision)) {
                        for &surface in &surfaces {
                            plan.add(Run { client, server, transport, mode, revision: revision.clone(), surface });
                        }
                    }
                }
            }
        }
    }
    plan.runs = selection.extent.keep(plan.runs);
    if let Some(touched) = &selection.touched {
        plan.runs.retain(|run| [run.client, run.server].iter().any(|peer| touched.contains(&peer.name)));
    }
    plan.runs = selection.shard.keep(plan.runs);
    plan
}

/// The transports that the server has and the client can be told of.
fn transports(client: &Peer, server: &Peer) -> impl Iterator<Item = Transport> {
    let both = |transport: &Transport| {
        client.client.transports.contains(&transport.channel()) && server.server.transports.contains(transport)
    };
    Transport::ALL.into_iter().filter(both).collect::<Vec<_>>().into_iter()
}

/// The revisions that a mode leads to. A legacy client can be told which to offer; an automatic one
/// takes the best that both have over this transport: the modern one, or the latest shared handshake.
fn revisions(client: &Peer, server: &Peer, transport: Transport, mode: Mode) -> Vec<String> {
    let mut shared: Vec<String> = client.client.revisions.clone();
    shared.retain(|revision| server.server.revisions.contains(revision));
    shared.retain(|revision| transport == Transport::Stdio || revision.as_str() >= FIRST_STREAMABLE);
    shared.sort();
    match mode {
        Mode::Auto => {
            // A revision that the server lacks over this transport is one that it does not answer with.
            let lacks = |revision: &String| {
                let lack = server.lack(Role::Server, Way { transport, mode, revision }, "any/case");
                lack.is_some_and(|lack| lack.case.is_everything() && lack.mode.is_everything())
            };
            shared.retain(|revision| !lacks(revision));
            shared.pop().into_iter().collect()
        }
        Mode::Legacy => shared.into_iter().filter(|revision| !is_modern(revision)).collect(),
        Mode::Modern => shared.into_iter().filter(|revision| is_modern(revision)).collect(),
    }
}

impl<'a> Plan<'a> {
    fn add(&mut self, run: Run<'a>) {
        // A lack of single cases leaves the run; one of a whole mode, revision or transport takes it away.
        let Some(lack) = run.lack("any/case").filter(|lack| lack.case.is_everything()) else {
            return self.runs.push(run);
        };
        self.not_run.push(NotRun {
            client: run.client.name.clone(),
            server: run.server.name.clone(),
            transport: run.transport,
            mode: run.mode,
            revision: Some(run.revision),
            reason: lack.reason.clone(),
            evidence: lack.evidence.clone(),
        });
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::cases;
    use crate::data::Data;

    #[test]
    fn every_committed_case_is_asked_in_some_run() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let cases = cases::load(&Data::embedded()).unwrap();
        let peers = Peers::load(&folder.join("peers.toml")).unwrap();
        let plan = plan(&peers, &Selection::default());
        for case in &cases {
            let asked = |run: &Run<'_>| !run.cases(std::slice::from_ref(case), |_| true).0.is_empty();
            assert!(plan.runs.iter().any(asked), "{} is asked nowhere", case.name);
        }
    }

    fn peers() -> Peers {
        let peer = |name: &str, modes: &str, offers: &str, speaks: &str, lacks: &str| {
            format!(
                "[[peer]]\nname = \"{name}\"\nlanguage = \"{name}\"\nkind = \"official\"\nrun = [\"x\"]\n\
                 modes = [\"client\", \"server\"]\nclient = {{ modes = {modes}, revisions = {offers} }}\n\
                 server = {{ revisions = {speaks} }}\nlacks = {lacks}\n"
            )
        };
        let all = r#"["auto", "legacy", "modern"]"#;
        let both = r#"["2025-06-18", "2025-11-25", "2026-07-28"]"#;
        let old = r#"["2025-06-18", "2025-11-25"]"#;
        let lack = r#"[{ role = "client", mode = "modern", reason = "cannot", evidence = "its page" }]"#;
        let text = [
            peer("both", all, both, both, "[]"),
            peer("old", r#"["auto", "legacy"]"#, r#"["2025-11-25"]"#, old, "[]"),
            peer("shy", all, both, both, lack),
        ];
        Peers::parse(&text.concat()).unwrap()
    }

    fn runs(client: &str, server: &str) -> Vec<String> {
        let selection =
            Selection { client: Pattern::new(client), server: Pattern::new(server), ..Selection::default() };
        let peers = peers();
        let plan = plan(&peers, &selection);
        plan.runs.iter().map(|run| format!("{} {}", run.mode, run.revision)).collect()
    }

    #[test]
    fn a_pair_meets_in_every_mode_and_revision_that_both_have() {
        for (client, server, expected) in [
            ("both", "both", &["auto 2026-07-28", "legacy 2025-06-18", "legacy 2025-11-25", "modern 2026-07-28"][..]),
            ("both", "old", &["auto 2025-11-25", "legacy 2025-06-18", "legacy 2025-11-25"]),
            ("old", "both", &["auto 2025-11-25", "legacy 2025-11-25"]),
            ("shy", "both", &["auto 2026-07-28", "legacy 2025-06-18", "legacy 2025-11-25"]),
        ] {
            assert_eq!(runs(client, server), expected, "{client} → {server}");
        }
    }

    #[test]
    fn what_a_lack_takes_away_is_said_with_its_reason() {
        let peers = peers();
        let selection = Selection { client: Pattern::new("shy"), server: Pattern::new("both"), ..Selection::default() };
        let plan = plan(&peers, &selection);
        assert_eq!(plan.not_run.len(), 1);
        assert_eq!((plan.not_run[0].reason.as_str(), plan.not_run[0].mode), ("cannot", Mode::Modern));
    }

    #[test]
    fn transports_are_those_that_both_have_and_a_revision_that_one_lacks_over_it_is_not_expected() {
        let peer = |name: &str, kind: &str, transports: &str, lacks: &str| {
            format!(
                "[[peer]]\nname = \"{name}\"\nlanguage = \"go\"\nkind = \"{kind}\"\nrun = [\"x\"]\n\
                 modes = [\"client\", \"server\"]\n\
                 client = {{ modes = [\"auto\", \"legacy\"], revisions = [\"2024-11-05\", \"2025-06-18\", \
                 \"2025-11-25\", \"2026-07-28\"], transports = {transports} }}\n\
                 server = {{ revisions = [\"2024-11-05\", \"2025-06-18\", \"2025-11-25\", \"2026-07-28\"], \
                 transports = {transports} }}\nlacks = {lacks}\n"
            )
        };
        let both = r#"["stdio", "http"]"#;
        let lack = r#"[{ role = "server", transport = "http", revision = "2026-*", reason = "r", evidence = "e" }]"#;
        let text = [
            peer("ours", "ours", both, "[]"),
            peer("theirs", "official", both, lack),
            peer("plain", "ours", r#"["stdio"]"#, "[]"),
        ];
        let peers = Peers::parse(&text.concat()).unwrap();
        let runs = |client: &str, server: &str, transport: &str| -> Vec<String> {
            let (client, server, transport) = (Pattern::new(client), Pattern::new(server), Pattern::new(transport));
            let selection = Selection { client, server, transport, ..Selection::default() };
            plan(&peers, &selection).runs.iter().map(|run| format!("{} {}", run.mode, run.revision)).collect()
        };
        let all = ["auto 2026-07-28", "legacy 2024-11-05", "legacy 2025-06-18", "legacy 2025-11-25"];
        for (client, server, transport, expected) in [
            ("ours", "plain", "http", &[][..]),
            ("ours", "plain", "stdio", &all),
            ("ours", "ours", "http", &["auto 2026-07-28", "legacy 2025-06-18", "legacy 2025-11-25"]),
            ("ours", "theirs", "http", &["auto 2025-11-25", "legacy 2025-06-18", "legacy 2025-11-25"]),
        ] {
            assert_eq!(runs(client, server, transport), expected, "{client} → {server}, {transport}");
        }
    }

    #[test]
    fn a_selection_narrows_every_dimension() {
        let peers = peers();
        let selection = Selection {
            client: Pattern::new("official-both"),
            mode: Pattern::new("legacy"),
            revision: Pattern::new("2025-06-*"),
            ..Selection::default()
        };
        let plan = plan(&peers, &selection);
        assert_eq!(plan.runs.len(), 3);
        assert!(plan.runs.iter().all(|run| run.revision == "2025-06-18" && run.offer() == Some("2025-06-18")));
    }
}
