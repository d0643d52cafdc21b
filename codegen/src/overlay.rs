//! Overlay: protocol facts that the schemas do not state, read from `spec/overlay/*.toml`.
//!
//! Every entry must be used by the time generation ends: one that matches nothing is an error, which is how a
//! new revision tells us what to look at.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Error, Result};

/// The overlay's files, parsed.
#[derive(Debug)]
pub struct Overlay {
    names: Names,
    patches: Vec<Patch>,
    unions: BTreeMap<String, ChooseEntry>,
    methods: BTreeMap<String, MethodEntry>,
    encode: EncodeEntry,
    docs: Docs,
    limits: BTreeMap<String, LimitEntry>,
    recovery: RecoveryEntry,
    used: RefCell<BTreeSet<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Names {
    rename: BTreeMap<String, String>,
    position: BTreeMap<String, String>,
    variant: BTreeMap<String, String>,
    area: BTreeMap<String, Vec<String>>,
}

/// A correction of a schema: where `old` stands at `path`, `new` is meant.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    /// The schemas it applies to; `*` is every schema that has the path, `2026-07-28..` that revision and later ones.
    pub schemas: Vec<String>,
    /// A JSON Pointer.
    pub path: String,
    /// What the schema says, as JSON.
    pub old: String,
    /// What is meant, as JSON.
    pub new: String,
    /// Why.
    pub reason: String,
}

/// How a union is told apart, where that cannot be inferred.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum ChooseEntry {
    /// A variant, by the name of its type.
    Type(String),
    /// By the value of a member.
    Tag {
        /// The member.
        tag: String,
        /// Value → decision.
        cases: BTreeMap<String, ChooseEntry>,
        /// For a value without a case.
        other: Option<Box<ChooseEntry>>,
        /// For an object without the member.
        absent: Option<Box<ChooseEntry>>,
    },
    /// By the first member that is there; `/` separates the names of a path.
    Presence {
        /// Member → decision, in order.
        presence: Vec<(String, ChooseEntry)>,
        /// If none is.
        otherwise: Option<Box<ChooseEntry>>,
    },
    /// Not decidable from the message: it takes the request's method, so the type stands for another.
    StandsFor {
        /// The type it stands for.
        stands_for: String,
    },
}

/// What the schemas do not say of a method.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MethodEntry {
    /// `to_server`, `to_client` or `both`, where no union of the schema says it.
    pub direction: Option<String>,
    /// The type of the result, where the convention does not find it.
    pub result: Option<String>,
    /// The capability the receiver must have declared.
    pub capability: Option<String>,
    /// Whether sending it twice does no harm.
    pub replay_safe: bool,
    /// Whether its answer may stream.
    pub streaming: bool,
    /// The member of `params` repeated in the `Mcp-Name` header.
    pub name_header: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct EncodeEntry {
    default: BTreeMap<String, Value>,
    ungated: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Docs {
    #[serde(default)]
    methods: BTreeMap<String, DocEntry>,
    #[serde(flatten)]
    types: BTreeMap<String, DocEntry>,
}

/// Documentation of a type or a method.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DocEntry {
    /// What it is.
    pub doc: String,
    /// The specification's page, below its root.
    pub see: String,
    /// Member → what it is.
    pub fields: BTreeMap<String, String>,
    /// Value → what it means.
    pub values: BTreeMap<String, String>,
}

/// A limit or default.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitEntry {
    /// Its value.
    pub value: u64,
    /// Its unit.
    pub unit: String,
    /// What it bounds.
    pub doc: String,
}

/// What a client does about a call that was broken off.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RecoveryEntry {
    /// What can happen to a call, and what that means.
    pub failed: BTreeMap<String, String>,
    /// What can be done about it.
    pub action: BTreeMap<String, String>,
    /// In the order in which they count.
    pub row: Vec<RecoveryRowEntry>,
}

/// A case of [`RecoveryEntry`].
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveryRowEntry {
    /// What happened.
    pub failed: String,
    /// Whether the request may have reached the server; either way if it is not said.
    pub sent: Option<bool>,
    /// Whether it may be sent twice; either way if it is not said.
    pub repeatable: Option<bool>,
    /// What is done.
    pub action: String,
    /// The limit of how often.
    pub at_most: Option<String>,
    /// What is known of the request when the call fails.
    pub outcome: OutcomeEntry,
}

/// What is known of a request that was not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeEntry {
    /// The server did not do what it was asked for.
    NotDone,
    /// It may have.
    Unknown,
}

/// The overlay's files and what each holds.
pub const FILES: [&str; 8] = [
    "names.toml",
    "patches.toml",
    "unions.toml",
    "methods.toml",
    "encode.toml",
    "docs.toml",
    "limits.toml",
    "recovery.toml",
];

