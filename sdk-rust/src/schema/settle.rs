//! What is known once all rules are made: which are only other places of others, which kinds their alternatives
//! leave, by which member alternatives are told apart, and that no rule leads back to itself for the same value.

use super::rule::{Choices, Id, Kinds, Rule, Rules, Tag, Within};
use crate::wire::Kind;

/// How often references may lead on for the same value.
const LONGEST: usize = 64;

/// # Errors
/// If a rule leads to itself without reading on.
pub(super) fn settle(rules: &mut Rules) -> Result<(), String> {
    ends(rules)?;
    for at in 0..rules.all.len() {
        let alias = rules.all.get(at).and_then(only_reference);
        if let Some(rule) = rules.all.get_mut(at) {
            rule.alias = alias;
        }
    }
    // A chain of places ends, as was seen; each is made to lead to its end at once.
    for at in 0..rules.all.len() {
        let mut end = Id(at);
        while let Some(next) = rules.all.get(end.0).and_then(|rule| rule.alias) {
            end = next;
        }
        if let Some(rule) = rules.all.get_mut(at).filter(|_| end != Id(at)) {
            rule.alias = Some(end);
        }
    }
    for at in 0..rules.all.len() {
        let merged = rules.all.get(at).and_then(|rule| merged(rules, rule));
        if let (Some(choices), Some(rule)) = (merged, rules.all.get_mut(at)) {
            rule.choices = Some(choices);
            rule.within = None;
        }
    }
    for at in 0..rules.all.len() {
        let kinds = kinds(rules, Id(at), 0);
        let tag = rules.all.get(at).and_then(|rule| tag(rules, rule));
        if let Some(rule) = rules.all.get_mut(at) {
            rule.kinds = kinds;
            if let Some(within) = &mut rule.within {
                within.tag = tag;
            }
            rule.open |= is_open(rule);
        }
    }
    Ok(())
}

/// The rules for the same value that a rule leads to.
fn next(rule: &Rule) -> Vec<Id> {
    let mut all = Vec::new();
    if let Some(within) = &rule.within {
        all.extend(within.all_of.iter().chain(&within.any_of).chain(&within.one_of).chain(&within.not));
        if let Some((condition, then, otherwise)) = within.when {
            all.extend([Some(condition), then, otherwise].into_iter().flatten());
        }
    }
    if let Some(object) = &rule.object {
        all.extend(object.given.iter().map(|(_, id)| *id));
    }
    all
}

fn ends(rules: &Rules) -> Result<(), String> {
    // The length of the longest way on from each rule, once it is known.
    let mut lengths: Vec<Option<usize>> = vec![None; rules.all.len()];
    let mut open: Vec<bool> = vec![false; rules.all.len()];
    for start in 0..rules.all.len() {
        let mut stack = vec![(Id(start), false)];
        while let Some((id, leaving)) = stack.pop() {
            let Some(rule) = rules.all.get(id.0) else { continue };
            if leaving {
                let longest = next(rule).iter().filter_map(|id| lengths.get(id.0).copied().flatten()).max();
                let length = longest.map_or(0, |length| length + 1);
                if length > LONGEST {
                    return Err(format!("references and alternatives lead on more than {LONGEST} times for one value"));
                }
                if let (Some(known), Some(open)) = (lengths.get_mut(id.0), open.get_mut(id.0)) {
                    *known = Some(length);
                    *open = false;
                }
                continue;
            }
            if lengths.get(id.0).copied().flatten().is_some() {
                continue;
            }
            if open.get_mut(id.0).is_some_and(|open| std::mem::replace(open, true)) {
                return Err(String::from("a reference leads back to itself without reading on"));
            }
            stack.push((id, true));
            stack.extend(next(rule).into_iter().map(|id| (id, false)));
        }
    }
    Ok(())
}

/// What a rule refers to, if that is all it says.
fn only_reference(rule: &Rule) -> Option<Id> {
    let within = rule.within.as_ref()?;
    let Within { all_of, any_of, one_of, not, when, tag: _, unevaluated_members, unevaluated_items } = &**within;
    let alone = any_of.is_empty()
        && one_of.is_empty()
        && not.is_none()
        && when.is_none()
        && unevaluated_members.is_none()
        && unevaluated_items.is_none()
        && says_nothing_itself(rule);
    match all_of.as_slice() {
        [only] if alone => Some(*only),
        _ => None,
    }
}

