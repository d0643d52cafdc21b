//! The project as the verbs see it: its folders, and the toolchains that are there.

use std::path::PathBuf;
use std::sync::Arc;

use isogloss_interop::Places;

use crate::root::root;
use crate::toolchain::Toolchains;

/// What every verb needs.
pub struct Project {
    /// The repository, its tools, cargo's target folder.
    pub places: Places,
    /// Programs of the machine.
    pub toolchains: Toolchains,
}

impl Project {
    /// The repository that cargo runs this from.
    pub fn open() -> Result<Arc<Self>, String> {
        let root = root();
        let toolchains = Toolchains::of(&root)?;
        Ok(Arc::new(Project { places: Places::of_environment(&root), toolchains }))
    }

    /// A path within the repository.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.places.root.join(relative)
    }

    /// Where the whole output of every step goes.
    pub fn logs(&self) -> PathBuf {
        self.places.target.join("xtask/logs")
    }

    /// The virtual environment in which bindings/python is developed.
    pub fn venv(&self) -> PathBuf {
        self.places.tools.join("venv")
    }
}
