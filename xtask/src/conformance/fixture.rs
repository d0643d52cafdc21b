//! The fixtures of a language: a peer's modes `conformance-server` and, once it is there, `conformance-client`.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use isogloss_interop::{Peer, Peers, Terminal};
use serde::Deserialize;

use super::Role;
use crate::languages::Language;
use crate::project::Project;

/// A peer that is a fixture.
pub struct Fixture<'p> {
    project: &'p Project,
    peers: Peers,
    peer: Peer,
}

/// What the suite is pointed at; a server ends with this.
pub struct Target {
    word: String,
    process: Option<Child>,
}

#[derive(Deserialize)]
struct Said {
    url: String,
}

impl<'p> Fixture<'p> {
    /// The peer of a language.
    pub fn of(project: &'p Project, language: Language) -> Result<Self, String> {
        let peers = Peers::load(&project.path("interop-tests/peers.toml")).map_err(|e| e.to_string())?;
        let peer = peers.get(language.word()).map_err(|e| e.to_string())?.clone();
        Ok(Fixture { project, peers, peer })
    }

    /// The roles that it has.
    pub fn roles(&self) -> Vec<Role> {
        [Role::Server, Role::Client].into_iter().filter(|role| self.peer.has_mode(&mode(*role))).collect()
    }

    /// Builds it, and starts a server; a client is started by the suite. With a URL there is nothing to start.
    pub fn start(&self, role: Role, url: Option<&str>) -> Result<Target, String> {
        if let Some(url) = url {
            return Ok(Target { word: url.into(), process: None });
        }
        let places = &self.project.places;
        self.peer.build(&self.peers, places, &mut Terminal::new()).map_err(|e| e.to_string())?;
        let command = self.peer.command(places, &mode(role)).map_err(|e| e.to_string())?;
        match role {
            Role::Server => serve(&command),
            // The suite cuts the command at its spaces, and no shell quotes them.
            Role::Client => Ok(Target { word: command.join(" "), process: None }),
        }
    }
}

fn mode(role: Role) -> String {
    format!("conformance-{role}")
}

fn serve(command: &[String]) -> Result<Target, String> {
    let shown = command.join(" ");
    let cannot = |what: &dyn std::fmt::Display| format!("{shown}: {what}");
    let mut process = Command::new(&command[0])
        .args(&command[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| cannot(&e))?;
    let mut line = String::new();
    let read = process.stdout.take().map(|stdout| BufReader::new(stdout).read_line(&mut line));
    let mut target = Target { word: String::new(), process: Some(process) };
    read.transpose().map_err(|e| cannot(&e))?;
    let said: Said = serde_json::from_str(&line)
        .map_err(|_| cannot(&format!("its first line is {line:?}, expected {{\"url\":\"http://127.0.0.1:…/mcp\"}}")))?;
    target.word = said.url;
    Ok(target)
}

impl Target {
    /// A server's URL, or a client's command.
    pub fn word(&self) -> &str {
        &self.word
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            // It may have ended by itself: the suite has said so then.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
