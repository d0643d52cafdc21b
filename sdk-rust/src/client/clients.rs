//! Several servers at once, whose tools stand in one list: `get_forecast` of the server `weather` is
//! `weather_get_forecast`. A server that fails takes down no other.

use std::fmt;

use serde::Serialize;
use tokio::task::JoinSet;

use super::config::{Config, Entry};
use super::{Client, ClientOptions, ToolCall};
use crate::error::Error;
#[cfg(feature = "http-client")]
use crate::http_client::HttpTarget;
use crate::protocol::types::Tool;
use crate::wire::{Map, quoted};

/// Connections to several servers.
pub struct Clients {
    clients: Map<Client>,
    failed: Vec<(String, Error)>,
}

/// What several servers have of a kind.
#[derive(Debug)]
pub struct Listed<T> {
    /// What there is, server after server.
    pub items: Vec<T>,
    /// The servers that could not be asked, and why.
    pub failed: Vec<(String, Error)>,
}

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clients").field("clients", &self.clients).field("failed", &self.failed).finish()
    }
}

impl Clients {
    /// Connects to all servers at the same time.
    ///
    /// # Errors
    /// If a tool's name would not tell which server it belongs to. A server that cannot be connected to is among the
    /// [failed](Clients::failed).
    pub async fn connect(config: Config) -> Result<Clients, Error> {
        Clients::connect_with(config, |_| ClientOptions::default()).await
    }

    /// The same with options for each server, by its name.
    ///
    /// # Errors
    /// If a tool's name would not tell which server it belongs to.
    pub async fn connect_with(config: Config, options: impl Fn(&str) -> ClientOptions) -> Result<Clients, Error> {
        unambiguous(&config)?;
        let names: Vec<String> = config.servers.keys().cloned().collect();
        let mut connecting = JoinSet::new();
        for (place, (name, entry)) in config.servers.into_iter().enumerate() {
            let options = options(&name);
            connecting.spawn(async move { (place, connect(entry, options).await) });
        }
        // In the order of the file, whoever was first.
        let mut connected: Vec<Option<Result<Client, Error>>> = names.iter().map(|_| None).collect();
        while let Some(done) = connecting.join_next().await {
            if let Ok((place, client)) = done
                && let Some(slot) = connected.get_mut(place)
            {
                *slot = Some(client);
            }
        }
        let mut clients = Clients { clients: Map::new(), failed: Vec::new() };
        for (name, client) in names.into_iter().zip(connected) {
            match client {
                Some(Ok(client)) => drop(clients.clients.insert(name, client)),
                Some(Err(error)) => clients.failed.push((name, error)),
                None => clients.failed.push((name, Error::Closed(String::from("connecting to it failed")))),
            }
        }
        Ok(clients)
    }

    /// The servers that could not be connected to, and why.
    pub fn failed(&self) -> &[(String, Error)] {
        &self.failed
    }

    /// The connections, by the servers' names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Client)> {
        self.clients.iter().map(|(name, client)| (name.as_str(), client))
    }

    /// The connection to the server of this name, for all that is not said here.
    pub fn get(&self, server: &str) -> Option<&Client> {
        self.clients.get(server)
    }

    /// The tools of all servers, each under `server_tool`.
    pub async fn tools(&self) -> Listed<Tool> {
        let asking: Vec<_> =
            self.clients.iter().map(|(name, client)| (name, tokio::spawn(client.tools().into_future()))).collect();
        let mut listed = Listed { items: Vec::new(), failed: Vec::new() };
        for (name, tools) in asking {
            match tools.await.unwrap_or_else(|_| Err(Error::Closed(String::from("listing its tools failed")))) {
                Ok(tools) => listed
                    .items
                    .extend(tools.into_iter().map(|tool| Tool { name: format!("{name}_{}", tool.name), ..tool })),
                Err(error) => listed.failed.push((name.clone(), error)),
            }
        }
        listed
    }

    /// Calls the tool `server_tool`, as [`Client::call`] does.
    ///
    /// # Errors
    /// If there is no such server.
    pub fn call<T>(&self, name: &str, arguments: impl Serialize) -> Result<ToolCall<T>, Error> {
        let found = self.clients.iter().find_map(|(server, client)| Some((client, tool_of(server, name)?)));
        let (client, tool) = found.ok_or_else(|| {
            let servers: Vec<&str> = self.clients.keys().map(String::as_str).collect();
            Error::Unreachable(format!(
                "no server is connected to that has the tool {}: expected the name of one of them, an underscore and the tool's name; \
                 they are {}",
                quoted(name),
                servers.join(", ")
            ))
        })?;
        Ok(client.call(tool, arguments))
    }

    /// Closes all connections, and waits until nothing of them is left.
    pub async fn close(self) {
        let mut closing = JoinSet::new();
        for (_, client) in self.clients {
            closing.spawn(client.close());
        }
        closing.join_all().await;
    }
}

/// The name of a tool at its server, if it is one of this server's.
fn tool_of<'n>(server: &str, name: &'n str) -> Option<&'n str> {
    name.strip_prefix(server)?.strip_prefix('_')
}

/// # Errors
/// If a tool of one server could be one of another's: `a_b_c` where there are `a` and `a_b`.
fn unambiguous(config: &Config) -> Result<(), Error> {
    for one in config.servers.keys() {
        if let Some(other) = config.servers.keys().find(|other| tool_of(one, other).is_some()) {
            return Err(Error::Setup(format!(
                "the names of the servers {} and {} do not tell their tools apart: rename one of them",
                quoted(one),
                quoted(other)
            )));
        }
    }
    Ok(())
}

async fn connect(entry: Result<Entry, Error>, options: ClientOptions) -> Result<Client, Error> {
    match entry? {
        #[cfg(feature = "stdio")]
        Entry::Command { command, args, env, cwd } => {
            let mut process = std::process::Command::new(command);
            process.args(args).envs(env);
            if let Some(cwd) = cwd {
                process.current_dir(cwd);
            }
            Client::connect_with(process, options).await
        }
        #[cfg(feature = "http-client")]
        Entry::Url { url, headers } => {
            let target = headers.iter().fold(HttpTarget::new(url), |target, (name, value)| target.header(name, value));
            Client::connect_with(target, options).await
        }
        #[cfg(not(all(feature = "stdio", feature = "http-client")))]
        _ => {
            drop(options);
            let lacks = "this program is built without the features for it (stdio, http-client)";
            Err(Error::Setup(String::from(lacks)))
        }
    }
}
