//! Where the repository is.

use std::env;
use std::path::PathBuf;

/// The repository's top folder: the one that cargo runs this from, not the one it was built in, since clones may
/// share a target folder.
pub fn root() -> PathBuf {
    let here =
        env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.parent().map_or(here.clone(), PathBuf::from)
}
