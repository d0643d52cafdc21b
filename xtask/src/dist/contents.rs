//! What is in an unpacked package: nothing that does not belong there, and everything that a reader looks for.

use std::fs;
use std::path::Path;

/// What belongs into a package.
pub struct Contents<'a> {
    /// Files by name.
    pub files: &'a [&'a str],
    /// Folders, each with the ending of what is in it; `""` is the whole package.
    pub folders: &'a [(&'a str, &'a str)],
}

impl Contents<'_> {
    /// Paths of files that do not belong there, and of those that are missing; `/` parts them on every system.
    pub fn problems(&self, paths: &[String]) -> Vec<String> {
        let belongs = |path: &str| {
            self.files.contains(&path)
                || self.folders.iter().any(|(folder, ending)| {
                    let within = path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
                    (folder.is_empty() || within) && path.ends_with(ending)
                })
        };
        let stray = paths.iter().filter(|path| !belongs(path)).map(|path| format!("{path} does not belong there"));
        let missing = self.files.iter().filter(|file| !paths.iter().any(|path| path == *file));
        stray.chain(missing.map(|file| format!("{file} is missing"))).collect()
    }
}

/// All files of a folder and the folders in it, relative to it, in order.
pub fn files(folder: &Path) -> Result<Vec<String>, String> {
    let (mut found, mut open) = (Vec::new(), vec![String::new()]);
    while let Some(relative) = open.pop() {
        let here = folder.join(&relative);
        let problem = |e: std::io::Error| format!("{}: {e}", here.display());
        for entry in fs::read_dir(&here).map_err(problem)? {
            let entry = entry.map_err(problem)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if relative.is_empty() { name } else { format!("{relative}/{name}") };
            if entry.file_type().map_err(problem)?.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stray_and_what_is_missing_is_told() {
        let contents = Contents { files: &["LICENSE", "README.md"], folders: &[("src", ".rs")] };
        let problems = |paths: &[&str]| contents.problems(&paths.iter().map(|&path| path.into()).collect::<Vec<_>>());
        for (paths, expected) in [
            (&["LICENSE", "README.md", "src/lib.rs", "src/a/b.rs"][..], &[][..]),
            (&["LICENSE", "README.md", "src/notes.txt"], &["src/notes.txt does not belong there"]),
            (&["LICENSE", "README.md", "srcs/lib.rs"], &["srcs/lib.rs does not belong there"]),
            (&["README.md", "src/lib.rs"], &["LICENSE is missing"]),
        ] {
            assert_eq!(problems(paths), expected, "{paths:?}");
        }
    }

    #[test]
    fn files_are_found_at_every_depth() {
        let folder = crate::root::root().join("xtask/src/dist");
        let found = files(&folder.join("..")).expect("xtask/src");
        assert!(found.contains(&"dist/contents.rs".to_owned()) && found.contains(&"dist.rs".to_owned()), "{found:?}");
    }
}
