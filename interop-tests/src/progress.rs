//! What the person waiting sees: a line a step with its time, and how much is left.

use std::io::{IsTerminal, Write};
use std::time::Duration;

/// Where progress goes.
pub trait Progress {
    /// A step begins.
    fn begin(&mut self, what: &str);
    /// A step has ended well.
    fn done(&mut self, what: &str, took: Duration);
    /// A run of the matrix has ended.
    fn advance(&mut self, advance: &Advance<'_>);
}

/// How far the matrix is.
#[derive(Debug, Clone, Copy)]
pub struct Advance<'a> {
    /// Runs ended.
    pub done: usize,
    /// Runs in all.
    pub total: usize,
    /// Estimated from the runs so far.
    pub left: Duration,
    /// Unexplained failures so far.
    pub red: usize,
    /// The run that ended.
    pub label: &'a str,
}

/// Says nothing.
pub struct Silent;

impl Progress for Silent {
    fn begin(&mut self, _what: &str) {}
    fn done(&mut self, _what: &str, _took: Duration) {}
    fn advance(&mut self, _advance: &Advance<'_>) {}
}

/// Writes to standard error: one line that is rewritten on a terminal, sparse lines elsewhere.
pub struct Terminal {
    rewrites: bool,
    shown: usize,
}

impl Terminal {
    /// Finds out whether standard error is a terminal.
    pub fn new() -> Self {
        Self { rewrites: std::io::stderr().is_terminal(), shown: 0 }
    }
}

impl Default for Terminal {
    fn default() -> Self {
        Self::new()
    }
}

/// In a log, a line for each twentieth of the way is enough to see that it moves.
const LOG_LINES: usize = 20;

impl Progress for Terminal {
    fn begin(&mut self, what: &str) {
        if self.rewrites {
            let mut stderr = std::io::stderr();
            let _ = write!(stderr, "\r\x1b[2K{what} …").and_then(|()| stderr.flush());
        }
    }

    fn done(&mut self, what: &str, took: Duration) {
        let clear = if self.rewrites { "\r\x1b[2K" } else { "" };
        eprintln!("{clear}{what}  {:.1} s", took.as_secs_f64());
    }

    fn advance(&mut self, advance: &Advance<'_>) {
        let Advance { done, total, left, red, label } = *advance;
        let line = format!("{done}/{total} · {} left · {red} red · {label}", minutes(left));
        if self.rewrites {
            let end = if done == total { "\n" } else { "" };
            let mut stderr = std::io::stderr();
            let _ = write!(stderr, "\r\x1b[2K{line}{end}").and_then(|()| stderr.flush());
        } else if done * LOG_LINES / total.max(1) > self.shown || done == total {
            self.shown = done * LOG_LINES / total.max(1);
            eprintln!("{line}");
        }
    }
}

/// `2:05`, as a clock shows it.
pub fn minutes(time: Duration) -> String {
    let seconds = time.as_secs_f64().round();
    format!("{}:{:02}", (seconds / 60.0).floor(), seconds % 60.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_like_a_clock() {
        for (seconds, text) in [(0, "0:00"), (59, "0:59"), (125, "2:05"), (3600, "60:00")] {
            assert_eq!(minutes(Duration::from_secs(seconds)), text);
        }
    }
}
