//! A server as a process: started, reached, watched, ended. What it is asked is `load.rs`'s.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use nix::time::clock_getcpuclockid;
use nix::unistd::Pid;
use serde::Deserialize;

use crate::cell::Transport;

/// How long a server may take to end by itself once nobody needs it.
const GRACE: Duration = Duration::from_secs(2);
/// How often it is looked whether it has ended.
const POLL: Duration = Duration::from_millis(2);

/// A server that runs.
pub struct Server {
    child: Child,
    /// When it was started.
    pub started: Instant,
}

/// How to reach it.
pub enum Reach {
    /// By its standard streams.
    Pipes(ChildStdin, ChildStdout),
    /// At this address.
    Address(SocketAddr),
}

#[derive(Deserialize)]
struct Said {
    url: String,
}

impl Server {
    /// Starts it. Over HTTP it is waited until it has said its address.
    pub fn start(command: &[String], transport: Transport) -> Result<(Self, Reach), String> {
        let (program, arguments) = command.split_first().ok_or("no command")?;
        let started = Instant::now();
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| format!("{program} cannot be started: {e}"))?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let server = Server { child, started };
        let (Some(stdin), Some(stdout)) = (stdin, stdout) else { return Err(format!("{program}: no pipes")) };
        if transport == Transport::Stdio {
            return Ok((server, Reach::Pipes(stdin, stdout)));
        }
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).map_err(|e| format!("{program}: {e}"))?;
        let address =
            serde_json::from_str::<Said>(&line).ok().and_then(|said| address(&said.url)).ok_or_else(|| {
                format!("{program}: the first line is {line:?}, expected {{\"url\":\"http://127.0.0.1:<port>/mcp\"}}")
            })?;
        Ok((server, Reach::Address(address)))
    }

    /// How long its threads have been running on a CPU, those that have ended too.
    pub fn cpu(&self) -> Result<Duration, String> {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).map_err(|e| e.to_string())?);
        let time = clock_getcpuclockid(pid).and_then(|clock| clock.now()).map_err(|e| format!("its CPU time: {e}"))?;
        Ok(Duration::from(time))
    }

    /// The most memory it has had, in bytes.
    pub fn peak_memory(&self) -> Result<u64, String> {
        let path = format!("/proc/{}/status", self.child.id());
        let text = std::fs::read_to_string(&path).map_err(|e| format!("{path}: {e}"))?;
        let kib =
            text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<u64>().ok());
        kib.map(|kib| kib * 1024).ok_or_else(|| format!("{path}: no VmHWM"))
    }
}

impl Drop for Server {
    /// Its input is closed by now: one on stdio ends by itself, one on HTTP is ended.
    fn drop(&mut self) {
        let deadline = Instant::now() + GRACE;
        let over_http = self.child.stdin.is_none() && self.child.stdout.is_none();
        while !over_http && Instant::now() < deadline {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(POLL);
        }
        // It is gone already, or cannot be ended: either way there is nothing left to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn address(url: &str) -> Option<SocketAddr> {
    url.strip_prefix("http://")?.strip_suffix("/mcp")?.parse().ok()
}
