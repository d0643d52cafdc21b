//! The npm package: `npm pack`, what linters of packages say, and programs that have nothing but the tarball, each in
//! every runtime that the package is for.
//!
//! The programs are the README's, and those of `xtask/dist/typescript/program`; the runtimes come from the npm
//! packages that `xtask/dist/typescript/package.json` names.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::contents::{Contents, files};
use super::outside::{Outside, read, write};
use crate::install;
use crate::languages::Language;
use crate::project::Project;
use crate::step::Step;

const CONTENTS: Contents<'static> =
    Contents { files: &["LICENSE", "README.md", "package.json"], folders: &[("dist", ".js"), ("dist", ".d.ts")] };
/// What is shown of a package where it is published.
const METADATA: [&str; 7] = ["description", "engines", "keywords", "license", "name", "repository", "version"];
/// What the README's client prints, once its server has answered.
const ANSWER: &str = "2026-07-28 [ 'get_forecast' ]\n[ 'snow', 'snow' ]";
/// Where it says what the package weighs.
pub const BUDGETS: &str = "docs/budgets-typescript.md";
/// Lanes whose runtime is an npm package; the machine's Node is a lane before them.
const RUNTIMES: [(&str, &str); 4] = [("node 22", "node"), ("bun", "bun"), ("deno", "deno"), ("workerd", "workerd")];

/// All steps.
pub fn steps(project: &Arc<Project>, out: &Path) -> Vec<Step> {
    let packing = Packing::of(project, out);
    let mut steps = packing.until_installed();
    steps.extend([
        packing.step("contents", |packing| packing.look_inside()),
        packing.step("publint", |packing| packing.publint()),
        packing.step("attw", |packing| packing.are_types_right()),
        packing.step("types", |packing| packing.check_types()),
        packing.step("readme", |packing| packing.serve_and_call()),
        packing.step("node", |packing| packing.in_runtime("node", &packing.node()?, "node")),
    ]);
    for (name, runtime) in RUNTIMES {
        steps.push(packing.step(name, move |packing| {
            let program = packing.tool(&format!(".bin/{runtime}"));
            packing.in_runtime(runtime, &program, &name.replace(' ', "-"))
        }));
    }
    steps.push(packing.step("chromium", |packing| packing.in_browser()));
    steps.push(packing.step("size", |packing| packing.measure(&["--check"])));
    steps
}

/// The steps that measure what the package weighs, and write it down.
pub fn budget(project: &Arc<Project>, out: &Path) -> Vec<Step> {
    let packing = Packing::of(project, out);
    let mut steps = packing.until_installed();
    steps.push(packing.step("measure", |packing| packing.measure(&[])));
    steps
}

/// The package's file name.
pub fn names(project: &Project) -> Result<Vec<String>, String> {
    let path = project.path("bindings/typescript/package.json");
    let manifest = json(&path)?;
    let version = manifest["version"].as_str().ok_or_else(|| format!("{}: no version", path.display()))?;
    Ok(vec![format!("isogloss-{version}.tgz")])
}

/// The folders that the steps share.
struct Packing {
    outside: Outside,
    /// Linters, bundler and runtimes.
    tools: PathBuf,
    /// The package's source.
    source: PathBuf,
}

impl Packing {
    fn of(project: &Arc<Project>, out: &Path) -> Arc<Self> {
        Arc::new(Packing {
            outside: Outside::of(project, Language::Typescript, out),
            tools: project.path("xtask/dist/typescript"),
            source: project.path("bindings/typescript"),
        })
    }

    fn step(
        self: &Arc<Self>,
        name: &str,
        check: impl FnOnce(&Packing) -> Result<String, String> + Send + 'static,
    ) -> Step {
        let packing = Arc::clone(self);
        Step::check(name, move || check(&packing))
    }

    /// The steps after which the package is installed outside.
    fn until_installed(self: &Arc<Self>) -> Vec<Step> {
        vec![
            self.step("tools", |packing| packing.install_tools()).needed(),
            self.step("package", |packing| packing.pack()).needed(),
            self.step("install", |packing| packing.install()).needed(),
        ]
    }

