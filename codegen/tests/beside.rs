//! typify beside our own generator, on the published examples and what follows from them: what each keeps and refuses.
//! Ours is measured by each language's own tests on the same messages (`sdk-rust/tests/official.rs`).

use std::path::PathBuf;
use std::process::Command;

#[test]
#[ignore = "builds typify, which takes minutes: cargo test -p isogloss-codegen --test beside -- --ignored --nocapture"]
fn typify_keeps_no_unknown_member() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let run = |args: &[&str]| {
        let output = Command::new(env!("CARGO")).args(args).current_dir(&root).output().expect("cargo");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let made = run(&["run", "--quiet", "-p", "isogloss-codegen", "--example", "official_corpus"]);
    let report =
        run(&["run", "--quiet", "--manifest-path", "codegen/tests/typify/Cargo.toml", "--target-dir", "target/typify"]);
    print!("{made}{report}");
    if !made.contains("not run") {
        assert!(
            report.contains("typify: 120/129 round trip, 0/127 unknown kept, 656/732 refused"),
            "other numbers than the README's: {report}"
        );
        assert!(report.contains("2025-11-25: panics"), "{report}");
    }
}
