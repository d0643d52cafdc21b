//! Checking a JSON text by rules, in one pass and without a tree. All that is wrong is collected: a model mends a
//! call better when it is told everything at once.

use std::borrow::Cow;
use std::ops::Range as Span;

use serde_json::Number;

use super::rule::{Others, Range, Rule, Rules, Type};
use crate::wire::{DecodeError, Decoder, Json, Kind, Revs, Scanner, kind, one_of, quoted};

/// What a check found.
#[derive(Default)]
pub(super) struct Check {
    /// Everything that is wrong, in the order of the text, what is missing after the object's members.
    pub(super) problems: Vec<DecodeError>,
    /// Integers that are spelled as fractions (`2.0`), and how serde wants them.
    respelled: Vec<(Span<usize>, i64)>,
}

type Result<T> = std::result::Result<T, DecodeError>;

impl Check {
    pub(super) fn run(rules: &Rules, text: &str) -> Check {
        let mut check = Check::default();
        let mut walk = Walk { rules, text, scanner: Scanner::new(text), check: &mut check };
        // A text that ends the walk is no JSON or nests too deep: that is all there is to say of it.
        if let Err(error) = walk.value(&rules.root) {
            check.problems = vec![error];
        }
        check
    }

    /// The text that was checked, with its integers spelled as such.
    pub(super) fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.respelled.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut from = 0;
        for (span, value) in &self.respelled {
            out.push_str(text.get(from..span.start).unwrap_or_default());
            out.push_str(&value.to_string());
            from = span.end;
        }
        out.push_str(text.get(from..).unwrap_or_default());
        Cow::Owned(out)
    }
}

struct Walk<'a> {
    rules: &'a Rules,
    text: &'a str,
    scanner: Scanner<'a>,
    check: &'a mut Check,
}

impl<'a> Walk<'a> {
    fn refuse(&mut self, what: impl Into<String>) {
        self.check.problems.push(DecodeError::new(what));
    }

    /// Checks what comes next and passes over it. Only a text that is no JSON is an error.
    fn value(&mut self, rule: &'a Rule) -> Result<()> {
        let rule = self.rules.resolve(rule);
        let first = self.scanner.peek();
        let start = self.scanner.clone();
        let found = kind(first);
        if !fits(rule, found) {
            self.scanner.skip()?;
            let words: Vec<&str> = rule.types.iter().map(|expected| expected.word()).collect();
            self.refuse(format!("expected {}, found {}", words.join(" or "), found.word()));
            return Ok(());
        }
        match found {
            Kind::Object => self.object(rule)?,
            Kind::Array => self.array(rule)?,
            Kind::String => self.string(rule)?,
            Kind::Number => self.number(rule)?,
            Kind::Boolean | Kind::Null => self.scanner.skip()?,
        }
        if let Some(choices) = &rule.choices {
            self.choice(choices, &start)?;
        }
        self.alternatives(rule, &start)
    }

    fn object(&mut self, rule: &'a Rule) -> Result<()> {
        let mut seen: Vec<Cow<'a, str>> = Vec::new();
        self.scanner.at += 1;
        self.scanner.enter()?;
        let mut first = true;
        while self.scanner.next(&mut first, b'}')? {
            let name = self.scanner.string()?;
            self.scanner.colon()?;
            let before = self.check.problems.len();
            self.member(rule, &name)?;
            for problem in self.check.problems.split_off(before) {
                self.check.problems.push(problem.in_member(&name));
            }
            seen.push(name);
        }
        for name in rule.required.iter().filter(|name| !seen.iter().any(|given| given == *name)) {
            self.check.problems.push(DecodeError::new("required member is missing").in_member(name));
        }
        Ok(())
    }

    fn member(&mut self, rule: &'a Rule, name: &str) -> Result<()> {
        let known = rule.members.iter().find(|(member, _)| member == name);
        match (known, &rule.others) {
            (Some((_, member)), _) => self.value(member),
            (None, Others::These(other)) => self.value(other),
            (None, Others::Anything) => self.scanner.skip(),
            (None, Others::Nothing) => {
                self.scanner.skip()?;
                self.refuse(unknown(name, rule.members.iter().map(|(member, _)| member.as_str())));
                Ok(())
            }
        }
    }

    fn array(&mut self, rule: &'a Rule) -> Result<()> {
        self.scanner.at += 1;
        self.scanner.enter()?;
        let mut first = true;
        let mut count = 0;
        while self.scanner.next(&mut first, b']')? {
            let before = self.check.problems.len();
            match &rule.item {
                Some(item) => self.value(item)?,
                None => self.scanner.skip()?,
            }
            for problem in self.check.problems.split_off(before) {
                self.check.problems.push(problem.in_element(count));
            }
            count += 1;
        }
        self.size(rule.items, count, "items");
        Ok(())
    }

    fn string(&mut self, rule: &'a Rule) -> Result<()> {
        let text = self.scanner.string()?;
        if rule.length.min.is_some() || rule.length.max.is_some() {
            self.size(rule.length, text.chars().count(), "characters");
        }
        Ok(())
    }

    fn size(&mut self, range: Range, size: usize, unit: &str) {
        let size = size as u64;
        match range {
            Range { min: Some(min), .. } if size < min => self.refuse(format!("must have at least {min} {unit}")),
            Range { max: Some(max), .. } if size > max => self.refuse(format!("must have at most {max} {unit}")),
            _ => {}
        }
    }

