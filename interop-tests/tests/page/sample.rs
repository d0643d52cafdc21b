//! Reports as the runner makes them, of runs that never were.

use isogloss_interop::{
    CaseReport, Change, Difference, FORMAT, LeftOut, Mode, NotRun, Origin, PeerInfo, Report, RunKey, RunReport, Shown,
    Stale, Status, Surface, TraceLine, Transport,
};

/// The bytes that the failing case is about.
pub const WRONG: &str = r#"{"jsonrpc":"2.0","id":3,"result":{"content":"5","isError":false}}"#;

fn peer(name: &str) -> PeerInfo {
    let kind = if name.contains("sdk") { Origin::Official } else { Origin::Ours };
    PeerInfo { name: name.into(), language: "go".into(), kind, sdk: None }
}

fn key(client: &str, server: &str, transport: Transport, revision: &str) -> RunKey {
    let mode = if revision == "2026-07-28" { Mode::Modern } else { Mode::Legacy };
    let surface = if transport == Transport::Stdio { Surface::Reference } else { Surface::Wide };
    RunKey { client: client.into(), server: server.into(), transport, mode, revision: revision.into(), surface }
}

fn line(seq: u64, from: &'static str, text: &str) -> TraceLine {
    TraceLine { place: Shown { conversation: 0, seq }, at_ms: seq as f64 * 1.7, from: from.into(), text: text.into() }
}

fn green(key: RunKey) -> RunReport {
    let names = ["tools/add", "tools/echo", "prompts/get", "resources/read", "lifecycle/connect", "wire/ends"];
    RunReport {
        key,
        seconds: 1.2,
        cases: names.map(|name| CaseReport::passed(name, &format!("{name} is as it should be"))).to_vec(),
        left_out: Vec::new(),
        trace: Vec::new(),
        trace_left_out: 0,
        recording: None,
        stderr: String::new(),
    }
}

fn red(key: RunKey) -> RunReport {
    let mut run = green(key);
    let mut wrong =
        CaseReport::passed("schema/server/tools/call", "what the server sends about tools/call is as the schema says");
    let rule = "2025-11-25 CallToolResult: /$defs/CallToolResult/properties/content/type";
    wrong.fail_with_rule(rule, "/result/content: \"5\" is not of type \"array\"", Shown { conversation: 0, seq: 6 });
    run.cases.insert(0, wrong);
    run.trace = vec![
        line(1, "process", "the server was started"),
        line(
            2,
            "client",
            r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"go","version":"1.0.0"}}}"#,
        ),
        line(
            3,
            "server",
            r#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"other","version":"3"}}}"#,
        ),
        line(4, "client", r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#),
        line(
            5,
            "client",
            r#"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"add","arguments":{"a":2,"b":3}}}"#,
        ),
        line(6, "server", WRONG),
        line(7, "stderr", "added <b>2</b> and 3"),
        line(8, "process", "the server ended with 0"),
    ];
    run.trace_left_out = 12;
    run.recording = Some("runs/go--other-sdk".into());
    run.stderr = "a warning of the client".into();
    run
}

fn known(key: RunKey) -> RunReport {
    let mut run = green(key);
    run.cases[1].fail("the same payload", "without __proto__", &[]);
    run.cases[1].status = Status::Known;
    run.cases[1].reason = Some("Its schemas leave a member named __proto__ out.".into());
    run.cases[1].evidence = Some("https://example.invalid/issues/7; the recorded answer".into());
    run.left_out.push(LeftOut {
        case: "prompts/complete".into(),
        reason: "It completes nothing.".into(),
        evidence: "its README".into(),
    });
    run
}

