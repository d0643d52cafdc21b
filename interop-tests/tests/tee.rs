//! The recorder between two real processes: nothing is lost, changed, held back or left running.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use isogloss_interop::{Event, Record, Recording, Side};

fn recording(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("tee-{name}.jsonl"));
    let _ = std::fs::remove_file(&path);
    path
}

fn tee(recording: &Path, server: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_isogloss-interop"))
        .arg("tee")
        .arg(recording)
        .arg("--")
        .args(server)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn records(recording: &Path) -> Vec<Record> {
    let mut conversations = Recording::read(recording).unwrap().conversations;
    assert_eq!(conversations.len(), 1);
    conversations.remove(0)
}

#[test]
fn bytes_pass_unchanged_and_are_recorded_by_line_in_order() {
    let path = recording("bytes");
    let sent: &[u8] = b"{\"a\":\"\xe2\x80\xa8\"}\r\n\n\xff\xfe\ncut";
    let mut child = tee(&path, &["cat"]);
    child.stdin.take().unwrap().write_all(sent).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.stdout, sent);
    assert!(output.status.success());
    let lines: Vec<(Side, Option<String>, Option<String>, bool)> = records(&path)
        .into_iter()
        .filter_map(|record| match record.event {
            Event::Line { from, text, hex, whole, .. } => Some((from, text, hex, whole)),
            _ => None,
        })
        .collect();
    for side in [Side::Client, Side::Server] {
        let of_side: Vec<_> = lines.iter().filter(|line| line.0 == side).cloned().collect();
        let expected = [
            (side, Some("{\"a\":\"\u{2028}\"}\r".to_owned()), None, true),
            (side, Some(String::new()), None, true),
            (side, None, Some("fffe".to_owned()), true),
            (side, Some("cut".to_owned()), None, false),
        ];
        assert_eq!(of_side, expected);
    }
    let seqs: Vec<u64> = records(&path).iter().map(|record| record.seq).collect();
    assert!(seqs.windows(2).all(|pair| pair[0] < pair[1]));
    assert!(matches!(records(&path).last().unwrap().event, Event::Exit { status: Some(0) }));
}

#[test]
fn what_is_not_yet_a_line_is_handed_on_at_once() {
    let path = recording("partial");
    let mut child = tee(&path, &["cat"]);
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdin.write_all(b"{\"half").unwrap();
    let mut half = [0; 6];
    stdout.read_exact(&mut half).unwrap();
    assert_eq!(&half, b"{\"half");
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn status_and_standard_error_pass_through() {
    let path = recording("status");
    let script = "import sys; print('why', file=sys.stderr); sys.exit(7)";
    let output = tee(&path, &["python3", "-c", script]).wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(7), &b"why\n"[..]));
    let said = records(&path).into_iter().any(|record| record.event == Event::Stderr { text: "why".into() });
    assert!(said);
}

#[test]
fn a_signal_reaches_the_server_and_its_death_is_passed_on() {
    use std::os::unix::process::ExitStatusExt;
    let path = recording("signal");
    let script = "import signal, sys, time\n\
                  def end(*_): sys.exit(9)\n\
                  signal.signal(signal.SIGTERM, end)\n\
                  print('ready', flush=True)\n\
                  time.sleep(60)";
    for (script, code, signal) in
        [(script.to_owned(), Some(9), None), (script.replace("end)", "signal.SIG_DFL)"), None, Some(15))]
    {
        let mut child = tee(&path, &["python3", "-c", &script]);
        let mut ready = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut ready).unwrap();
        assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
        let status = child.wait().unwrap();
        assert_eq!((status.code(), status.signal()), (code, signal));
    }
}

#[test]
fn a_server_that_cannot_be_started_is_said_so() {
    let path = recording("missing");
    let output = tee(&path, &["/no/such/server"]).wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("/no/such/server: cannot be started"));
}

#[test]
fn a_line_came_when_all_of_it_but_its_line_feed_did() {
    let path = recording("answered-early");
    let mut child = tee(&path, &["sh", "-c", "printf '{}'; read answer; printf '\\n'"]);
    let mut question = [0; 2];
    child.stdout.as_mut().unwrap().read_exact(&mut question).unwrap();
    child.stdin.as_mut().unwrap().write_all(b"{\"answer\":1}\n").unwrap();
    assert!(child.wait_with_output().unwrap().status.success());
    let sides: Vec<Side> = records(&path)
        .into_iter()
        .filter_map(|record| match record.event {
            Event::Line { from, .. } => Some(from),
            _ => None,
        })
        .collect();
    assert_eq!((&question, sides), (b"{}", vec![Side::Server, Side::Client]));
}
