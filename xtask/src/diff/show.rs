//! The differences for a person: methods first, then what must be there, then types.

use std::fmt::Write;

use super::compare::{Difference, MemberChange, MethodChange, TypeChange, What};

/// The text of a difference.
pub fn text(difference: &Difference, colour: bool) -> String {
    let mut text = format!("{} → {}\n", difference.old, difference.new);
    methods(&mut text, &difference.methods, colour);
    for (what, title) in
        [(What::Added, "Types added"), (What::Removed, "Types removed"), (What::Changed, "Types changed")]
    {
        types(&mut text, &difference.types, what, title, colour);
    }
    let count = |what: What| {
        let methods = difference.methods.iter().filter(|method| method.what == what).count();
        let types = difference.types.iter().filter(|ty| ty.what == what).count();
        format!("{methods} methods and {types} types")
    };
    let _ = writeln!(
        text,
        "\n{} added, {} removed, {} changed",
        count(What::Added),
        count(What::Removed),
        count(What::Changed)
    );
    text
}

fn methods(text: &mut String, methods: &[MethodChange], colour: bool) {
    if methods.is_empty() {
        return;
    }
    let _ = writeln!(text, "\nMethods");
    let width = methods.iter().map(|method| method.method.chars().count()).max().unwrap_or(0);
    for what in [What::Added, What::Removed, What::Changed] {
        for change in methods.iter().filter(|method| method.what == what) {
            let line = format!(
                "{} {:width$}  {:12}  {}",
                mark(what),
                change.method,
                change.kind,
                became(&change.was, &change.is)
            );
            let _ = writeln!(text, "  {}", painted(&line, what, colour));
        }
    }
}

fn types(text: &mut String, types: &[TypeChange], what: What, title: &str, colour: bool) {
    let of = types.iter().filter(|ty| ty.what == what).collect::<Vec<_>>();
    if of.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{title} ({})", of.len());
    for ty in of {
        let from = ty.renamed_from.as_ref().map_or(String::new(), |name| format!(" (was {name})"));
        let _ = writeln!(text, "  {}", painted(&format!("{} {}{from}", mark(what), ty.name), what, colour));
        for member in &ty.members {
            // All members of a new type are new.
            let mark = if what == What::Added { ' ' } else { mark(member.what) };
            let line = format!("{mark} {}", described(member));
            let _ = writeln!(
                text,
                "      {}",
                if what == What::Added { line } else { painted(&line, member.what, colour) }
            );
        }
    }
}

fn described(member: &MemberChange) -> String {
    let became = became(&member.was, &member.is);
    match (member.kind, member.name.is_empty()) {
        ("member", _) => format!("{}: {became}", member.name),
        ("tag", _) => format!("told apart by {became}"),
        (_, true) => became,
        _ => member.name.clone(),
    }
}

fn became(was: &Option<String>, is: &Option<String>) -> String {
    match (was, is) {
        (Some(was), Some(is)) => format!("{was}  ⇒  {is}"),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => String::new(),
    }
}

fn mark(what: What) -> char {
    match what {
        What::Added => '+',
        What::Removed => '-',
        What::Changed => '~',
    }
}

fn painted(line: &str, what: What, colour: bool) -> String {
    let code = match what {
        What::Added => "\x1b[32m",
        What::Removed => "\x1b[31m",
        What::Changed => "\x1b[33m",
    };
    if colour { format!("{code}{}\x1b[0m", line.trim_end()) } else { line.trim_end().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_reads_as_lines() {
        let member = |name: &str, what, was: Option<&str>, is: Option<&str>| MemberChange {
            name: name.into(),
            what,
            kind: "member",
            was: was.map(Into::into),
            is: is.map(Into::into),
        };
        let difference = Difference {
            old: "a".into(),
            new: "b".into(),
            methods: vec![MethodChange {
                method: "ping".into(),
                what: What::Removed,
                kind: "request",
                was: Some("both ways () → EmptyResult".into()),
                is: None,
            }],
            types: vec![TypeChange {
                name: "Tool".into(),
                what: What::Changed,
                renamed_from: None,
                members: vec![member("title", What::Changed, Some("string"), Some("string, required"))],
            }],
        };
        let shown = text(&difference, false);
        assert!(shown.contains("  - ping  request       both ways () → EmptyResult\n"), "{shown}");
        assert!(shown.contains("  ~ Tool\n      ~ title: string  ⇒  string, required\n"), "{shown}");
        assert!(
            shown.ends_with(
                "0 methods and 0 types added, 1 methods and 0 types removed, 0 methods and 1 types changed\n"
            )
        );
        assert!(text(&difference, true).contains("\x1b[31m- ping"));
    }
}