    fn install_tools(&self) -> Result<String, String> {
        let project = &self.outside.project;
        Ok(install::npm(project, &self.source)? + &install::npm(project, &self.tools)?)
    }

    /// Makes the package, and unpacks it outside.
    fn pack(&self) -> Result<String, String> {
        let Outside { project, out, .. } = &self.outside;
        fs::create_dir_all(out).map_err(|e| format!("{}: {e}", out.display()))?;
        let to = out.to_string_lossy();
        let said = self.outside.call("npm", &["pack", "--pack-destination", &to], &self.source, "package")?;
        self.outside.clear()?;
        for file in names(project)? {
            self.outside.unpack(&file, "isogloss")?;
        }
        Ok(said)
    }

    /// Writes the program and installs what it needs: the package, and zod as a user would.
    fn install(&self) -> Result<String, String> {
        let Outside { project, out, folder, .. } = &self.outside;
        let program = self.outside.program();
        fs::create_dir(&program).map_err(|e| format!("{}: {e}", program.display()))?;
        let ours = self.tools.join("program");
        for file in files(&ours)? {
            write(&program.join(&file), &read(&ours.join(&file))?)?;
        }
        let readme = Readme(read(&folder.join("isogloss/README.md"))?);
        let server = readme.program_with("serveStdio(")?;
        write(&program.join("server.mjs"), server)?;
        write(&program.join("client.mjs"), readme.program_with("spawn(")?)?;
        write(&program.join("app.mjs"), &exported(server)?)?;
        let package = out.join(names(project)?.concat()).to_string_lossy().replace('\\', "/");
        let mut manifest = json(&self.tools.join("manifest.json"))?;
        manifest["dependencies"]["isogloss"] = format!("file:{package}").into();
        // What parts of the package leave to their users to choose.
        let peers = &json(&folder.join("isogloss/package.json"))?["peerDependencies"];
        for (name, range) in peers.as_object().into_iter().flatten() {
            manifest["dependencies"][name] = range.clone();
        }
        write(&program.join("package.json"), &manifest.to_string())?;
        let args = ["install", "--prefer-offline", "--no-audit", "--no-fund", "--no-package-lock"];
        self.outside.call("npm", &args, &program, "install")
    }

    /// What is wrong with what is in the package.
    fn look_inside(&self) -> Result<String, String> {
        let folder = self.outside.folder.join("isogloss");
        let paths = files(&folder)?;
        let mut problems = CONTENTS.problems(&paths);
        let for_tests = |path: &&String| path.contains(".test.") || path.contains("/testing/");
        problems.extend(paths.iter().filter(for_tests).map(|path| format!("{path} is for tests")));
        if read(&folder.join("LICENSE"))? != read(&self.outside.project.path("LICENSE"))? {
            problems.push("LICENSE is not the repository's".into());
        }
        problems.extend(lacks(&json(&folder.join("package.json"))?, &read(&folder.join("README.md"))?));
        if problems.is_empty() { Ok("nothing stray, nothing missing\n".into()) } else { Err(problems.join("\n")) }
    }

    fn publint(&self) -> Result<String, String> {
        let tarball = self.tarball()?;
        let args = [&self.tool("publint/src/cli.js"), "run", "--strict", "--pack", "false", &tarball];
        let said = self.outside.call("node", &args, &self.tools, "publint")?;
        // What it only suggests is no error to it.
        if said.contains("All good!") { Ok(said) } else { Err(said) }
    }

    /// The package is of modules alone: what `require` and resolvers without `exports` make of it does not count.
    fn are_types_right(&self) -> Result<String, String> {
        let (tool, tarball) = (self.tool("@arethetypeswrong/cli/dist/index.js"), self.tarball()?);
        let args = [&*tool, "--profile", "esm-only", "--no-emoji", "--format", "ascii", &tarball];
        self.outside.call("node", &args, &self.tools, "attw")
    }

