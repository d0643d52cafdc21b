//! Output: the one place that writes generated files, or checks that they are as they would be written.
//!
//! All or none: nothing is written unless everything was generated. Files of a generated folder that are not
//! in the list are stale: removed when writing, an error when checking.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A generated file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    /// Its path, relative to the repository, `/` between segments.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// What to do with generated files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Make the tree as generated.
    Write,
    /// Say what is not.
    Check,
}

/// A file that was not as generated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its path, relative to the repository.
    pub path: String,
    /// What was the matter.
    pub what: What,
}

/// How a file differs from what is generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// It is not there.
    Missing,
    /// Its text is another.
    Different,
    /// It is not generated (any more), but lies in a generated folder.
    Stale,
}

/// The folders that hold generated files and nothing else.
pub const FOLDERS: [&str; 5] = [
    "spec/fixtures/corpus",
    "sdk-rust/src/protocol",
    "bindings/typescript/src/protocol",
    "bindings/go/protocol",
    "bindings/python/src/isogloss/protocol",
];

/// Writes or checks; answers what was (or is) not as generated. All is read before anything is written.
pub fn apply(root: &Path, files: &[OutputFile], mode: Mode) -> io::Result<Vec<Change>> {
    let mut changes = Vec::new();
    for file in files {
        let what = match fs::read_to_string(root.join(&file.path)) {
            Ok(text) if text == file.text => continue,
            Ok(_) => What::Different,
            Err(e) if e.kind() == io::ErrorKind::NotFound => What::Missing,
            Err(e) => return Err(io::Error::new(e.kind(), format!("{}: {e}", file.path))),
        };
        changes.push(Change { path: file.path.clone(), what });
    }
    changes.extend(stale(root, files)?.into_iter().map(|path| Change { path, what: What::Stale }));
    if mode == Mode::Write {
        write(root, files, &changes)?;
    }
    Ok(changes)
}

fn write(root: &Path, files: &[OutputFile], changes: &[Change]) -> io::Result<()> {
    for change in changes {
        let path = root.join(&change.path);
        match files.iter().find(|file| file.path == change.path) {
            None => fs::remove_file(path)?,
            Some(file) => {
                if let Some(folder) = path.parent() {
                    fs::create_dir_all(folder)?;
                }
                fs::write(path, &file.text)?;
            }
        }
    }
    Ok(())
}

fn stale(root: &Path, files: &[OutputFile]) -> io::Result<Vec<String>> {
    let generated: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let mut found = Vec::new();
    for folder in FOLDERS.iter().filter(|folder| files.iter().any(|file| file.path.starts_with(*folder))) {
        for path in list(&root.join(folder))? {
            let Ok(relative) = path.strip_prefix(root) else { continue };
            let relative = relative.to_string_lossy().replace('\\', "/");
            if !generated.contains(relative.as_str()) && !relative.contains("__pycache__") {
                found.push(relative);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    if !folder.exists() {
        return Ok(files);
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(list(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}
