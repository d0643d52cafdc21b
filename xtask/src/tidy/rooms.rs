//! Rooms within a package: `wire` knows no type of the protocol, `protocol` nothing of the runtime, and a stem of the
//! runtime uses only stems above it. The stems and their order are ARCHITECTURE.md's.

use super::Violation;
use super::exceptions::{Exceptions, FILE};
use super::files::Files;
use super::imports::imports;

const MAP: &str = "ARCHITECTURE.md";
/// Source folders. Go's runtime is one package: its compiler keeps the rooms apart, and nothing its stems.
const SOURCES: [&str; 4] =
    ["sdk-rust/src/", "bindings/typescript/src/", "bindings/python/src/isogloss/", "bindings/go/"];
/// Files that gather what a package offers, and so may import anything.
const GATHER: [&str; 8] = ["lib", "index", "node", "browser", "__init__", "__main__", "main", "doc"];

/// Checks all imports.
pub fn check(files: &Files, exceptions: &Exceptions) -> Vec<Violation> {
    let stems = match files.text(MAP).and_then(stems) {
        Some(stems) => stems,
        None => {
            return vec![Violation::at(
                MAP,
                "no row `| runtime | … |`",
                "list the runtime's stems there, in their order",
            )];
        }
    };
    let mut violations = Vec::new();
    for file in &files.all {
        let source = SOURCES.iter().find_map(|source| Some((*source, file.path.strip_prefix(source)?)));
        let (Some((source, path)), Some(text)) = (source, &file.text) else { continue };
        if is_test(path) || !has_code(path) {
            continue;
        }
        let rooms = Rooms { stems: &stems, exceptions, layered: source != "bindings/go/" };
        violations.extend(rooms.file(&file.path, path, text));
    }
    violations
}

/// The stems of the runtime, in order.
fn stems(map: &str) -> Option<Vec<String>> {
    let row = map.lines().find(|line| line.starts_with("| runtime |"))?;
    Some(row.split('|').nth(2)?.split(',').map(|stem| stem.trim().replace('-', "_")).collect())
}

fn is_test(path: &str) -> bool {
    [".test.ts", "_test.go", "_tests.rs", "/tests.rs"].iter().any(|end| path.ends_with(end))
        || path.split('/').any(|part| matches!(part, "tests" | "testing"))
}

fn has_code(path: &str) -> bool {
    [".rs", ".ts", ".py", ".go"].iter().any(|end| path.ends_with(end))
}

/// Where a file or an import belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Room {
    Wire,
    Protocol,
    /// A stem of the runtime, by its place in the list.
    Runtime(usize),
    /// The file that gathers the rest.
    Gather,
    /// Nothing that ARCHITECTURE.md knows.
    Unknown(String),
}

struct Rooms<'a> {
    stems: &'a [String],
    exceptions: &'a Exceptions,
    layered: bool,
}

