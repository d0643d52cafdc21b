//! Where things lie: the repository, the tools installed for it, and what is built. Placeholders in
//! `peers.toml` name these, so that the file holds no path of any machine.

use std::path::{Path, PathBuf};

/// The folders a peer's build and run commands may name.
#[derive(Debug, Clone)]
pub struct Places {
    /// `{root}`: the folder that `peers.toml` counts from, the repository's top for our own.
    pub root: PathBuf,
    /// `{tools}`: what is installed for the project, such as virtual environments.
    pub tools: PathBuf,
    /// `{target}`: cargo's target folder, `CARGO_TARGET_DIR` where set.
    pub target: PathBuf,
    /// `{bin}`: programs that peers' build steps make.
    pub bin: PathBuf,
    /// Recordings and reports of the runner.
    pub output: PathBuf,
}

impl Places {
    /// The places of a repository; `target` overrides the usual target folder.
    pub fn new(root: &Path, target: Option<PathBuf>) -> Self {
        let target = target.map_or_else(|| root.join("target"), |path| root.join(path));
        let output = target.join("interop");
        Self { root: root.to_owned(), tools: root.join(".tools"), bin: output.join("bin"), target, output }
    }

    /// The places as the environment has them: `CARGO_TARGET_DIR` is honoured.
    pub fn of_environment(root: &Path) -> Self {
        Self::new(root, std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from))
    }

    /// Replaces `{root}`, `{tools}`, `{bin}` and `{target}` in one word of a command.
    pub fn fill(&self, word: &str) -> String {
        let places =
            [("{root}", &self.root), ("{tools}", &self.tools), ("{bin}", &self.bin), ("{target}", &self.target)];
        places.iter().fold(word.to_owned(), |word, (name, path)| word.replace(name, &path.to_string_lossy()))
    }
}
