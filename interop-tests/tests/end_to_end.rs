//! Real processes: a scripted peer with one fault at a time, and what the matrix says about each.
//!
//! Every fault here must be seen. The first is the one that the recording exists for: a server whose
//! result has a wrong shape, and a client that is content with it.
#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use isogloss_interop::{
    Advance, CaseReport, KnownFailing, Pattern, Peers, Places, Progress, Report, Selection, Silent, Status, Suite,
    Taken, Transport, plan, run_matrix,
};

/// Enough for a scripted pair on a busy machine, and what a client that hangs costs this test.
const LIMIT: Duration = Duration::from_secs(5);

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A suite of scripted peers: `good`, and one for each fault.
fn suite(known: &str) -> Suite {
    let mut suite = Suite::open(&repository()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/peer.py");
    let faults = [
        "",
        "wrong-shape",
        "stray-line",
        "stubborn",
        "twice",
        "wrong-sum",
        "wrong-status",
        "short-lived",
        "hangs",
        "quits",
        "liar",
    ];
    let peer = |fault: &str| {
        let (name, words) = if fault.is_empty() { ("good", String::new()) } else { (fault, format!(", {fault:?}")) };
        format!(
            "[[peer]]\nname = \"{name}\"\nlanguage = \"python\"\nkind = \"ours\"\nmodes = [\"server\", \"client\"]\n\
             run = [\"python3\", {:?}{words}]\nclient = {{ modes = [\"legacy\"], revisions = [\"2025-11-25\"], transports = [\"stdio\", \"http\"] }}\n\
             server = {{ revisions = [\"2025-11-25\"], transports = [\"stdio\", \"http\", \"http-json\", \"http-stream\"] }}\n",
            script.display().to_string()
        )
    };
    suite.peers = Peers::parse(&faults.map(peer).concat()).unwrap();
    suite.known = KnownFailing::parse(known).unwrap();
    // Tests run at the same time, and two of them may run the same pair.
    static SUITES: AtomicUsize = AtomicUsize::new(0);
    let own = format!("suite-{}", SUITES.fetch_add(1, Ordering::Relaxed));
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join(own);
    suite.places = Places::new(&repository(), Some(target));
    env!("CARGO_BIN_EXE_isogloss-interop").clone_into(&mut suite.recorder);
    suite.pair_timeout = LIMIT;
    suite
}

fn run_with(known: &str, client: &str, server: &str) -> Report {
    run_over("stdio", known, client, server)
}

fn run_over(transport: &str, known: &str, client: &str, server: &str) -> Report {
    let selection = Selection {
        client: Pattern::new(client),
        server: Pattern::new(server),
        transport: Pattern::new(transport),
        case: Pattern::new("lifecycle/*,http/*,tools/add*,tools/fail,schema/**,wire/*"),
        ..Selection::default()
    };
    let suite = suite(known);
    run_matrix(&suite, &selection, Taken::default(), Vec::new(), &mut Silent).unwrap()
}

fn run(client: &str, server: &str) -> Report {
    run_with("", client, server)
}

fn failing(report: &Report) -> Vec<&CaseReport> {
    report.runs[0].cases.iter().filter(|case| case.status == Status::Fail).collect()
}

fn names(report: &Report) -> Vec<&str> {
    failing(report).iter().map(|case| case.case.as_str()).collect()
}

#[test]
fn two_good_peers_are_green() {
    let report = run("good", "good");
    assert_eq!(names(&report), [""; 0], "{}", report.table(false));
    assert!(report.score().pass >= 10);
    assert_eq!(report.exit_code(), 0);
}

#[test]
fn a_wrong_shape_that_the_client_does_not_mind_is_red_with_its_bytes() {
    let report = run("good", "wrong-shape");
    assert_eq!(report.exit_code(), 1);
    let case = *failing(&report).iter().find(|case| case.case == "schema/server/tools/call").unwrap();
    let failure = &case.failures[0];
    assert!(failure.found.starts_with("/result/content: "), "{}", failure.found);
    assert!(failure.rule.as_ref().unwrap().starts_with("2025-11-25 CallToolResult: "), "{:?}", failure.rule);
    let line = report.runs[0].trace.iter().find(|line| line.place == failure.shown[0]).unwrap();
    assert!(line.text.contains("\"content\": \"{\\\"sum\\\": 5}\""), "{}", line.text);
    let at_caller = report.runs[0].cases.iter().find(|case| case.case == "tools/add").unwrap();
    assert_eq!(at_caller.status, Status::Pass, "the client is content");
}

#[test]
fn each_fault_is_seen_where_it_is() {
    for (client, server, expected) in [
        ("good", "stray-line", &["schema/server/no-method"][..]),
        ("good", "twice", &["wire/answered-once"]),
        ("good", "stubborn", &["wire/ends"]),
        ("good", "wrong-sum", &["tools/add", "tools/add-text"]),
        ("liar", "wrong-sum", &["tools/add", "tools/add-text"]),
        ("quits", "good", &["lifecycle/close", "tools/add", "tools/add-text", "tools/fail", "wire/ends"]),
        ("hangs", "good", &["lifecycle/close", "tools/add", "tools/add-text", "tools/fail", "wire/ends"]),
    ] {
        let report = run(client, server);
        let mut found = names(&report);
        found.sort_unstable();
        assert_eq!(found, expected, "{client} → {server}\n{}", report.table(false));
    }
}

#[test]
fn over_http_good_peers_are_green_and_each_fault_is_seen() {
    for (server, expected) in [
        ("good", &[][..]),
        ("wrong-status", &["http/accepted"]),
        ("wrong-shape", &["schema/server/tools/call", "tools/add-text"]),
        ("short-lived", &["wire/ends"]),
    ] {
        let report = run_over("http", "", "good", server);
        assert_eq!((report.runs.len(), report.runs[0].key.transport), (1, Transport::Http));
        let mut found = names(&report);
        found.sort_unstable();
        assert_eq!(found, expected, "{server}\n{}", report.table(false));
    }
}

#[test]
fn a_server_that_takes_no_notice_of_the_form_it_is_told_is_red() {
    // It answers as JSON, whatever it is told.
    for (transport, expected) in [("http-json", &[][..]), ("http-stream", &["wire/form"])] {
        let report = run_over(transport, "", "good", "good");
        assert_eq!(names(&report), expected, "{transport}\n{}", report.table(false));
        let form = report.runs[0].cases.iter().find(|case| case.case == "wire/form").unwrap();
        assert!(form.failures.iter().all(|failure| failure.found == "\"application/json\""), "{form:?}");
    }
}

#[test]
fn a_server_that_does_not_serve_over_http_is_said_so() {
    let report = run_over("http", "", "good", "stray-line");
    let problem = &failing(&report)[0].failures[0].found;
    assert!(problem.contains("the server did not start") && problem.contains("listening"), "{problem}");
}

#[test]
fn a_report_is_compared_with_the_one_that_was_written_there_before() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("written-twice");
    let _ = std::fs::remove_dir_all(&folder);
    let mut report = run("good", "wrong-sum");
    report.write(&folder).unwrap();
    assert_eq!(report.difference, None);
    let first = std::fs::read_to_string(folder.join("report.json")).unwrap();

    // The same run again, in which one of two red cases is mended and a green one broken.
    let cases = &mut report.runs[0].cases;
    let case = |name: &str| cases.iter().position(|case| case.case == name).unwrap();
    let (mended, broken) = (case("tools/add"), case("tools/fail"));
    cases[mended] = CaseReport::passed("tools/add", "adds");
    cases[broken].fail("an error", "none", &[]);
    report.write(&folder).unwrap();
    assert_eq!(report.difference.as_ref().unwrap().counts(), "1 newly red, 1 newly green");
    assert!(report.table(false).contains("newly red: good → wrong-sum, stdio legacy 2025-11-25 reference, tools/fail"));
    assert_eq!(std::fs::read_to_string(folder.join("report-before.json")).unwrap(), first);
    assert!(std::fs::read_to_string(folder.join("badge.svg")).unwrap().contains("2 red"));
}

