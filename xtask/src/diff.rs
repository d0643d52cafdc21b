//! `cargo xtask diff <old> <new>`: what a revision changed, for a person who has to act on it.
//!
//! It is read off the superset: everything there knows its revisions. `compare` finds the differences, `show` prints
//! them; `at` says how a type looks in one revision.

mod at;
mod compare;
mod show;

use std::io::IsTerminal;

use isogloss_codegen::inputs::Inputs;

use crate::root::root;

/// Print the semantic difference between two revisions.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask diff 2025-11-25 2026-07-28
  cargo xtask diff 2025-11-25 2026-07-28 --json")]
pub struct Args {
    /// The older revision.
    old: String,
    /// The newer revision.
    new: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub fn run(args: &Args) -> Result<(), String> {
    let inputs = Inputs::read(&root().join("spec")).map_err(|e| e.to_string())?;
    let protocol = isogloss_codegen::build(&inputs).map_err(|e| e.to_string())?;
    let difference = compare::compare(&protocol, &args.old, &args.new)?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&difference).map_err(|e| e.to_string())?);
    } else {
        let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        print!("{}", show::text(&difference, colour));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::compare::{Difference, What, compare};
    use super::*;

    fn difference() -> Difference {
        let inputs = Inputs::read(&root().join("spec")).expect("spec/");
        let protocol = isogloss_codegen::build(&inputs).expect("an IR");
        compare(&protocol, "2025-11-25", "2026-07-28").expect("both are there")
    }

    #[test]
    fn what_is_known_of_the_modern_revision_is_found() {
        let found = difference();
        let method = |name: &str| found.methods.iter().find(|m| m.method == name).map(|m| m.what);
        let ty = |name: &str| found.types.iter().find(|t| t.name == name).map(|t| t.what);
        for name in
            ["initialize", "ping", "notifications/initialized", "resources/subscribe", "logging/setLevel", "tasks/list"]
        {
            assert_eq!(method(name), Some(What::Removed), "{name}");
        }
        for name in ["server/discover", "subscriptions/listen"] {
            assert_eq!(method(name), Some(What::Added), "{name}");
        }
        assert_eq!(method("tools/call"), Some(What::Changed), "its result may ask for input");
        assert_eq!(method("completion/complete"), None);
        for name in ["RequestMetaObject", "CacheableResult", "InputRequiredResult", "DiscoverResult"] {
            assert_eq!(ty(name), Some(What::Added), "{name}");
        }
        for name in ["InitializeRequest", "PingRequest", "Task"] {
            assert_eq!(ty(name), Some(What::Removed), "{name}");
        }
        assert_eq!(ty("GetTaskRequestParams"), None, "what belongs to an extension is no change of the protocol");
    }

    #[test]
    fn members_say_whether_they_must_be_there() {
        let found = difference();
        let member = |ty: &str, member: &str| {
            let ty = found.types.iter().find(|t| t.name == ty).expect("the type changed");
            ty.members.iter().find(|m| m.name == member).expect("the member changed").clone()
        };
        let result_type = member("CallToolResult", "resultType");
        assert_eq!((result_type.what, result_type.is.as_deref()), (What::Added, Some("string, required")));
        let ttl = member("ListToolsResult", "ttlMs");
        assert_eq!(ttl.is.as_deref(), Some("integer ≥ 0, required"));
        let meta = member("CallToolRequestParams", "_meta");
        assert_eq!(meta.what, What::Changed);
        assert!(meta.is.as_deref().is_some_and(|is| is.contains("RequestMetaObject, required")), "{meta:?}");
    }

    #[test]
    fn backwards_everything_is_the_other_way_round() {
        let inputs = Inputs::read(&root().join("spec")).expect("spec/");
        let protocol = isogloss_codegen::build(&inputs).expect("an IR");
        let (there, back) = (difference(), compare(&protocol, "2026-07-28", "2025-11-25").expect("both are there"));
        let count = |d: &Difference, what: What| d.types.iter().filter(|t| t.what == what).count();
        assert_eq!(count(&there, What::Added), count(&back, What::Removed));
        assert_eq!(count(&there, What::Changed), count(&back, What::Changed));
        let same = compare(&protocol, "2025-11-25", "2025-11-25").expect("it is there");
        assert!(same.types.is_empty() && same.methods.is_empty());
        assert!(compare(&protocol, "2025-11-25", "1999-01-01").is_err_and(|e| e.contains("2026-07-28")));
    }
}
