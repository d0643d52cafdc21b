//! The generator: MCP's JSON Schemas and the overlay in, typed Rust, TypeScript, Go and Python out.
//!
//! [`generate`] is pure: no clock, network, environment or process; the same inputs give the same bytes. It
//! knows nothing of what the runtimes do. Stages, in order: import (`import.rs`, run when a schema is brought in),
//! then schema → overlay → lower → merge → choose → annotate → methods → check → one emitter a language (`lang/`).

pub mod annotate;
pub mod check;
pub mod choose;
pub mod corpus;
pub mod error;
pub mod examples;
pub mod import;
pub mod inputs;
pub mod ir;
pub mod lang;
pub mod lower;
pub mod merge;
pub mod methods;
pub mod names;
pub mod output;
pub mod overlay;
pub mod recovery;
pub mod revs;
pub mod schema;
pub mod view;

use error::{Error, Result};
use inputs::{Inputs, Source};
use ir::{Era, Extension, Limit, Protocol, Revision, SchemaName};
use lower::Positions;
use overlay::Overlay;
use revs::Revs;
use schema::Document;

/// What a run of the generator found out, besides its files.
#[derive(Debug)]
pub struct Generated {
    /// Every file of every language, and the corpus.
    pub files: Vec<output::OutputFile>,
    /// The superset they were made from.
    pub protocol: Protocol,
    /// What nobody has documented yet.
    pub undocumented: Vec<String>,
}

/// Generates everything.
pub fn generate(inputs: &Inputs) -> Result<Generated> {
    let protocol = build(inputs)?;
    let undocumented = check::undocumented(&protocol);
    let mut files = Vec::new();
    for language in lang::ALL {
        files.extend((language.emit)(&protocol)?);
    }
    files.extend(corpus::emit(&protocol)?);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Generated { files, protocol, undocumented })
}

/// All stages up to the IR.
pub fn build(inputs: &Inputs) -> Result<Protocol> {
    let overlay = Overlay::parse(&inputs.overlay)?;
    let (revisions, extensions) = read(inputs, &overlay)?;
    let documents = extend(&revisions, &extensions)?;
    let mut positions = Positions::new();
    let mut lowered = Vec::new();
    for (i, document) in documents.iter().enumerate().rev() {
        lowered.push(lower::lower(document, Revs::one(i), &overlay, &mut positions)?);
    }
    let mut types = merge::merge(lowered)?;
    name_extensions(&mut types, &revisions, &extensions, &overlay);
    choose::choose(&mut types, &overlay)?;
    annotate::annotate(&mut types, &overlay);
    let methods = methods::methods(&types, &overlay)?;
    methods::spread_results(&mut types, &methods);
    let protocol = Protocol {
        revisions: revisions.iter().map(revision).collect(),
        extensions: extensions
            .iter()
            .map(|(e, extends)| Extension { name: e.name.clone(), extends: extends.clone() })
            .collect(),
        types: types.into_values().collect(),
        methods,
        limits: limits(&overlay),
        recovery: recovery::recovery(&overlay)?,
    };
    check::check(&protocol)?;
    let unused = overlay.unused();
    if unused.is_empty() {
        return Ok(protocol);
    }
    Err(Error::at(
        "spec/overlay",
        "",
        format!("entries that match nothing:\n    {}\n ", unused.join("\n    ")),
        "entries that are used",
    )
    .mend("remove them, or bring them up to date with the schemas"))
}

type Extensions = Vec<(Document, String)>;

/// Reads and corrects the schemas: revisions oldest first, extensions with what they extend.
fn read(inputs: &Inputs, overlay: &Overlay) -> Result<(Vec<Document>, Extensions)> {
    let mut revisions = Vec::new();
    let mut extensions = Vec::new();
    for source in &inputs.schemas {
        let document = document(source, overlay)?;
        match &source.extends {
            None => revisions.push(document),
            Some(base) => extensions.push((document, base.clone())),
        }
    }
    revisions.sort_by(|a, b| a.name.cmp(&b.name));
    extensions.sort_by(|a, b| a.0.name.cmp(&b.0.name));
    if revisions.is_empty() || revisions.len() > Revs::LIMIT {
        return Err(Error::at(
            "spec/schema",
            "",
            format!("{} revisions", revisions.len()),
            format!("1 to {}", Revs::LIMIT),
        )
        .mend("cargo xtask import <schema.json> <revision>"));
    }
    Ok((revisions, extensions))
}

fn document(source: &Source, overlay: &Overlay) -> Result<Document> {
    let file = format!("spec/schema/{}.json", source.name);
    let mut root: serde_json::Value = serde_json::from_str(&source.text)
        .map_err(|e| Error::at(&file, "", format!("text that is not JSON ({e})"), "a normalised schema"))?;
    overlay.patch(&file, &source.name, &mut root)?;
    Document::parse(&file, &source.name, &root)
}

/// Adds each extension's own definitions to the revisions from its base on. Its copies of the base's are dropped.
fn extend(revisions: &[Document], extensions: &Extensions) -> Result<Vec<Document>> {
    let mut documents = revisions.to_vec();
    for (extension, base) in extensions {
        let Some(from) = revisions.iter().position(|r| &r.name == base) else {
            return Err(Error::at(
                "spec/pins.toml",
                &extension.name,
                format!("extends {base}"),
                "a revision that was imported",
            ));
        };
        for (name, schema) in &extension.definitions {
            match revisions[from].get(name) {
                Some(same) if same.text == schema.text => continue,
                Some(_) => {
                    return Err(Error::at(
                        &extension.file,
                        &schema.pointer,
                        format!("another `{name}` than {base} has"),
                        "the same, or another name",
                    )
                    .mend("rename it in spec/overlay/names.toml, or correct it in spec/overlay/patches.toml"));
                }
                None => documents[from..].iter_mut().filter(|d| d.get(name).is_none()).for_each(|d| {
                    d.definitions.push((name.clone(), schema.clone()));
                    d.definitions.sort_by(|a, b| a.0.cmp(&b.0));
                }),
            }
        }
    }
    Ok(documents)
}

/// An extension's definitions are asked for under its own name: its own ones only so, its copies of its base's too.
fn name_extensions(types: &mut lower::Types, revisions: &[Document], extensions: &Extensions, overlay: &Overlay) {
    for (extension, base) in extensions {
        let copies = revisions.iter().find(|r| &r.name == base);
        for (name, _) in &extension.definitions {
            let Some(def) = types.get_mut(&overlay.rename(base, name)) else { continue };
            if copies.is_some_and(|base| base.get(name).is_none()) {
                def.schema_names.retain(|s| s.name != *name || s.schema < *base);
            }
            def.schema_names.push(SchemaName { schema: extension.name.clone(), name: name.clone() });
        }
    }
}

/// A revision is legacy if it has the handshake, modern if it does without.
fn revision(document: &Document) -> Revision {
    let era = if document.get("InitializeRequest").is_some() { Era::Legacy } else { Era::Modern };
    Revision { name: document.name.clone(), era }
}

fn limits(overlay: &Overlay) -> Vec<Limit> {
    let limit = |(name, entry): (&String, &overlay::LimitEntry)| Limit {
        words: names::words(name),
        value: entry.value,
        unit: entry.unit.clone(),
        doc: entry.doc.clone(),
    };
    overlay.limits().map(limit).collect()
}
