//! The judge against the rules of ARCHITECTURE.md ('What decoding and encoding mean'), a row each; and the corpus against
//! what it promises: every type is there, what is meant to be valid is, and its size stays sane.

use std::collections::BTreeSet;
use std::path::PathBuf;

use isogloss_codegen::build;
use isogloss_codegen::corpus::judge::Judge;
use isogloss_codegen::corpus::node::Node;
use isogloss_codegen::corpus::{Case, cases, emit};
use isogloss_codegen::inputs::{Inputs, Source};
use isogloss_codegen::ir::Protocol;
use serde_json::{Value, json};

/// Two revisions with every construct that a rule is about.
fn invented() -> Protocol {
    let object =
        |properties: Value, required: Value| json!({"type": "object", "properties": properties, "required": required});
    let content = json!({"anyOf": [{"$ref": "#/$defs/Text"}, {"$ref": "#/$defs/Image"}]});
    let text = object(json!({"type": {"const": "text"}, "text": {"type": "string"}}), json!(["type", "text"]));
    let image = object(json!({"type": {"const": "image"}, "size": {"type": "integer", "minimum": 0}}), json!(["type"]));
    let old = json!({"Text": text, "Image": image, "Content": content, "Letter": object(json!({"to": {"type": "string"}}), json!([]))});
    let new = json!({
        "Text": text, "Image": image, "Content": content,
        "Role": {"type": "string", "enum": ["user", "assistant"]},
        "Id": {"type": ["string", "number"]},
        "Blob": object(json!({"blob": {"type": "string"}}), json!(["blob"])),
        "Plain": object(json!({"plain": {"type": "string"}}), json!(["plain"])),
        "Part": {"anyOf": [{"$ref": "#/$defs/Blob"}, {"$ref": "#/$defs/Plain"}]},
        "Letter": object(json!({
            "to": {"type": "string"}, "id": {"$ref": "#/$defs/Id"}, "role": {"$ref": "#/$defs/Role"}, "v": {"const": "2.0"},
            "code": {"const": -32601}, "share": {"type": "number", "minimum": 0, "maximum": 1}, "count": {"type": "integer"},
            "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2}, "parts": {"type": "object", "additionalProperties": {"$ref": "#/$defs/Part"}},
            "when": {"type": ["string", "null"]}, "side": {"type": "object"}, "content": {"$ref": "#/$defs/Content"},
        }), json!(["to"])),
    });
    let source = |name: &str, defs: &Value| Source {
        name: name.into(),
        extends: None,
        text: json!({"$defs": defs}).to_string(),
    };
    let schemas = vec![source("2025-01-01", &old), source("2026-01-01", &new)];
    build(&Inputs { schemas, overlay: Default::default() }).expect("an IR")
}

/// What becomes of a message as a `Letter` of the newer revision: its text, or path and message.
fn judged(protocol: &Protocol, revision: usize, message: &Node) -> String {
    let letter = protocol.types.iter().find(|def| def.name == "Letter").expect("a letter");
    match Judge::new(protocol, revision).judge(letter, message) {
        Ok(encoded) => encoded.text,
        Err(fault) => format!("{}: {}", fault.path, fault.message),
    }
}

