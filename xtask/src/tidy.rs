//! `cargo xtask tidy`: the rules of the house as code. Each violation says where it is and how to mend it.
//!
//! A rule is a function from the repository's files to violations. Exceptions are data with a reason, in
//! `xtask/tidy.toml`; one that is not needed is a violation too.

mod exceptions;
mod files;
mod generated;
mod imports;
mod locks;
mod manifests;
mod naming;
mod rooms;
mod text;
mod workflow;

use std::fmt;
use std::process::ExitCode;

use serde::Serialize;

use crate::project::Project;
use exceptions::Exceptions;
use files::Files;

/// Check the rules of the house: rooms, generated files, names, text.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask tidy
  cargo xtask tidy --json

Exceptions, each with its reason, are in xtask/tidy.toml.")]
pub struct Args {
    /// Print the violations as JSON.
    #[arg(long)]
    json: bool,
}

/// Something that is against a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Violation {
    /// The file, and its line where there is one.
    pub place: String,
    /// What is there.
    pub found: String,
    /// How to mend it.
    pub mend: String,
}

impl Violation {
    /// A violation in a file.
    pub fn at(path: &str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Violation { place: path.into(), found: found.into(), mend: mend.into() }
    }

    /// A violation in a line of a file; lines are counted from 0 here and from 1 for people.
    pub fn line(path: &str, index: usize, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Violation::at(&format!("{path}:{}", index + 1), found, mend)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n  to mend it: {}", self.place, self.found, self.mend)
    }
}

/// Runs it.
pub fn run(args: &Args) -> Result<ExitCode, String> {
    let project = Project::open()?;
    let violations = violations(&project)?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&violations).map_err(|e| e.to_string())?);
    } else {
        violations.iter().for_each(|violation| println!("{violation}"));
        let workflow = workflow::check(&project);
        println!("{}", workflow.as_ref().unwrap_or_else(|e| e).trim_end());
        println!("{} violations", violations.len());
        workflow?;
    }
    Ok(ExitCode::from(u8::from(!violations.is_empty())))
}

/// All rules, as a step of `test`.
pub fn check(project: &Project) -> Result<String, String> {
    let violations = violations(project)?;
    if violations.is_empty() {
        return workflow::check(project);
    }
    let lines: Vec<String> = violations.iter().map(Violation::to_string).collect();
    Err(format!("{}\n{} violations", lines.join("\n"), lines.len()))
}

fn violations(project: &Project) -> Result<Vec<Violation>, String> {
    let root = &project.places.root;
    let (written, mut violations) = generated::generate(root)?;
    let files = Files::of(root, &written)?;
    let exceptions = Exceptions::load(root)?;
    violations.extend(generated::markers(&files));
    violations.extend(generated::attributes(&files));
    violations.extend(manifests::check(&files));
    violations.extend(rooms::check(&files, &exceptions));
    violations.extend(naming::check(&files, &exceptions));
    violations.extend(text::check(&files));
    violations.extend(locks::check(&files));
    violations.extend(exceptions.unused());
    violations.sort();
    Ok(violations)
}
