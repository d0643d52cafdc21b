//! The crates: `cargo package`, and a program that depends on nothing but them and the registry.
//!
//! The program is the examples that come with the crate, under the manifest `xtask/dist/rust`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use toml::{Table, Value};

use super::contents::{Contents, files};
use crate::project::Project;
use crate::step::{Call, Step};
use crate::toolchain::program;

/// In the order in which they are published.
const CRATES: [&str; 2] = ["isogloss-macros", "isogloss"];
const CONTENTS: Contents<'static> = Contents {
    files: &[".cargo_vcs_info.json", "Cargo.lock", "Cargo.toml", "Cargo.toml.orig", "LICENSE", "README.md"],
    folders: &[("examples", ".rs"), ("src", ".rs")],
};
/// What is shown of a crate where it is published.
const METADATA: [&str; 8] =
    ["categories", "description", "keywords", "license", "name", "readme", "repository", "rust-version"];
/// What the client prints, once the server has answered.
const ANSWER: &str = "Sunny in Oslo.";

/// All steps.
pub fn steps(project: &Arc<Project>, out: &Path) -> Vec<Step> {
    let packing = Arc::new(Packing::of(project, out));
    let step = |name: &str, check: fn(&Packing) -> Result<String, String>| {
        let packing = Arc::clone(&packing);
        Step::check(name, move || check(&packing))
    };
    vec![
        step("package", Packing::pack).needed(),
        step("contents", Packing::look_inside),
        packing.cargo("build", &["build"]).needed(),
        step("server and client", Packing::serve_and_call),
        packing.cargo("every feature", &["check", "--features", "everything"]),
    ]
}

/// The packages' file names, in the order in which they are published.
pub fn names(project: &Project) -> Result<Vec<String>, String> {
    let version = version(project)?;
    Ok(CRATES.iter().map(|name| format!("{name}-{version}.crate")).collect())
}

/// The folders that the steps share.
struct Packing {
    project: Arc<Project>,
    /// Where the packages go.
    out: PathBuf,
    /// Outside the repository: the unpacked crates, and beside them the program.
    outside: PathBuf,
    /// Where the program is built.
    target: PathBuf,
}

impl Packing {
    /// Always the same folder outside for a repository, so that what was built of dependencies is found again.
    fn of(project: &Arc<Project>, out: &Path) -> Self {
        let digest = Sha256::digest(project.places.root.to_string_lossy().as_bytes());
        let mark: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        Packing {
            project: Arc::clone(project),
            out: out.to_owned(),
            outside: std::env::temp_dir().join(format!("isogloss-dist-{mark}")),
            target: project.places.target.join("dist/build"),
        }
    }

    /// Makes the packages, unpacks them outside, and writes the program beside them.
    fn pack(&self) -> Result<String, String> {
        fs::create_dir_all(&self.out).map_err(|e| format!("{}: {e}", self.out.display()))?;
        // The program outside is a better check than the one that `cargo package` would do.
        let mut args = vec!["package", "--quiet", "--allow-dirty", "--no-verify"];
        args.extend(CRATES.iter().flat_map(|name| ["--package", name]));
        let mut said = self.call("cargo", &args, &self.project.places.root, "package")?;
        self.clear()?;
        for (name, file) in CRATES.into_iter().zip(names(&self.project)?) {
            let made = self.project.places.target.join("package").join(&file);
            let bytes = fs::copy(&made, self.out.join(&file)).map_err(|e| format!("{}: {e}", made.display()))?;
            self.unpack(&file, name)?;
            said.push_str(&format!("{file}: {bytes} bytes\n"));
        }
        self.write_program()?;
        Ok(said)
    }

    /// What is wrong with what is in the packages.
    fn look_inside(&self) -> Result<String, String> {
        let licence = read(&self.project.path("LICENSE"))?;
        let mut problems = Vec::new();
        for name in CRATES {
            let folder = self.outside.join(name);
            let mut of_crate = CONTENTS.problems(&files(&folder)?);
            of_crate.extend(
                (read(&folder.join("LICENSE"))? != licence).then(|| "LICENSE is not the repository's".to_owned()),
            );
            let manifest: Table = read(&folder.join("Cargo.toml"))?.parse().map_err(|e| format!("{name}: {e}"))?;
            of_crate.extend(lacks(&manifest, &read(&folder.join("README.md"))?));
            problems.extend(of_crate.into_iter().map(|problem| format!("{name}: {problem}")));
        }
        if problems.is_empty() { Ok("nothing stray, nothing missing\n".into()) } else { Err(problems.join("\n")) }
    }

    /// A step that has cargo do something with the program.
    fn cargo(&self, name: &str, args: &[&str]) -> Step {
        Step::call(name, "cargo", args, &self.program()).env("CARGO_TARGET_DIR", &self.target.to_string_lossy())
    }

