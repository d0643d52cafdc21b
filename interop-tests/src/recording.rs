//! The recording of one client's conversations: JSON lines, written by `tee` and read by the judge.
//!
//! A line of the wire is kept byte for byte, and so is a message that HTTP carries. Order is the order
//! in which they passed: one is recorded before its last byte is handed on, so an answer never precedes
//! its request.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Who sent something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Standard input of the server.
    Client,
    /// Standard output of the server.
    Server,
}

impl Side {
    /// The word used in case names and reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

/// One thing that happened on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Event {
    /// The server's process was started.
    Start {
        /// The server's process id.
        pid: u32,
    },
    /// A line without its line feed.
    Line {
        /// Who wrote it.
        from: Side,
        /// The line, where it is UTF-8.
        #[serde(skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        /// The line's bytes in hexadecimal, where it is not.
        #[serde(skip_serializing_if = "Option::is_none")]
        hex: Option<String>,
        /// False for a last line that was cut off before its line feed.
        #[serde(default = "yes", skip_serializing_if = "is_true")]
        whole: bool,
        /// Over HTTP, the exchange whose body held it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exchange: Option<u64>,
    },
    /// Over HTTP: the head of a request, which begins an exchange.
    Request {
        /// The exchange's number, from 1.
        exchange: u64,
        /// The method.
        method: String,
        /// The target as the client wrote it.
        target: String,
        /// Names and values as they came.
        headers: Vec<(String, String)>,
    },
    /// Over HTTP: the head of the answer.
    Response {
        /// The exchange it answers.
        exchange: u64,
        /// The status.
        status: u16,
        /// Names and values as they came.
        headers: Vec<(String, String)>,
    },
    /// Over HTTP: what a body holds that is no message: lines of an event stream beside its data, or
    /// another media type.
    Body {
        /// Who sent it.
        from: Side,
        /// The exchange.
        exchange: u64,
        /// The text; bytes that are not UTF-8 are replaced.
        text: String,
    },
    /// Over HTTP: an answer has come to its end.
    Answered {
        /// The exchange.
        exchange: u64,
    },
    /// Over HTTP: a side closed the connection before the answer had come to its end.
    Cut {
        /// Who closed it.
        from: Side,
        /// The exchange.
        exchange: u64,
    },
    /// A line on the server's standard error.
    Stderr {
        /// The line; bytes that are not UTF-8 are replaced.
        text: String,
    },
    /// A side closed its stream.
    Eof {
        /// Whose stream ended.
        from: Side,
    },
    /// The server's process ended.
    Exit {
        /// Its exit status, absent when a signal ended it.
        status: Option<i32>,
    },
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_true(value: &bool) -> bool {
    *value
}

/// An event, and when and in which server process it happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Process id of the recorder, one for each server that the client started.
    pub process: u32,
    /// Counts up from 1 within the process; a number may be missing.
    pub seq: u64,
    /// Microseconds since the recorder started, by a clock that never goes back.
    pub at_us: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// Appends records to a file, one whole line a write, so that two recorders may share it. Clones are one recorder.
#[derive(Clone)]
pub struct Recorder {
    start: Instant,
    /// The file, and the number of the last moment.
    written: Arc<Mutex<(File, u64)>>,
}

impl Recorder {
    /// Opens the file for appending.
    pub fn open(path: &Path) -> Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path).map_err(|error| Error::at(path, error))?;
        Ok(Self { start: Instant::now(), written: Arc::new(Mutex::new((file, 0))) })
    }

    /// Writes one event, which happens now.
    pub fn record(&self, event: Event) -> io::Result<()> {
        self.record_at(self.moment(), event)
    }

    /// This moment, as the place of an event that is not known yet.
    pub fn moment(&self) -> Moment {
        let (_, seq) = &mut *self.written();
        *seq += 1;
        Moment { seq: *seq, at_us: u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX) }
    }

    /// Writes one event, which happened then.
    pub fn record_at(&self, Moment { seq, at_us }: Moment, event: Event) -> io::Result<()> {
        let mut line = serde_json::to_vec(&Record { process: std::process::id(), seq, at_us, event })?;
        line.push(b'\n');
        self.written().0.write_all(&line)
    }

    fn written(&self) -> MutexGuard<'_, (File, u64)> {
        // A poisoned lock only means that another thread failed; this one's record is still whole.
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When something happened, and what it came after.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    seq: u64,
    at_us: u64,
}

/// The event for the bytes of one line.
pub fn line_event(from: Side, bytes: &[u8], whole: bool) -> Event {
    message_event(from, bytes, whole, None)
}

/// The event for the bytes of one message, of a line or of an exchange.
pub fn message_event(from: Side, bytes: &[u8], whole: bool, exchange: Option<u64>) -> Event {
    let (text, hex) = match std::str::from_utf8(bytes) {
        Ok(text) => (Some(text.to_owned()), None),
        Err(_) => (None, Some(hex(bytes))),
    };
    Event::Line { from, text, hex, whole, exchange }
}

