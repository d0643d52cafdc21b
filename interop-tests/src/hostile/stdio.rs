//! A case over standard streams: a server of its own for each.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::case::{Answer, Case, has};
use super::text::fill;
use super::{PATIENCE, Problem, Target};

type Outcome<T> = Result<T, Problem>;

/// The `_meta` of a modern request, without its braces' outside.
pub const META: &str = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"hostile","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}"#;

/// How long what is still missing may come after the plain call's answer.
const LINGER: Duration = Duration::from_secs(2);

/// Between two pieces of what is sent slowly, and between two looks at whether a process has ended.
const BETWEEN: Duration = Duration::from_millis(2);

/// The status of a process of Rust or Go that has given up in a way that nobody foresaw.
const PANICKED: i32 = 101;

/// The id of the plain call that comes last.
const LAST: &str = "the plain call";

/// Runs a case.
pub fn run(target: &Target, case: &Case) -> Outcome<()> {
    let mut server = Server::start(target)?;
    if let Some(revision) = &case.legacy {
        server.shake_hands(revision)?;
    }
    let given = |name: &str| (name == "meta").then(|| META.to_owned());
    let mut bytes = Vec::new();
    for text in &case.send {
        bytes.extend(fill(text, &given));
        bytes.push(b'\n');
    }
    let mut bytes = bytes.repeat(case.times);
    if let Some(raw) = &case.raw {
        bytes.extend(fill(raw, &given));
    }
    if case.gone {
        return server.left_alone(&bytes);
    }
    let meta = if case.legacy.is_some() { String::new() } else { format!("{META},") };
    if !case.end {
        let arguments = r#""name":"add","arguments":{"a":2,"b":3}"#;
        let call = format!(
            "\n{{\"jsonrpc\":\"2.0\",\"id\":{LAST:?},\"method\":\"tools/call\",\"params\":{{{meta}{arguments}}}}}\n"
        );
        bytes.extend_from_slice(call.as_bytes());
    }
    let came = server.talk(bytes, case)?;
    judge(case, &came)
}

struct Server {
    child: Child,
    input: Option<ChildStdin>,
    lines: Option<Receiver<Vec<u8>>>,
    output: Option<std::process::ChildStdout>,
}

impl Server {
    fn start(target: &Target) -> Outcome<Self> {
        let (program, arguments) = target.command.split_first().ok_or("an empty command")?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{program} cannot be started: {error}"))?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        Ok(Server { child, input, lines: None, output })
    }