#[test]
fn the_report_for_other_programs_is_xml_with_a_suite_a_run_and_a_test_a_case() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("xml");
    let mut report = run("good", "stray-line");
    report.write(&folder).unwrap();
    let script = "import sys, xml.etree.ElementTree as E\n\
                  suite = E.parse(sys.argv[1]).getroot().find('testsuite')\n\
                  print(suite.get('tests'), len(suite), suite.get('failures'), len(suite.findall('*/failure')))";
    let xml = folder.join("report.xml");
    let said = std::process::Command::new("python3").args(["-c", script]).arg(&xml).output().unwrap();
    let cases = report.runs[0].cases.len();
    assert_eq!(String::from_utf8_lossy(&said.stdout).trim(), format!("{cases} {cases} 1 1"), "{said:?}");
}

const LISTED: &str = "[[entry]]\nserver = \"wrong-shape\"\ncase = \"schema/server/tools/call,tools/add-text\"\n\
                      reason = \"it is scripted so\"\nevidence = \"tests/fixtures/peer.py\"\n";

#[test]
fn a_listed_failure_is_explained_and_a_listed_pass_is_an_error() {
    let report = run_with(LISTED, "good", "wrong-shape");
    assert_eq!((report.score().known, report.exit_code()), (2, 0), "{}", report.table(false));
    let report = run_with(&LISTED.replace("wrong-shape", "good"), "good", "good");
    assert!(!report.stale.is_empty());
    assert_eq!((report.score().fail, report.exit_code()), (0, 1));
}

