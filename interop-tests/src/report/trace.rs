//! What of a recording goes into a report: the records that show why cases fail, and those nearest to them.
//!
//! A recording may hold thousands of records a run, of megabytes; it stays beside the report as a whole.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::case::{CaseReport, Shown, Status};
use crate::recording::{Event, Record, Recording};

/// How many records a run with red cases brings along.
const OF_RED: usize = 400;
/// How many a run does whose failures are all known.
const OF_KNOWN: usize = 80;
/// Longer lines are cut in the middle.
const LINE: usize = 2_000;

/// One record of the wire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TraceLine {
    /// Where it stands.
    #[serde(flatten)]
    pub place: Shown,
    /// Milliseconds since its server was started.
    pub at_ms: f64,
    /// `client`, `server`, `stderr` or `process`.
    pub from: Cow<'static, str>,
    /// The bytes as text.
    pub text: String,
}

/// The records that show why cases fail, with those nearest to them; and how many are left out.
pub fn trace(recording: &Recording, cases: &[CaseReport]) -> (Vec<TraceLine>, usize) {
    let shown: Vec<Shown> = cases.iter().flat_map(CaseReport::shown).collect();
    let red = cases.iter().any(|case| case.status == Status::Fail);
    let all: Vec<(Shown, &Record)> = (0..)
        .zip(&recording.conversations)
        .flat_map(|(conversation, records)| {
            records.iter().map(move |record| (Shown { conversation, seq: record.seq }, record))
        })
        .collect();
    let places: Vec<Shown> = all.iter().map(|(place, _)| *place).collect();
    let kept = nearest(&places, &shown, |_| 1, if red { OF_RED } else { OF_KNOWN });
    let left_out = all.len() - kept.len();
    (kept.into_iter().map(|index| line(all[index].0, all[index].1)).collect(), left_out)
}

/// Indices of those places that are nearest to what is shown and together cost no more than there is, in order. Where
/// nothing is shown, the end is what tells most.
pub fn nearest(places: &[Shown], shown: &[Shown], cost: impl Fn(usize) -> usize, most: usize) -> Vec<usize> {
    let shown: BTreeSet<Shown> = shown.iter().copied().collect();
    let mut far = vec![usize::MAX; places.len()];
    let mut sweep = |indices: &mut dyn Iterator<Item = usize>| {
        let mut last: Option<(usize, usize)> = None;
        for index in indices {
            let Shown { conversation, .. } = places[index];
            if shown.contains(&places[index]) {
                last = Some((index, conversation));
            }
            if let Some((near, of)) = last
                && of == conversation
            {
                far[index] = far[index].min(index.abs_diff(near));
            }
        }
    };
    sweep(&mut (0..places.len()));
    sweep(&mut (0..places.len()).rev());
    if shown.is_empty() {
        far.iter_mut().rev().zip(0..).for_each(|(far, from_the_end)| *far = from_the_end);
    }
    let mut indices: Vec<usize> = (0..places.len()).collect();
    indices.sort_by_key(|index| far[*index]);
    let mut spent = 0;
    let affordable = indices.into_iter().take_while(|index| {
        spent += cost(*index);
        spent <= most
    });
    let mut kept: Vec<usize> = affordable.collect();
    kept.sort_unstable();
    kept
}

fn line(place: Shown, record: &Record) -> TraceLine {
    let (from, text) = match &record.event {
        Event::Line { from, text, hex, .. } => (from.word(), text.as_ref().or(hex.as_ref())),
        Event::Body { from, text, .. } => (from.word(), Some(text)),
        Event::Stderr { text } => ("stderr", Some(text)),
        Event::Request { .. } => ("client", None),
        Event::Response { .. } => ("server", None),
        _ => ("process", None),
    };
    let text = text.map_or_else(|| in_words(&record.event), |text| cut_middle(text));
    TraceLine { place, at_ms: record.at_us as f64 / 1000.0, from: from.into(), text }
}

fn in_words(event: &Event) -> String {
    let lines = |first: String, headers: &[(String, String)]| {
        let headers = headers.iter().map(|(name, value)| format!("\n{name}: {value}"));
        std::iter::once(first).chain(headers).collect()
    };
    match event {
        Event::Start { .. } => "the server was started".to_owned(),
        Event::Eof { from } => format!("the {} closed its stream", from.word()),
        Event::Exit { status: Some(status) } => format!("the server ended with {status}"),
        Event::Exit { status: None } => "the server was ended by a signal".to_owned(),
        Event::Request { exchange, method, target, headers } => {
            lines(format!("#{exchange} {method} {target}"), headers)
        }
        Event::Response { exchange, status, headers } => lines(format!("#{exchange} {status}"), headers),
        Event::Answered { exchange } => format!("#{exchange} has come to its end"),
        Event::Cut { from, exchange } => format!("#{exchange} was cut by the {}", from.word()),
        Event::Line { .. } | Event::Body { .. } | Event::Stderr { .. } => String::new(),
    }
}

fn cut_middle(text: &str) -> String {
    let count = text.chars().count();
    if count <= LINE {
        return text.to_owned();
    }
    let half = LINE / 2;
    let head: String = text.chars().take(half).collect();
    let tail: String = text.chars().skip(count - half).collect();
    format!("{head} …[{} of {} bytes left out]… {tail}", text.len() - head.len() - tail.len(), text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::{Side, line_event};

    #[test]
    fn a_long_line_keeps_both_ends_and_says_what_is_missing() {
        let text = format!("{{\"a\":\"{}ü\"}}", "x".repeat(5_000));
        let cut = cut_middle(&text);
        assert!(cut.starts_with("{\"a\":\"x") && cut.ends_with("xü\"}"), "{cut}");
        assert!(cut.contains(&format!("of {} bytes left out", text.len())), "{cut}");
        assert_eq!(cut_middle("short"), "short");
    }

    #[test]
    fn what_is_shown_comes_first_and_then_what_is_nearest_to_it_in_its_conversation() {
        let place = |conversation: usize, seq: u64| Shown { conversation, seq };
        let places: Vec<Shown> = (1..=9).map(|seq| place(0, seq)).chain((1..=3).map(|seq| place(1, seq))).collect();
        for (shown, most, expected) in [
            (&[place(0, 5)][..], 3, &[3, 4, 5][..]),
            (&[place(0, 2), place(1, 1)], 5, &[0, 1, 2, 9, 10]),
            (&[place(0, 9)], 3, &[6, 7, 8]),
            (&[], 2, &[10, 11]),
            (&[], 100, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
        ] {
            let kept = nearest(&places, shown, |_| 1, most);
            assert_eq!(kept, expected, "{shown:?}");
        }
        assert_eq!(nearest(&places, &[place(0, 1)], |index| 10 + index, 25), [0, 1]);
    }

    #[test]
    fn a_run_whose_failures_are_known_brings_less_along() {
        let record = |seq| Record { process: 1, seq, at_us: seq, event: line_event(Side::Client, b"{}", true) };
        let recording = Recording { conversations: vec![(1..=1_000).map(record).collect()] };
        let mut case = CaseReport::passed("a/b", "c");
        case.fail("x", "y", &[Shown { conversation: 0, seq: 500 }]);
        let (lines, left_out) = trace(&recording, std::slice::from_ref(&case));
        assert_eq!((lines.len(), left_out), (OF_RED, 1_000 - OF_RED));
        assert!(lines.iter().any(|line| line.place.seq == 500));
        case.status = Status::Known;
        assert_eq!(trace(&recording, &[case]).0.len(), OF_KNOWN);
    }
}