    /// The lines that come, from now on read in the background.
    fn lines(&mut self) -> Outcome<&Receiver<Vec<u8>>> {
        if let Some(output) = self.output.take() {
            let (sender, receiver) = mpsc::channel();
            thread::spawn(move || {
                let mut output = BufReader::new(output);
                loop {
                    let mut line = Vec::new();
                    if !output.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) || sender.send(line).is_err() {
                        return;
                    }
                }
            });
            self.lines = Some(receiver);
        }
        self.lines.as_ref().ok_or_else(|| "no output".into())
    }

    fn shake_hands(&mut self, revision: &str) -> Outcome<()> {
        let params = json!({
            "protocolVersion": revision, "capabilities": {}, "clientInfo": {"name": "hostile", "version": "1"},
        });
        let hello = json!({"jsonrpc": "2.0", "id": "hello", "method": "initialize", "params": params});
        let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        let input = self.input.as_mut().ok_or("no input")?;
        input.write_all(format!("{hello}\n{ready}\n").as_bytes()).map_err(|error| error.to_string())?;
        let line = self.lines()?.recv_timeout(PATIENCE).map_err(|_| "no answer to initialize")?;
        let answer: Value = serde_json::from_slice(&line).map_err(|error| error.to_string())?;
        if answer["result"]["protocolVersion"] == *revision {
            Ok(())
        } else {
            Err(format!("no handshake: {answer}").into())
        }
    }

    /// Sends all, and gives what comes until the plain call is answered, or until the end.
    fn talk(&mut self, bytes: Vec<u8>, case: &Case) -> Outcome<Vec<Value>> {
        let mut input = self.input.take().ok_or("no input")?;
        let deadline = Instant::now() + PATIENCE;
        let (deaf, end) = (case.deaf, case.end);
        let pieces: Vec<Vec<u8>> = bytes.chunks(bytes.len().div_ceil(case.pieces).max(1)).map(<[u8]>::to_vec).collect();
        if !deaf {
            self.lines()?;
        }
        let (sent, sending) = mpsc::channel();
        thread::spawn(move || {
            // What cannot be sent is seen by what does not come.
            for (number, piece) in pieces.iter().enumerate() {
                if number > 0 {
                    thread::sleep(BETWEEN);
                }
                let _ = input.write_all(piece);
            }
            let _ = sent.send(());
            // The input stays open until the other side has answered, unless its end is the point.
            if end { drop(input) } else { std::mem::forget(input) }
        });
        if deaf && sending.recv_timeout(PATIENCE).is_err() {
            // A server that nobody reads may stop reading; what it was sent is still to be answered.
        }
        let expected: usize = case.answers.iter().map(|answer| answer.count).sum();
        let (mut came, mut answered) = (Vec::new(), false);
        loop {
            let wait = if answered { LINGER } else { deadline.saturating_duration_since(Instant::now()) };
            match self.lines()?.recv_timeout(wait) {
                Ok(line) => {
                    let message: Value = serde_json::from_slice(&line)
                        .map_err(|error| format!("a line that is no JSON ({error}): {}", shown(&line)))?;
                    if !end && message["id"] == LAST {
                        plain(&message)?;
                        answered = true;
                    } else {
                        came.push(message);
                    }
                    // What takes longer than the plain call may still come.
                    if answered && came.len() >= expected {
                        return Ok(came);
                    }
                }
                Err(RecvTimeoutError::Disconnected) if end => return self.ended().map(|()| came),
                Err(RecvTimeoutError::Disconnected) => return Err(Problem::dead("the server has ended")),
                Err(RecvTimeoutError::Timeout) if answered => return Ok(came),
                Err(RecvTimeoutError::Timeout) => {
                    let came = Value::from(came);
                    return Err(Problem::dead(format!("the plain call was not answered; there came {came}")));
                }
            }
        }
    }

    /// Closes both ends as a process does that is killed, and looks whether it ends.
    fn left_alone(&mut self, bytes: &[u8]) -> Outcome<()> {
        let mut input = self.input.take().ok_or("no input")?;
        input.write_all(bytes).map_err(|error| format!("it takes nothing: {error}"))?;
        drop((input, self.output.take()));
        match self.waited_for()? {
            Some(status) if status.code().is_some_and(|code| code != PANICKED) => Ok(()),
            Some(status) => Err(Problem::dead(format!("ended with {status}"))),
            None => Err(Problem::dead("did not end when its client was gone")),
        }
    }

    /// Whether it ends well now that its input is closed.
    fn ended(&mut self) -> Outcome<()> {
        match self.waited_for()? {
            Some(status) if status.success() => Ok(()),
            Some(status) => Err(Problem::dead(format!("ended with {status}"))),
            None => Err(Problem::dead("did not end with its input")),
        }
    }

    /// How it ends; none if it does not in time.
    fn waited_for(&mut self) -> Outcome<Option<ExitStatus>> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            match self.child.try_wait() {
                Ok(None) => thread::sleep(BETWEEN),
                ended => return ended.map_err(|error| error.to_string().into()),
            }
        }
        Ok(None)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn plain(message: &Value) -> Outcome<()> {
    match message["result"]["structuredContent"]["sum"].as_i64() {
        Some(5) => Ok(()),
        _ if message["result"]["content"][0]["text"].as_str().is_some_and(|text| text.contains('5')) => Ok(()),
        _ => Err(Problem::dead(format!("the plain call went wrong: {message}"))),
    }
}

/// Holds what came to what a case wants.
fn judge(case: &Case, came: &[Value]) -> Outcome<()> {
    let mut left: Vec<&Value> = came.iter().collect();
    for answer in &case.answers {
        for _ in 0..answer.count {
            let Some(index) = left.iter().position(|message| fits(answer, message)) else {
                return Err(format!("wanted {}, and there came {}", wanted(answer), brief(came)).into());
            };
            left.remove(index);
        }
    }
    // Notifications are nobody's answer.
    left.retain(|message| message.get("id").is_some() || message.is_array());
    if left.is_empty() { Ok(()) } else { Err(format!("nobody wanted {}", left[0]).into()) }
}

fn fits(answer: &Answer, message: &Value) -> bool {
    if let Some(count) = answer.batch {
        return message.as_array().is_some_and(|all| all.len() == count);
    }
    let id = answer.id.as_ref().is_none_or(|id| message.get("id").unwrap_or(&Value::Null) == id);
    let what = match answer.code {
        Some(code) => message["error"]["code"] == code,
        None => message.get("result").is_some(),
    } || answer.or.is_some_and(|code| message["error"]["code"] == code);
    let short = answer.shorter.is_none_or(|most| message.to_string().len() <= most);
    let is_in = |text: &String| has(&message.to_string(), text);
    id && what && short && (answer.has.as_ref().is_none_or(is_in) || answer.or_has.as_ref().is_some_and(is_in))
}

fn wanted(answer: &Answer) -> String {
    let id = answer.id.as_ref().map_or_else(|| "any id".into(), |id| format!("id {id}"));
    let what = match (answer.code, answer.batch) {
        (_, Some(count)) => format!("a batch of {count}"),
        (Some(code), _) => format!("error {code} for {id}"),
        _ => format!("a result for {id}"),
    };
    format!("{what}{}", answer.shorter.map(|most| format!(" of {most} bytes at most")).unwrap_or_default())
}

fn brief(came: &[Value]) -> String {
    let all = Value::from(came.to_vec()).to_string();
    shown(all.as_bytes())
}

fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    match text.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}