    /// Type-checks a module that imports every part, as strictly as can be, with the package's own declarations: what
    /// needs Node with Node's types, everything else without.
    fn check_types(&self) -> Result<String, String> {
        let program = self.outside.program();
        let manifest = json(&self.outside.folder.join("isogloss/package.json"))?;
        let (of_node, portable): (Vec<String>, Vec<String>) =
            parts(&manifest).into_iter().partition(|part| part == "isogloss/node");
        let compiler = self.source.join("node_modules/typescript/bin/tsc").to_string_lossy().into_owned();
        let roots = self.source.join("node_modules/@types").to_string_lossy().into_owned();
        let mut said = String::new();
        for (file, parts, types) in [("portable.ts", portable, ""), ("node.ts", of_node, "node")] {
            let imports = parts.iter().enumerate().map(|(n, part)| format!("export * as part{n} from '{part}';\n"));
            write(&program.join(file), &imports.collect::<String>())?;
            let mut args = vec![&*compiler, "--noEmit", "--strict", "--exactOptionalPropertyTypes", "--module"];
            args.extend(["nodenext", "--target", "es2022", "--lib", "es2022,esnext.disposable,dom"]);
            args.extend(["--typeRoots", &roots, "--types", types, file]);
            said.push_str(&self.outside.call("node", &args, &program, "types")?);
        }
        Ok(said)
    }

    /// Runs the README's client, which starts the README's server.
    fn serve_and_call(&self) -> Result<String, String> {
        let said = self.outside.call("node", &["client.mjs", "server.mjs"], &self.outside.program(), "readme")?;
        if said.trim_end() == ANSWER {
            Ok(said)
        } else {
            Err(format!("the README's client printed {said:?}, expected {ANSWER:?}"))
        }
    }

    /// Has a runtime serve and call.
    fn in_runtime(&self, runtime: &str, program: &str, log: &str) -> Result<String, String> {
        let folder = self.outside.program();
        if runtime == "workerd" {
            let args = ["app.mjs", "--bundle", "--format=esm", "--outfile=worker.mjs", "--log-level=warning"];
            self.outside.call(&self.esbuild(), &args, &folder, "worker")?;
        }
        self.outside.call("node", &["lane.mjs", runtime, program], &folder, log)
    }

    /// Has pages in Chromium use a server over CORS.
    fn in_browser(&self) -> Result<String, String> {
        let Some(chromium) = chromium(&self.outside)? else {
            return Ok("not run: the lane of browsers, for want of Chromium (Debian's package chromium)\n".into());
        };
        let folder = self.outside.program();
        let args = ["page.mjs", "--bundle", "--format=esm", "--outfile=page.js", "--log-level=warning"];
        self.outside.call(&self.esbuild(), &args, &folder, "page")?;
        self.outside.call("node", &["browser.mjs", &chromium], &folder, "chromium")
    }

    /// Measures what the package weighs: written to its page, or with `--check` held to it.
    fn measure(&self, flags: &[&str]) -> Result<String, String> {
        let page = self.outside.project.path(BUDGETS).to_string_lossy().into_owned();
        let program = self.outside.program().to_string_lossy().into_owned();
        let args = [&["budget.mjs", &program, &page], flags].concat();
        self.outside.call("node", &args, &self.tools, "budget")
    }

    fn node(&self) -> Result<String, String> {
        self.outside.project.toolchains.find("node").map(|path| path.to_string_lossy().into_owned())
    }

    fn esbuild(&self) -> String {
        self.tool(".bin/esbuild")
    }

    fn tool(&self, path: &str) -> String {
        self.tools.join("node_modules").join(path).to_string_lossy().into_owned()
    }

    fn tarball(&self) -> Result<String, String> {
        Ok(self.outside.out.join(names(&self.outside.project)?.concat()).to_string_lossy().into_owned())
    }
}

/// Where Chromium is. Debian's is installed where we may; elsewhere there is none, which is no error.
fn chromium(outside: &Outside) -> Result<Option<String>, String> {
    let there = || {
        let known = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
        known.into_iter().find(|path| Path::new(path).exists()).map(str::to_owned)
    };
    let is_root = || fs::metadata("/proc/self").is_ok_and(|own| owner(&own) == Some(0));
    if there().is_none() && cfg!(target_os = "linux") && Path::new("/usr/bin/apt-get").exists() && is_root() {
        let root = &outside.project.places.root;
        // An old list of packages names versions that are gone.
        outside.call("apt-get", &["update", "--quiet"], root, "apt-update")?;
        let args = ["install", "--yes", "--no-install-recommends", "chromium"];
        outside.call("apt-get", &args, root, "apt-chromium")?;
    }
    Ok(there())
}

