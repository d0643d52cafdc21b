use std::time::Duration;

use proptest::prelude::*;

use super::*;

fn event(kind: &str, data: &str) -> Item {
    Item::Event { kind: kind.into(), data: data.into() }
}

fn message(data: &str) -> Item {
    event("message", data)
}

/// Everything that a stream says, read in pieces of this size.
fn read(bytes: &[u8], size: usize, limit: usize) -> (Vec<Item>, Parser) {
    let (mut items, mut parser) = (Vec::new(), Parser::new(limit));
    for piece in bytes.chunks(size.max(1)) {
        parser.feed(piece, &mut items);
    }
    (items, parser)
}

#[test]
fn streams_are_read_as_the_standard_says_however_they_are_cut() {
    let check = |stream: &str, expected: &[Item], id: &str, retry: Option<u64>| {
        for ending in ["\n", "\r", "\r\n"] {
            let bytes = stream.replace('\n', ending).into_bytes();
            for size in 1..=bytes.len() {
                let (items, parser) = read(&bytes, size, 1000);
                let about = format!("{stream:?} with {ending:?} in pieces of {size}");
                assert_eq!(items, expected, "{about}");
                assert_eq!(parser.last_event_id(), id, "{about}");
                assert_eq!(parser.retry(), retry.map(Duration::from_millis), "{about}");
            }
        }
    };
    check("data: one\n\n", &[message("one")], "", None);
    check("data: one\ndata: two é\n\ndata:three\n\n", &[message("one\ntwo é"), message("three")], "", None);
    check("\u{FEFF}data: mark\n\n", &[message("mark")], "", None);
    check("data: \u{FEFF}kept\n\n\u{FEFF}data: no field\n\n", &[message("\u{FEFF}kept")], "", None);
    check(": a comment\n\n:\n\ndata: x\n\n", &[message("x")], "", None);
    check("id: 7\ndata\n\n", &[message("")], "7", None);
    check("id: 7\nretry: 300\ndata: \n\n", &[message("")], "7", Some(300));
    check("id: 7\n\ndata: no end", &[], "7", None);
    check("id: 7\ndata: a\n\nid\ndata: b\n\n", &[message("a"), message("b")], "", None);
    check("id: 7\ndata: a\n\nid: \0\ndata: b\n\n", &[message("a"), message("b")], "7", None);
    check("id: 8", &[], "", None);
    check("event: endpoint\ndata: x\n\nevent:\ndata: y\n\n", &[event("endpoint", "x"), message("y")], "", None);
    check("event: lost\n\ndata: y\n\n", &[message("y")], "", None);
    check("retry: 1x\nretry:\nretry: 99999999999999999999999\n\n", &[], "", None);
    check("data:  two spaces\nDATA: no\nother: no\n\n", &[message(" two spaces")], "", None);
}

#[test]
fn what_is_no_utf_8_is_handed_on_as_it_came() {
    let (items, _) = read(b"data: \xFF\xC3\n\n", 2, 1000);
    assert_eq!(items, [Item::Event { kind: "message".into(), data: b"\xFF\xC3".to_vec() }]);
}

#[test]
fn an_event_that_is_too_long_is_dropped_alone() {
    let long = "x".repeat(30);
    for stream in [
        format!("id: 1\ndata: a\n\nid: 2\ndata: {long}\ndata: more\n\nid: 3\ndata: b\n\n"),
        format!("data: a\n\ndata: x\ndata: x\ndata: x\ndata: x\ndata: x\ndata: {long}\n\nid: 3\ndata: b\n\n"),
        format!("data: a\n\n: {long}\ndata: y\n\nid: 3\ndata: b\n\n"),
    ] {
        for size in 1..=stream.len() {
            let (items, parser) = read(stream.as_bytes(), size, 20);
            let about = format!("{stream:?} in pieces of {size}: {items:?}");
            let middle = items.get(1).expect(&about);
            assert!(matches!(middle, Item::TooLong { limit: 20, .. }), "{about}");
            assert_eq!((items.first(), items.last()), (Some(&message("a")), Some(&message("b"))), "{about}");
            assert_eq!(items.len(), 3, "{about}");
            assert_eq!(parser.last_event_id(), "3", "{about}");
        }
    }
}

