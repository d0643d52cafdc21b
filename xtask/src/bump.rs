//! `cargo xtask bump-test`: a revision that nobody wrote a line for. An invented one is imported into a copy of
//! spec/, the four packages are generated beside it, and their codecs exchange its messages.
//!
//! The copy lies in cargo's target folder and keeps what it built; nothing of the repository is changed.

mod invention;
mod tree;

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use isogloss_codegen::generate;
use isogloss_codegen::inputs::Inputs;
use isogloss_codegen::output::{Mode, apply};
use serde_json::{Value, json};

use crate::import;
use crate::lanes::{self, Lane};
use crate::languages::Language;
use crate::numbers::exchange;
use crate::project::Project;
use crate::screen::Screen;
use crate::step::Step;
use invention::{Becomes, Message, REVISION};
use tree::Tree;

/// The languages, in the order in which a message goes from one to the next.
const ROUND: [Language; 4] = [Language::Rust, Language::Typescript, Language::Go, Language::Python];

/// Import an invented revision into a copy, generate, build, and exchange its messages in all languages.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask bump-test
  cargo xtask bump-test rust go     only these two")]
pub struct Args {
    /// Languages; all by default.
    #[arg(value_enum)]
    languages: Vec<Language>,
}

/// Runs it.
pub fn run(args: &Args) -> Result<ExitCode, String> {
    let project = Project::open()?;
    let (inner, chosen) = (Arc::clone(&project), args.languages.clone());
    let step = Step::check("a new revision", move || among(&inner, &chosen));
    let lanes = vec![Lane { name: "project".into(), steps: vec![step] }];
    let account = lanes::run(lanes, &project.toolchains, &project.logs(), &Screen::new());
    print!("{}", account.table());
    Ok(ExitCode::from(u8::from(account.counts().1 > 0)))
}

/// All languages.
pub fn check(project: &Project) -> Result<String, String> {
    among(project, &[])
}

fn among(project: &Project, chosen: &[Language]) -> Result<String, String> {
    let languages: Vec<Language> =
        ROUND.into_iter().filter(|language| chosen.is_empty() || chosen.contains(language)).collect();
    let tree = Tree::copy(project)?;
    bring_in(&tree)?;
    let messages = invention::messages();
    let mut wire: Vec<Value> = messages.iter().map(|message| message.json.clone()).collect();
    let mut wrong = Vec::new();
    for language in &languages {
        let codec = tree.build(project, *language)?;
        let lines: Vec<String> = messages.iter().zip(&wire).map(|(message, json)| line(message, json)).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let answers = exchange(&codec, &lines, &project.logs(), &format!("bump-{}", language.word()))?;
        for ((message, answer), wire) in messages.iter().zip(&answers).zip(&mut wire) {
            wrong.extend(message.complaint(answer).map(|complaint| format!("{}: {complaint}", language.word())));
            // What this language wrote is what the next one reads.
            if answer["ok"] == true {
                *wire = answer["json"].clone();
            }
        }
    }
    if !wrong.is_empty() {
        return Err(wrong.join("\n"));
    }
    let names: Vec<&str> = languages.iter().map(|language| language.word()).collect();
    Ok(format!("{} messages of {REVISION} from {}\n", messages.len(), names.join(" to ")))
}

/// The steps of CONTRIBUTING.md: import, generate.
fn bring_in(tree: &Tree) -> Result<(), String> {
    let spec = tree.path("spec");
    let newest = spec.join(format!("schema/{}.json", invention::BASE));
    let text = fs::read_to_string(&newest).map_err(|e| format!("{}: {e}", newest.display()))?;
    let published = tree.path("published.json");
    write(&published, &invention::schema(&text)?.to_string())?;
    import::bring_in(&spec, &published, REVISION)?;
    let inputs = Inputs::read(&spec).map_err(|e| e.to_string())?;
    let generated = generate(&inputs).map_err(|e| e.to_string())?;
    apply(&tree.root, &generated.files, Mode::Write).map_err(|e| e.to_string())?;
    Ok(())
}

fn line(message: &Message, json: &Value) -> String {
    json!({"type": message.ty, "revision": message.revision, "json": json}).to_string()
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}

impl Message {
    /// What is wrong with an answer, if anything. Text is compared: the order of members counts.
    fn complaint(&self, answer: &Value) -> Option<String> {
        let (right, expected) = match &self.becomes {
            Becomes::Same => {
                let (expected, found) = (self.json.to_string(), answer["json"].to_string());
                (answer["ok"] == true && found == expected, expected)
            }
            Becomes::Refused { path, message } => {
                let error = json!({"path": path, "message": message});
                (answer["ok"] == false && answer["error"] == error, format!("the refusal {error}"))
            }
        };
        let Message { ty, revision, json, .. } = self;
        (!right).then(|| format!("{ty} of {revision}: {json}\n  expected {expected}\n  found    {answer}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_invented_revision_is_generated_without_a_line_of_overlay() {
        let root = crate::root::root();
        let mut inputs = Inputs::read(&root.join("spec")).expect("spec/");
        let newest = inputs.schemas.iter().find(|source| source.name == invention::BASE).expect("the newest revision");
        let mut invented = newest.clone();
        invented.name = REVISION.into();
        invented.text = invention::schema(&newest.text).expect("a schema").to_string();
        inputs.schemas.push(invented);
        let generated = generate(&inputs).expect("it generates");
        let method =
            generated.protocol.methods.iter().find(|method| method.method == "survey/run").expect("the new method");
        assert_eq!(method.result.as_deref(), Some("SurveyResult"));
        assert!(generated.undocumented.contains(&"SurveyRequestParams.topic".into()), "it says what to document");
    }

    #[test]
    fn an_answer_in_another_order_is_wrong() {
        let message = invention::messages().into_iter().find(|message| message.ty == "SurveyResult").expect("a result");
        assert_eq!(message.complaint(&json!({"ok": true, "json": message.json})), None);
        let members = message.json.as_object().expect("an object");
        let turned: serde_json::Map<_, _> =
            members.iter().rev().map(|(name, value)| (name.clone(), value.clone())).collect();
        assert!(message.complaint(&json!({"ok": true, "json": turned})).is_some());
    }
}
