//! What a file of a package imports from its own package, as paths below the package's source folder.
//!
//! Lines are read, not parsed: `use`, `import` and `from` stand at the beginning of a line in all our code, and what a
//! formatter breaks over lines still names its module on one of them.

use super::manifests::before_tests;

/// An import: the line, and the module's path below the source folder, `session` or `wire/decoder`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Counted from 0.
    pub line: usize,
    /// Segments with `/` between them; empty for the package itself.
    pub target: String,
}

/// The imports of a file; `path` is below the source folder.
pub fn imports(path: &str, text: &str) -> Vec<Import> {
    match path.rsplit('.').next() {
        Some("rs") => rust(path, text),
        Some("ts") => typescript(path, text),
        Some("py") => python(path, text),
        Some("go") => go(text),
        _ => Vec::new(),
    }
}

/// `crate::session::Session`, anywhere in a line, and `super::` in a file of the top folder. A group after `crate::`
/// is read as the names in it.
fn rust(path: &str, text: &str) -> Vec<Import> {
    let mut found = Vec::new();
    for (line, code) in before_tests(text).enumerate() {
        if code.trim_start().starts_with("//") {
            continue;
        }
        let mut starts = vec!["crate::"];
        if !path.contains('/') && path != "lib.rs" {
            starts.push("super::");
        }
        for start in starts {
            for (at, _) in code.match_indices(start) {
                let rest = &code[at + start.len()..];
                let names: Vec<&str> = match rest.strip_prefix('{') {
                    Some(group) => group.split('}').next().unwrap_or_default().split(',').map(str::trim).collect(),
                    None => vec![rest],
                };
                found.extend(
                    names.into_iter().filter_map(|name| ident(name, "::")).map(|target| Import { line, target }),
                );
            }
        }
    }
    found
}

/// The first two names of a path.
fn ident(path: &str, separator: &str) -> Option<String> {
    let word = |part: &str| part.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>();
    let mut parts = path.split(separator).map(word).take_while(|word| !word.is_empty());
    let first = parts.next()?;
    Some(parts.next().map_or(first.clone(), |second| format!("{first}/{second}")))
}

/// `from './session.js'`, `import('../wire/json.js')`.
fn typescript(path: &str, text: &str) -> Vec<Import> {
    let mut found = Vec::new();
    for (line, code) in text.lines().enumerate() {
        for start in ["from '", "import('", "import '"] {
            for (at, _) in code.match_indices(start) {
                let module = code[at + start.len()..].split('\'').next().unwrap_or_default();
                if module.starts_with('.') {
                    let module = module.trim_end_matches(".js").trim_end_matches(".ts");
                    found.push(Import { line, target: resolve(path, module) });
                }
            }
        }
    }
    found
}

/// `from isogloss.session import x`, `from .session import x`, `from . import session`, `import isogloss.session`.
fn python(path: &str, text: &str) -> Vec<Import> {
    let mut found = Vec::new();
    for (line, code) in text.lines().enumerate() {
        let code = code.trim_start();
        let Some(rest) = code.strip_prefix("from ").or_else(|| code.strip_prefix("import ")) else { continue };
        let (module, names) = rest.split_once(" import ").unwrap_or((rest, ""));
        let module = module.split_whitespace().next().unwrap_or_default();
        let own = module.strip_prefix("isogloss").filter(|rest| rest.is_empty() || rest.starts_with('.'));
        let base = match own {
            Some(rest) => rest.trim_start_matches('.').replace('.', "/"),
            None if module.starts_with('.') => {
                let dots = module.len() - module.trim_start_matches('.').len();
                let up = "../".repeat(dots - 1);
                resolve(path, &format!("./{up}{}", module.trim_start_matches('.').replace('.', "/")))
            }
            None => continue,
        };
        match base.is_empty() {
            false => found.push(Import { line, target: base }),
            true => {
                let names = names.trim_matches(['(', ')']).split(',').filter_map(|name| ident(name.trim(), " "));
                found.extend(names.map(|target| Import { line, target }));
            }
        }
    }
    found
}

/// Packages of our own module.
fn go(text: &str) -> Vec<Import> {
    let module = "isogloss/bindings/go";
    let quoted = |code: &str| code.trim_end().ends_with('"') && (code.starts_with('\t') || code.starts_with("import "));
    let target = |code: &str| {
        let at = code.find(module)? + module.len();
        Some(code[at..].trim_end_matches('"').trim_start_matches('/').to_owned())
    };
    let lines = text.lines().enumerate().filter(|(_, code)| quoted(code));
    lines.filter_map(|(line, code)| Some(Import { line, target: target(code)? })).collect()
}

/// A relative module seen from a file.
fn resolve(path: &str, module: &str) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in module.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_read_in_every_language() {
        for (path, text, targets) in [
            (
                "session.rs",
                "use crate::wire::json::Json;\nlet x = crate::error::Error;",
                vec!["wire/json", "error/Error"],
            ),
            (
                "session.rs",
                "use crate::{error::Error, transport};\nuse super::stdio;",
                vec!["error/Error", "transport", "stdio"],
            ),
            ("session/mod.rs", "use super::stdio;\n// crate::client\n#[cfg(test)]\nuse crate::client;", vec![]),
            ("a.ts", "import type { X } from './session.js';\nimport z from 'zod';", vec!["session"]),
            (
                "wire/b.ts",
                "const x = await import('../node/stdio.js');\nexport * from './json.js';",
                vec!["node/stdio", "wire/json"],
            ),
            (
                "a.py",
                "from isogloss.wire.json import x\nfrom isogloss import client\nimport json",
                vec!["wire/json", "client"],
            ),
            (
                "wire/a.py",
                "from . import json\nfrom ..session import S\nfrom .error import E",
                vec!["wire", "session", "wire/error"],
            ),
            (
                "a.go",
                "\t\"github.com/x/isogloss/bindings/go/wire\"\n\t\"fmt\"\n// \"isogloss/bindings/go\"",
                vec!["wire"],
            ),
        ] {
            let found: Vec<String> = imports(path, text).into_iter().map(|import| import.target).collect();
            assert_eq!(found, targets, "{path}: {text}");
        }
    }
}