#[test]
fn an_entry_about_no_peer_at_all_is_an_error() {
    let report = run_with(&LISTED.replace("wrong-shape", "nobody"), "good", "good");
    assert_eq!((report.stale.len(), report.exit_code()), (1, 1));
}

#[test]
fn whoever_wants_an_early_end_gets_a_report_that_says_what_is_missing() {
    struct Impatient;
    impl Progress for Impatient {
        fn begin(&mut self, _what: &str) {}
        fn done(&mut self, _what: &str, _took: Duration) {}
        fn advance(&mut self, _advance: &Advance<'_>) {}
        fn wants_end(&self) -> bool {
            true
        }
    }
    let selection = Selection {
        client: Pattern::new("good"),
        transport: Pattern::new("stdio"),
        case: Pattern::new("lifecycle/*"),
        ..Selection::default()
    };
    let suite = suite("");
    let planned = plan(&suite.peers, &selection).runs.len();
    let report = run_matrix(&suite, &selection, Taken::default(), Vec::new(), &mut Impatient).unwrap();
    assert!(
        report.runs.len() <= 2 && report.runs.len() + report.missing == planned,
        "{} of {planned}",
        report.runs.len()
    );
    assert!(report.table(false).contains(&format!("interrupted: {} runs are missing", report.missing)));
    assert_eq!(report.exit_code(), 1);
}

#[test]
fn where_two_cannot_meet_the_third_connection_is_not_tried() {
    let selection = Selection { client: Pattern::new("stranger"), ..Selection::default() };
    let mut suite = suite("");
    let peer = |name: &str, run: &str, modes: &str| {
        format!(
            "[[peer]]\nname = \"{name}\"\nlanguage = \"python\"\nkind = \"ours\"\nmodes = {modes}\nrun = {run}\n\
             client = {{ modes = [\"legacy\"], revisions = [\"2025-11-25\"], transports = [\"stdio\"] }}\n\
             server = {{ revisions = [\"2025-11-25\"], transports = [\"stdio\"] }}\n"
        )
    };
    let tries = suite.places.output.join("tries");
    std::fs::create_dir_all(&suite.places.output).unwrap();
    // An earlier run of this test may have left it.
    let _ = std::fs::remove_file(&tries);
    let driver = format!("[\"sh\", \"-c\", \"echo >> {}\"]", tries.display());
    let text = peer("stranger", &driver, "[\"driver\"]") + &peer("host", "[\"true\"]", "[\"wide\"]");
    suite.peers = Peers::parse(&text).unwrap();
    let report = run_matrix(&suite, &selection, Taken::default(), Vec::new(), &mut Silent).unwrap();
    let cases: Vec<&CaseReport> = report.runs[0].cases.iter().filter(|case| case.case.contains('/')).collect();
    let not_tried = |case: &&&CaseReport| case.failures.iter().any(|failure| failure.found.contains("not tried again"));
    assert!(cases.iter().filter(not_tried).count() > 20, "{}", report.table(false));
    assert_eq!(std::fs::read_to_string(tries).unwrap().len(), 2);
}
