//! What the person waiting sees: a line a step with its time; what is running, on a line that is rewritten on a
//! terminal and repeated now and then in a log. All of it goes to standard error.

use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::step::Done;

/// How often the line of what is running is rewritten.
const REDRAW: Duration = Duration::from_millis(500);
/// In a log a line a minute shows that it moves.
const LOG_LINE: Duration = Duration::from_secs(60);

/// Standard error, shared by everything that runs.
pub struct Screen {
    terminal: bool,
    colour: bool,
    state: Mutex<State>,
}

struct State {
    running: Vec<(String, Instant)>,
    shown: Instant,
}

impl Screen {
    /// Finds out what standard error is.
    pub fn new() -> Self {
        let terminal = std::io::stderr().is_terminal();
        let state = State { running: Vec::new(), shown: Instant::now() };
        Screen { terminal, colour: terminal && std::env::var_os("NO_COLOR").is_none(), state: Mutex::new(state) }
    }

    /// A step begins.
    pub fn begin(&self, what: &str) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.running.push((what.into(), Instant::now()));
        self.draw(&state);
    }

    /// A step has ended.
    pub fn end(&self, what: &str, done: &Done) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = state.running.iter().position(|(name, _)| name == what) {
            state.running.remove(index);
        }
        self.clear();
        eprintln!("{}", self.line(what, done));
        for line in done.shown.lines() {
            eprintln!("    {line}");
        }
        self.draw(&state);
    }

    /// To be called now and then while something runs; answers when to call it again.
    pub fn tick(&self) -> Duration {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if self.terminal {
            self.draw(&state);
            return REDRAW;
        }
        if state.shown.elapsed() >= LOG_LINE && !state.running.is_empty() {
            state.shown = Instant::now();
            eprintln!("still running: {}", running(&state));
        }
        REDRAW
    }

    fn line(&self, what: &str, done: &Done) -> String {
        let (mark, code) = match (done.ok, done.took) {
            (true, _) => ("ok", "\x1b[32m"),
            (false, Some(_)) => ("FAILED", "\x1b[31m"),
            (false, None) => ("not run", "\x1b[33m"),
        };
        let time = done.took.map_or(String::new(), |took| format!("{:.1} s", took.as_secs_f64()));
        let tests = done.read.tests.map_or(String::new(), |(passed, failed)| match failed {
            0 => format!("  {passed} tests"),
            _ => format!("  {passed} tests passed, {failed} failed"),
        });
        let mark = if self.colour { format!("{code}{mark:8}\x1b[0m") } else { format!("{mark:8}") };
        format!("{mark} {what:32} {time:>8}{tests}").trim_end().to_owned()
    }

    fn draw(&self, state: &State) {
        if self.terminal && !state.running.is_empty() {
            self.clear();
            let mut stderr = std::io::stderr();
            let _ = write!(stderr, "{} …", running(state)).and_then(|()| stderr.flush());
        }
    }

    fn clear(&self) {
        if self.terminal {
            eprint!("\r\x1b[2K");
        }
    }
}

fn running(state: &State) -> String {
    let one = |(what, since): &(String, Instant)| format!("{what} {} s", since.elapsed().as_secs());
    state.running.iter().map(one).collect::<Vec<_>>().join(" · ")
}
