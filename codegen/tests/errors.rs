//! What an error tells: the file, the place in it, what was found, what was expected, and how to mend it. And a
//! generator that found one has written nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use isogloss_codegen::error::Error;
use isogloss_codegen::import::normalise;
use isogloss_codegen::inputs::{Inputs, Source};
use isogloss_codegen::output::{Mode, OutputFile, apply};
use isogloss_codegen::{build, check};
use serde_json::{Value, json};

/// A wrong input and what the message must say, in order: file, place, found, expected, mending.
struct Wrong {
    name: &'static str,
    /// Definitions of 2025-11-25, if any, then of 2026-07-28.
    schemas: Vec<Value>,
    overlay: Vec<(&'static str, &'static str)>,
    says: [&'static str; 5],
}

const FILE: &str = "spec/schema/2026-07-28.json";

fn inputs(wrong: &Wrong) -> Inputs {
    let revisions = ["2025-11-25", "2026-07-28"];
    let first = revisions.len() - wrong.schemas.len();
    let schema = |(name, defs): (&&str, &Value)| Source {
        name: (*name).into(),
        extends: None,
        text: json!({"$defs": defs}).to_string(),
    };
    Inputs {
        schemas: revisions[first..].iter().zip(&wrong.schemas).map(schema).collect(),
        overlay: wrong.overlay.iter().map(|(file, text)| ((*file).into(), (*text).into())).collect(),
    }
}

fn object(properties: Value) -> Value {
    json!({"type": "object", "properties": properties})
}

fn check_message(name: &str, error: &Error, says: [&str; 5]) {
    let text = error.to_string();
    assert!(!error.mend.is_empty(), "{name}: nothing mends it\n{text}");
    let mut rest = text.as_str();
    for part in says {
        let at = rest.find(part).unwrap_or_else(|| panic!("{name}: no {part:?} (in this order) in\n{text}"));
        rest = &rest[at + part.len()..];
    }
}

fn schemas() -> Vec<Wrong> {
    vec![
        Wrong {
            name: "an unknown keyword",
            schemas: vec![json!({"A": {"type": "string", "contentMediaType": "text/html"}})],
            overlay: vec![],
            says: [
                FILE,
                "/$defs/A/contentMediaType",
                "keyword `contentMediaType`",
                "a keyword of the subset",
                "schema.rs",
            ],
        },
        Wrong {
            name: "a dangling reference",
            schemas: vec![json!({"A": object(json!({"b": {"$ref": "#/$defs/B"}}))})],
            overlay: vec![],
            says: [FILE, "/$defs/A/properties/b", "a reference to `B`", "a definition's name", "cargo xtask import"],
        },
        Wrong {
            name: "a required member without a schema",
            schemas: vec![json!({"A": {"type": "object", "properties": {"b": {"type": "string"}}, "required": ["c"]}})],
            overlay: vec![],
            says: [
                FILE,
                "/$defs/A",
                "required member `c` without a schema",
                "every required member in `properties`",
                "patches.toml",
            ],
        },
        Wrong {
            name: "two members of one name",
            schemas: vec![json!({"A": object(json!({"max_size": {"type": "string"}, "maxSize": {"type": "string"}}))})],
            overlay: vec![],
            says: ["spec/schema", "A", "\"max_size\" twice", "one name a member", "names.toml"],
        },
        Wrong {
            name: "two meanings of one name",
            schemas: vec![
                json!({"A": object(json!({"b": {"type": "string", "enum": ["x"]}})), "B": {"type": "string", "enum": ["y"]}}),
            ],
            overlay: vec![("names.toml", "[position]\n\"A.b\" = \"B\"\n")],
            says: [FILE, "/$defs/B", "a second, different type `B`", "one meaning a name", "names.toml"],
        },
        Wrong {
            name: "a union that nothing decides",
            schemas: vec![json!({
                "A": object(json!({"x": {"type": "string"}})),
                "B": object(json!({"x": {"type": "string"}, "y": {"type": "string"}})),
                "U": {"anyOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B"}]},
            })],
            overlay: vec![],
            says: ["spec/overlay/unions.toml", "U", "no entry", "how to tell apart A, B", "add an entry"],
        },
        Wrong {
            name: "revisions that contradict each other",
            schemas: vec![
                json!({"A": object(json!({"b": {"type": "string"}}))}),
                json!({"A": object(json!({"b": {"type": "boolean"}}))}),
            ],
            overlay: vec![],
            says: [
                "spec/schema",
                "A.b",
                "in a newer revision and",
                "types that one can widen to the other",
                "names.toml",
            ],
        },
        Wrong {
            name: "a type that is no JSON Schema's",
            schemas: vec![json!({"A": object(json!({"b": {"type": "date"}}))})],
            overlay: vec![],
            says: [FILE, "/$defs/A/properties/b", "type `date`", "a type the codec knows", "patches.toml"],
        },
        Wrong {
            name: "no revision",
            schemas: vec![],
            overlay: vec![],
            says: ["spec/schema", "", "0 revisions", "1 to 32", "cargo xtask import"],
        },
    ]
}

