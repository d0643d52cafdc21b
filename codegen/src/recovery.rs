//! Recovery: the overlay's table of what a client does about a call that was broken off, checked and in words.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::ir::{Recovery, RecoveryRow, Term};
use crate::names;
use crate::overlay::{OutcomeEntry, Overlay, RecoveryRowEntry};

const FILE: &str = "spec/overlay/recovery.toml";

/// The table.
pub fn recovery(overlay: &Overlay) -> Result<Recovery> {
    let entry = overlay.recovery();
    for (i, row) in entry.row.iter().enumerate() {
        let at = format!("row[{i}]");
        known(&at, "failed", &row.failed, &entry.failed)?;
        known(&at, "action", &row.action, &entry.action)?;
        if let Some(limit) = row.at_most.as_ref().filter(|name| overlay.limits().all(|(other, _)| other != *name)) {
            return Err(Error::at(FILE, &at, format!("at_most = {limit:?}"), "a limit of limits.toml"));
        }
        if entry.row.iter().take(i).any(|before| covers(before, row)) {
            return Err(Error::at(FILE, &at, "a case that an earlier row decides", "one that is left to it"));
        }
    }
    used(&entry.failed, |name| entry.row.iter().any(|row| row.failed == name))?;
    used(&entry.action, |name| entry.row.iter().any(|row| row.action == name))?;
    Ok(Recovery {
        failures: terms(&entry.failed),
        actions: terms(&entry.action),
        rows: entry.row.iter().map(row).collect(),
    })
}

fn known(at: &str, member: &str, name: &str, terms: &BTreeMap<String, String>) -> Result<()> {
    match terms.contains_key(name) {
        true => Ok(()),
        false => Err(Error::at(FILE, at, format!("{member} = {name:?}"), format!("one of [{member}]"))),
    }
}

fn used(terms: &BTreeMap<String, String>, is_used: impl Fn(&str) -> bool) -> Result<()> {
    match terms.keys().find(|name| !is_used(name)) {
        Some(name) => Err(Error::at(FILE, name, "a word that no row uses", "rows for all of them")),
        None => Ok(()),
    }
}

/// Whether nothing is left of a row after another one.
fn covers(before: &RecoveryRowEntry, row: &RecoveryRowEntry) -> bool {
    let wide = |before: Option<bool>, row: Option<bool>| before.is_none() || before == row;
    before.failed == row.failed && wide(before.sent, row.sent) && wide(before.repeatable, row.repeatable)
}

fn terms(of: &BTreeMap<String, String>) -> Vec<Term> {
    of.iter().map(|(name, doc)| Term { words: names::words(name), doc: doc.clone() }).collect()
}

fn row(entry: &RecoveryRowEntry) -> RecoveryRow {
    RecoveryRow {
        failed: names::words(&entry.failed),
        sent: entry.sent,
        repeatable: entry.repeatable,
        action: names::words(&entry.action),
        at_most: entry.at_most.as_deref().map(names::words),
        outcome_unknown: entry.outcome == OutcomeEntry::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(recovery: &str) -> Result<Recovery> {
        let limits = "[tries]\nvalue = 2\nunit = 'attempts'\ndoc = 'Tries.'";
        let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let files = [file("recovery.toml", recovery), file("limits.toml", limits)].into();
        self::recovery(&Overlay::parse(&files)?)
    }

    const WORDS: &str = "[failed]\nlost = 'Lost.'\n[action]\nfail = 'Fails.'\n";

    #[test]
    fn a_table_that_holds_together_is_read() {
        let row = "[[row]]\nfailed = 'lost'\nsent = true\naction = 'fail'\nat_most = 'tries'\noutcome = 'unknown'\n";
        let found = read(&format!("{WORDS}{row}")).expect("a table");
        let row = found.rows.first().expect("a row");
        assert_eq!((row.sent, row.repeatable, row.outcome_unknown), (Some(true), None, true));
        assert_eq!(row.at_most.as_deref(), Some(&["tries".to_owned()][..]));
    }

    #[test]
    fn what_does_not_hold_together_is_an_error() {
        let plain = "[[row]]\nfailed = 'lost'\naction = 'fail'\noutcome = 'not_done'\n";
        for (rows, wrong) in [
            (plain.replace("'lost'", "'gone'"), "failed = \"gone\""),
            (plain.replace("'fail'", "'cry'"), "action = \"cry\""),
            (format!("{plain}at_most = 'none'\n"), "at_most = \"none\""),
            (format!("{plain}{plain}repeatable = true\n"), "a case that an earlier row decides"),
            (String::new(), "a word that no row uses"),
        ] {
            let error = read(&format!("{WORDS}{rows}")).expect_err(wrong).to_string();
            assert!(error.contains(wrong), "{error}");
        }
    }
}
