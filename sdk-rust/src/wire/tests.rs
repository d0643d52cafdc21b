//! What decoding and encoding mean, line by line of ARCHITECTURE.md, with types as generated code would write them.

use super::*;

const OLD: Revs = Revs(1);
const NEW: Revs = Revs(2);
const BOTH: Revs = Revs(3);

/// A bit of everything.
#[derive(Debug, Default, PartialEq)]
struct Sample {
    name: String,
    count: Option<i64>,
    ratio: Option<f64>,
    flag: Option<bool>,
    role: Option<usize>,
    shape: Option<Shape>,
    id: Option<Number>,
    list: Option<Vec<i64>>,
    map: Option<Map<bool>>,
    /// Only in the new revision, which requires it.
    fresh: Option<String>,
    empty: Option<Option<i64>>,
    extra: Extra,
}

#[derive(Debug, PartialEq)]
enum Shape {
    Circle(Extra),
    Square(Extra),
}

const ROLES: [(&str, Revs); 3] = [("user", BOTH), ("assistant", BOTH), ("tool", NEW)];
const SHAPES: [(&str, Revs); 2] = [("square", NEW), ("circle", BOTH)];

impl Decode for Sample {
    fn decode(d: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let mut s = Sample::default();
        let (mut name, mut version) = (None, false);
        let mut members = d.object()?;
        while let Some(key) = d.key(&mut members)? {
            match &*key {
                "version" => {
                    d.member_with("version", |d| d.constant("2.0"))?;
                    version = true;
                }
                "code" => d.member_with("code", |d| d.constant_integer(-32601))?,
                "name" => name = Some(d.member("name")?),
                "count" => s.count = Some(d.member_with("count", |d| d.integer(0, 100))?),
                "ratio" => s.ratio = Some(d.member_with("ratio", |d| d.number(0.0, 1.0))?),
                "flag" => s.flag = Some(d.member("flag")?),
                "role" => s.role = Some(d.member_with("role", |d| d.choice(&ROLES))?),
                "shape" => s.shape = Some(d.member("shape")?),
                "id" => s.id = Some(d.member("id")?),
                "list" => s.list = Some(d.member_with("list", |d| d.list(Some((BOTH, 2))))?),
                "map" => s.map = Some(d.member("map")?),
                "empty" => s.empty = Some(d.member_with("empty", |d| d.nullable(|d| d.value()))?),
                "fresh" if d.has(NEW) => s.fresh = Some(d.member("fresh")?),
                _ => d.keep(&mut s.extra, key)?,
            }
        }
        d.seen_in(NEW, "version", version)?;
        s.name = d.required("name", name)?;
        s.fresh = d.required_in(NEW, "fresh", s.fresh)?;
        Ok(s)
    }
}

impl Encode for Sample {
    fn encode(&self, e: &mut Encoder<'_>) -> Result<(), EncodeError> {
        let mut o = e.object(&self.extra);
        o.member(BOTH, Revs(0), "count", &self.count)?;
        o.member(NEW, NEW, "fresh", &self.fresh)?;
        o.member(BOTH, Revs(0), "list", &self.list)?;
        o.member(BOTH, Revs(0), "map", &self.map)?;
        o.required("name", &self.name)?;
        o.member(BOTH, Revs(0), "ratio", &self.ratio)?;
        o.member_or(NEW, NEW, "resultType", &None::<String>, "\"complete\"")?;
        o.constant(NEW, "version", "\"2.0\"");
        o.end()
    }
}

impl Decode for Shape {
    fn decode(d: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let tag = d.tag("type")?;
        let alternative = match tag.text() {
            Some("circle") => Shape::Circle,
            Some("square") if d.has(NEW) => Shape::Square,
            _ => return Err(d.unknown_tag("type", &tag, &SHAPES)),
        };
        let own = tag.text().unwrap_or_default().to_owned();
        let mut extra = Extra::new();
        let mut members = d.object()?;
        while let Some(key) = d.key(&mut members)? {
            match &*key {
                "type" => d.member_with("type", |d| d.constant(&own))?,
                _ => d.keep(&mut extra, key)?,
            }
        }
        Ok(alternative(extra))
    }
}

/// Where and how a text is wrong, as `path message`; in the old revision, which asks for a name only.
fn wrong(text: &str) -> String {
    wrong_in::<Sample>(OLD, text)
}

fn wrong_in<T: Decode + std::fmt::Debug>(revision: Revs, text: &str) -> String {
    match Decoder::message::<T>(text.as_bytes(), revision) {
        Ok(value) => format!("fine: {value:?}"),
        Err(error) => format!("{} {}", error.pointer(), error.message()),
    }
}

