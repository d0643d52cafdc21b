//! Uses: what a generated file takes from other files, gathered while it is written.

use std::collections::{BTreeMap, BTreeSet};

use super::{layout, names};
use crate::ir::Protocol;
use crate::revs::Revs;
use crate::view;

/// What a file takes from others: file → names, those of types alone with `type` before them.
pub struct Uses<'a> {
    /// Type → the area whose file declares it.
    areas: BTreeMap<&'a str, &'a str>,
    sets: BTreeMap<Revs, String>,
    from: BTreeMap<String, BTreeSet<(bool, String)>>,
}

impl<'a> Uses<'a> {
    /// For a file of this protocol.
    pub fn new(protocol: &'a Protocol) -> Self {
        let areas = protocol.types.iter().map(|def| (def.name.as_str(), def.area.as_str())).collect();
        let sets = view::revision_sets(protocol);
        let sets = sets.into_iter().map(|set| (set.revs, names::revisions(&set.words))).collect();
        Uses { areas, sets, from: BTreeMap::new() }
    }

    /// A value of `wire/codec`.
    pub fn word(&mut self, name: &str) -> String {
        self.value("wire/codec", name)
    }

    /// A type of `wire/json`.
    pub fn json(&mut self, name: &str) -> String {
        self.ty("wire/json", name)
    }

    /// A type of the protocol, or the table of it.
    pub fn def(&mut self, name: &str) -> String {
        let area = self.areas.get(name).copied().unwrap_or_default();
        self.value(&format!("protocol/types/{area}"), &names::ty(name))
    }

    /// A set of revisions.
    pub fn set(&mut self, revs: Revs) -> String {
        let name = self.sets.get(&revs).cloned().unwrap_or_default();
        self.value("protocol/revision-sets", &name)
    }

    /// A value, or a type and a value of one name.
    pub fn value(&mut self, file: &str, name: &str) -> String {
        self.take(file, false, name)
    }

    /// A type alone.
    pub fn ty(&mut self, file: &str, name: &str) -> String {
        self.take(file, true, name)
    }

    fn take(&mut self, file: &str, is_type: bool, name: &str) -> String {
        self.from.entry(file.into()).or_default().insert((is_type, name.into()));
        name.into()
    }

    /// Takes everything for its type alone.
    pub fn types_only(mut self) -> Self {
        for taken in self.from.values_mut() {
            *taken = std::mem::take(taken).into_iter().map(|(_, name)| (true, name)).collect();
        }
        self
    }

    /// The import statements of the file `of`, a path below `src` without its ending.
    pub fn imports(&self, of: &str) -> Vec<String> {
        let mut files: Vec<&String> = self.from.keys().filter(|file| *file != of).collect();
        files.sort_by_key(|file| (!file.starts_with("wire/"), file.contains("types/"), *file));
        files.into_iter().map(|file| self.import(of, file)).collect()
    }

    fn import(&self, of: &str, file: &str) -> String {
        let taken = &self.from[file];
        let address = layout::string(&format!("{}.js", relative(of, file)));
        let only_types = taken.iter().all(|(is_type, _)| *is_type);
        let opening = if only_types { "import type " } else { "import " };
        let names: Vec<String> = taken
            .iter()
            .map(|(is_type, name)| if *is_type && !only_types { format!("type {name}") } else { name.clone() })
            .collect();
        let names = layout::braces(&names, opening.len(), " from ".len() + address.len() + 1);
        format!("{opening}{names} from {address};")
    }
}

/// The way from one file to another: `../../wire/codec`.
fn relative(of: &str, file: &str) -> String {
    let folder: Vec<&str> = of.split('/').rev().skip(1).collect::<Vec<_>>().into_iter().rev().collect();
    let target: Vec<&str> = file.split('/').collect();
    let shared = folder.iter().zip(&target).take_while(|(a, b)| a == b).count();
    let up = "../".repeat(folder.len() - shared);
    format!("{}{}", if up.is_empty() { "./" } else { &up }, target[shared..].join("/"))
}