impl Rooms<'_> {
    fn file(&self, whole: &str, path: &str, text: &str) -> Vec<Violation> {
        let own = self.room(path.rsplit_once('.').map_or(path, |(stem, _)| stem));
        if own == Room::Gather {
            return Vec::new();
        }
        let mut violations = Vec::new();
        if let (Room::Unknown(stem), true) = (&own, self.layered) {
            let mend = format!("say under [part] in {FILE} of which stem it is a part, or add the stem to {MAP}");
            violations.push(Violation::at(whole, format!("{stem} is no stem of the runtime"), mend));
        }
        for import in imports(path, text) {
            if let Some(found) = self.forbidden(whole, &own, &self.room(&import.target)) {
                let mend = format!("move what is used up to a room above, or what uses it down: see {MAP}");
                violations.push(Violation::line(whole, import.line, format!("{found} ({})", import.target), mend));
            }
        }
        violations
    }

    fn room(&self, path: &str) -> Room {
        let mut parts = path.split('/');
        let first = parts.next().unwrap_or_default().replace('-', "_");
        match first.as_str() {
            "wire" => Room::Wire,
            "protocol" => Room::Protocol,
            // Parts of a package that only Node has lie in a folder of their own.
            "node" if path.contains('/') => self.stem(&parts.next().unwrap_or_default().replace('-', "_")),
            "" => Room::Gather,
            stem if GATHER.contains(&stem) => Room::Gather,
            stem => self.stem(stem),
        }
    }

    fn stem(&self, stem: &str) -> Room {
        let of = self.stems.iter().position(|known| known == stem);
        let whole =
            || self.exceptions.whole_of(stem).and_then(|whole| self.stems.iter().position(|known| known == whole));
        of.or_else(whole).map_or_else(|| Room::Unknown(stem.into()), Room::Runtime)
    }

    /// What is wrong with an import, if anything.
    fn forbidden(&self, path: &str, own: &Room, target: &Room) -> Option<String> {
        match (own, target) {
            (_, Room::Wire) | (Room::Protocol | Room::Runtime(_) | Room::Unknown(_), Room::Protocol) => None,
            (Room::Wire, _) => Some("wire uses something outside wire".into()),
            (Room::Protocol, _) => Some("protocol uses something outside wire and protocol".into()),
            (Room::Runtime(own), Room::Runtime(target)) if self.layered && target > own => {
                let (own, target) = (&self.stems[*own], &self.stems[*target]);
                (!self.exceptions.may_use(path, target))
                    .then(|| format!("{own} uses {target}, which stands below it in {MAP}"))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = "| runtime | error, session, http-server, client | hand-written |\n";

    fn check_one(path: &str, text: &str, exceptions: &str) -> Vec<String> {
        let exceptions = Exceptions::parse(exceptions).expect("they parse");
        let files = Files::for_test(&[(MAP, ROW), (path, text)]);
        check(&files, &exceptions).into_iter().map(|violation| violation.place).collect()
    }

    #[test]
    fn a_room_uses_only_the_rooms_above_it() {
        for (path, text, count) in [
            ("sdk-rust/src/wire/json.rs", "use crate::protocol::types::Tool;", 1),
            ("sdk-rust/src/wire/json.rs", "use crate::wire::error::Error;", 0),
            ("sdk-rust/src/protocol/calls.rs", "use crate::session::Session;", 1),
            ("bindings/typescript/src/protocol/calls.ts", "import { x } from '../wire/json.js';", 0),
            ("bindings/go/wire/json.go", "\t\"github.com/x/isogloss/bindings/go/protocol\"", 1),
            ("bindings/go/protocol/calls_gen.go", "\t\"github.com/x/isogloss/bindings/go\"", 1),
            ("bindings/python/src/isogloss/protocol/calls.py", "from isogloss.client import Client", 1),
        ] {
            assert_eq!(check_one(path, text, "").len(), count, "{path}: {text}");
        }
    }

    #[test]
    fn a_stem_uses_only_the_stems_above_it() {
        for (path, text, exceptions, count) in [
            ("sdk-rust/src/session.rs", "use crate::error::Error;", "", 0),
            ("sdk-rust/src/session.rs", "use crate::client::Client;", "", 1),
            (
                "sdk-rust/src/session.rs",
                "use crate::client::Client;",
                "[upward]\n'sdk-rust/src/session.rs -> client' = 'why'",
                0,
            ),
            ("bindings/typescript/src/http-server.ts", "import { C } from './client.js';", "", 1),
            ("bindings/typescript/src/client.ts", "import { C } from './http-server.js';", "", 0),
            ("bindings/typescript/src/lines.ts", "", "", 1),
            ("bindings/typescript/src/lines.ts", "import { C } from './client.js';", "[part]\nlines = 'session'", 1),
            ("bindings/typescript/src/index.ts", "export * from './client.js';", "", 0),
            ("bindings/typescript/src/session.test.ts", "import { C } from './client.js';", "", 0),
            ("bindings/go/lines.go", "", "", 0),
        ] {
            assert_eq!(check_one(path, text, exceptions).len(), count, "{path}: {text}");
        }
    }
}
