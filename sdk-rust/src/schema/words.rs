//! The words of a check: how values are shown, what a name that nobody knows was probably meant to be, and what is
//! said where nothing fits. ARCHITECTURE.md lists them, and `spec/vectors` holds them.

use crate::wire::{Json, one_of, quoted};

/// A value in a message: a string cut as everywhere.
pub(super) fn shown(value: &Json) -> String {
    value.get_text(&[]).map_or_else(|| value.as_str().to_owned(), |text| quoted(&text))
}

/// A text as JSON, whole.
pub(super) fn literal(text: &str) -> String {
    let mut out = String::new();
    crate::wire::write_string(&mut out, text);
    out
}

/// `"a"`, or `one of "a", "b"`, sorted.
pub(super) fn one_of_these(mut words: Vec<String>) -> String {
    words.sort();
    words.dedup();
    if words.len() == 1 { words.concat() } else { format!("one of {}", words.join(", ")) }
}

/// What is said of a member that nobody takes, with what was probably meant.
pub(super) fn unknown<'n>(what: &str, name: &str, known: impl Iterator<Item = &'n str>) -> String {
    let most = (name.chars().count() / 3).max(1);
    let far = |other: &str| distance(&name.to_lowercase(), &other.to_lowercase());
    let near = |other: &&str| other.chars().count().abs_diff(name.chars().count()) <= most;
    let nearest = known.filter(near).map(|other| (far(other), other)).filter(|(far, _)| *far <= most).min();
    match nearest {
        Some((_, meant)) => format!("unknown {what}, did you mean {}?", one_of(std::iter::once(meant))),
        None => format!("unknown {what}"),
    }
}

/// How many letters to insert, remove, replace or swap.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    let at = |rows: &[Vec<usize>], i: usize, j: usize| rows.get(i).and_then(|row| row.get(j)).copied().unwrap_or(0);
    for (i, x) in a.iter().enumerate() {
        rows.push(vec![i + 1]);
        for (j, y) in b.iter().enumerate() {
            let replaced = at(&rows, i, j) + usize::from(x != y);
            let mut least = replaced.min(at(&rows, i, j + 1) + 1).min(at(&rows, i + 1, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                least = least.min(at(&rows, i - 1, j - 1) + 1);
            }
            if let Some(row) = rows.last_mut() {
                row.push(least);
            }
        }
    }
    at(&rows, a.len(), b.len())
}