#[cfg(unix)]
fn owner(file: &fs::Metadata) -> Option<u32> {
    Some(std::os::unix::fs::MetadataExt::uid(file))
}

#[cfg(not(unix))]
fn owner(_: &fs::Metadata) -> Option<u32> {
    None
}

/// The README as the package has it.
struct Readme(String);

impl Readme {
    /// The program among its blocks in which this stands.
    fn program_with(&self, word: &str) -> Result<&str, String> {
        let blocks = self.0.split("```js\n").skip(1).filter_map(|rest| rest.split("```").next());
        let mut programs = blocks.filter(|block| block.starts_with("import") && block.contains(word));
        programs.next().ok_or_else(|| format!("README.md: no program of it has {word}"))
    }
}

/// A server's module that exports the server instead of serving it over standard input and output.
fn exported(server: &str) -> Result<String, String> {
    let serves = "await serveStdio(weather);";
    if !server.contains(serves) {
        return Err(format!("README.md: the server does not end with {serves}"));
    }
    let lines = server.lines().filter(|line| !line.contains("isogloss/node"));
    Ok(lines.map(|line| format!("{line}\n")).collect::<String>().replace(serves, "export default weather;"))
}

/// What a manifest does not say, and which parts a readme says nothing about.
fn lacks(manifest: &Value, readme: &str) -> Vec<String> {
    let says = |key: &str| match &manifest[key] {
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        other => other.is_object(),
    };
    let unsaid = METADATA.iter().filter(|key| !says(key)).map(|key| format!("package.json: {key} is missing"));
    let untold = parts(manifest)
        .into_iter()
        .filter(|part| !readme.contains(&format!("`{part}`")) && !readme.contains(&format!("'{part}'")))
        .map(|part| format!("README.md says nothing about `{part}`"));
    unsaid.chain(untold).collect()
}

/// The names under which its parts are imported.
fn parts(manifest: &Value) -> Vec<String> {
    let exports = manifest["exports"].as_object().into_iter().flatten();
    exports.map(|(path, _)| path.replacen('.', "isogloss", 1)).collect()
}

fn json(path: &Path) -> Result<Value, String> {
    serde_json::from_str(&read(path)?).map_err(|e| format!("{}: {e}", path.display()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_manifest_says_all_and_every_part_is_in_the_readme() {
        let complete = json!({
            "name": "x", "version": "1", "description": "d", "license": "l", "engines": {"node": ">=20"},
            "repository": {"type": "git"}, "keywords": ["k"], "exports": {".": {}, "./node": {}},
        });
        let without = |key: &str| {
            let mut manifest = complete.clone();
            manifest.as_object_mut().expect("an object").remove(key);
            manifest
        };
        let readme = "import { server } from 'isogloss';\n`isogloss/node` is for Node";
        for (manifest, readme, expected) in [
            (complete.clone(), readme, vec![]),
            (without("keywords"), readme, vec!["package.json: keywords is missing"]),
            (complete.clone(), "'isogloss'", vec!["README.md says nothing about `isogloss/node`"]),
        ] {
            assert_eq!(lacks(&manifest, readme), expected, "{manifest}");
        }
    }

    #[test]
    fn the_readmes_server_becomes_a_module_that_exports_it() {
        let readme = Readme(
            "```js\nimport { a } from 'isogloss';\nimport { serveStdio } from 'isogloss/node';\n\
             const weather = a();\nawait serveStdio(weather);\n```\n```js\nspawn(1)\n```\n"
                .into(),
        );
        let server = readme.program_with("serveStdio(").expect("a program");
        let expected = "import { a } from 'isogloss';\nconst weather = a();\nexport default weather;\n";
        assert_eq!(exported(server).as_deref(), Ok(expected));
        assert!(readme.program_with("spawn(").is_err(), "a part of a program is none");
    }
}
