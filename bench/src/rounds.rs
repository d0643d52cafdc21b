//! All contestants in all cells, several times over. Within a round everybody has their turn in a cell one after the
//! other, so that what disturbs the machine for a while disturbs all of them.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::cell::Cell;
use crate::contestant::{Contestant, Kind};
use crate::figure::Figures;
use crate::measure::{Sample, measure};

/// In a log a line this often shows that it moves.
const LOG_LINE: Duration = Duration::from_secs(30);

/// What was measured.
pub struct Results {
    /// A row a contestant in a cell, in the order of the cells.
    pub rows: Vec<Row>,
    /// How often all of it was measured.
    pub rounds: usize,
}

/// A contestant in a cell.
pub struct Row {
    /// Where.
    pub cell: Cell,
    /// Who.
    pub contestant: Contestant,
    /// What was seen.
    pub figures: Figures,
}

/// How much is measured.
pub struct Extent {
    /// How often everything.
    pub rounds: usize,
    /// What the calls of a cell are divided by.
    pub fewer: usize,
}

/// Measures all of it. One wrong answer ends it.
pub fn run(contestants: &[Contestant], cells: &[Cell], extent: &Extent) -> Result<Results, String> {
    let turns: Vec<(Cell, &Contestant)> = cells
        .iter()
        .flat_map(|cell| contestants.iter().map(|contestant| (*cell, contestant)))
        .filter(|(cell, contestant)| contestant.command(cell.transport).is_some())
        .collect();
    let mut samples: Vec<Vec<Sample>> = vec![Vec::new(); turns.len()];
    let mut progress = Progress::new(extent.rounds * turns.len());
    for round in 0..extent.rounds {
        for ((cell, contestant), samples) in turns.iter().zip(&mut samples) {
            progress.begin(&format!("round {} of {}: {cell}, {}", round + 1, extent.rounds, contestant.title()));
            let command = contestant.command(cell.transport).unwrap_or_default();
            let calls = (cell.calls() / extent.fewer).max(cell.lanes);
            let sample = measure(command, cell, calls).map_err(|e| format!("{cell}, {}: {e}", contestant.title()))?;
            samples.push(sample);
        }
    }
    progress.end();
    let row = |((cell, contestant), samples): ((Cell, &Contestant), Vec<Sample>)| {
        Some(Row { cell, contestant: contestant.clone(), figures: Figures::of(&samples)? })
    };
    Ok(Results { rows: turns.into_iter().zip(samples).filter_map(row).collect(), rounds: extent.rounds })
}

impl Results {
    /// The cells, each once.
    pub fn cells(&self) -> Vec<Cell> {
        let mut cells: Vec<Cell> = self.rows.iter().map(|row| row.cell).collect();
        cells.dedup();
        cells
    }

    /// Everybody in a cell.
    pub fn of(&self, cell: Cell) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.cell == cell)
    }

    /// The floor that a row is compared with: the limit in the same mode, or else the best of its modes.
    pub fn limit(&self, row: &Row) -> Option<&Row> {
        let same = |limit: &&Row| limit.contestant.mode == row.contestant.mode;
        let limits = || self.of(row.cell).filter(|row| row.contestant.kind == Kind::Limit);
        limits().find(same).or_else(|| self.best(row.cell, Kind::Limit))
    }

    /// How many times the floor's CPU a row takes.
    pub fn ratio(&self, row: &Row) -> Option<f64> {
        let limit = self.limit(row)?;
        Some(row.figures.cpu_s_per_10k.median / limit.figures.cpu_s_per_10k.median)
    }

    /// The one of its kind that takes the least CPU in a cell.
    pub fn best(&self, cell: Cell, kind: Kind) -> Option<&Row> {
        let cpu = |row: &&Row| row.figures.cpu_s_per_10k.median;
        self.of(cell).filter(|row| row.contestant.kind == kind).min_by(|one, other| cpu(one).total_cmp(&cpu(other)))
    }
}

/// What the person waiting sees, on standard error.
struct Progress {
    terminal: bool,
    started: Instant,
    shown: Instant,
    done: usize,
    all: usize,
}

impl Progress {
    fn new(all: usize) -> Self {
        let now = Instant::now();
        Progress { terminal: std::io::stderr().is_terminal(), started: now, shown: now, done: 0, all }
    }

    fn begin(&mut self, what: &str) {
        let left = self.started.elapsed().as_secs_f64() / self.done.max(1) as f64 * (self.all - self.done) as f64;
        let left = if self.done == 0 { String::new() } else { format!(", about {left:.0} s left") };
        if self.terminal {
            eprint!("\r\x1b[2K[{}/{}] {what}{left}", self.done + 1, self.all);
            // Nothing is lost with it.
            let _ = std::io::stderr().flush();
        } else if self.done == 0 || self.shown.elapsed() >= LOG_LINE {
            self.shown = Instant::now();
            eprintln!("[{}/{}] {what}{left}", self.done + 1, self.all);
        }
        self.done += 1;
    }

    fn end(&self) {
        if self.terminal {
            eprint!("\r\x1b[2K");
        }
        eprintln!("measured {} times in {:.0} s", self.all, self.started.elapsed().as_secs_f64());
    }
}