/// A right sample with these members first.
fn sample(members: &str) -> String {
    format!(r#"{{{members},"name":"x"}}"#)
}

#[test]
fn what_is_wrong_is_said_with_its_path() {
    for (members, expected) in [
        (r#""count":"x""#, "/count expected integer, found string"),
        (r#""count":1.5"#, "/count expected integer, found number"),
        (r#""count":1e-1"#, "/count expected integer, found number"),
        (r#""count":9223372036854775808"#, "/count integer out of range"),
        (r#""count":1e300"#, "/count integer out of range"),
        (r#""count":-1"#, "/count must be at least 0"),
        (r#""count":101"#, "/count must be at most 100"),
        (r#""ratio":1.5"#, "/ratio must be at most 1"),
        (r#""ratio":-0.5"#, "/ratio must be at least 0"),
        (r#""ratio":true"#, "/ratio expected number, found boolean"),
        (r#""flag":null"#, "/flag expected boolean, found null"),
        (r#""version":"1.0""#, r#"/version expected "2.0", found "1.0""#),
        (r#""version":2"#, r#"/version expected "2.0", found number"#),
        (r#""code":-32600"#, "/code expected -32601, found another number"),
        (r#""code":-32601.5"#, "/code expected -32601, found another number"),
        (r#""code":"x""#, "/code expected -32601, found string"),
        (r#""role":"bob""#, r#"/role expected one of "assistant", "user", found "bob""#),
        (r#""role":"tool""#, r#"/role expected one of "assistant", "user", found "tool""#),
        (r#""role":[]"#, r#"/role expected one of "assistant", "user", found array"#),
        (r#""shape":{}"#, "/shape/type required member is missing"),
        (r#""shape":{"type":"blob"}"#, r#"/shape/type expected "circle", found "blob""#),
        (r#""shape":{"a":{},"type":7}"#, r#"/shape/type expected "circle", found number"#),
        (r#""shape":[]"#, "/shape expected object, found array"),
        (r#""id":"x""#, "/id expected number, found string"),
        (r#""id":123456789012345678901234567890"#, "/id integer out of range"),
        (r#""list":{}"#, "/list expected array, found object"),
        (r#""list":[1,"x"]"#, "/list/1 expected integer, found string"),
        (r#""list":[1,2,3]"#, "/list must have at most 2 items"),
        (r#""map":{"a/b~c":1}"#, "/map/a~1b~0c expected boolean, found number"),
        (r#""empty":"x""#, "/empty expected integer, found string"),
    ] {
        assert_eq!(wrong(&sample(members)), expected, "{members}");
    }
    assert_eq!(wrong("[]"), " expected object, found array");
    assert_eq!(wrong("{}"), "/name required member is missing");
    assert_eq!(wrong_in::<Sample>(NEW, r#"{"name":"x"}"#), "/version required member is missing");
    assert_eq!(wrong_in::<Sample>(NEW, r#"{"version":"2.0","name":"x"}"#), "/fresh required member is missing");
}

#[test]
fn the_first_error_in_the_order_of_the_input_is_reported() {
    assert_eq!(wrong(r#"{"flag":1,"count":"x"}"#), "/flag expected boolean, found number");
    assert_eq!(wrong(r#"{"count":"x","flag":1}"#), "/count expected integer, found string");
    assert_eq!(wrong(r#"{"shape":{"x":1,"type":"blob"},"flag":1}"#), r#"/shape/type expected "circle", found "blob""#);
}

#[test]
fn errors_are_shown_with_dotted_paths() {
    for (text, expected) in
        [(r#"{"list":["x"]}"#, "list[0]: expected integer, found string"), ("[]", "expected object, found array")]
    {
        let error = Decoder::message::<Sample>(text.as_bytes(), OLD).expect_err("wrong");
        assert_eq!(error.to_string(), expected);
    }
    let inner = DecodeError::new("required member is missing").in_member("b").in_element(3).in_member("a");
    assert_eq!(
        (inner.to_string().as_str(), inner.pointer().as_str()),
        ("a[3].b: required member is missing", "/a/3/b")
    );
}

#[test]
fn a_long_string_is_cut_where_it_is_quoted() {
    let forty = "é".repeat(40);
    assert_eq!(
        wrong(&sample(&format!(r#""version":"{forty}""#))),
        format!(r#"/version expected "2.0", found "{forty}""#)
    );
    assert_eq!(
        wrong(&sample(&format!(r#""version":"{forty}!""#))),
        format!(r#"/version expected "2.0", found "{forty}…""#)
    );
}

#[test]
fn what_is_no_json_is_called_that_and_nothing_else() {
    for text in [
        "",
        " ",
        "nul",
        "{",
        "[1",
        r#"{"a"}"#,
        r#"{"a":1,}"#,
        "[1,]",
        "[1 2]",
        r#"{"a":1 "b":2}"#,
        "{a:1}",
        "01",
        "-",
        "1.",
        "1e",
        ".5",
        "+1",
        r#"{"name":"x"} x"#,
        r#"{"name":"\x"}"#,
        r#"{"name":"\u12"}"#,
        r#"{"name":"\ud800"}"#,
        r#"{"name":"\udc00\ud800"}"#,
        "{\"name\":\"a\nb\"}",
        r#"{"name":"x"#,
        "\u{feff}{}",
    ] {
        assert!(wrong(text).starts_with(" invalid JSON"), "{text:?}: {}", wrong(text));
    }
    assert!(wrong(r#"{"flag":1,"x":}"#).starts_with(" invalid JSON"), "it wins over what comes before it");
    let bytes = Decoder::message::<Sample>(b"{\"name\":\"\xff\"}", OLD).expect_err("no text");
    assert!(bytes.is_syntax() && bytes.message().starts_with("invalid JSON"));
}

#[test]
fn nesting_has_a_limit() {
    let nested = |depth: usize| sample(&format!(r#""x":{}{}"#, "[".repeat(depth), "]".repeat(depth)));
    assert!(wrong(&nested(127)).starts_with("fine"));
    let found = wrong(&nested(128));
    assert_eq!(found, format!("/x{} nesting deeper than 128", "/0".repeat(127)));
    let bottomless = "[".repeat(1_000_000);
    assert!(
        wrong(&bottomless).contains("found array") || wrong(&bottomless).contains("nesting"),
        "{}",
        &wrong(&bottomless)[..40]
    );
}

#[test]
fn two_point_zero_is_an_integer_and_integers_stay_exact() {
    let read = |text: &str| Decoder::message::<i64>(text.as_bytes(), OLD).ok();
    for (text, value) in [
        ("2.0", Some(2)),
        ("20e-1", Some(2)),
        ("-0", Some(0)),
        ("1e3", Some(1000)),
        ("9007199254740993", Some(9_007_199_254_740_993)),
        ("-9223372036854775808", Some(i64::MIN)),
        ("9007199254740993.0", Some(9_007_199_254_740_993)),
        ("9007199254740993.5", None),
        ("0.00000000000000000000012e23", Some(12)),
        ("-92233720368547758080e-1", Some(i64::MIN)),
        ("0e99999999999999999999", Some(0)),
        ("1e99999999999999999999", None),
        ("1e-99999999999999999999", None),
        ("2.5", None),
    ] {
        assert_eq!(read(text), value, "{text}");
    }
    let number = |text: &str| Decoder::message::<Number>(text.as_bytes(), OLD).expect("a number");
    assert!(matches!(number("9007199254740993"), Number::Integer(9_007_199_254_740_993)));
    assert!(matches!(number("2.0"), Number::Integer(2)));
    assert!(matches!(number("0.1"), Number::Float(f) if f == 0.1));
    assert_eq!(Number::Integer(2), Number::Float(2.0));
}

#[test]
fn of_a_name_given_twice_the_last_value_counts() {
    let read = |text: &str| Decoder::message::<Sample>(text.as_bytes(), OLD).expect("fine");
    assert_eq!(read(r#"{"name":"a","name":"b"}"#).name, "b");
    assert_eq!(read(r#"{"name":1,"name":"b"}"#).name, "b", "what does not count is not checked");
    assert_eq!(wrong(r#"{"name":"a","name":1}"#), "/name expected string, found number");
    let twice = read(r#"{"x":1,"y":2,"x":{"a":1,"a":2},"name":"n"}"#).extra;
    assert_eq!(twice.keys().collect::<Vec<_>>(), ["x", "y"], "at its first place");
    assert_eq!(
        read(r#"{"name":"n","shape":{"type":"square","type":"circle"}}"#).shape,
        Some(Shape::Circle(Extra::new()))
    );
    let late = Decoder::new(r#"{"t":"a","x":[{}],"t":"b"}"#, NEW).tag_in(NEW, "t").expect("an object");
    assert_eq!(late.text(), Some("b"));
    assert!(Decoder::new(r#"{"t":"a"}"#, OLD).tag_in(NEW, "t").expect("an object").is_absent());
}

#[test]
fn members_of_a_later_revision_are_kept_unchecked() {
    let text = r#"{"name":"x","fresh":7,"version":"2.0"}"#;
    let old: Sample = Decoder::message(text.as_bytes(), OLD).expect("unknown to the old one");
    assert_eq!(old.extra["fresh"].as_str(), "7");
    assert_eq!(wrong_in::<Sample>(NEW, text), "/fresh expected string, found number");
}

#[test]
fn unions_by_presence_and_by_kind_name_what_there_could_be() {
    let d = Decoder::new("{}", NEW);
    let presence = d.none_of(&[("text", BOTH), ("blob", BOTH), ("old", OLD)]);
    assert_eq!(presence.message(), r#"expected one of the members "blob", "text""#);
    let kinds =
        Decoder::new("null", NEW).none_of_kinds(&[(Kind::Number, BOTH), (Kind::String, BOTH), (Kind::Array, OLD)]);
    assert_eq!(kinds.message(), "expected number or string, found null");
    let mut nested = Decoder::new(r#"{"items":{"anyOf":1},"list":[]}"#, NEW);
    for (path, there) in
        [(&["items"][..], true), (&["items", "anyOf"], true), (&["items", "x"], false), (&["list", "x"], false)]
    {
        assert_eq!(nested.has_member(path).expect("an object"), there, "{path:?}");
    }
}

fn write(value: &impl Encode, revision: Revs) -> String {
    match Encoder::message(value, revision) {
        Ok(encoded) => {
            format!("{}{}", encoded.text, encoded.left_out.iter().map(|path| format!(" -{path}")).collect::<String>())
        }
        Err(error) => error.to_string(),
    }
}

#[test]
fn members_are_written_in_the_order_of_the_schema_then_unknown_ones_as_they_came() {
    let text = r#"{ "z" : [ 1 , { "b" : null } ] , "name" : "x", "count":2.0, "a":"\u00e9\u2028\/", "list":[], "map":{"b":true,"a":false} }"#;
    let value: Sample = Decoder::message(text.as_bytes(), OLD).expect("fine");
    assert_eq!(
        write(&value, OLD),
        "{\"count\":2,\"list\":[],\"map\":{\"b\":true,\"a\":false},\"name\":\"x\",\"z\":[1,{\"b\":null}],\"a\":\"é\u{2028}/\"}"
    );
}

#[test]
fn what_a_program_sets_is_held_to_the_revision() {
    let mut value = Sample { name: "x".into(), fresh: Some("f".into()), ..Sample::default() };
    assert_eq!(write(&value, OLD), r#"{"name":"x"} -fresh"#);
    assert_eq!(write(&value, NEW), r#"{"fresh":"f","name":"x","resultType":"complete","version":"2.0"}"#);
    value.extra.insert("fresh".into(), Json::from_text("7").expect("JSON"));
    assert_eq!(write(&value, OLD), r#"{"name":"x","fresh":7} -fresh"#, "what was received and not known is written");
    assert_eq!(
        write(&value, NEW),
        r#"{"fresh":"f","name":"x","resultType":"complete","version":"2.0"}"#,
        "but not twice"
    );
    value.fresh = None;
    assert_eq!(write(&value, NEW), "fresh: required member is missing");
}

/// Something with samples in it.
struct Outer(Vec<Sample>);

impl Encode for Outer {
    fn encode(&self, e: &mut Encoder<'_>) -> Result<(), EncodeError> {
        let extra = Extra::new();
        let mut o = e.object(&extra);
        o.required("samples", &self.0)?;
        o.end()
    }
}

#[test]
fn a_member_that_is_left_out_often_is_named_once_without_indices() {
    let set = || Sample { fresh: Some("f".into()), ..Sample::default() };
    assert_eq!(write(&Outer(vec![set(), set()]), OLD), r#"{"samples":[{"name":""},{"name":""}]} -samples.fresh"#);
    let unset = Outer(vec![set(), Sample::default()]);
    assert_eq!(write(&unset, NEW), "samples.fresh: required member is missing");
}

#[test]
fn what_a_runtime_supplies_stands_where_nothing_is_set() {
    let supplements = [
        Supplement { path: &["fresh"], value: Json::from_text(r#""supplied""#).expect("JSON") },
        Supplement { path: &["samples", "fresh"], value: Json::from_text(r#""inner""#).expect("JSON") },
    ];
    let write = |value: &dyn Fn(&[Supplement]) -> Result<Encoded, EncodeError>| value(&supplements).expect("fine").text;
    let bare = Sample::default();
    let own = Sample { fresh: Some("own".into()), ..Sample::default() };
    let rest = r#""name":"","resultType":"complete","version":"2.0"}"#;
    assert_eq!(write(&|s| Encoder::supplemented(&bare, NEW, s)), format!(r#"{{"fresh":"supplied",{rest}"#));
    assert_eq!(write(&|s| Encoder::supplemented(&own, NEW, s)), format!(r#"{{"fresh":"own",{rest}"#));
    assert_eq!(write(&|s| Encoder::supplemented(&bare, OLD, s)), r#"{"name":""}"#);
    let outer = Outer(vec![Sample::default()]);
    assert_eq!(
        write(&|s| Encoder::supplemented(&outer, NEW, s)),
        format!(r#"{{"samples":[{{"fresh":"inner",{rest}]}}"#)
    );
}

#[test]
fn only_what_must_be_is_escaped() {
    let text = "\"\\\u{8}\t\n\u{c}\r\u{0}\u{1f}\u{7f}/é\u{2028}😀";
    assert_eq!(write(&text.to_owned(), OLD), "\"\\\"\\\\\\b\\t\\n\\f\\r\\u0000\\u001f\u{7f}/é\u{2028}😀\"");
    let json = Json::from_text(r#" { "\u0041\/" : "\ud83d\ude00\u000A" } "#).expect("JSON");
    assert_eq!(json.as_str(), "{\"A/\":\"😀\\n\"}", "JSON kept as it came is compacted the same way");
    assert_eq!(
        Json::from_text("[1.50,1E5,-0]").expect("JSON").as_str(),
        "[1.50,1E5,-0]",
        "numbers keep their spelling"
    );
}

#[test]
fn numbers_are_written_as_numbers() {
    for (value, text) in
        [(2.0, "2"), (0.1, "0.1"), (-0.5, "-0.5"), (1e-7, "1e-7"), (9_007_199_254_740_991.0, "9007199254740991")]
    {
        assert_eq!(write(&value, OLD), text);
    }
    for value in [f64::NAN, f64::INFINITY] {
        assert_eq!(write(&value, OLD), "must be a finite number");
    }
    assert_eq!(write(&i64::MIN, OLD), "-9223372036854775808");
}

#[test]
fn unknown_members_are_a_map_that_costs_nothing_while_it_is_empty() {
    assert_eq!(size_of::<Extra>(), size_of::<usize>());
    let one = || Json::from_text("1").expect("JSON");
    let mut extra = Extra::new();
    assert!(extra.is_empty() && extra.get("a").is_none() && extra.iter().next().is_none());
    extra.insert("a".into(), one());
    extra.extend([(String::from("b"), one())]);
    assert_eq!((extra.len(), extra["b"].as_str()), (2, "1"));
    assert_eq!(extra, Extra::from_iter([(String::from("a"), one()), (String::from("b"), one())]));
    extra.clear();
    assert_eq!(extra, Extra::new(), "emptied is empty");
}

#[test]
fn raw_json_is_one_for_serde_too() {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Holder {
        any: Json,
        object: JsonObject,
    }
    let text = r#"{"any":[123456789012345678901234567890,1.50],"object":{"b":1,"a":2}}"#;
    let holder: Holder = serde_json::from_str(&text.replace(',', " , ")).expect("fine");
    assert_eq!(serde_json::to_string(&holder).expect("JSON"), text);
    assert!(serde_json::from_str::<Holder>(r#"{"any":1,"object":[]}"#).is_err());
    assert_eq!(holder.object.members().keys().collect::<Vec<_>>(), ["b", "a"]);
    assert_eq!(holder.any.get(&["x"]), None);
    let nested = Json::from_text(r#"{"a":{"b":"\u00e9"},"c":1}"#).expect("JSON");
    assert_eq!(nested.get_text(&["a", "b"]).as_deref(), Some("é"));
    assert_eq!(nested.get(&["c"]).map(|value| value.to::<i64>().expect("a number")), Some(1));
    assert_eq!((nested.get(&["c", "d"]), nested.get_text(&["a"])), (None, None));
    let twice = Json::from_text(r#"{"a":{"b":1},"a":{"b":2,"\u0062":3},"c":4}"#).expect("JSON");
    assert_eq!(twice.get(&["a", "b"]).as_ref().map(Json::as_str), Some("3"), "the last one counts");
}