/// Where the first record begins that begins at or after a byte.
fn record_start(text: &str, byte: u64) -> usize {
    let Some(before) = usize::try_from(byte).unwrap_or(usize::MAX).checked_sub(1) else { return 0 };
    let rest = text.as_bytes().get(before..).unwrap_or_default();
    rest.iter().position(|byte| *byte == b'\n').map_or(text.len(), |line_feed| before + line_feed + 1)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Everything recorded while one client ran, one conversation for each server it started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recording {
    /// The conversations in the order their servers were started.
    pub conversations: Vec<Vec<Record>>,
}

impl Recording {
    /// What stands between two places of the file, in bytes, by the conversations of the `whole` file. A place may be in
    /// the middle of a record, since a file's length can be seen while a record is being written: such a record belongs to
    /// the part in which it began, so that each is in one part alone.
    pub fn read_part(path: &Path, bytes: Range<u64>, whole: &Self) -> Result<Vec<Vec<Record>>> {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        Self::part(&text, bytes, whole).map_err(|problem| Error::at(path, problem))
    }

    fn part(text: &str, bytes: Range<u64>, whole: &Self) -> Result<Vec<Vec<Record>>> {
        let part = &text[record_start(text, bytes.start)..record_start(text, bytes.end)];
        let part = Self::parse(part)?.conversations;
        let process = |records: &[Record]| records.first().map(|record| record.process);
        let same = |of: &Vec<Record>| part.iter().find(|records| process(records) == process(of)).cloned();
        Ok(whole.conversations.iter().map(|of| same(of).unwrap_or_default()).collect())
    }

    /// Reads a recording; a file that is not there is a client that never started a server.
    pub fn read(path: &Path) -> Result<Self> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text).map_err(|problem| Error::at(path, problem)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(Error::at(path, error)),
        }
    }

    /// Parses a recording's text. A last line without line feed was cut by a kill and is left out.
    pub fn parse(text: &str) -> Result<Self> {
        let mut conversations: Vec<Vec<Record>> = Vec::new();
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        for (index, line) in whole.lines().enumerate() {
            let record: Record = serde_json::from_str(line)
                .map_err(|error| Error::new(format!("line {}: not a record: {error}", index + 1)))?;
            match conversations.iter_mut().find(|records| records[0].process == record.process) {
                Some(records) => records.push(record),
                None => conversations.push(vec![record]),
            }
        }
        for records in &mut conversations {
            records.sort_by_key(|record| record.seq);
        }
        Ok(Self { conversations })
    }

    /// Process ids of servers whose end was not recorded.
    pub fn unended(&self) -> Vec<u32> {
        self.conversations
            .iter()
            .filter(|records| !records.iter().any(|record| matches!(record.event, Event::Exit { .. })))
            .filter_map(|records| {
                records.iter().find_map(|record| match record.event {
                    Event::Start { pid } => Some(pid),
                    _ => None,
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(process: u32, seq: u64, event: Event) -> Record {
        Record { process, seq, at_us: seq, event }
    }

    fn text_of(records: &[Record]) -> String {
        records.iter().map(|record| serde_json::to_string(record).unwrap() + "\n").collect()
    }

    #[test]
    fn what_is_written_is_read_back_by_conversation() {
        let lines = [
            record(7, 1, Event::Start { pid: 70 }),
            record(8, 1, Event::Start { pid: 80 }),
            record(7, 2, line_event(Side::Client, "{\"a\":\"\u{2028}\"}\r".as_bytes(), true)),
            record(8, 2, Event::Exit { status: Some(3) }),
            record(7, 3, line_event(Side::Server, b"cut", false)),
        ];
        let read = Recording::parse(&text_of(&lines)).unwrap();
        assert_eq!(read.conversations.len(), 2);
        assert_eq!(read.conversations[0], [lines[0].clone(), lines[2].clone(), lines[4].clone()]);
        assert_eq!(read.unended(), [70]);
    }

    #[test]
    fn bytes_that_are_not_utf8_are_kept() {
        let event = line_event(Side::Server, &[b'{', 0xff], true);
        let hex = Some("7bff".to_owned());
        assert_eq!(event, Event::Line { from: Side::Server, text: None, hex, whole: true, exchange: None });
    }

    #[test]
    fn a_recording_cut_in_the_middle_of_a_record_keeps_what_came_before() {
        let mut text = text_of(&[record(1, 1, Event::Start { pid: 2 })]);
        text.push_str("{\"process\":1,\"se");
        assert_eq!(Recording::parse(&text).unwrap().conversations[0].len(), 1);
    }

    #[test]
    fn each_record_is_in_one_of_two_parts_wherever_they_meet() {
        let text = text_of(&[
            record(1, 1, line_event(Side::Client, "\u{e9}".as_bytes(), true)),
            record(1, 2, Event::Exit { status: Some(0) }),
        ]);
        let whole = Recording::parse(&text).unwrap();
        let length = text.len() as u64;
        for cut in 0..=length {
            let mut parts = Recording::part(&text, 0..cut, &whole).unwrap();
            parts[0].extend(Recording::part(&text, cut..length, &whole).unwrap().remove(0));
            assert_eq!(parts, whole.conversations, "cut at byte {cut}");
        }
    }

    #[test]
    fn a_line_that_is_no_record_is_an_error_with_its_number() {
        let problem = Recording::parse("{\"a\":1}\n").unwrap_err().to_string();
        assert!(problem.starts_with("line 1: not a record"), "{problem}");
    }
}