/// Three peers in three ways: one pair has a red run, one server has a known failure.
pub fn report() -> Report {
    let names = ["rust", "go", "other-sdk"];
    let mut runs = Vec::new();
    for client in names {
        for server in names {
            for (transport, revision) in
                [(Transport::Stdio, "2025-11-25"), (Transport::Http, "2025-11-25"), (Transport::Http, "2026-07-28")]
            {
                let key = key(client, server, transport, revision);
                runs.push(match (client, server, transport) {
                    ("go", "other-sdk", Transport::Stdio) => red(key),
                    (_, "other-sdk", Transport::Http) => known(key),
                    _ => green(key),
                });
            }
        }
    }
    let broken = key("go", "other-sdk", Transport::Stdio, "2025-11-25");
    let change = |case: &str, before, now| Change { run: broken.clone(), case: case.into(), before, now };
    let changes = vec![
        change("schema/server/tools/call", Some(Status::Pass), Some(Status::Fail)),
        change("tools/add", Some(Status::Fail), Some(Status::Pass)),
        change("tools/old", Some(Status::Pass), None),
    ];
    Report {
        format: FORMAT,
        clients: names.map(peer).to_vec(),
        servers: names.map(peer).to_vec(),
        runs,
        not_run: vec![NotRun {
            client: "rust".into(),
            server: "other-sdk".into(),
            transport: Transport::Http,
            mode: Mode::Auto,
            revision: None,
            reason: "It does not find the era out by itself.".into(),
            evidence: "its manual".into(),
        }],
        not_built: Vec::new(),
        stale: vec![Stale {
            entry: "** → go, tools/**".into(),
            problem: "matches no failure: remove the entry".into(),
        }],
        missing: 0,
        asked: "** full".into(),
        difference: Some(Difference { compared: 27, changes }),
        seconds: 754.0,
    }
}

/// The same, but the failing case is shown by forty records of many.
pub fn long() -> Report {
    let mut report = report();
    let run = report.runs.iter_mut().find(|run| !run.trace.is_empty()).unwrap();
    run.trace = (1..=90).map(|seq| line(seq, "client", WRONG)).collect();
    run.cases[0].failures[0].shown = (31..=70).map(|seq| Shown { conversation: 0, seq }).collect();
    report
}

/// A full run of eleven peers in which much is wrong: 1,210 runs, a hundred thousand cases, 4 % of them red and 4 %
/// known, and all that is red with as much of the wire as a run brings along.
pub fn full() -> Report {
    let peers: Vec<String> = (0..11).map(|number| format!("an-sdk-of-the-{number:02}th-kind")).collect();
    let mut report = report();
    report.difference = None;
    report.clients = peers.iter().map(|name| peer(name)).collect();
    report.servers = report.clients.clone();
    report.runs.clear();
    for number in 0..1_210 {
        let (client, server) = (&peers[number / 110], &peers[number / 10 % 11]);
        let transport = if number % 2 == 0 { Transport::Stdio } else { Transport::Http };
        let mut key = key(
            client,
            server,
            transport,
            ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"][number % 5],
        );
        key.surface = if number % 10 < 5 { Surface::Reference } else { Surface::Wide };
        let mut run = green(key);
        run.cases = (0..84).map(|case| whole_case(number, case)).collect();
        let text = format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{{\"text\":\"{}\"}}}}", "x&".repeat(500));
        run.trace = (1..=400).map(|seq| line(seq, if seq % 2 == 0 { "server" } else { "client" }, &text)).collect();
        report.runs.push(run);
    }
    report
}

fn whole_case(run: usize, number: usize) -> CaseReport {
    let mut case = CaseReport::passed(
        &format!("area-{}/what-the-case-shows-{number}", number % 12),
        "it shows something, in a sentence of usual length",
    );
    if (run + number).is_multiple_of(12) {
        for failure in 0..3 {
            let shown: Vec<Shown> = (1..=40).map(|seq| Shown { conversation: 0, seq: seq + failure }).collect();
            case.fail(
                "the wire holds what the case is about, in the way that it says",
                &"found otherwise ".repeat(10),
                &shown,
            );
        }
        if number.is_multiple_of(2) {
            case.status = Status::Known;
            case.reason = Some(format!("It is known why {number} fails, and that is said in one sentence."));
            case.evidence = Some("https://example.invalid/issues/8".into());
        }
    }
    case
}
