//! Messages through the generated code alone: one JSON line in, one out.

use std::io::{self, BufRead, Write};

use isogloss::protocol::revisions::{RecodeError, recode};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Line<'a> {
    r#type: String,
    revision: String,
    #[serde(borrow)]
    json: &'a RawValue,
}

pub fn run() -> io::Result<()> {
    let mut output = io::BufWriter::new(io::stdout().lock());
    let mut input = io::stdin().lock();
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        if !line.trim_ascii().is_empty() {
            writeln!(output, "{}", answer(&line))?;
            output.flush()?;
        }
        line.clear();
    }
    Ok(())
}

fn answer(line: &[u8]) -> String {
    let asked: Line<'_> = match serde_json::from_slice(line) {
        Ok(asked) => asked,
        Err(error) => return refused("", &format!("not a line of a codec's input: {error}")),
    };
    match recode(&asked.revision, &asked.r#type, asked.json.get().as_bytes()) {
        Ok(encoded) => format!(r#"{{"ok":true,"json":{encoded}}}"#),
        Err(RecodeError::Decode(error)) => refused(&error.pointer(), error.message()),
        Err(RecodeError::Encode(error)) => refused(&format!("/{}", error.path.replace('.', "/")), &error.message),
        Err(RecodeError::UnknownType) => {
            refused("", &format!("there is no type {} in {}", asked.r#type, asked.revision))
        }
    }
}

fn refused(path: &str, message: &str) -> String {
    json!({"ok": false, "error": {"path": path, "message": message}}).to_string()
}
