//! The corpus against a JSON Schema validator, which knows nothing of us: what the corpus calls valid is valid by the
//! normalised schema (with the overlay's patches), what it calls wrong in a way that a schema can say is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use isogloss_codegen::corpus::{Case, cases};
use isogloss_codegen::inputs::Inputs;
use isogloss_codegen::overlay::Overlay;
use jsonschema::Validator;
use serde_json::{Value, json};

/// Where decoding asks for more than the published schema, on purpose: definition, what is special, why.
const STRICTER: [(&str, &str, &str); 4] = [
    (
        "CallToolResultResponse",
        "result: ",
        "`resultType` is open in the schema, so an incomplete result would pass as InputRequiredResult",
    ),
    ("GetPromptResultResponse", "result: ", "the same"),
    (
        "ReadResourceResultResponse",
        "result: ",
        "the same, and a result with half of its caching members is no plain one",
    ),
    (
        "PrimitiveSchemaDefinition",
        "as LegacyTitledEnum: enum missing",
        "names of choices without choices would pass as a plain string's schema",
    ),
];

fn spec() -> Inputs {
    Inputs::read(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../spec")).expect("spec/")
}

/// A validator a definition, made when first asked for.
struct Oracle {
    schema: Value,
    validators: BTreeMap<String, Validator>,
}

impl Oracle {
    fn new(inputs: &Inputs, overlay: &Overlay, name: &str) -> Self {
        let source = inputs.schemas.iter().find(|source| source.name == name).expect("a schema");
        let mut schema: Value = serde_json::from_str(&source.text).expect("JSON");
        overlay.patch(name, name, &mut schema).expect("patches that apply");
        Oracle { schema, validators: BTreeMap::new() }
    }

    fn accepts(&mut self, ty: &str, value: &Value) -> bool {
        let make = || {
            let whole = json!({"$schema": self.schema["$schema"], "$ref": format!("#/$defs/{ty}"), "$defs": self.schema["$defs"]});
            jsonschema::validator_for(&whole).expect("a schema that compiles")
        };
        self.validators.entry(ty.into()).or_insert_with(make).is_valid(value)
    }
}

/// Whether a refusal is of a kind that a JSON Schema says too.
fn is_schemas(case: &Case) -> bool {
    let message = case.outcome.as_ref().err().map_or("", |fault| fault.message.as_str());
    let ours = ["invalid JSON", "integer out of range", "nesting deeper"];
    !ours.iter().any(|words| message.starts_with(words))
}

#[test]
fn a_validator_agrees_with_the_corpus() {
    let inputs = spec();
    let protocol = isogloss_codegen::build(&inputs).expect("an IR");
    let overlay = Overlay::parse(&inputs.overlay).expect("an overlay");
    let (mut valid, mut invalid, mut wrong) = (0, 0, BTreeSet::new());
    for source in &inputs.schemas {
        let mut oracle = Oracle::new(&inputs, &overlay, &source.name);
        for case in cases(&protocol, &source.name).iter().filter(|case| is_schemas(case)) {
            let value: Value = match serde_json::from_str(&case.json) {
                Ok(value) => value,
                // The validator's reader nests less deep than ours.
                Err(error) if error.to_string().contains("recursion") => continue,
                Err(error) => panic!("{}: {error}", case.json),
            };
            let expected = case.outcome.is_ok();
            *(if expected { &mut valid } else { &mut invalid }) += 1;
            let stricter =
                !expected && STRICTER.iter().any(|(ty, special, _)| *ty == case.ty && case.name.starts_with(special));
            if oracle.accepts(&case.ty, &value) != expected && !stricter {
                wrong.insert(format!(
                    "{} {} ({}): {}\n    {:?}",
                    source.name, case.ty, case.name, case.json, case.outcome
                ));
            }
        }
    }
    println!("oracle: {valid} valid messages, {invalid} invalid ones");
    let shown: Vec<&str> = wrong.iter().map(String::as_str).take(20).collect();
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), shown.join("\n"));
}
