//! What is tested of each language, as lanes of steps; the verbs `test` and `ci` run them.

use std::path::Path;
use std::sync::Arc;

use crate::install;
use crate::lanes::Lane;
use crate::project::Project;
use crate::reading::Reads;
use crate::step::Step;
use crate::toolchain::{program, programs};
use crate::{bump, codegen, tidy};

/// A language, or what belongs to none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    /// sdk-rust, codegen, interop-tests, xtask.
    Rust,
    /// bindings/typescript.
    Typescript,
    /// bindings/go.
    Go,
    /// bindings/python.
    Python,
    /// What belongs to no language: tidy, fresh generated files, a new revision.
    Project,
}

/// In the order in which they are started: those that take longest first.
pub const ALL: [Language; 5] =
    [Language::Rust, Language::Project, Language::Python, Language::Typescript, Language::Go];

/// The chosen ones in that order; all where none is chosen.
pub fn select(chosen: &[Language]) -> Vec<Language> {
    ALL.into_iter().filter(|language| chosen.is_empty() || chosen.contains(language)).collect()
}

impl Language {
    /// Its name, as on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Language::Rust => "rust",
            Language::Typescript => "typescript",
            Language::Go => "go",
            Language::Python => "python",
            Language::Project => "project",
        }
    }

    /// All its steps.
    pub fn lane(self, project: &Arc<Project>) -> Lane {
        let mut steps = match self {
            Language::Project => project_steps(project),
            _ => vec![install::step(project, self)],
        };
        match self {
            Language::Rust => steps.extend(rust(project)),
            Language::Typescript => steps.extend(typescript(project)),
            Language::Go => steps.extend(go(project)),
            Language::Python => steps.extend(python(project)),
            Language::Project => {}
        }
        Lane { name: self.word().into(), steps }
    }
}

fn rust(project: &Project) -> Vec<Step> {
    let root = &project.places.root;
    // Generated code is formatted by the generator and marked so that rustfmt passes it by.
    let clippy = ["clippy", "--quiet", "--workspace", "--all-features", "--all-targets", "--", "--deny", "warnings"];
    vec![
        Step::call("format", "cargo", &["fmt", "--all", "--check"], root),
        Step::call("clippy", "cargo", &clippy, root),
        Step::call(
            "test",
            "cargo",
            &["test", "--workspace", "--all-features", "--no-fail-fast", "--", "--show-output"],
            root,
        )
        .reading(Reads::Cargo),
        Step::call(
            "documentation",
            "cargo",
            &["doc", "--quiet", "--package", "isogloss", "--all-features", "--no-deps"],
            root,
        )
        .env("RUSTDOCFLAGS", "--deny warnings"),
        features("client", root),
        features("server", root),
        features("client,stdio", root),
        features("http-client", root),
        features("client,tasks", root),
    ]
}

/// The SDK with these of its features alone.
fn features(features: &str, root: &Path) -> Step {
    let args = ["clippy", "--quiet", "--package", "isogloss", "--no-default-features", "--features", features];
    Step::call(&format!("features {features}"), "cargo", &[&args[..], &["--", "--deny", "warnings"][..]].concat(), root)
}

fn typescript(project: &Project) -> Vec<Step> {
    let folder = project.path("bindings/typescript");
    vec![
        Step::call("types, format", "npm", &["run", "check"], &folder),
        Step::call("test", "npm", &["test"], &folder).reading(Reads::Node),
    ]
}

fn go(project: &Arc<Project>) -> Vec<Step> {
    let folder = project.path("bindings/go");
    let staticcheck = project.places.tools.join("bin").join(program("staticcheck"));
    // What hangs says where it hung.
    let mut test = vec!["test", "-json", "-timeout", "300s"];
    // The race detector needs a C compiler; without one the same tests run without it.
    if has_c_compiler(project) {
        test.push("-race");
    }
    test.push("./...");
    let mut steps = vec![
        Step::call("format", "gofmt", &["-l", "."], &folder).silent(),
        Step::call("vet", "go", &["vet", "./..."], &folder),
        Step::call("staticcheck", &staticcheck.to_string_lossy(), &["./..."], &folder),
        Step::call("test", "go", &test, &folder).reading(Reads::Go),
    ];
    // A module of its own, whose formatting is looked at with the rest.
    let otel = folder.join("otel");
    steps.extend([
        Step::call("vet otel", "go", &["vet", "./..."], &otel),
        Step::call("staticcheck otel", &staticcheck.to_string_lossy(), &["./..."], &otel),
        Step::call("test otel", "go", &test, &otel).reading(Reads::Go),
    ]);
    let peer = project.path("interop-tests/peers/go");
    if peer.join("go.mod").exists() {
        steps.insert(2, Step::call("vet the peer", "go", &["vet", "./...", "isogloss/steps"], &peer));
    }
    steps
}

fn has_c_compiler(project: &Project) -> bool {
    let Ok(go) = project.toolchains.find("go") else { return false };
    let asked = std::process::Command::new(go).args(["env", "CGO_ENABLED"]).output();
    asked.is_ok_and(|output| output.stdout.starts_with(b"1"))
}

fn python(project: &Project) -> Vec<Step> {
    let folder = project.path("bindings/python");
    let programs = programs(&project.venv());
    let tool = |name: &str| programs.join(program(name)).to_string_lossy().into_owned();
    let cache = project.places.tools.join("pyright").to_string_lossy().into_owned();
    vec![
        Step::call("format", &tool("ruff"), &["format", "--check", "."], &folder),
        Step::call("lint", &tool("ruff"), &["check", "."], &folder),
        Step::call("mypy", &tool("mypy"), &["--strict"], &folder),
        Step::call("pyright", &tool("pyright"), &["--pythonpath", &tool("python")], &folder)
            .env("PYRIGHT_PYTHON_CACHE_DIR", &cache)
            .env("PYRIGHT_PYTHON_IGNORE_WARNINGS", "1"),
        Step::call("test", &tool("python"), &["-m", "pytest", "-rs"], &folder).reading(Reads::Pytest),
    ]
}

fn project_steps(project: &Arc<Project>) -> Vec<Step> {
    let root = project.places.root.clone();
    let fresh = move || codegen::check(&root);
    let for_tidy = Arc::clone(project);
    let for_bump = Arc::clone(project);
    vec![
        Step::check("codegen --check", fresh),
        Step::check("tidy", move || tidy::check(&for_tidy)),
        Step::check("a new revision", move || bump::check(&for_bump)),
    ]
}