#[test]
fn data_of_just_the_limit_is_taken_however_it_is_cut() {
    for (length, taken) in [(20, true), (21, false)] {
        let data = "x".repeat(length);
        for stream in [format!("data: {data}\n\n"), format!("data:{data}\r\n\r\n"), format!("\u{FEFF}data: {data}\n\n")]
        {
            for size in 1..=stream.len() {
                let (items, _) = read(stream.as_bytes(), size, 20);
                assert_eq!(items == [message(&data)], taken, "{stream:?} in pieces of {size}: {items:?}");
            }
        }
    }
}

#[test]
fn of_an_event_that_is_too_long_only_the_beginning_is_kept() {
    let stream = format!("data: {{\"id\":7,{}", "x".repeat(5000));
    let (items, parser) = read(stream.as_bytes(), 700, 2000);
    let [Item::TooLong { beginning, limit: 2000 }] = &items[..] else { panic!("{items:?}") };
    assert_eq!(beginning.len(), 1024);
    assert!(beginning.starts_with(b"{\"id\":7,x"));
    assert_eq!(parser.held(), 1, "nothing else is held");
}

#[test]
fn what_cannot_be_read_back_is_not_written() {
    let check = |event: Outgoing<'_>, expected: &str| {
        let mut out = Vec::new();
        event.write(&mut out);
        assert_eq!(String::from_utf8(out).expect("UTF-8"), expected);
    };
    let data = b"{}".as_slice();
    check(Outgoing { data, ..Outgoing::default() }, "data: {}\n\n");
    check(
        Outgoing { data: b"", id: Some("1-0"), retry: Some(500), ..Outgoing::default() },
        "id: 1-0\nretry: 500\ndata: \n\n",
    );
    check(Outgoing { data, id: Some("1\ndata: forged"), ..Outgoing::default() }, "data: {}\n\n");
    check(Outgoing { data, id: Some("a\0"), kind: Some("b\r"), ..Outgoing::default() }, "data: {}\n\n");
    check(Outgoing { data: b"a\r\nb\rc\n", ..Outgoing::default() }, "data: a\ndata: b\ndata: c\ndata: \n\n");
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        events in prop::collection::vec((prop::option::of("[a-z0-9-]{1,8}"), "[a-z]{0,5}", "(?s).{0,40}"), 0..6),
        size in 1usize..50,
    ) {
        let mut out = Vec::new();
        let (mut expected, mut last) = (Vec::new(), String::new());
        for (id, kind, data) in &events {
            comment(&mut out);
            let (id, kind) = (id.as_deref(), Some(kind.as_str()));
            Outgoing { id, kind, data: data.as_bytes(), retry: None }.write(&mut out);
            let kind = kind.filter(|kind| !kind.is_empty()).unwrap_or("message");
            expected.push(event(kind, &data.replace("\r\n", "\n").replace('\r', "\n")));
            last = id.map_or(last, str::to_owned);
        }
        let (items, parser) = read(&out, size, 1000);
        prop_assert_eq!(items, expected);
        prop_assert_eq!(parser.last_event_id(), last);
    }

    #[test]
    fn any_bytes_say_the_same_however_they_are_cut(bytes in stream(), size in 1usize..20) {
        // The limit is far away: how much of an event that is too long is seen does depend on the cut.
        let (whole, parser) = read(&bytes, usize::MAX, 10_000);
        let (cut, same) = read(&bytes, size, 10_000);
        prop_assert_eq!(whole, cut);
        prop_assert_eq!((parser.last_event_id(), parser.retry()), (same.last_event_id(), same.retry()));
    }

    #[test]
    fn nothing_is_held_beyond_the_limit(bytes in stream(), size in 1usize..20, limit in 0usize..30) {
        let mut parser = Parser::new(limit);
        for piece in bytes.chunks(size) {
            parser.feed(piece, &mut Vec::new());
            // Beside the data a line has its mark and its name.
            prop_assert!(parser.held() <= limit + 10, "{parser:?}");
        }
    }
}

/// Bytes that are likely to mean something in a stream.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        prop::sample::select(vec![
            "data", "id", "event", "retry", ":", " ", "\r", "\n", "\r\n", "\n\n", "\0", "é", "1"
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
        Just(b"\xEF\xBB\xBF".to_vec()),
        prop::collection::vec(any::<u8>(), 0..3),
    ];
    prop::collection::vec(part, 0..30).prop_map(|parts| parts.concat())
}