fn overlays() -> Vec<Wrong> {
    let plain = || vec![json!({"A": object(json!({"b": {"type": "string"}}))})];
    let wrong = |name, file: &'static str, text: &'static str, says| Wrong {
        name,
        schemas: plain(),
        overlay: vec![(file, text)],
        says,
    };
    let patch = "[[patch]]\nschemas = [\"2026-07-28\"]\npath = \"/$defs/A/properties/b\"\nold = '{\"type\":\"integer\"}'\nnew = '{}'\nreason = \"\"\n";
    let no_json = "[[patch]]\nschemas = [\"2026-07-28\"]\npath = \"/$defs/A\"\nold = '{'\nnew = '{}'\nreason = \"\"\n";
    vec![
        wrong(
            "a patch whose old is gone",
            "patches.toml",
            patch,
            [FILE, "/$defs/A/properties/b", "{\"type\":\"string\"}", "which patch[0] replaces", "patches.toml"],
        ),
        wrong(
            "a patch that is no JSON",
            "patches.toml",
            no_json,
            ["spec/overlay/patches.toml", "patch[0].old", "EOF", "JSON", "cargo xtask codegen"],
        ),
        wrong(
            "an entry that matches nothing",
            "encode.toml",
            "[default]\n\"B.c\" = 0\n",
            ["spec/overlay", "", "encode.toml: default.B.c", "entries that are used", "remove them"],
        ),
        wrong(
            "a file that is no TOML",
            "docs.toml",
            "[A\n",
            ["spec/overlay/docs.toml", "", "TOML parse error", "an overlay file", "the head of the file"],
        ),
        wrong(
            "a key that nobody knows",
            "encode.toml",
            "defualt = 1\n",
            ["spec/overlay/encode.toml", "", "unknown field `defualt`", "an overlay file", "the head of the file"],
        ),
        Wrong {
            name: "a union's alternative that is not there",
            schemas: vec![json!({
                "A": object(json!({"x": {"type": "string"}})),
                "B": object(json!({"y": {"type": "string"}})),
                "U": {"anyOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B"}]},
            })],
            overlay: vec![("unions.toml", "U = { presence = [[\"x\", \"A\"]], otherwise = \"C\" }\n")],
            says: ["spec/overlay/unions.toml", "U", "alternative C", "one of A, B", "the head of the file"],
        },
    ]
}

#[test]
fn an_error_says_where_what_and_how_to_mend_it() {
    for wrong in schemas().iter().chain(&overlays()) {
        match build(&inputs(wrong)) {
            Ok(protocol) => panic!("{}: no error, {} types", wrong.name, protocol.types.len()),
            Err(error) => check_message(wrong.name, &error, wrong.says),
        }
    }
}

#[test]
fn a_schema_that_is_no_json_is_named() {
    let inputs = Inputs {
        schemas: vec![Source { name: "2026-07-28".into(), extends: None, text: "{".into() }],
        overlay: BTreeMap::new(),
    };
    let error = build(&inputs).expect_err("no JSON");
    check_message("no JSON", &error, [FILE, "", "text that is not JSON", "a normalised schema", "cargo xtask import"]);
}

