//! Texts and numbers.

use super::super::number::Number;
use super::super::rule::{Bound, Bounds, Rule};
use super::super::words::literal;
use super::{Replaced, Result, Walk};

impl<'a> Walk<'a> {
    pub(super) fn string(&mut self, rule: &'a Rule) -> Result<()> {
        let Some(wanted) = rule.text.as_deref() else { return self.scanner.skip() };
        let text = self.scanner.string()?;
        if wanted.length.min.is_some() || wanted.length.max.is_some() {
            self.size(wanted.length, text.chars().count(), "characters");
        }
        if let Some(pattern) = wanted.pattern.as_ref().filter(|pattern| !pattern.matches(&text)) {
            self.refuse(format!("must match the pattern {}", literal(pattern.source())));
        }
        if let Some(format) = wanted.format.filter(|format| !format.holds(&text)) {
            self.refuse(format!("must have the format {}", format.name()));
        }
        Ok(())
    }

    pub(super) fn number(&mut self, rule: &'a Rule) -> Result<()> {
        let from = self.scanner.at;
        let text = self.scanner.number()?;
        let integers = rule.allowed.integers_only();
        // Nearly every number: a short integer, spelled as one, that nothing is said of.
        let plain = text.len() <= 18 && text != "-0" && !text.contains(['.', 'e', 'E']);
        if plain && rule.bounds.is_none() && rule.width.is_none_or(|(least, _)| least < 0 || !text.starts_with('-')) {
            return Ok(());
        }
        let value = Number::of(text);
        if integers {
            if !value.is_integer() {
                self.refuse("expected integer, found number");
                return Ok(());
            }
            let fits = |integer: &i128| rule.width.is_none_or(|(least, most)| (least..=most).contains(integer));
            let Some(integer) = value.integer().filter(|integer| in_reach(rule, *integer) || fits(integer)) else {
                self.refuse("integer out of range");
                return Ok(());
            };
            if !plain {
                self.found.replaced.push(Replaced::Part(from..self.scanner.at, integer.to_string()));
            }
        }
        match rule.bounds.as_deref().and_then(|bounds| outside(bounds, value)) {
            Some(problem) => self.refuse(problem),
            None if integers && !value.integer().is_some_and(|integer| within_width(rule, integer)) => {
                self.refuse("integer out of range");
            }
            None => {}
        }
        Ok(())
    }
}

/// Whether a bound says more of an integer than that no native one holds it.
fn in_reach(rule: &Rule, integer: i128) -> bool {
    rule.bounds.is_some() && i64::try_from(integer).is_ok()
}

fn within_width(rule: &Rule, integer: i128) -> bool {
    rule.width.is_none_or(|(least, most)| (least..=most).contains(&integer))
}

/// The first bound that a number is beyond.
fn outside(bounds: &Bounds, value: Number) -> Option<String> {
    let Bounds { minimum, above, maximum, below, multiple } = bounds;
    let beyond = |bound: &Option<Bound>, wrong: fn(std::cmp::Ordering) -> bool, words: &str| {
        let bound = bound.as_ref().filter(|bound| wrong(value.compare(bound.value)))?;
        Some(format!("must be {words} {}", bound.shown))
    };
    beyond(minimum, std::cmp::Ordering::is_lt, "at least")
        .or_else(|| beyond(above, std::cmp::Ordering::is_le, "more than"))
        .or_else(|| beyond(maximum, std::cmp::Ordering::is_gt, "at most"))
        .or_else(|| beyond(below, std::cmp::Ordering::is_ge, "less than"))
        .or_else(|| {
            let multiple = multiple.as_ref().filter(|multiple| !value.is_multiple_of(multiple.value))?;
            Some(format!("must be a multiple of {}", multiple.shown))
        })
}
