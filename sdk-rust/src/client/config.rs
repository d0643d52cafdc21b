//! Files that say which servers there are, as desktop programs write them: `{"mcpServers": {"weather": {"command": …}}}`.
//! Members that are not known are passed over; what is wrong with one server is no matter of the others.

use std::fmt;
use std::io::Read;
use std::path::Path;

use crate::error::Error;
use crate::protocol::limits;
use crate::wire::{Json, JsonObject, Kind, Map, quoted};

/// Servers, by name.
///
/// A server has a `command` with `args`, `env` (added to this program's environment) and `cwd`, or a `url` with
/// `headers`. Its `type` may say which (`stdio`, `http`, `streamable-http`) where both are given.
#[derive(Clone)]
pub struct Config {
    /// What is wrong with a server is told when it is connected to.
    pub(super) servers: Map<Result<Entry, Error>>,
}

/// Where a server is.
#[derive(Clone)]
pub(super) enum Entry {
    Command { command: String, args: Vec<String>, env: Map<String>, cwd: Option<String> },
    Url { url: String, headers: Map<String> },
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The rest may hold passwords.
        f.debug_list().entries(self.servers.keys()).finish()
    }
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read, is larger than `max_config`, is no JSON, or has no `mcpServers`.
    pub fn read(path: impl AsRef<Path>) -> Result<Config, Error> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let unreadable = |error: std::io::Error| Error::Io(format!("{name}: {error}"));
        let mut text = String::new();
        let most = limits::MAX_CONFIG as u64;
        let file = std::fs::File::open(path).map_err(unreadable)?;
        file.take(most + 1).read_to_string(&mut text).map_err(unreadable)?;
        if text.len() as u64 > most {
            return Err(Error::Io(format!("{name}: larger than the limit of {most} bytes (max_config)")));
        }
        Config::parse(&name, &text)
    }

    /// Reads a text; errors call it by the name.
    ///
    /// # Errors
    /// If it is no JSON, or has no `mcpServers`.
    pub fn parse(name: &str, text: &str) -> Result<Config, Error> {
        let wrong = |what: String| Error::Setup(format!("{name}: {what}"));
        let all = JsonObject::from_text(text).map_err(|error| wrong(error.to_string()))?.members();
        let servers = all.get("mcpServers").ok_or_else(|| wrong("mcpServers: required member is missing".into()))?;
        let servers = members(servers).map_err(|why| wrong(format!("mcpServers: {why}")))?;
        let entry = |(server, value): (String, Json)| {
            let entry = Entry::read(&value).map_err(|why| wrong(format!("server {}: {why}", quoted(&server))));
            (server, entry)
        };
        Ok(Config { servers: servers.into_iter().map(entry).collect() })
    }
}

impl Entry {
    /// # Errors
    /// Which member is wrong, and how.
    fn read(value: &Json) -> Result<Entry, String> {
        let all = members(value)?;
        let kind = all.get("type").map(|kind| text(kind, "type")).transpose()?;
        let by_command = match kind.as_deref() {
            None => all.contains_key("command") || !all.contains_key("url"),
            Some("stdio") => true,
            Some("http" | "streamable-http" | "streamableHttp") => false,
            Some(other) => return Err(format!("type: expected \"stdio\" or \"http\", found {}", quoted(other))),
        };
        let required = |name: &str| match all.get(name) {
            Some(value) => text(value, name),
            None if kind.is_none() => Err(String::from("expected one of the members \"command\", \"url\"")),
            None => Err(format!("{name}: required member is missing")),
        };
        let texts_of = |name: &str| all.get(name).map_or(Ok(Map::new()), |value| texts(value, name));
        if !by_command {
            return Ok(Entry::Url { url: required("url")?, headers: texts_of("headers")? });
        }
        Ok(Entry::Command {
            command: required("command")?,
            args: all.get("args").map_or(Ok(Vec::new()), |value| list(value, "args"))?,
            env: texts_of("env")?,
            cwd: all.get("cwd").map(|cwd| text(cwd, "cwd")).transpose()?,
        })
    }
}

fn expected(what: &str, found: &Json) -> String {
    format!("expected {what}, found {}", found.kind().word())
}

fn members(value: &Json) -> Result<Map<Json>, String> {
    JsonObject::try_from(value.clone()).map(|object| object.members()).map_err(|_| expected("object", value))
}

fn text(value: &Json, place: &str) -> Result<String, String> {
    match value.get_text(&[]) {
        Some(text) => Ok(text.into_owned()),
        None => Err(format!("{place}: {}", expected("string", value))),
    }
}

fn texts(value: &Json, place: &str) -> Result<Map<String>, String> {
    let all = members(value).map_err(|why| format!("{place}: {why}"))?;
    all.into_iter().map(|(name, value)| text(&value, &format!("{place}.{name}")).map(|text| (name, text))).collect()
}

fn list(value: &Json, place: &str) -> Result<Vec<String>, String> {
    let items: Vec<Json> = match value.kind() {
        Kind::Array => value.to().map_err(|error| format!("{place}: {error}"))?,
        _ => return Err(format!("{place}: {}", expected("array", value))),
    };
    items.iter().enumerate().map(|(i, item)| text(item, &format!("{place}[{i}]"))).collect()
}
