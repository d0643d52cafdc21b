//! `scripts/*.toml`: what a driver is told to do, what must come of it at the caller, and what must have passed
//! on the wire. DRIVER.md says what a driver can be told and what the wide server offers.
//!
//! Data only; `play` goes through a script, `driven` starts who is needed for it.

pub mod driven;
mod driver;
mod play;

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::cases::{Circumstances, WireRule};
use crate::data::Data;
use crate::error::{Error, Result};
use crate::expect::Expectations;
use crate::fault::Fault;
use crate::http::HttpRule;
use crate::matrix::Surface;
use crate::pattern::Pattern;
use crate::revision::Mode;
use crate::transport::{Streams, Transport};

/// Where they are.
const FOLDER: &str = "interop-tests/scripts";

/// A way through a server, and what must come of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// `<area>/<what>`, unique among scripts and cases.
    pub name: String,
    /// What it shows, in one sentence.
    pub what: String,
    /// First revision it applies to.
    #[serde(default)]
    pub since: Option<String>,
    /// Last revision it applies to.
    #[serde(default)]
    pub until: Option<String>,
    /// Client modes it applies to; all by default.
    #[serde(default)]
    pub modes: Vec<Mode>,
    /// Transports it applies to; all by default.
    #[serde(default)]
    pub transports: Vec<Transport>,
    /// Whether it needs something to be told during a call: `legacy` or `always`. It is left out where that cannot be.
    #[serde(default)]
    pub streams: Streams,
    /// Clients it applies to, by name or alias.
    #[serde(default)]
    pub client: Pattern,
    /// Servers it applies to, by name or alias.
    #[serde(default)]
    pub server: Pattern,
    /// What the server offers: the wide surface, or what it has of its own.
    #[serde(default)]
    pub surface: Surface,
    /// What the client is told when it connects. Scripts that say the same share a connection.
    #[serde(default)]
    pub connect: Map<String, Value>,
    /// Words added to the server's command.
    #[serde(default)]
    pub options: Vec<String>,
    /// What goes wrong between the two. Such a script has its connection, and its server, to itself.
    #[serde(default)]
    pub fault: Option<Fault>,
    /// A peer with the mode `proxy` that stands between the two: a server to the client, and a client to the server,
    /// which it talks to over standard streams. A fault is then between it and the server.
    #[serde(default)]
    pub proxy: Option<String>,
    /// Over HTTP, two processes of the server stand behind nginx, which gives each the next request in turn.
    #[serde(default)]
    pub balanced: bool,
    /// It takes a while: a plain run goes through it only where a client meets the server of its own SDK.
    #[serde(default)]
    pub heavy: bool,
    /// In order.
    #[serde(rename = "act")]
    pub acts: Vec<Act>,
    /// What must have passed on the wire.
    #[serde(default)]
    pub wire: Vec<WireRule>,
    /// How it must have passed, where it passed over HTTP.
    #[serde(default)]
    pub http: Vec<HttpRule>,
}

/// One thing that is done or waited for: exactly one of `do`, `answer`, `event` and `silent` is there.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Act {
    /// An instruction for the driver. It is waited for, unless it is given a name.
    #[serde(rename = "do")]
    pub instruction: Option<String>,
    /// The instruction's members. A text `$name/pointer` stands for what the event of that name holds, `$name` for the
    /// id of the instruction of that name, `$index` for which of `times` it is, `$null` for null, and `$root/…` for a path in
    /// the repository.
    pub with: Map<String, Value>,
    /// Waits for the answer of the instruction of this name.
    pub answer: Option<String>,
    /// Waits for the next event of this kind.
    pub event: Option<String>,
    /// There must be no event of this kind that was not waited for.
    pub silent: Option<String>,
    /// Gives the instruction or the event a name.
    #[serde(rename = "as")]
    pub name: Option<String>,
    /// How often the instruction is given, all at once; each answer is held to the same.
    pub times: Option<usize>,
    /// Which events of this kind are meant; others stay for later.
    #[serde(rename = "where")]
    pub only: Expectations,
    /// What the event must be.
    pub must: Expectations,
    /// What the answer must be where it went well. With `error`: either will do. By default it must go well.
    pub ok: Option<Expectations>,
    /// What the answer must be where it failed.
    pub error: Option<Expectations>,
    /// Another limit than the usual one for waiting, in seconds.
    pub within_s: Option<u64>,
}

