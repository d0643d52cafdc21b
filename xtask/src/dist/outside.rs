//! The folder outside the repository: what was packed, unpacked there, and a program that has nothing but that.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::languages::Language;
use crate::project::Project;
use crate::step::Call;

/// A language's folder outside.
pub struct Outside {
    /// The project.
    pub project: Arc<Project>,
    /// Where the packages go.
    pub out: PathBuf,
    /// The folder.
    pub folder: PathBuf,
    language: Language,
}

impl Outside {
    /// Always the same folder for a repository, so that what was built of dependencies is found again.
    pub fn of(project: &Arc<Project>, language: Language, out: &Path) -> Self {
        let digest = Sha256::digest(project.places.root.to_string_lossy().as_bytes());
        let mark: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        Outside {
            project: Arc::clone(project),
            out: out.to_owned(),
            folder: std::env::temp_dir().join(format!("isogloss-dist-{}-{mark}", language.word())),
            language,
        }
    }

    /// The program's folder.
    pub fn program(&self) -> PathBuf {
        self.folder.join("program")
    }

    /// Empties the folder. One that somebody else owns is an error, not used.
    pub fn clear(&self) -> Result<(), String> {
        let wrong = |e: std::io::Error| format!("{}: {e}", self.folder.display());
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder).map_err(wrong)?;
        }
        fs::create_dir(&self.folder).map_err(wrong)
    }

    /// Unpacks a package under this name. Its files are as new as this: all of them have the same time in the
    /// archive, by which a build would not see that they changed.
    pub fn unpack(&self, file: &str, name: &str) -> Result<(), String> {
        let folder = self.folder.join(name);
        fs::create_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let folder = folder.to_string_lossy();
        // The archive by its name alone: to some, `C:` in front of it is another machine.
        let args = ["-xzmf", file, "--strip-components", "1", "-C", &folder];
        self.call("tar", &args, &self.out, "unpack").map(drop)
    }

    /// Runs a program; its whole output is kept in a log of this name.
    pub fn call(&self, program: &str, args: &[&str], dir: &Path, log: &str) -> Result<String, String> {
        let args = args.iter().map(|&arg| arg.to_owned()).collect();
        let call = Call { program: program.into(), args, dir: dir.into(), env: Vec::new(), silent: false };
        let log = format!("dist-{}-{log}-output.log", self.language.word());
        call.run(&self.project.toolchains, &self.project.logs().join(log))
    }
}

/// A file's text.
pub fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}

/// Writes a file.
pub fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}