fn says_nothing_itself(rule: &Rule) -> bool {
    !rule.never
        && rule.types.is_empty()
        && rule.choices.is_none()
        && rule.bounds.is_none()
        && rule.text.is_none()
        && rule.array.is_none()
        && rule.object.is_none()
}

fn is_open(rule: &Rule) -> bool {
    says_nothing_itself(rule) && rule.within.is_none() && rule.alias.is_none()
}

/// The choices of a rule whose alternatives are constants, each another one.
fn merged(rules: &Rules, rule: &Rule) -> Option<Choices> {
    let within = rule.within.as_ref()?;
    let alternatives = match (within.any_of.as_slice(), within.one_of.as_slice()) {
        (some, []) | ([], some) if within.all_of.is_empty() && within.not.is_none() && within.when.is_none() => some,
        _ => return None,
    };
    let plain = within.unevaluated_items.is_none() && within.unevaluated_members.is_none() && rule.choices.is_none();
    let mut all = Choices { texts: Vec::new(), others: Vec::new(), shown: Vec::new() };
    for id in alternatives {
        let rule = rules.get(*id);
        let choices = rule.choices.as_ref()?;
        let only_texts = choices.others.is_empty() && rule.allowed.has(Kind::String);
        let only = rule.within.is_none() && rule.text.is_none() && only_texts;
        if !only || choices.texts.iter().any(|text| all.texts.contains(text)) {
            return None;
        }
        all.texts.extend(choices.texts.iter().cloned());
        all.shown.extend(choices.shown.iter().cloned());
    }
    (plain && !alternatives.is_empty()).then_some(all)
}

/// The kinds that a value may have.
fn kinds(rules: &Rules, id: Id, depth: usize) -> Kinds {
    let rule = rules.get(id);
    if rule.never {
        return Kinds::NONE;
    }
    let mut kinds = rule.allowed;
    if let Some(choices) = &rule.choices {
        let all = choices.shown.iter().map(|value| super::rule::Type::Kind(value.kind()));
        kinds = kinds.and(all.fold(Kinds::NONE, |all, one| all.or(Kinds::of(one))));
    }
    if let Some(within) = rule.within.as_ref().filter(|_| depth < 8) {
        let of = |id: &Id| self::kinds(rules, *id, depth + 1);
        for alternatives in [&within.any_of, &within.one_of] {
            if !alternatives.is_empty() {
                kinds = kinds.and(alternatives.iter().fold(Kinds::NONE, |all, id| all.or(of(id))));
            }
        }
        kinds = within.all_of.iter().fold(kinds, |kinds, id| kinds.and(of(id)));
    }
    kinds
}

/// The member that tells alternatives apart: each object among them requires it to be another text.
fn tag(rules: &Rules, rule: &Rule) -> Option<Tag> {
    let within = rule.within.as_ref()?;
    let alternatives = match (within.any_of.as_slice(), within.one_of.as_slice()) {
        (some, []) | ([], some) => some,
        _ => return None,
    };
    let objects: Vec<Id> = alternatives.iter().copied().filter(|id| rules.get(*id).kinds.has(Kind::Object)).collect();
    let first = rules.get(*objects.first()?).object.as_ref()?;
    let names = first.required.iter().filter_map(|at| first.members.get(*at)).map(|member| member.name.as_str());
    'names: for name in names {
        let mut values: Vec<(String, Id)> = Vec::new();
        for id in &objects {
            let Some(texts) = texts_of(rules, *id, name) else { continue 'names };
            for text in texts {
                if values.iter().any(|(other, _)| *other == text) {
                    continue 'names;
                }
                values.push((text, *id));
            }
        }
        if objects.len() > 1 {
            return Some(Tag { name: name.to_owned(), values });
        }
    }
    None
}

/// The texts that a required member may be, if texts are all it may be.
fn texts_of(rules: &Rules, id: Id, name: &str) -> Option<Vec<String>> {
    let object = rules.get(id).object.as_ref()?;
    let at = object.find(name).filter(|at| object.required.contains(at))?;
    let choices = rules.get(object.members.get(at)?.rule?).choices.as_ref()?;
    choices.others.is_empty().then(|| choices.texts.clone())
}