    fn number(&mut self, rule: &'a Rule) -> Result<()> {
        let from = self.scanner.at;
        let text = self.scanner.number()?;
        let integer = rule.types.contains(&Type::Integer) && !rule.types.contains(&Type::Kind(Kind::Number));
        if integer {
            // Within the range of an unsigned integer, which is more than a decoder's.
            if text.parse::<u64>().is_err() {
                match Decoder::new(text, Revs(u32::MAX)).value::<i64>() {
                    // `-0` is a fraction for serde.
                    Ok(value) if text.parse::<i64>().is_err() || value == 0 => {
                        self.check.respelled.push((from..self.scanner.at, value));
                    }
                    Ok(_) => {}
                    Err(error) => {
                        self.check.problems.push(error);
                        return Ok(());
                    }
                }
            }
        }
        let value: f64 = text.parse().unwrap_or(f64::NAN);
        let outside = |bound: &Option<Number>, beyond: fn(&f64, &f64) -> bool| {
            bound.as_ref().filter(|bound| bound.as_f64().is_some_and(|bound| beyond(&value, &bound))).cloned()
        };
        if let Some(bound) = outside(&rule.minimum, f64::lt) {
            self.refuse(format!("must be at least {bound}"));
        } else if let Some(bound) = outside(&rule.maximum, f64::gt) {
            self.refuse(format!("must be at most {bound}"));
        }
        Ok(())
    }

    fn choice(&mut self, choices: &'a [Json], start: &Scanner<'a>) -> Result<()> {
        let found = Json::from_text(self.text.get(start.at..self.scanner.at).unwrap_or_default())?;
        if choices.contains(&found) {
            return Ok(());
        }
        let mut words: Vec<String> = choices.iter().map(shown).collect();
        words.sort();
        let expected = if words.len() == 1 { words.concat() } else { format!("one of {}", words.join(", ")) };
        let all_texts = choices.iter().all(|choice| choice.kind() == Kind::String);
        let found = match (all_texts, found.kind()) {
            (true, Kind::String) | (false, _) => shown(&found),
            (true, other) => other.word().to_owned(),
        };
        self.refuse(format!("expected {expected}, found {found}"));
        Ok(())
    }

    /// Checks the value that was passed over by further rules: by all of some, by at least one of others.
    fn alternatives(&mut self, rule: &'a Rule, start: &Scanner<'a>) -> Result<()> {
        for other in &rule.all_of {
            let found = self.again(other, start)?;
            self.adopt(found);
        }
        if rule.any_of.is_empty() {
            return Ok(());
        }
        let found = kind(start.clone().peek());
        let mut nearest = None;
        for other in &rule.any_of {
            let check = self.again(other, start)?;
            if check.problems.is_empty() {
                self.adopt(check);
                return Ok(());
            }
            if fits(self.rules.resolve(other), found) {
                // Of several that are near none is nearest.
                nearest = if nearest.is_some() { Some(None) } else { Some(Some(check)) };
            }
        }
        match nearest {
            Some(Some(check)) => self.adopt(check),
            _ => self.refuse(no_alternative(self.rules, &rule.any_of, found)),
        }
        Ok(())
    }

    fn again(&self, rule: &'a Rule, start: &Scanner<'a>) -> Result<Check> {
        let mut check = Check::default();
        Walk { rules: self.rules, text: self.text, scanner: start.clone(), check: &mut check }.value(rule)?;
        Ok(check)
    }

    fn adopt(&mut self, check: Check) {
        self.check.problems.extend(check.problems);
        self.check.respelled.extend(check.respelled);
    }
}

/// Whether a value of this kind can be what a rule wants.
fn fits(rule: &Rule, found: Kind) -> bool {
    let right = |expected: &Type| match expected {
        Type::Integer => found == Kind::Number,
        Type::Kind(kind) => *kind == found,
    };
    rule.types.is_empty() || rule.types.iter().any(right)
}

fn no_alternative(rules: &Rules, alternatives: &[Rule], found: Kind) -> String {
    let constants: Option<Vec<String>> = alternatives
        .iter()
        .map(|rule| Some(rules.resolve(rule).choices.as_ref()?.iter().map(shown).collect::<Vec<_>>()))
        .collect::<Option<Vec<_>>>()
        .map(|lists| lists.concat());
    if let Some(mut constants) = constants {
        constants.sort();
        return format!("expected one of {}, found another {}", constants.join(", "), found.word());
    }
    let mut words: Vec<&str> = Vec::new();
    for expected in alternatives.iter().flat_map(|rule| &rules.resolve(rule).types) {
        if !words.contains(&expected.word()) {
            words.push(expected.word());
        }
    }
    if words.contains(&found.word()) || words.is_empty() {
        return String::from("matches none of the alternatives");
    }
    format!("expected {}, found {}", words.join(" or "), found.word())
}

/// A value in a message: a string cut as everywhere.
fn shown(value: &Json) -> String {
    value.get_text(&[]).map_or_else(|| value.as_str().to_owned(), |text| quoted(&text))
}

/// What is said of an argument that nobody takes, with what was probably meant.
fn unknown<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> String {
    if name.len() > MISSPELT {
        return String::from("unknown argument");
    }
    let most = (name.chars().count() / 3).max(1);
    let far = |other: &str| distance(&name.to_lowercase(), &other.to_lowercase());
    match known.map(|other| (far(other), other)).filter(|(far, _)| *far <= most).min_by_key(|(far, _)| *far) {
        Some((_, meant)) => format!("unknown argument, did you mean {}?", one_of(std::iter::once(meant))),
        None => String::from("unknown argument"),
    }
}

/// The longest name that is compared with known ones: the effort grows with both.
const MISSPELT: usize = 100;

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
