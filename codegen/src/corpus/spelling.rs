//! Spelling: messages that are about the text itself: escapes, white space, repeated names, nesting, text that
//! is no JSON. One type of a revision stands for all.

use super::Case;
use super::judge::{Encoded, Fault, MAX_DEPTH};
use super::node::{Node, quoted};
use crate::ir::{Protocol, Shape, Type, TypeDef};

/// A type to say it with: the first that has an optional member that is a plain string.
pub fn subject<'a>(protocol: &'a Protocol, schema: &str, revision: usize) -> Option<(&'a str, &'a TypeDef, &'a str)> {
    protocol.types.iter().find_map(|def| {
        let name = def.schema_names.iter().find(|name| name.schema == schema)?;
        let Shape::Struct(shape) = &def.shape else { return None };
        let plain = |ty: &Type| matches!(ty, Type::Str { format: None });
        let field = shape.fields.iter().find(|f| plain(&f.ty) && f.revs.has(revision) && !f.required.has(revision))?;
        Some((name.name.as_str(), def, field.wire.as_str()))
    })
}

/// The cases, for a type with this least value and this optional string member.
pub fn cases(ty: &str, member: &str, least: &Node, judge: impl Fn(&Node) -> Result<Encoded, Fault>) -> Vec<Case> {
    let case =
        |name: &str, json: String, node: &Node| Case { ty: ty.into(), name: name.into(), json, outcome: judge(node) };
    let with = |text: &str| least.clone().with(member, Node::text(text));
    let mut cases = Vec::new();

    let awkward = "\"\\/\u{8}\u{c}\n\r\t\u{0}\u{1f}\u{7f} é ✓ 😀 \u{2028}\u{2029} </script>";
    let kept = Node::object([(
        awkward,
        Node::List(vec![Node::text(awkward), Node::Null, Node::Bool(false), Node::object([("", Node::List(vec![]))])]),
    )]);
    let message = with(awkward).with("x-kept", kept);
    cases.push(case("characters that need care", message.compact(), &message));
    cases.push(case("every character an escape", message.escaped(), &message));
    cases.push(case("white space wherever it may stand", message.spaced(), &message));

    for name in ["constructor", "__proto__", "toString", "", "$ref", "a/b~c"] {
        let message = least.clone().with(name, Node::object([("__proto__", Node::number(1))]));
        cases.push(case(&format!("an unknown member {}", quoted(name)), message.compact(), &message));
    }

    let mut twice = with("first");
    if let Node::Object(members) = &mut twice {
        members.push((member.into(), Node::text("last")));
        members.extend([("x-twice".into(), Node::number(1)), ("x-twice".into(), Node::number(2))]);
    }
    cases.push(case("names given twice", twice.compact(), &twice));

    for (name, levels) in [("nesting as deep as it may be", MAX_DEPTH - 1), ("nesting too deep", MAX_DEPTH)] {
        let deep = (1..levels).fold(Node::List(vec![]), |inner, _| Node::List(vec![inner]));
        let message = least.clone().with("x-deep", deep);
        cases.push(case(name, message.compact(), &message));
    }
    cases.extend(no_json(&with("text").compact()).into_iter().map(|(name, json)| Case {
        ty: ty.into(),
        name: name.into(),
        json,
        outcome: Err(Fault { path: String::new(), message: "invalid JSON".into() }),
    }));
    cases
}

/// Texts that are no JSON, made from one that is. What follows `invalid JSON` may differ by language.
fn no_json(text: &str) -> Vec<(&'static str, String)> {
    let with = |member: &str| format!("{},{member}}}", &text[..text.len() - 1]);
    vec![
        ("no text", String::new()),
        ("text that ends early", text[..text.len() - 1].to_owned()),
        ("text after the value", format!("{text}x")),
        ("a second value", format!("{text}{text}")),
        ("a comma before the end", format!("{},}}", &text[..text.len() - 1])),
        ("a name without quotes", with("x:1")),
        ("quotes that are none", with("'x':1")),
        ("a comment", format!("/**/{text}")),
        ("a number with a leading zero", with("\"x\":01")),
        ("a number without digits after the point", with("\"x\":1.")),
        ("a number with a plus", with("\"x\":+1")),
        ("no number", with("\"x\":NaN")),
        ("a word cut short", with("\"x\":tru")),
        ("a control character in a string", with("\"x\":\"\n\"")),
        ("an unknown escape", with("\"x\":\"\\x\"")),
        ("half a surrogate pair", with("\"x\":\"\\ud83d\"")),
    ]
}