#[test]
fn an_extension_of_nothing_is_named() {
    let source = |name: &str, extends: Option<&str>| Source {
        name: name.into(),
        extends: extends.map(Into::into),
        text: "{\"$defs\":{}}".into(),
    };
    let inputs = Inputs {
        schemas: vec![source("2026-07-28", None), source("ext-x", Some("2020-01-01"))],
        overlay: BTreeMap::new(),
    };
    let error = build(&inputs).expect_err("a base that is not there");
    check_message(
        "no base",
        &error,
        ["spec/pins.toml", "ext-x", "extends 2020-01-01", "a revision that was imported", "cargo xtask import"],
    );
}

#[test]
fn a_published_schema_that_cannot_be_read_is_named() {
    for (name, text, says) in [
        ("no JSON", "nothing", ["schema.json", "", "text that is not JSON", "a JSON Schema", "cargo xtask import"]),
        ("no object", "[]", ["schema.json", "", "no object", "a JSON Schema", "cargo xtask import"]),
        ("no definitions", "{}", ["schema.json", "", "no definitions", "`$defs` or `definitions`", "schema.json"]),
        (
            "a keyword",
            r#"{"$defs":{"A":{"unevaluatedItems":false}}}"#,
            ["schema.json", "/$defs/A/unevaluatedItems", "keyword", "subset", "import.rs"],
        ),
        (
            "another file",
            r##"{"$defs":{"A":{"$ref":"other.json#/A"}}}"##,
            ["schema.json", "/$defs/A/$ref", "other.json", "#/$defs/<name>", "cargo xtask import"],
        ),
        (
            "no schema",
            r#"{"$defs":{"A":{"items":7}}}"#,
            ["schema.json", "/$defs/A/items", "a number", "a schema", "cargo xtask import"],
        ),
    ] {
        let error = normalise("schema.json", text).expect_err(name);
        check_message(name, &error, says);
    }
}

#[test]
fn what_is_not_documented_is_a_warning_and_is_listed() {
    let wrong = Wrong {
        name: "",
        schemas: vec![json!({"A": object(json!({"b": {"type": "string", "enum": ["x", "y"]}}))})],
        overlay: vec![],
        says: [""; 5],
    };
    let protocol = build(&inputs(&wrong)).expect("no error");
    assert_eq!(check::undocumented(&protocol), ["A", "A.b", "AB", "AB=x", "AB=y"]);
}

#[test]
fn nothing_is_written_unless_everything_can_be() {
    let root = std::env::temp_dir().join(format!("isogloss-output-{}", std::process::id()));
    let _ = fs::remove_dir_all(&root);
    let folder = "sdk-rust/src/protocol";
    let file = |name: &str| OutputFile { path: format!("{folder}/{name}"), text: format!("// {name}\n") };
    fs::create_dir_all(root.join(folder).join("b.rs")).expect("a folder in the way");
    fs::write(root.join(folder).join("stale.rs"), "").expect("a stale file");
    let error = apply(&root, &[file("a.rs"), file("b.rs")], Mode::Write).expect_err("a folder in the way");
    assert!(error.to_string().contains("b.rs"), "{error}");
    assert!(!root.join(folder).join("a.rs").exists() && root.join(folder).join("stale.rs").exists());

    fs::remove_dir(root.join(folder).join("b.rs")).expect("to clear the way");
    let paths =
        |changes: Vec<isogloss_codegen::output::Change>| changes.into_iter().map(|c| c.path).collect::<Vec<_>>();
    let all = ["a.rs", "b.rs", "stale.rs"].map(|name| format!("{folder}/{name}"));
    assert_eq!(paths(apply(&root, &[file("a.rs"), file("b.rs")], Mode::Check).expect("to check")), all);
    assert!(!root.join(folder).join("a.rs").exists(), "checking writes nothing");
    assert_eq!(paths(apply(&root, &[file("a.rs"), file("b.rs")], Mode::Write).expect("to write")), all);
    assert!(!root.join(folder).join("stale.rs").exists());
    assert_eq!(apply(&root, &[file("a.rs"), file("b.rs")], Mode::Check).expect("to check"), []);
    fs::remove_dir_all(PathBuf::from(&root)).expect("to clean up");
}
