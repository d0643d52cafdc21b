//! A step: one command or one check, with a name, its whole output kept in a log.
//!
//! Running many of them is `lanes`; what their output says beyond good or bad is `reading`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::reading::{self, Read, Reads};
use crate::toolchain::Toolchains;

/// How much of a failed step's output is shown; the log has all of it.
const SHOWN_LINES: usize = 60;

/// The longest step, building and running all tests of Rust from nothing on two busy cores, takes a half of this.
const LIMIT: Duration = Duration::from_secs(25 * 60);
/// How often a program is asked whether it has ended.
const POLL: Duration = Duration::from_millis(20);

/// Something to do.
pub struct Step {
    /// Its name, short: `clippy`.
    pub name: String,
    /// What it does.
    pub work: Work,
    /// How its output is read.
    pub reads: Reads,
    /// Whether the steps after it make no sense without it.
    pub needed: bool,
}

/// What a step does.
pub enum Work {
    /// Runs a program.
    Call(Call),
    /// Runs a function of ours; it answers what it would print.
    Check(Box<dyn FnOnce() -> Result<String, String> + Send>),
}

/// A program to run.
pub struct Call {
    /// A toolchain's name, or a program.
    pub program: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// The folder it runs in.
    pub dir: PathBuf,
    /// Variables added to its environment.
    pub env: Vec<(String, String)>,
    /// Whether any output at all means that it failed (`gofmt -l`).
    pub silent: bool,
}

/// How a step went.
#[derive(Debug, Clone)]
pub struct Done {
    /// Its lane.
    pub lane: String,
    /// Its name.
    pub name: String,
    /// Whether it went well.
    pub ok: bool,
    /// How long it took; none if it was not run.
    pub took: Option<Duration>,
    /// What its output says.
    pub read: Read,
    /// What to show if it failed.
    pub shown: String,
}

impl Step {
    /// A step that runs a program in a folder.
    pub fn call(name: &str, program: &str, args: &[&str], dir: &Path) -> Self {
        let args = args.iter().map(|&arg| arg.to_owned()).collect();
        let call = Call { program: program.into(), args, dir: dir.into(), env: Vec::new(), silent: false };
        Step { name: name.into(), work: Work::Call(call), reads: Reads::Lines, needed: false }
    }

    /// A step that runs a function.
    pub fn check(name: &str, check: impl FnOnce() -> Result<String, String> + Send + 'static) -> Self {
        Step { name: name.into(), work: Work::Check(Box::new(check)), reads: Reads::Lines, needed: false }
    }

    /// The same, its output read as a test runner's.
    pub fn reading(mut self, reads: Reads) -> Self {
        self.reads = reads;
        self
    }

    /// The same; without it the rest of its lane is not run.
    pub fn needed(mut self) -> Self {
        self.needed = true;
        self
    }

    /// The same, with a variable of the environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        if let Work::Call(call) = &mut self.work {
            call.env.push((name.into(), value.into()));
        }
        self
    }

    /// The same; any output means that it failed.
    pub fn silent(mut self) -> Self {
        if let Work::Call(call) = &mut self.work {
            call.silent = true;
        }
        self
    }

    /// Runs it; all its output goes to the log.
    pub fn run(self, lane: &str, toolchains: &Toolchains, logs: &Path) -> Done {
        let started = Instant::now();
        let log = logs.join(format!("{lane}-{}.log", self.name.replace([' ', '/'], "-")));
        let result = match self.work {
            Work::Call(call) => call.run(toolchains, &log),
            Work::Check(check) => check().inspect(|said| drop(keep(&log, said))),
        };
        let (ok, said) = match result {
            Ok(said) => (true, said),
            Err(said) => (false, said),
        };
        let read = reading::read(self.reads, &said);
        let shown = if ok { String::new() } else { end_of(&reading::failures(self.reads, &said), &log) };
        Done { lane: lane.into(), name: self.name, ok, took: Some(started.elapsed()), read, shown }
    }
}

impl Done {
    /// A step that was not run, since an earlier one failed.
    pub fn not_run(lane: &str, name: &str) -> Self {
        Done {
            lane: lane.into(),
            name: name.into(),
            ok: false,
            took: None,
            read: Read::default(),
            shown: String::new(),
        }
    }
}

impl Call {
    /// Runs it, all its output to the log; answers that output.
    pub fn run(&self, toolchains: &Toolchains, log: &Path) -> Result<String, String> {
        let program = toolchains.find(&self.program)?;
        let cannot = |what: &dyn std::fmt::Display| format!("{} in {}: {what}", program.display(), self.dir.display());
        let (out, err) = open(log).map_err(|e| format!("{}: {e}", log.display()))?;
        let mut child = Command::new(&program)
            .args(&self.args)
            .current_dir(&self.dir)
            .env("CARGO_TERM_COLOR", "never")
            .env("NO_COLOR", "1")
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .spawn()
            .map_err(|e| cannot(&e))?;
        let status = wait(&mut child).map_err(|e| cannot(&e))?;
        let said = fs::read(log).map_err(|e| format!("{}: {e}", log.display()))?;
        let said = String::from_utf8_lossy(&said).into_owned();
        let problem = match status {
            None => format!("not done after {} minutes", LIMIT.as_secs() / 60),
            Some(status) if !status.success() => status.to_string(),
            Some(_) if self.silent && !said.trim().is_empty() => "these should not be".into(),
            Some(_) => return Ok(said),
        };
        let command = format!("{} {}", program.display(), self.args.join(" "));
        Err(format!("{}\n{command} in {}: {problem}", said.trim_end(), self.dir.display()))
    }
}

/// Waits for the end; none if it did not come in time and the program was ended.
fn wait(child: &mut Child) -> std::io::Result<Option<ExitStatus>> {
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= deadline {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(POLL);
    }
}

/// The log, twice: both streams go to it in the order in which they are written.
fn open(log: &Path) -> std::io::Result<(File, File)> {
    if let Some(folder) = log.parent() {
        fs::create_dir_all(folder)?;
    }
    let file = File::create(log)?;
    Ok((file.try_clone()?, file))
}

fn keep(log: &Path, said: &str) -> std::io::Result<()> {
    use std::io::Write;
    open(log)?.0.write_all(said.as_bytes())
}

fn end_of(said: &str, log: &Path) -> String {
    let lines: Vec<&str> = said.trim_end().lines().collect();
    let left = lines.len().saturating_sub(SHOWN_LINES);
    let mut shown = if left == 0 { String::new() } else { format!("({left} lines before: {})\n", log.display()) };
    shown.push_str(&lines[left..].join("\n"));
    shown
}
