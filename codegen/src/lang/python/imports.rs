//! Imports: what a file uses, in the order in which the formatter wants it.

use std::collections::{BTreeMap, BTreeSet};

use super::layout::Piece;

/// What a file of types imports.
#[derive(Debug, Default)]
pub struct Imports {
    names: BTreeMap<(Section, String), BTreeSet<Sorted>>,
    late: BTreeMap<String, BTreeSet<Sorted>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Section {
    Standard,
    Package,
    Wire,
    Parent,
    Sibling,
}

/// A name as the formatter sorts it: constants, then classes, then the rest.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Sorted(u8, String, String);

impl Sorted {
    fn new(name: &str) -> Self {
        let constant = name.len() > 1 && !name.chars().any(char::is_lowercase);
        let class = name.starts_with(char::is_uppercase);
        let group = if constant {
            0
        } else if class {
            1
        } else {
            2
        };
        Sorted(group, name.to_lowercase(), name.to_owned())
    }
}

impl Imports {
    /// A name of the standard library or of a package.
    pub fn add(&mut self, module: &str, name: &str) {
        let section = if module == "msgspec" { Section::Package } else { Section::Standard };
        self.insert(section, module, name);
    }

    /// A name of the `wire` room, seen from `protocol/types` and `protocol/shapes`.
    pub fn wire(&mut self, module: &str, name: &str) {
        self.insert(Section::Wire, &format!("...wire.{module}"), name);
    }

    /// A name of a file beside the folder.
    pub fn parent(&mut self, module: &str, name: &str) {
        self.insert(Section::Parent, &format!("..{module}"), name);
    }

    /// A name of another file in the folder.
    pub fn sibling(&mut self, module: &str, name: &str) {
        self.insert(Section::Sibling, &format!(".{module}"), name);
    }

    /// A name that only type checkers need.
    pub fn late(&mut self, module: &str, name: &str) {
        self.late.entry(format!(".{module}")).or_default().insert(Sorted::new(name));
    }

    fn insert(&mut self, section: Section, module: &str, name: &str) {
        self.names.entry((section, module.to_owned())).or_default().insert(Sorted::new(name));
    }

    /// The statements at the top, an empty line between sections.
    pub fn lines(&mut self) -> Vec<String> {
        if !self.late.is_empty() {
            self.insert(Section::Standard, "typing", "TYPE_CHECKING");
        }
        let mut lines = Vec::new();
        let mut before = None;
        for ((section, module), names) in &self.names {
            let group = (*section).min(Section::Wire);
            if before.is_some_and(|before| before != group) {
                lines.push(String::new());
            }
            before = Some(group);
            lines.push(statement(module, names, 0));
        }
        lines
    }

    /// The statements for type checkers.
    pub fn late_lines(&self) -> Vec<String> {
        let known = |module: &str, name: &Sorted| {
            self.names.get(&(Section::Sibling, module.to_owned())).is_some_and(|n| n.contains(name))
        };
        let missing = self.late.iter().filter_map(|(module, names)| {
            let names: BTreeSet<&Sorted> = names.iter().filter(|name| !known(module, name)).collect();
            (!names.is_empty()).then(|| statement(module, names, 4))
        });
        missing.collect()
    }
}

fn statement<'n>(module: &str, names: impl IntoIterator<Item = &'n Sorted>, indent: usize) -> String {
    let names: Vec<Piece> = names.into_iter().map(|Sorted(_, _, name)| name.clone().into()).collect();
    let head = format!("from {module} import ");
    let flat: Vec<String> = names.iter().map(Piece::flat).collect();
    let flat = format!("{head}{}", flat.join(", "));
    if indent + flat.len() <= super::layout::WIDTH {
        return flat;
    }
    let group = Piece::Group(format!("{head}("), names, ")".into());
    group.lay(indent, indent + super::layout::WIDTH, 0)
}
