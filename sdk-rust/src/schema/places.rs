//! Where the parts of a schema are: its resources (`$id`), its anchors, and what a `$ref` means. Everything is found
//! within the schema; nothing is ever fetched.
//! <https://json-schema.org/draft/2020-12/json-schema-core#section-8>

use std::collections::HashMap;
use std::ptr;

use serde_json::Value;

use super::parts::parts;

/// The parts of one schema.
pub(super) struct Places<'s> {
    /// The addresses of the schemas that have one, and what is there; the whole is first.
    resources: Vec<(String, &'s Value)>,
    /// The resource that a part belongs to, by the part's place in memory.
    home: HashMap<*const Value, usize>,
    anchors: HashMap<(usize, &'s str), &'s Value>,
    dynamic: HashMap<&'s str, Vec<&'s Value>>,
}

impl<'s> Places<'s> {
    pub(super) fn of(schema: &'s Value) -> Self {
        let mut places = Places {
            resources: vec![(String::new(), schema)],
            home: HashMap::new(),
            anchors: HashMap::new(),
            dynamic: HashMap::new(),
        };
        let mut rest = vec![(schema, 0)];
        while let Some((part, resource)) = rest.pop() {
            let resource = places.settle(part, resource);
            rest.extend(parts(part).into_iter().map(|part| (part.schema, resource)));
        }
        places
    }

    /// Notes a part; tells which resource it belongs to.
    fn settle(&mut self, part: &'s Value, mut resource: usize) -> usize {
        let text = |keyword: &str| part.get(keyword).and_then(Value::as_str);
        if let Some(id) = text("$id") {
            let base = self.resources.get(resource).map_or("", |(base, _)| base);
            let address = joined(base, id.split('#').next().unwrap_or(id));
            match self.resources.first_mut().filter(|(_, root)| ptr::eq(*root, part)) {
                Some(whole) => whole.0 = address,
                None => {
                    resource = self.resources.len();
                    self.resources.push((address, part));
                }
            }
        }
        self.home.insert(part, resource);
        if let Some(anchor) = text("$anchor") {
            self.anchors.insert((resource, anchor), part);
        }
        if let Some(anchor) = text("$dynamicAnchor") {
            self.anchors.insert((resource, anchor), part);
            self.dynamic.entry(anchor).or_default().push(part);
        }
        resource
    }

    /// What a reference in this part means.
    ///
    /// # Errors
    /// If it is nowhere in the schema.
    pub(super) fn find(&self, from: &'s Value, reference: &str) -> Result<&'s Value, String> {
        let from = self.home.get(&ptr::from_ref(from)).copied().unwrap_or(0);
        let (address, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let resource = match address {
            "" => from,
            _ => {
                let base = self.resources.get(from).map_or("", |(base, _)| base);
                let whole = joined(base, address);
                self.resources.iter().position(|(address, _)| *address == whole).ok_or_else(|| {
                    format!("{reference} is not in this schema, and nothing is fetched: put it under $defs")
                })?
            }
        };
        let nothing = || format!("{reference} refers to nothing in this schema");
        let root = self.resources.get(resource).map(|(_, root)| *root).ok_or_else(nothing)?;
        let fragment = decoded(fragment).ok_or_else(nothing)?;
        match fragment.as_str() {
            "" => Ok(root),
            pointer if pointer.starts_with('/') => root.pointer(pointer).ok_or_else(nothing),
            anchor => self.anchors.get(&(resource, anchor)).copied().ok_or_else(nothing),
        }
    }

    /// What a `$dynamicRef` means, where that does not depend on how one got there.
    ///
    /// # Errors
    /// If it does, or is nowhere in the schema.
    pub(super) fn find_dynamic(&self, from: &'s Value, reference: &str) -> Result<&'s Value, String> {
        match reference.strip_prefix('#').and_then(|anchor| self.dynamic.get(anchor)).map(Vec::as_slice) {
            None => self.find(from, reference),
            Some([only]) => Ok(only),
            Some(_) => Err(format!("{reference} has several anchors, which is not supported: use $ref")),
        }
    }
}

/// An address in the place of another: enough of RFC 3986 for schemas that come in one file.
fn joined(base: &str, address: &str) -> String {
    let absolute = address.split(['/', '?']).next().is_some_and(|start| start.contains(':'));
    if absolute || base.is_empty() || address.is_empty() {
        return if address.is_empty() { base } else { address }.to_owned();
    }
    let path = base.find("://").map_or(0, |at| at + 3);
    let host_end = base.get(path..).and_then(|rest| rest.find('/')).map_or(base.len(), |at| path + at);
    if address.starts_with('/') {
        return format!("{}{address}", base.get(..host_end).unwrap_or(base));
    }
    match base.get(host_end..).and_then(|rest| rest.rfind('/')) {
        Some(at) => format!("{}{address}", base.get(..=host_end + at).unwrap_or(base)),
        None => format!("{base}/{address}"),
    }
}

/// A fragment, percent-decoded.
fn decoded(text: &str) -> Option<String> {
    crate::schema::percent::decoded(text)
}
