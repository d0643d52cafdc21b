//! What the person waiting sees: a line a step with its time, and while the matrix runs how far it is, how long it
//! will take, what is red so far and who is running. On a terminal that is one line, rewritten; in a log it is a line
//! now and then.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Where progress goes.
pub trait Progress {
    /// A step begins.
    fn begin(&mut self, what: &str);
    /// A step has ended well.
    fn done(&mut self, what: &str, took: Duration);
    /// The matrix goes on: a run has begun or ended, or another second has passed.
    fn advance(&mut self, advance: &Advance<'_>);
    /// Whether whoever waits wants no more of it: what runs goes on to its end, and no more is begun.
    fn wants_end(&self) -> bool {
        false
    }
}

/// How far the matrix is.
#[derive(Debug, Clone, Copy)]
pub struct Advance<'a> {
    /// Runs ended.
    pub done: usize,
    /// Runs in all.
    pub total: usize,
    /// Since the first began.
    pub elapsed: Duration,
    /// The same when the last one ended.
    pub ended_at: Duration,
    /// Unexplained failures so far.
    pub red: usize,
    /// The runs that are going on.
    pub running: &'a [String],
}

impl Advance<'_> {
    /// Estimated when the last run ended, and going down since; nothing before the first has ended.
    fn left(&self) -> Option<Duration> {
        let share = (self.total - self.done) as f64 / self.done as f64;
        let since = self.elapsed.saturating_sub(self.ended_at);
        (self.done > 0).then(|| self.ended_at.mul_f64(share).saturating_sub(since))
    }

    /// `12/40 · 2:05 left · 3 red`.
    fn counts(&self, paint: impl Fn(String, &str) -> String) -> String {
        let Self { done, total, red, .. } = *self;
        let left = self.left().map_or("time unknown".to_owned(), |left| format!("{} left", minutes(left)));
        let red = paint(format!("{red} red"), if red > 0 { RED } else { GREEN });
        format!("{done}/{total} · {left} · {red}")
    }
}

/// Says nothing.
pub struct Silent;

impl Progress for Silent {
    fn begin(&mut self, _what: &str) {}
    fn done(&mut self, _what: &str, _took: Duration) {}
    fn advance(&mut self, _advance: &Advance<'_>) {}
}

/// Writes to standard error.
pub struct Terminal {
    rewrites: bool,
    colour: bool,
    pace: Pace,
    interrupted: Arc<AtomicBool>,
}

const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";
/// To the beginning of the line, which is emptied.
const CLEAR: &str = "\r\x1b[2K";
/// What is longer than the line is cut by the terminal instead of going on in the next, which would not be rewritten.
const CUT: (&str, &str) = ("\x1b[?7l", "\x1b[?7h");

impl Terminal {
    /// Finds out whether standard error is a terminal, and whether it is to have colours (`NO_COLOR`).
    pub fn new() -> Self {
        let rewrites = std::io::stderr().is_terminal();
        let colour = rewrites && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self { rewrites, colour, pace: Pace::default(), interrupted: Arc::default() }
    }

    /// Takes the first interruption (Ctrl-C, SIGTERM) as the wish for an early end with a report; the second ends at once.
    pub fn until_interrupted(self) -> Self {
        #[cfg(unix)]
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            let again = signal_hook::flag::register_conditional_default(signal, Arc::clone(&self.interrupted));
            // Without the one the other would never let go.
            if again.is_ok() {
                let _ = signal_hook::flag::register(signal, Arc::clone(&self.interrupted));
            }
        }
        self
    }

    fn rewrite(line: &str) {
        let mut stderr = std::io::stderr();
        let _ = write!(stderr, "{CLEAR}{}{line}{}", CUT.0, CUT.1).and_then(|()| stderr.flush());
    }
}

impl Default for Terminal {
    fn default() -> Self {
        Self::new()
    }
}

impl Progress for Terminal {
    fn begin(&mut self, what: &str) {
        if self.rewrites {
            Self::rewrite(&format!("{what} …"));
        }
    }

    fn done(&mut self, what: &str, took: Duration) {
        let clear = if self.rewrites { CLEAR } else { "" };
        eprintln!("{clear}{what}  {:.1} s", took.as_secs_f64());
    }

    fn wants_end(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    fn advance(&mut self, advance: &Advance<'_>) {
        let paint = |text: String, code: &str| if self.colour { format!("{code}{text}\x1b[0m") } else { text };
        let ended = advance.done == advance.total;
        if self.rewrites && ended {
            let (runs, took) = (advance.total, minutes(advance.elapsed));
            let red = paint(format!("{} red", advance.red), if advance.red > 0 { RED } else { GREEN });
            eprintln!("{CLEAR}{runs} runs  {took} min  {red}");
        } else if self.rewrites {
            let ending = if self.wants_end() { "interrupted, what runs is waited for · " } else { "" };
            Self::rewrite(&format!("{ending}{} · {}", advance.counts(paint), advance.running.join(" · ")));
        } else if self.pace.is_due(advance, Instant::now()) {
            eprintln!("{}", advance.counts(paint));
        }
    }
}

/// When a log gets its next line: at each tenth of the way, and whenever it would be silent for long.
#[derive(Default)]
struct Pace {
    tenths: usize,
    last: Option<Instant>,
}

impl Pace {
    /// How long a log may be silent.
    const SILENCE: Duration = Duration::from_secs(30);

    fn is_due(&mut self, advance: &Advance<'_>, now: Instant) -> bool {
        let tenths = advance.done * 10 / advance.total.max(1);
        let last = *self.last.get_or_insert(now);
        let due = tenths > self.tenths || now.duration_since(last) >= Self::SILENCE;
        if due {
            (self.tenths, self.last) = (tenths, Some(now));
        }
        due
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

    fn after(seconds: u64, done: usize, red: usize) -> Advance<'static> {
        let elapsed = Duration::from_secs(seconds);
        Advance { done, total: 40, elapsed, ended_at: elapsed, red, running: &[] }
    }

    #[test]
    fn times_read_like_a_clock() {
        for (seconds, text) in [(0, "0:00"), (59, "0:59"), (125, "2:05"), (3600, "60:00")] {
            assert_eq!(minutes(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn what_is_left_is_reckoned_from_the_runs_so_far() {
        let plain = |text: String, _: &str| text;
        for (advance, line) in [
            (after(5, 0, 0), "0/40 · time unknown · 0 red"),
            (after(60, 10, 3), "10/40 · 3:00 left · 3 red"),
            (Advance { elapsed: Duration::from_secs(90), ..after(60, 10, 3) }, "10/40 · 2:30 left · 3 red"),
            (Advance { elapsed: Duration::from_secs(900), ..after(60, 10, 3) }, "10/40 · 0:00 left · 3 red"),
            (after(100, 40, 0), "40/40 · 0:00 left · 0 red"),
        ] {
            assert_eq!(advance.counts(plain), line);
        }
        assert!(after(1, 1, 1).counts(|text, code| format!("{code}{text}")).ends_with("\x1b[31m1 red"));
    }

    #[test]
    fn a_log_gets_a_line_a_tenth_and_one_when_it_was_silent_for_long() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        let mut lines = Vec::new();
        for second in 0..100 {
            // The first twenty runs take a second each, the next one more than a minute.
            let done = if second < 20 { second } else { 20 };
            if pace.is_due(&after(second as u64, done, 0), start + Duration::from_secs(second as u64)) {
                lines.push(second);
            }
        }
        assert_eq!(lines, [4, 8, 12, 16, 20, 50, 80]);
    }
}