impl Script {
    /// Whether the script makes sense in these circumstances, on this surface.
    pub fn applies(&self, to: Circumstances<'_>, surface: Surface) -> bool {
        self.surface == surface
            && to.are_within(self.since.as_deref(), self.until.as_deref(), &self.modes)
            && to.can(&self.transports, self.streams)
            // A proxy answers as it finds fitting, whatever the server behind it was told.
            && (self.proxy.is_none() || to.transport.answers().is_none())
    }

    /// Whether it is one that a plain run has seldom.
    pub fn takes_long(&self) -> bool {
        self.heavy || self.balanced || self.fault.is_some() || self.proxy.is_some()
    }

    /// Whether there is something of the runner's between client and server, or the server is started in a way of its own.
    fn stands_between(&self) -> bool {
        self.fault.is_some() || self.proxy.is_some() || self.balanced || !self.options.is_empty()
    }

    /// Whether two scripts can share a connection.
    fn meets_like(&self, other: &Self) -> bool {
        let untroubled = self.fault.is_none() && other.fault.is_none();
        let alike = self.options == other.options && self.balanced == other.balanced && self.proxy == other.proxy;
        untroubled && alike && self.connect == other.connect
    }

    fn check(&self) -> Result<(), String> {
        let mut names = BTreeSet::new();
        for (place, act) in (1..).zip(&self.acts) {
            let kinds = [&act.instruction, &act.answer, &act.event, &act.silent];
            if kinds.into_iter().flatten().count() != 1 {
                return Err(format!("{}, act {place}: expected one of do, answer, event, silent", self.name));
            }
            if let Some(asked) = act.answer.as_ref().filter(|name| !names.contains(*name)) {
                return Err(format!("{}, act {place}: nothing before it is named {asked:?}", self.name));
            }
            names.extend(act.name.clone());
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "script")]
    scripts: Vec<Script>,
}

/// Reads all scripts of a folder and of those in it, in the order of their names.
pub fn load(data: &Data) -> Result<Vec<Script>> {
    let mut scripts = Vec::new();
    for (path, text) in data.under(FOLDER, "toml") {
        scripts.extend(parse(text).map_err(|problem| Error::at(path, problem))?);
    }
    let mut names = BTreeSet::new();
    match scripts.iter().find(|script| !names.insert((script.name.clone(), script.server.to_string()))) {
        Some(script) => Err(Error::at(Path::new(FOLDER), format!("two scripts are named {}", script.name))),
        None => Ok(scripts),
    }
}

/// Parses one file's text.
pub fn parse(text: &str) -> Result<Vec<Script>> {
    let file: File = toml::from_str(text).map_err(|error| Error::new(error.to_string()))?;
    file.scripts.iter().try_for_each(Script::check).map_err(Error::new)?;
    Ok(file.scripts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_scripts_are_well_formed() {
        let scripts = load(&Data::embedded()).unwrap();
        assert!(scripts.iter().all(|script| script.name.contains('/') && !script.acts.is_empty()));
    }

    #[test]
    fn an_act_is_one_thing_and_waits_for_what_was_begun() {
        let script = |act: &str| parse(&format!("[[script]]\nname = \"a/b\"\nwhat = \"c\"\n[[script.act]]\n{act}"));
        for (act, problem) in [
            ("do = \"ping\"\nevent = \"asked\"", "act 1: expected one of"),
            ("times = 3", "act 1: expected one of"),
            ("answer = \"call\"", "nothing before it is named \"call\""),
            ("does = \"ping\"", "does"),
        ] {
            let error = script(act).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
        assert!(script("do = \"ping\"\nas = \"p\"\n[[script.act]]\nanswer = \"p\"").is_ok());
    }
}
