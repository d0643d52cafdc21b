//! What is committed is what is generated, for all languages and the corpus.

use std::path::PathBuf;

use isogloss_codegen::generate;
use isogloss_codegen::inputs::Inputs;
use isogloss_codegen::output::{Mode, apply};

#[test]
fn committed_files_are_as_generated() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let inputs = Inputs::read(&root.join("spec")).expect("spec/");
    let generated = generate(&inputs).expect("what is in spec/");
    let changes = apply(&root, &generated.files, Mode::Check).expect("to read");
    assert!(changes.is_empty(), "not fresh, run `cargo xtask codegen`: {changes:#?}");
}