impl Overlay {
    /// Parses the files, given as name → text. A missing file is an empty one.
    pub fn parse(files: &BTreeMap<String, String>) -> Result<Self> {
        #[derive(Default, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        struct Patches {
            patch: Vec<Patch>,
        }
        Ok(Overlay {
            names: read(files, "names.toml")?,
            patches: read::<Patches>(files, "patches.toml")?.patch,
            unions: read(files, "unions.toml")?,
            methods: read(files, "methods.toml")?,
            encode: read(files, "encode.toml")?,
            docs: read(files, "docs.toml")?,
            limits: read(files, "limits.toml")?,
            recovery: read(files, "recovery.toml")?,
            used: RefCell::default(),
        })
    }

    fn mark(&self, file: &str, key: &str) {
        self.used.borrow_mut().insert(format!("{file}\0{key}"));
    }

    /// The superset's name of a schema's definition.
    pub fn rename(&self, schema: &str, name: &str) -> String {
        let key = format!("{schema}:{name}");
        match self.names.rename.get(&key) {
            Some(new) => {
                self.mark("names.toml", &format!("rename.{key}"));
                new.clone()
            }
            None => name.to_owned(),
        }
    }

    /// The name for the type at a position (`Type.member`, `[]` for elements, `{}` for values, `*` for any text)
    /// of a schema.
    pub fn position(&self, schema: &str, position: &str) -> Option<&str> {
        let own = format!("{schema}:{position}");
        let table = &self.names.position;
        let pattern = || table.iter().find(|(key, _)| key.contains('*') && matches(key, position));
        let (key, name) = table.get_key_value(&own).or_else(|| table.get_key_value(position)).or_else(pattern)?;
        self.mark("names.toml", &format!("position.{key}"));
        Some(name)
    }

    /// The name of a union's variant, where the rule's is not wanted.
    pub fn variant(&self, union: &str, type_name: &str) -> Option<&str> {
        let key = format!("{union}.{type_name}");
        let name = self.names.variant.get(&key)?;
        self.mark("names.toml", &format!("variant.{key}"));
        Some(name)
    }

    /// The area of a type: the longest pattern that matches its name wins.
    pub fn area(&self, name: &str) -> &str {
        let mut best: Option<(usize, &str)> = None;
        for (area, patterns) in &self.names.area {
            for pattern in patterns.iter().filter(|pattern| matches(pattern, name)) {
                self.mark("names.toml", &format!("area.{area}.{pattern}"));
                if best.is_none_or(|(length, _)| pattern.len() > length) {
                    best = Some((pattern.len(), area));
                }
            }
        }
        best.map_or("base", |(_, area)| area)
    }

    /// Corrects a schema in place.
    pub fn patch(&self, file: &str, name: &str, root: &mut Value) -> Result<()> {
        for (i, patch) in self.patches.iter().enumerate() {
            let everywhere = patch.schemas.iter().any(|s| s == "*");
            let since = |schema: &String| {
                schema
                    .strip_suffix("..")
                    .is_some_and(|first| first <= name && name.starts_with(|c: char| c.is_ascii_digit()))
            };
            if !everywhere && !patch.schemas.iter().any(|s| s == name || since(s)) {
                continue;
            }
            let here = format!("patch[{i}]");
            let old: Value = json("patches.toml", &format!("{here}.old"), &patch.old)?;
            let new: Value = json("patches.toml", &format!("{here}.new"), &patch.new)?;
            match root.pointer_mut(&patch.path) {
                Some(place) if *place == old => {
                    *place = new;
                    self.mark("patches.toml", &here);
                }
                None if everywhere => {}
                found => {
                    let found = found.map_or_else(|| "nothing".to_owned(), |value| value.to_string());
                    return Err(Error::at(file, &patch.path, found, format!("{old}, which {here} replaces"))
                        .mend("bring the entry in spec/overlay/patches.toml up to date, or remove it"));
                }
            }
        }
        Ok(())
    }

    /// How a union is told apart, if the overlay says so.
    pub fn union(&self, name: &str) -> Option<&ChooseEntry> {
        let entry = self.unions.get(name)?;
        self.mark("unions.toml", name);
        Some(entry)
    }

    /// What the overlay says of a method.
    pub fn method(&self, method: &str) -> MethodEntry {
        let Some(entry) = self.methods.get(method) else { return MethodEntry::default() };
        self.mark("methods.toml", method);
        entry.clone()
    }

    /// The value written for a member that is not set.
    pub fn encode_default(&self, type_name: &str, member: &str) -> Option<Value> {
        let mut best: Option<(&String, &Value)> = None;
        for (key, value) in &self.encode.default {
            let Some((pattern, name)) = key.rsplit_once('.') else { continue };
            if name == member && matches(pattern, type_name) {
                self.mark("encode.toml", &format!("default.{key}"));
                if best.is_none_or(|(old, _)| key.len() > old.len()) {
                    best = Some((key, value));
                }
            }
        }
        best.map(|(_, value)| value.clone())
    }

    /// Whether a type's members are not the protocol's, and so not held to a revision when encoding.
    pub fn ungated(&self, type_name: &str) -> bool {
        let found = self.encode.ungated.iter().any(|name| name == type_name);
        if found {
            self.mark("encode.toml", &format!("ungated.{type_name}"));
        }
        found
    }

    /// Documentation of a type.
    pub fn type_doc(&self, name: &str) -> DocEntry {
        let Some(entry) = self.docs.types.get(name) else { return DocEntry::default() };
        self.mark("docs.toml", name);
        entry.clone()
    }

    /// Documentation of a member.
    pub fn field_doc(&self, type_name: &str, member: &str) -> String {
        for owner in [type_name, "*"] {
            if let Some(text) = self.docs.types.get(owner).and_then(|entry| entry.fields.get(member)) {
                self.mark("docs.toml", &format!("{owner}.fields.{member}"));
                return text.clone();
            }
        }
        String::new()
    }

    /// Documentation of a value of an enumeration.
    pub fn value_doc(&self, type_name: &str, value: &str) -> String {
        let text = self.docs.types.get(type_name).and_then(|entry| entry.values.get(value));
        if text.is_some() {
            self.mark("docs.toml", &format!("{type_name}.values.{value}"));
        }
        text.cloned().unwrap_or_default()
    }

    /// Documentation of a method.
    pub fn method_doc(&self, method: &str) -> DocEntry {
        let Some(entry) = self.docs.methods.get(method) else { return DocEntry::default() };
        self.mark("docs.toml", &format!("methods.{method}"));
        entry.clone()
    }

    /// Limits by name.
    pub fn limits(&self) -> impl Iterator<Item = (&String, &LimitEntry)> {
        self.limits.iter()
    }

    /// What a client does about a call that was broken off.
    pub fn recovery(&self) -> &RecoveryEntry {
        &self.recovery
    }

    /// Entries that matched nothing, as `file: key`.
    pub fn unused(&self) -> Vec<String> {
        let used = self.used.borrow();
        self.keys()
            .into_iter()
            .filter(|(file, key)| !used.contains(&format!("{file}\0{key}")))
            .map(|(file, key)| format!("{file}: {key}"))
            .collect()
    }

    fn keys(&self) -> Vec<(&'static str, String)> {
        let mut keys = Vec::new();
        let names = &self.names;
        keys.extend(names.rename.keys().map(|key| ("names.toml", format!("rename.{key}"))));
        keys.extend(names.position.keys().map(|key| ("names.toml", format!("position.{key}"))));
        keys.extend(names.variant.keys().map(|key| ("names.toml", format!("variant.{key}"))));
        for (area, patterns) in &names.area {
            keys.extend(patterns.iter().map(|pattern| ("names.toml", format!("area.{area}.{pattern}"))));
        }
        keys.extend((0..self.patches.len()).map(|i| ("patches.toml", format!("patch[{i}]"))));
        keys.extend(self.unions.keys().map(|key| ("unions.toml", key.clone())));
        keys.extend(self.methods.keys().map(|key| ("methods.toml", key.clone())));
        keys.extend(self.encode.default.keys().map(|key| ("encode.toml", format!("default.{key}"))));
        keys.extend(self.encode.ungated.iter().map(|key| ("encode.toml", format!("ungated.{key}"))));
        keys.extend(self.docs.methods.keys().map(|key| ("docs.toml", format!("methods.{key}"))));
        for (name, entry) in &self.docs.types {
            if name != "*" {
                keys.push(("docs.toml", name.clone()));
            }
            keys.extend(entry.fields.keys().map(|field| ("docs.toml", format!("{name}.fields.{field}"))));
            keys.extend(entry.values.keys().map(|value| ("docs.toml", format!("{name}.values.{value}"))));
        }
        keys
    }
}

fn read<T: DeserializeOwned + Default>(files: &BTreeMap<String, String>, name: &str) -> Result<T> {
    let Some(text) = files.get(name) else { return Ok(T::default()) };
    toml::from_str(text).map_err(|e| {
        Error::at(
            &format!("spec/overlay/{name}"),
            "",
            e.to_string().trim_end(),
            "an overlay file as its head describes",
        )
    })
}

fn json(file: &str, key: &str, text: &str) -> Result<Value> {
    serde_json::from_str(text).map_err(|e| Error::at(&format!("spec/overlay/{file}"), key, e.to_string(), "JSON"))
}

/// Whether a name matches a pattern in which `*` stands for any text.
pub fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, tail)) => name
            .strip_prefix(head)
            .is_some_and(|rest| (0..=rest.len()).any(|i| rest.is_char_boundary(i) && matches(tail, &rest[i..]))),
    }
}
