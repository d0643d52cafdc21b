//! `cargo xtask install`: what each language needs, into the project's own folders; what is up to date is left alone.
//!
//! The peers of the matrix are installed by what peers.toml says, when they are built.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::lanes::{self, Lane};
use crate::languages::{Language, select};
use crate::project::Project;
use crate::screen::Screen;
use crate::step::{Call, Step};
use crate::toolchain::{program, programs};

/// Checks Go beyond `go vet`.
const STATICCHECK: (&str, &str) = ("honnef.co/go/tools/cmd/staticcheck", "v0.8.2");
/// Checks GitHub's workflow files.
const ACTIONLINT: (&str, &str) = ("github.com/rhysd/actionlint/cmd/actionlint", "v1.7.12");

/// Install what the languages need into the project's own folders.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask install           everything
  cargo xtask install python    a virtual environment in .tools/venv

Every other verb installs what it needs by itself.")]
pub struct Args {
    /// Languages; all by default.
    #[arg(value_enum)]
    languages: Vec<Language>,
}

/// Runs it.
pub fn run(args: &Args) -> Result<ExitCode, String> {
    let project = Project::open()?;
    let lane = |language: Language| Lane { name: language.word().into(), steps: vec![step(&project, language)] };
    let lanes = select(&args.languages).into_iter().map(lane).collect();
    let account = lanes::run(lanes, &project.toolchains, &project.logs(), &Screen::new());
    print!("{}", account.table());
    Ok(ExitCode::from(u8::from(account.counts().1 > 0)))
}

/// The step that installs what a language needs.
pub fn step(project: &Arc<Project>, language: Language) -> Step {
    let project = Arc::clone(project);
    let install = move || match language {
        Language::Rust => project.toolchains.find("cargo").map(|_| String::new()),
        Language::Typescript => npm(&project, &project.path("bindings/typescript")),
        Language::Go => go(&project),
        Language::Python => python(&project),
        Language::Project => actionlint(&project).map(|()| String::new()),
    };
    Step::check("install", install).needed()
}

/// `npm ci`, unless what is installed is what the lock file says.
pub fn npm(project: &Project, package: &Path) -> Result<String, String> {
    project.toolchains.find("node")?;
    if is_installed(package) {
        return Ok("up to date\n".into());
    }
    call(project, "npm", &["ci", "--no-audit", "--no-fund"], package)
}

/// npm leaves a lock file of its own beside what it installed.
fn is_installed(package: &Path) -> bool {
    let read =
        |path: &str| -> Option<Value> { serde_json::from_str(&fs::read_to_string(package.join(path)).ok()?).ok() };
    let (Some(wanted), Some(there)) = (read("package-lock.json"), read("node_modules/.package-lock.json")) else {
        return false;
    };
    let Some(packages) = wanted["packages"].as_object() else { return false };
    // Packages for other platforms are in the one and not in the other.
    packages
        .iter()
        .filter(|(name, entry)| !name.is_empty() && entry["optional"] != true)
        .all(|(name, entry)| there["packages"][name]["integrity"] == entry["integrity"] && package.join(name).exists())
}

fn go(project: &Project) -> Result<String, String> {
    let mut said = String::new();
    for module in ["bindings/go", "bindings/go/otel"] {
        said += &call(project, "go", &["mod", "download"], &project.path(module))?;
    }
    go_tool(project, STATICCHECK)?;
    Ok(said)
}

/// The linter of workflow files; needs Go.
pub fn actionlint(project: &Project) -> Result<(), String> {
    go_tool(project, ACTIONLINT)
}

/// Builds a tool into .tools/bin, once a version of the tool and of Go.
fn go_tool(project: &Project, (path, version): (&str, &str)) -> Result<(), String> {
    let bin = project.places.tools.join("bin");
    let name = path.rsplit('/').next().unwrap_or(path);
    let compiler = call(project, "go", &["version"], &project.places.root)?;
    stamped(project, name, &format!("{path}@{version} {compiler}"), &bin.join(program(name)), || {
        let what = format!("{path}@{version}");
        let bin = bin.to_string_lossy().into_owned();
        call_with(project, "go", &["install", &what], &project.places.root, &[("GOBIN", &bin)]).map(drop)
    })
}

/// A virtual environment with what bindings/python is developed with.
fn python(project: &Project) -> Result<String, String> {
    let venv = project.venv();
    let python = programs(&venv).join(program("python"));
    let folder = project.path("bindings/python");
    let lock = folder.join("requirements-dev.txt");
    let wanted =
        fs::read_to_string(&lock).map_err(|e| format!("{}: {e}; it pins what is installed", lock.display()))?;
    let mut said = String::from("up to date\n");
    stamped(project, "venv", &wanted, &python, || {
        let path = venv.to_string_lossy();
        call(project, "python", &["-m", "venv", &path], &project.places.root)?;
        let pip = ["-m", "pip", "install", "--disable-pip-version-check", "--requirement", "requirements-dev.txt"];
        said = call(project, &python.to_string_lossy(), &pip, &folder)?;
        Ok(())
    })?;
    Ok(said)
}

/// Does something unless it was done for the same text before and what it makes is still there.
fn stamped(
    project: &Project,
    name: &str,
    text: &str,
    makes: &Path,
    make: impl FnOnce() -> Result<(), String>,
) -> Result<(), String> {
    let stamp = project.places.tools.join("stamps").join(name);
    let hash: String = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    if makes.exists() && fs::read_to_string(&stamp).is_ok_and(|old| old == hash) {
        return Ok(());
    }
    make()?;
    let folder = stamp.parent().unwrap_or(&stamp);
    fs::create_dir_all(folder).and_then(|()| fs::write(&stamp, hash)).map_err(|e| format!("{}: {e}", stamp.display()))
}

fn call(project: &Project, program: &str, args: &[&str], dir: &Path) -> Result<String, String> {
    call_with(project, program, args, dir, &[])
}

fn call_with(
    project: &Project,
    program: &str,
    args: &[&str],
    dir: &Path,
    env: &[(&str, &str)],
) -> Result<String, String> {
    let call = Call {
        program: program.into(),
        args: args.iter().map(|&arg| arg.to_owned()).collect(),
        dir: dir.into(),
        env: env.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect(),
        silent: false,
    };
    let place = dir.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let tool = Path::new(program).file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    call.run(&project.toolchains, &project.logs().join(format!("install-{place}-{tool}.log")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, lock: &str, installed: Option<&str>) -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("isogloss-install-{}-{name}", std::process::id()));
        fs::create_dir_all(folder.join("node_modules/a")).expect("a temporary folder");
        fs::write(folder.join("package-lock.json"), lock).expect("a file");
        if let Some(text) = installed {
            fs::write(folder.join("node_modules/.package-lock.json"), text).expect("a file");
        }
        folder
    }

    #[test]
    fn a_package_is_up_to_date_when_what_is_there_is_what_the_lock_file_says() {
        let lock = r#"{"packages": {"": {}, "node_modules/a": {"integrity": "x"}, "node_modules/b": {"integrity": "y", "optional": true}}}"#;
        let same = r#"{"packages": {"node_modules/a": {"integrity": "x"}}}"#;
        let other = r#"{"packages": {"node_modules/a": {"integrity": "z"}}}"#;
        for (name, installed, expected) in
            [("same", Some(same), true), ("other", Some(other), false), ("none", None, false)]
        {
            let folder = package(name, lock, installed);
            assert_eq!(is_installed(&folder), expected, "{name}");
            let _ = fs::remove_dir_all(folder);
        }
    }
}
