//! What a schema says of the same value by way of other schemas: all of some, at least or just one of others, none of
//! them, one where another fits.

use super::super::rule::{Id, Rules, Tag, Within};
use super::super::words::{one_of_these, shown};
use super::{Found, Noted, Result, Walk};
use crate::wire::{DecodeError, Decoder, Kind, Revs, Scanner, quoted};

impl<'a> Walk<'a> {
    pub(super) fn same(&mut self, within: &'a Within, found: Kind, start: &Scanner<'a>) -> Result<()> {
        for id in &within.all_of {
            self.also(*id, start)?;
        }
        if !within.any_of.is_empty() {
            self.alternatives(&within.any_of, within.tag.as_ref(), found, start, false)?;
        }
        if !within.one_of.is_empty() {
            self.alternatives(&within.one_of, within.tag.as_ref(), found, start, true)?;
        }
        if let Some(id) = within.not
            && self.fits(id, start)?
        {
            self.refuse("is what it must not be");
        }
        if let Some((condition, then, otherwise)) = within.when {
            let (found, noted) = self.aside(condition, start)?;
            let next = if found.problems.is_empty() {
                self.merge(noted);
                then
            } else {
                otherwise
            };
            if let Some(id) = next {
                self.also(id, start)?;
            }
        }
        if within.unevaluated_members.is_some() || within.unevaluated_items.is_some() {
            self.rest(within.unevaluated_members, within.unevaluated_items, start)?;
        }
        Ok(())
    }

    /// Checks the value that was passed over by one more rule.
    pub(super) fn also(&mut self, id: Id, start: &Scanner<'a>) -> Result<()> {
        let (found, noted) = self.aside(id, start)?;
        self.adopt(found);
        self.merge(noted);
        Ok(())
    }

    /// Whether a rule takes the value that was passed over.
    pub(super) fn fits(&mut self, id: Id, start: &Scanner<'a>) -> Result<bool> {
        Ok(self.aside(id, start)?.0.problems.is_empty())
    }

    /// What a rule says of the value that was passed over, apart from everything else.
    fn aside(&mut self, id: Id, start: &Scanner<'a>) -> Result<(Found, Noted)> {
        let mut walk = Walk {
            rules: self.rules,
            text: self.text,
            scanner: start.clone(),
            coerce: self.coerce,
            found: Found::default(),
            noted: Vec::new(),
        };
        let noted = walk.value_noted(id)?;
        Ok((walk.found, noted))
    }

    fn adopt(&mut self, found: Found) {
        self.found.problems.tell_all(found.problems);
        self.found.mended.tell_all(found.mended);
        self.found.twice |= found.twice;
        for (span, value) in found.replaced {
            if !self.found.replaced.iter().any(|(known, _)| *known == span) {
                self.found.replaced.push((span, value));
            }
        }
        self.found.replaced.sort_by_key(|(span, _)| span.start);
    }

    fn merge(&mut self, other: Noted) {
        if let Some(noted) = self.noted.last_mut() {
            noted.names.extend(other.names);
            noted.items = noted.items.max(other.items);
            noted.others.extend(other.others);
        }
    }

    fn alternatives(
        &mut self,
        all: &'a [Id],
        tag: Option<&'a Tag>,
        found: Kind,
        start: &Scanner<'a>,
        one: bool,
    ) -> Result<()> {
        if let Some(tag) = tag.filter(|_| found == Kind::Object && !self.rules.remembers) {
            return self.tagged(tag, start);
        }
        let (mut fitting, mut nearest) = (0, None);
        for id in all {
            let (found_by, noted) = self.aside(*id, start)?;
            if found_by.problems.is_empty() {
                fitting += 1;
                if fitting == 1 {
                    self.adopt(found_by);
                }
                self.merge(noted);
                // Of those that may all fit the first is enough, unless what it has looked at is asked for.
                if !one && !self.rules.remembers {
                    return Ok(());
                }
            } else if self.rules.get(*id).kinds.has(found) {
                // Of several that are near none is nearest.
                nearest = if nearest.is_some() { Some(None) } else { Some(Some(found_by)) };
            }
        }
        match (fitting, nearest) {
            (0, Some(Some(found_by))) => self.adopt(found_by),
            (0, _) => self.refuse(nothing_fits(self.rules, all, found)),
            (many, _) if one && many > 1 => self.refuse(format!("fits {many} of the alternatives, expected just one")),
            _ => {}
        }
        Ok(())
    }

    /// The alternative that the value itself names.
    fn tagged(&mut self, tag: &'a Tag, start: &Scanner<'a>) -> Result<()> {
        let mut d = Decoder::known(self.passed(start), Revs(u32::MAX));
        let named = d.last_text(&tag.name);
        let expected = || one_of_these(tag.values.iter().map(|(value, _)| quoted(value)).collect());
        match named {
            None => self.found.problems.tell(|| DecodeError::new("required member is missing").in_member(&tag.name)),
            Some(Err(kind)) => {
                let problem = format!("expected {}, found {}", expected(), kind.word());
                self.found.problems.tell(|| DecodeError::new(problem).in_member(&tag.name));
            }
            Some(Ok(name)) => match tag.values.iter().find(|(value, _)| *value == name) {
                Some((_, id)) => return self.also(*id, start),
                None => {
                    let problem = format!("expected {}, found {}", expected(), quoted(&name));
                    self.found.problems.tell(|| DecodeError::new(problem).in_member(&tag.name));
                }
            },
        }
        Ok(())
    }
}

/// What is said where no alternative fits, and none is nearest.
fn nothing_fits(rules: &Rules, all: &[Id], found: Kind) -> String {
    let constants: Option<Vec<String>> = all
        .iter()
        .map(|id| Some(rules.get(*id).choices.as_ref()?.shown.iter().map(shown).collect::<Vec<_>>()))
        .collect::<Option<Vec<_>>>()
        .map(|lists| lists.concat());
    if let Some(constants) = constants {
        return format!("expected {}, found another {}", one_of_these(constants), found.word());
    }
    let mut words: Vec<&str> = Vec::new();
    for expected in all.iter().flat_map(|id| &rules.get(*id).types) {
        if !words.contains(&expected.word()) {
            words.push(expected.word());
        }
    }
    if words.contains(&found.word()) || words.is_empty() {
        return String::from("matches none of the alternatives");
    }
    format!("expected {}, found {}", words.join(" or "), found.word())
}
