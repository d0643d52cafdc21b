//! The Go modules: each as a module proxy serves it, and a program that gets ours from that proxy alone.
//!
//! The program is the examples that come with the module. `xtask/dist/go` makes the zips, by the go command's own rules.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::contents::{Contents, files};
use super::outside::{Outside, read, write};
use crate::languages::Language;
use crate::project::Project;
use crate::step::{Call, Step};
use crate::toolchain::program;

const MODULE: &str = "github.com/isogloss-mcp/isogloss/bindings/go";
const CONTENTS: Contents<'static> =
    Contents { files: &[".gitignore", "LICENSE", "README.md", "go.mod", "go.sum"], folders: &[("", ".go")] };
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

/// The zip's file name within the folder of packages.
pub fn names(project: &Project) -> Result<Vec<String>, String> {
    Ok(vec![format!("{MODULE}/@v/{}.zip", version(project)?)])
}

/// The folders that the steps share.
struct Packing {
    outside: Outside,
}

impl Packing {
    /// Makes the zip, unpacks it outside, and writes the program beside it.
    fn pack(&self) -> Result<String, String> {
        let Outside { project, out, .. } = &self.outside;
        fs::create_dir_all(out).map_err(|e| format!("{}: {e}", out.display()))?;
        let (source, proxy) = (project.path("bindings/go"), out.to_string_lossy());
        let args = ["run", ".", &source.to_string_lossy(), &version(project)?, &proxy];
        let said = self.outside.call("go", &args, &project.path("xtask/dist/go"), "package")?;
        self.outside.clear()?;
        self.get("unpack", &["mod", "download", "-json", &self.wanted()?], &self.outside.folder)?;
        for example in ["weather", "client"] {
            let folder = self.outside.program().join(example);
            fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
            write(&folder.join("main.go"), &read(&source.join("examples").join(example).join("main.go"))?)?;
        }
        write(&self.outside.program().join("go.mod"), PROGRAM)?;
        Ok(said)
    }

    /// What is wrong with what is in the zip.
    fn look_inside(&self) -> Result<String, String> {
        let folder = self.unpacked()?;
        let mut problems = CONTENTS.problems(&files(&folder)?);
        if read(&folder.join("LICENSE"))? != read(&self.outside.project.path("LICENSE"))? {
            problems.push("LICENSE is not the repository's".into());
        }
        if problems.is_empty() { Ok("nothing stray, nothing missing\n".into()) } else { Err(problems.join("\n")) }
    }

    fn build(&self) -> Result<String, String> {
        let program = self.outside.program();
        let got = self.get("get", &["get", &self.wanted()?], &program)?;
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

    /// Builds every package of the module, as somebody who imports it.
    fn build_all(&self) -> Result<String, String> {
        self.get("all", &["build", &format!("{MODULE}/...")], &self.outside.program())
    }

    /// Builds the program with the unpacked module in the place of the one of the proxy.
    fn build_replaced(&self) -> Result<String, String> {
        let folder = self.outside.program();
        let at = self.unpacked()?;
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
            ("GONOSUMDB", MODULE.into()),
            ("GOMODCACHE", self.cache().to_string_lossy().into_owned()),
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

    fn cache(&self) -> PathBuf {
        self.outside.folder.join("cache")
    }

    fn unpacked(&self) -> Result<PathBuf, String> {
        Ok(self.cache().join(self.wanted()?))
    }

    /// The module and its version, as the go command takes them.
    fn wanted(&self) -> Result<String, String> {
        Ok(format!("{MODULE}@{}", version(&self.outside.project)?))
    }
}

/// The version of all packages, as the workspace has it, spelled as Go's.
fn version(project: &Project) -> Result<String, String> {
    Ok(format!("v{}", super::rust::version(project)?))
}
