//! The Go modules: each as a module proxy serves it, and a program that gets ours from that proxy alone.
//!
//! The program is the examples that come with the module. `xtask/dist/go` makes the zips, by the go command's own rules.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::contents::{Contents, files};
use super::outside::{Outside, read, write};
use crate::languages::Language;
use crate::project::Project;
use crate::step::{Call, Step};
use crate::toolchain::program;

const MODULE: &str = "github.com/isogloss-mcp/isogloss/bindings/go";
/// The modules, by what follows in their paths.
const MODULES: [&str; 2] = ["", "/otel"];
const CONTENTS: Contents<'static> =
    Contents { files: &["LICENSE", "README.md", "go.mod", "go.sum"], folders: &[("", ".go"), ("", ".gitignore")] };
/// What the client prints, once the server has answered.
const ANSWER: &str = "Sunny in Oslo.";
/// The program's own module.
const PROGRAM: &str = "module example.com/program\n\ngo 1.25\n";

/// All steps.
pub fn steps(project: &Arc<Project>, out: &Path) -> Vec<Step> {
    let packing = Arc::new(Packing { outside: Outside::of(project, Language::Go, out) });
    let step = |name: &str, check: fn(&Packing) -> Result<String, String>| {
        let packing = Arc::clone(&packing);
        Step::check(name, move || check(&packing))
    };
    vec![
        step("package", Packing::pack).needed(),
        step("contents", Packing::look_inside),
        step("build", Packing::build).needed(),
        step("server and client", Packing::serve_and_call),
        step("every package", Packing::build_all),
        step("by a replace", Packing::build_replaced),
    ]
}

/// The zips' file names within the folder of packages.
pub fn names(project: &Project) -> Result<Vec<String>, String> {
    let version = version(project)?;
    Ok(MODULES.iter().map(|module| format!("{MODULE}{module}/@v/{version}.zip")).collect())
}

/// The folders that the steps share.
struct Packing {
    outside: Outside,
}

impl Packing {
    /// Makes the zips, unpacks them outside, and writes the program beside them.
    fn pack(&self) -> Result<String, String> {
        let Outside { project, out, .. } = &self.outside;
        fs::create_dir_all(out).map_err(|e| format!("{}: {e}", out.display()))?;
        let (source, proxy, version) = (project.path("bindings/go"), out.to_string_lossy(), version(project)?);
        let (mut said, mut wanted) = (String::new(), Vec::new());
        for module in MODULES {
            let folder = format!("{}{module}", source.to_string_lossy());
            let args = ["run", ".", &folder, &version, &proxy];
            said += &self.outside.call("go", &args, &project.path("xtask/dist/go"), "package")?;
            wanted.push(format!("{MODULE}{module}@{version}"));
        }
        self.outside.clear()?;
        let download = ["mod", "download", "-json"].into_iter().chain(wanted.iter().map(String::as_str));
        self.get("unpack", &download.collect::<Vec<_>>(), &self.outside.folder)?;
        for example in ["weather", "client"] {
            let folder = self.outside.program().join(example);
            fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
            write(&folder.join("main.go"), &read(&source.join("examples").join(example).join("main.go"))?)?;
        }
        write(&self.outside.program().join("go.mod"), PROGRAM)?;
        Ok(said)
    }

    /// What is wrong with what is in the zips.
    fn look_inside(&self) -> Result<String, String> {
        let licence = read(&self.outside.project.path("LICENSE"))?;
        let mut problems = Vec::new();
        for module in MODULES {
            let folder = self.unpacked(module)?;
            let mut of_module = CONTENTS.problems(&files(&folder)?);
            if read(&folder.join("LICENSE"))? != licence {
                of_module.push("LICENSE is not the repository's".into());
            }
            problems.extend(of_module.into_iter().map(|problem| format!("{MODULE}{module}: {problem}")));
        }
        if problems.is_empty() { Ok("nothing stray, nothing missing\n".into()) } else { Err(problems.join("\n")) }
    }

    fn build(&self) -> Result<String, String> {
        let program = self.outside.program();
        let wanted = format!("{MODULE}@{}", version(&self.outside.project)?);
        let got = self.get("get", &["get", &wanted], &program)?;
        Ok(got + &self.get("build", &["build", "-o", "bin/", "./..."], &program)?)
    }

    /// Runs the client, which starts the server.
    fn serve_and_call(&self) -> Result<String, String> {
        let folder = self.outside.program();
        let binary = |name: &str| folder.join("bin").join(program(name)).to_string_lossy().into_owned();
        let said = self.outside.call(&binary("client"), &[&binary("weather")], &folder, "client")?;
        if said.trim_end() == ANSWER {
            Ok(said)
        } else {
            Err(format!("the client of the weather server printed {said:?}, expected {ANSWER:?}"))
        }
    }

    /// Builds every package of the modules, as somebody who imports them.
    fn build_all(&self) -> Result<String, String> {
        let (program, version) = (self.outside.program(), version(&self.outside.project)?);
        let got = self.get("get-all", &["get", &format!("{MODULE}/otel@{version}")], &program)?;
        Ok(got + &self.get("all", &["build", &format!("{MODULE}/..."), &format!("{MODULE}/otel/...")], &program)?)
    }

    /// Builds the program with the unpacked module in the place of the one of the proxy.
    fn build_replaced(&self) -> Result<String, String> {
        let folder = self.outside.program();
        let at = self.unpacked("")?;
        let replaced = format!("-replace={MODULE}={}", at.to_string_lossy());
        self.get("replace", &["mod", "edit", &replaced], &folder)?;
        self.get("build-replaced", &["build", "./..."], &folder)
    }

    /// Runs the go command with the folder of packages as the first proxy, and nothing of other times.
    fn get(&self, log: &str, args: &[&str], dir: &Path) -> Result<String, String> {
        let outside = &self.outside;
        let usual = outside.call("go", &["env", "GOPROXY"], dir, "proxy")?;
        let out = outside.out.to_string_lossy().replace('\\', "/");
        let env = [
            ("GOPROXY", format!("file://{out},{}", usual.trim())),
            // What is under test is not known to any database of checksums.
            ("GONOSUMDB", format!("{MODULE},{MODULE}/*")),
            ("GOMODCACHE", self.cache()?.to_string_lossy().into_owned()),
            // So that the folder can be removed again.
            ("GOFLAGS", "-modcacherw".into()),
        ];
        let call = Call {
            program: "go".into(),
            args: args.iter().map(|&arg| arg.to_owned()).collect(),
            dir: dir.into(),
            env: env.map(|(name, value)| (name.to_owned(), value)).to_vec(),
            silent: false,
        };
        call.run(&outside.project.toolchains, &outside.project.logs().join(format!("dist-go-{log}-output.log")))
    }

    /// The modules' folder. To the go command a module of some version in some folder never changes, so the folder's
    /// name says what is in the zips.
    fn cache(&self) -> Result<PathBuf, String> {
        let mut digest = Sha256::new();
        for name in names(&self.outside.project)? {
            let path = self.outside.out.join(name);
            digest.update(fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?);
        }
        let mark: String = digest.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        Ok(self.outside.folder.join(format!("cache-{mark}")))
    }

    fn unpacked(&self, module: &str) -> Result<PathBuf, String> {
        Ok(self.cache()?.join(format!("{MODULE}{module}@{}", version(&self.outside.project)?)))
    }
}

/// The version of all packages, as the workspace has it, spelled as Go's.
fn version(project: &Project) -> Result<String, String> {
    Ok(format!("v{}", super::rust::version(project)?))
}
