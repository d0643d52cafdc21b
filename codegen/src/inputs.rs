//! Inputs: everything the generator reads, as text. Reading files is the caller's business.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::overlay;

/// What [`crate::generate`] works on.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// The normalised schemas.
    pub schemas: Vec<Source>,
    /// The overlay's files, name → text.
    pub overlay: BTreeMap<String, String>,
}

/// A normalised schema.
#[derive(Debug, Clone)]
pub struct Source {
    /// A revision's date, or an extension's name.
    pub name: String,
    /// The revision that an extension extends; none for a revision.
    pub extends: Option<String>,
    /// Its text.
    pub text: String,
}

/// `spec/pins.toml`: where each schema came from.
pub type Pins = BTreeMap<String, Pin>;

/// Where a schema came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// SHA-256 of the official file, as it was published.
    pub sha256: String,
    /// The revision that an extension extends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extends: Option<String>,
}

impl Inputs {
    /// Reads a `spec/` folder.
    pub fn read(spec: &Path) -> Result<Self> {
        let mut inputs = Inputs::default();
        for (name, pin) in pins(spec)? {
            let text = text(&spec.join("schema").join(format!("{name}.json")))?;
            inputs.schemas.push(Source { name, extends: pin.extends, text });
        }
        for file in overlay::FILES {
            let path = spec.join("overlay").join(file);
            if path.exists() {
                inputs.overlay.insert(file.into(), text(&path)?);
            }
        }
        Ok(inputs)
    }
}

/// Reads the pins of a `spec/` folder; none if there is no file yet.
pub fn pins(spec: &Path) -> Result<Pins> {
    let path = spec.join("pins.toml");
    if !path.exists() {
        return Ok(Pins::new());
    }
    toml::from_str(&text(&path)?)
        .map_err(|e| Error::at("spec/pins.toml", "", e.to_string(), "a table a schema: sha256, extends"))
}

fn text(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|e| Error::at(&path.display().to_string(), "", e.to_string(), "a file"))
}