    /// Runs the client, which starts the server.
    fn serve_and_call(&self) -> Result<String, String> {
        let binary = |name: &str| self.target.join("debug").join(program(name)).to_string_lossy().into_owned();
        let said = self.call(&binary("client"), &[&binary("weather")], &self.program(), "client")?;
        if said.trim_end() == ANSWER {
            Ok(said)
        } else {
            Err(format!("the client of the weather server printed {said:?}, expected {ANSWER:?}"))
        }
    }

    fn program(&self) -> PathBuf {
        self.outside.join("program")
    }

    /// Empties the folder outside. One that somebody else owns is an error, not used.
    fn clear(&self) -> Result<(), String> {
        let wrong = |e: std::io::Error| format!("{}: {e}", self.outside.display());
        if self.outside.exists() {
            fs::remove_dir_all(&self.outside).map_err(wrong)?;
        }
        fs::create_dir(&self.outside).map_err(wrong)
    }

    /// Unpacks a crate under its name. Its files are as new as this: all of them have the same time in the archive,
    /// by which cargo would not see that they changed.
    fn unpack(&self, file: &str, name: &str) -> Result<(), String> {
        let folder = self.outside.join(name);
        fs::create_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let folder = folder.to_string_lossy();
        // The archive by its name alone: to some, `C:` in front of it is another machine.
        let args = ["-xzmf", file, "--strip-components", "1", "-C", &folder];
        self.call("tar", &args, &self.out, "unpack").map(drop)
    }

    /// Writes the program: its manifest, the crate's examples as its binaries, and the versions that we test with.
    fn write_program(&self) -> Result<(), String> {
        let (program, package) = (self.program(), self.outside.join("isogloss"));
        let binaries = program.join("src/bin");
        fs::create_dir_all(&binaries).map_err(|e| format!("{}: {e}", binaries.display()))?;
        let manifest = read(&self.project.path("xtask/dist/rust/manifest.toml"))?;
        write(&program.join("Cargo.toml"), &manifest.replace("{version}", &version(&self.project)?))?;
        write(&program.join("Cargo.lock"), &read(&package.join("Cargo.lock"))?)?;
        for example in ["weather.rs", "client.rs"] {
            write(&binaries.join(example), &read(&package.join("examples").join(example))?)?;
        }
        Ok(())
    }

    /// Runs a program; its whole output is kept in a log of this name.
    fn call(&self, program: &str, args: &[&str], dir: &Path, log: &str) -> Result<String, String> {
        let args = args.iter().map(|&arg| arg.to_owned()).collect();
        let call = Call { program: program.into(), args, dir: dir.into(), env: Vec::new(), silent: false };
        call.run(&self.project.toolchains, &self.project.logs().join(format!("dist-rust-{log}-output.log")))
    }
}

/// What a manifest does not say, and which features a readme has no row for.
fn lacks(manifest: &Table, readme: &str) -> Vec<String> {
    let package = manifest.get("package").and_then(Value::as_table);
    let says = |key: &str| match package.and_then(|package| package.get(key)) {
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(items)) => !items.is_empty(),
        _ => false,
    };
    let unsaid = METADATA.iter().filter(|key| !says(key)).map(|key| format!("Cargo.toml: package.{key} is missing"));
    let features = manifest.get("features").and_then(Value::as_table).into_iter().flat_map(Table::keys);
    let untold = features
        .filter(|feature| *feature != "default" && !readme.contains(&format!("\n| `{feature}` |")))
        .map(|feature| format!("README.md has no row | `{feature}` | for that feature"));
    unsaid.chain(untold).collect()
}

/// The version of all packages, as the workspace has it.
fn version(project: &Project) -> Result<String, String> {
    let path = project.path("Cargo.toml");
    let manifest: Table = read(&path)?.parse().map_err(|e| format!("{}: {e}", path.display()))?;
    let version = manifest.get("workspace").and_then(|workspace| workspace.get("package")?.get("version")?.as_str());
    version.map(str::to_owned).ok_or_else(|| format!("{}: no workspace.package.version", path.display()))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_says_all_and_every_feature_has_a_row() {
        let complete = r#"
            [package]
            name = "x"
            description = "d"
            license = "l"
            repository = "r"
            readme = "README.md"
            rust-version = "1.90"
            keywords = ["k"]
            categories = ["c"]
            [features]
            default = ["one"]
            one = []
        "#;
        let readme = "# X\n\n| `one` | what it is |\n";
        for (manifest, readme, expected) in [
            (complete.to_owned(), readme, vec![]),
            (complete.replace("[\"k\"]", "[]"), readme, vec!["Cargo.toml: package.keywords is missing"]),
            (complete.replace("license", "licence"), readme, vec!["Cargo.toml: package.license is missing"]),
            (complete.to_owned(), "`one`", vec!["README.md has no row | `one` | for that feature"]),
        ] {
            assert_eq!(lacks(&manifest.parse().expect("TOML"), readme), expected, "{manifest}");
        }
    }
}