#[test]
fn a_message_is_judged_as_the_rules_read() {
    let protocol = invented();
    for (members, expected) in [
        (r#"{"x":1,"to":"a","count":2}"#, r#"{"count":2,"to":"a","x":1}"#),
        (r#"{"to":7}"#, "/to: expected string, found number"),
        (r#"{"count":0.5,"to":""}"#, "/count: expected integer, found number"),
        (r#"{"count":1e300,"to":""}"#, "/count: integer out of range"),
        (r#"{"count":2.0,"to":""}"#, r#"{"count":2,"to":""}"#),
        ("{}", "/to: required member is missing"),
        (r#"{"v":"1.0"}"#, r#"/v: expected "2.0", found "1.0""#),
        (r#"{"v":2}"#, r#"/v: expected "2.0", found number"#),
        (r#"{"code":1}"#, "/code: expected -32601, found another number"),
        (r#"{"code":null}"#, "/code: expected -32601, found null"),
        (r#"{"role":"bob"}"#, r#"/role: expected one of "assistant", "user", found "bob""#),
        (r#"{"role":null}"#, r#"/role: expected one of "assistant", "user", found null"#),
        (
            r#"{"content":{"text":7,"type":"sound"}}"#,
            r#"/content/type: expected one of "image", "text", found "sound""#,
        ),
        (r#"{"content":{"text":7}}"#, "/content/type: required member is missing"),
        (r#"{"content":{"text":7,"type":"text"}}"#, "/content/text: expected string, found number"),
        (r#"{"content":[]}"#, "/content: expected object, found array"),
        (r#"{"parts":{"a/b":{}}}"#, r#"/parts/a~1b: expected one of the members "blob", "plain""#),
        (r#"{"id":null}"#, "/id: expected number or string, found null"),
        (r#"{"id":9007199254740993,"to":""}"#, r#"{"id":9007199254740993,"to":""}"#),
        (r#"{"share":-1}"#, "/share: must be at least 0"),
        (r#"{"share":1.5}"#, "/share: must be at most 1"),
        (r#"{"tags":["a","b","c"]}"#, "/tags: must have at most 2 items"),
        (r#"{"tags":["a",7]}"#, "/tags/1: expected string, found number"),
        (r#"{"when":null,"to":""}"#, r#"{"to":"","when":null}"#),
        (r#"{"side":null}"#, "/side: expected object, found null"),
        (r#"{"to":"","tags":[],"parts":{}}"#, r#"{"parts":{},"tags":[],"to":""}"#),
        // The first error in the order of the input; what is missing comes last.
        (r#"{"share":2,"count":"x"}"#, "/share: must be at most 1"),
        (r#"{"count":"x","share":2}"#, "/count: expected integer, found string"),
    ] {
        let value: Value = serde_json::from_str(members).expect("JSON");
        let node = match members {
            // What a JSON reader would spell another way.
            r#"{"count":2.0,"to":""}"# => Node::object([("count", Node::number("2.0")), ("to", Node::text(""))]),
            _ => Node::from_json(&value),
        };
        assert_eq!(judged(&protocol, 1, &node), expected, "{members}");
    }
}

#[test]
fn members_of_a_later_revision_are_unknown_to_an_earlier_one() {
    let message = Node::from_json(&json!({"role": 7, "to": "a", "count": "x"}));
    assert_eq!(judged(&invented(), 0, &message), r#"{"to":"a","role":7,"count":"x"}"#);
}

#[test]
fn the_corpus_holds_every_type_and_stays_small() {
    let spec = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../spec");
    let protocol = build(&Inputs::read(&spec).expect("spec/")).expect("an IR");
    let size: usize = emit(&protocol).expect("files").iter().map(|file| file.text.len()).sum();
    assert!(size < 3_500_000, "the corpus has grown to {size} bytes");
    for revision in &protocol.revisions {
        let cases = cases(&protocol, &revision.name);
        let types: BTreeSet<&str> = cases.iter().map(|case| case.ty.as_str()).collect();
        let names = protocol.types.iter().flat_map(|def| &def.schema_names).filter(|name| name.schema == revision.name);
        let absent: Vec<_> = names.filter(|name| !types.contains(name.name.as_str())).collect();
        assert!(absent.is_empty(), "no message of {absent:?}");
        let refused: Vec<&Case> =
            cases.iter().filter(|case| is_meant_to_be_valid(case) && case.outcome.is_err()).collect();
        assert!(refused.is_empty(), "{}: {refused:#?}", revision.name);
    }
}

fn is_meant_to_be_valid(case: &Case) -> bool {
    let wholes = [
        "least",
        "full",
        "full, in the opposite order",
        "an unknown member",
        "unknown members at every depth",
        "members of other revisions",
    ];
    wholes.contains(&case.name.as_str()) || (case.name.starts_with("as ") && !case.name.contains(':'))
}
