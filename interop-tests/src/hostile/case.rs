//! Cases as data: see `spec/fixtures/hostile/README.md`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::error::{Error, Result};

/// What a case goes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    Stdio,
    Http,
}

impl Transport {
    pub fn name(self) -> &'static str {
        match self {
            Transport::Stdio => "stdio",
            Transport::Http => "http",
        }
    }
}

/// What is sent, and what must come of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub name: String,
    /// One case each, with this in the place of `${variant}`.
    #[serde(default)]
    pub variants: Vec<String>,
    /// The legacy revision to shake hands in first; modern if there is none.
    pub legacy: Option<String>,
    /// Lines on standard input.
    #[serde(default)]
    pub send: Vec<String>,
    /// Bytes without an end of line.
    pub raw: Option<String>,
    /// The answers that must come, besides that of the plain call.
    #[serde(default)]
    pub answers: Vec<Answer>,
    /// Instead of a plain call: close standard input, and the server ends well.
    #[serde(default)]
    pub end: bool,
    /// How often what is sent is sent.
    #[serde(default = "once")]
    pub times: usize,
    /// Reads nothing until all is sent.
    #[serde(default)]
    pub deaf: bool,
    /// Over standard streams: goes without a word while what was sent is answered, and the server ends by itself.
    #[serde(default)]
    pub gone: bool,
    /// In how many pieces all is sent, others being served between them.
    #[serde(default = "once")]
    pub pieces: usize,
    /// Runs when nothing else does.
    #[serde(default)]
    pub alone: bool,
    /// An HTTP request; `raw` are the bytes of one that is none.
    pub request: Option<Request>,
    /// The statuses that may come; 0 is a connection that is closed without one.
    #[serde(default)]
    pub status: Vec<u16>,
    /// The code of the JSON-RPC error in the body.
    pub code: Option<i64>,
    /// Another code that it may have, where languages differ in what they see first.
    pub or: Option<i64>,
    /// What the body must have in it.
    pub has: Option<String>,
    /// What else it may have, where a language's numbers hold exactly what others refuse.
    pub or_has: Option<String>,
    /// Closes the connection once all is sent, without reading.
    #[serde(default)]
    pub hang_up: bool,
    /// Keeps the connection open and sends no more: the server must not wait for ever, so this is only asked after.
    #[serde(default)]
    pub keep: bool,
}

fn once() -> usize {
    1
}

/// An answer that must come.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Its id as JSON; any if there is none.
    pub id: Option<Value>,
    /// The code of its error; a result if there is none.
    pub code: Option<i64>,
    /// Another code that it may have, where languages differ in what they can hold.
    pub or: Option<i64>,
    /// What its text must have in it.
    pub has: Option<String>,
    /// What else it may have, where a language's numbers hold exactly what others refuse.
    pub or_has: Option<String>,
    /// How many bytes it has at most.
    pub shorter: Option<usize>,
    /// How many of it come.
    #[serde(default = "once")]
    pub count: usize,
    /// Answers of a batch, as one array of so many.
    pub batch: Option<usize>,
}

/// A request, where it differs from a plain call.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    pub method: Option<String>,
    pub path: Option<String>,
    pub body: Option<String>,
    /// Headers in the place of the plain ones of that name; empty takes one away.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Lines of headers besides, as they are.
    #[serde(default)]
    pub more: Vec<String>,
    /// Without any of the plain headers of the modern era.
    #[serde(default)]
    pub legacy: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Case>,
}

/// Reads a file of cases, variants apart.
pub fn load(path: &Path) -> Result<Vec<Case>> {
    let text = std::fs::read_to_string(path).map_err(|error| Error::at(path, error))?;
    let file: File = toml::from_str(&text).map_err(|error| Error::at(path, error))?;
    let mut cases = Vec::new();
    for case in file.case {
        if case.variants.is_empty() {
            cases.push(case);
            continue;
        }
        for (number, variant) in case.variants.iter().enumerate() {
            cases.push(case.with(number + 1, variant));
        }
    }
    let mut names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    names.sort_unstable();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(Error::at(path, format!("two cases of the name {}", twice[0])));
    }
    Ok(cases)
}

/// Whether a text has a part in it; the name of a limit may be spelled the language's way: `max_uri`, `maxUri`, `MaxURI`.
pub fn has(text: &str, part: &str) -> bool {
    let is_limit = part.contains('_') && part.chars().all(|c| c == '_' || c.is_ascii_lowercase());
    text.contains(part) || is_limit && text.to_lowercase().contains(&part.replace('_', ""))
}

impl Case {
    fn with(&self, number: usize, variant: &str) -> Case {
        let filled = |text: &String| text.replace("${variant}", variant);
        let mut case = self.clone();
        case.variants.clear();
        case.name = format!("{}-{number}", self.name);
        case.send.iter_mut().for_each(|text| *text = filled(text));
        case.raw = case.raw.as_ref().map(filled);
        if let Some(request) = &mut case.request {
            for part in [&mut request.method, &mut request.path, &mut request.body] {
                *part = part.as_ref().map(filled);
            }
            request.headers.values_mut().for_each(|text| *text = filled(text));
            request.more.iter_mut().for_each(|text| *text = filled(text));
        }
        case
    }
}
