//! Checking a JSON text by rules, in one pass and without a tree. All that is wrong is collected: a model mends a
//! call better when it is told everything at once.
//!
//! `object` and `scalar` check by kind, `same` by what a schema says of the same value in other schemas, `told` keeps
//! what is wrong.

mod object;
mod same;
mod scalar;
mod told;

use std::borrow::Cow;
use std::ops::Range as Span;

use super::rule::{Id, Rule, Rules, Type};
use super::words::{one_of_these, shown};
use crate::wire::{DecodeError, Json, Kind, Scanner, kind, last_values};

use told::Told;

/// What a check found.
pub(super) struct Checked<'t> {
    /// Everything that is wrong, in the order of the text, what is missing after the object's members.
    pub(super) problems: Vec<DecodeError>,
    /// What was taken for what it was not sent as.
    pub(super) mended: Vec<DecodeError>,
    /// The text as serde wants it: integers spelled as such, every name once, what was mended.
    pub(super) text: Cow<'t, str>,
}

/// Checks a text that is known to be compact JSON.
pub(super) fn check<'t>(rules: &Rules, text: &'t str, coerce: bool) -> Checked<'t> {
    let found = Found::of(rules, text, coerce);
    // Of a name given twice the last value counts, so the text is read again with that alone.
    if (found.twice || rules.careful)
        && let Some(settled) = last_values(text)
    {
        let found = Found::of(rules, &settled, coerce);
        let text = Cow::Owned(found.text(&settled).into_owned());
        return Checked { problems: found.problems.list(), mended: found.mended.list(), text };
    }
    let text = found.text(text);
    Checked { problems: found.problems.list(), mended: found.mended.list(), text }
}

#[derive(Default)]
struct Found {
    problems: Told,
    mended: Told,
    /// Parts of the text, and what serde wants in their place.
    replaced: Vec<(Span<usize>, String)>,
    /// Whether a name that means something was given twice.
    twice: bool,
}

impl Found {
    fn of(rules: &Rules, text: &str, coerce: bool) -> Self {
        let mut walk =
            Walk { rules, text, scanner: Scanner::known(text), coerce, found: Found::default(), noted: Vec::new() };
        match walk.value(rules.root) {
            Ok(()) => walk.found,
            // A text that ends the walk nests too deep: that is all there is to say of it.
            Err(error) => Found { problems: error.into(), ..Found::default() },
        }
    }

    fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.replaced.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut from = 0;
        for (span, value) in &self.replaced {
            out.push_str(text.get(from..span.start).unwrap_or_default());
            out.push_str(value);
            from = from.max(span.end);
        }
        out.push_str(text.get(from..).unwrap_or_default());
        Cow::Owned(out)
    }
}

type Result<T> = std::result::Result<T, DecodeError>;

/// What of a value its schemas have looked at; kept only where one of them asks for the rest.
#[derive(Default)]
struct Noted {
    names: Vec<String>,
    /// So many elements from the first on.
    items: usize,
    /// Elements that are contained.
    others: Vec<usize>,
}

struct Walk<'a> {
    rules: &'a Rules,
    text: &'a str,
    scanner: Scanner<'a>,
    coerce: bool,
    found: Found,
    /// The values around the one that is read, this one last.
    noted: Vec<Noted>,
}

impl<'a> Walk<'a> {
    fn refuse(&mut self, what: impl Into<String>) {
        self.found.problems.tell(|| DecodeError::new(what));
    }

    /// What is found meanwhile has this step in its path.
    fn within(
        &mut self,
        step: impl Fn(DecodeError) -> DecodeError,
        read: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let (problems, mended) = (self.found.problems.len(), self.found.mended.len());
        read(self)?;
        self.found.problems.since(problems, &step);
        self.found.mended.since(mended, &step);
        Ok(())
    }

    /// Checks what comes next and passes over it. Only a text that cannot be read is an error.
    fn value(&mut self, id: Id) -> Result<()> {
        self.value_noted(id).map(drop)
    }

    /// The same; gives what was looked at of it.
    fn value_noted(&mut self, id: Id) -> Result<Noted> {
        let rule = self.rules.get(id);
        if rule.open && !rule.never {
            return self.scanner.skip().map(|()| Noted::default());
        }
        let found = kind(self.scanner.peek());
        let start = self.scanner.clone();
        if rule.never {
            self.refuse("nothing is allowed here");
            return self.scanner.skip().map(|()| Noted::default());
        }
        if !rule.allowed.has(found) {
            return self.other_kind(rule, id, found).map(|()| Noted::default());
        }
        if self.rules.remembers {
            self.noted.push(Noted::default());
        }
        match found {
            Kind::Object => self.object(rule, &start)?,
            Kind::Array => self.array(rule)?,
            Kind::String => self.string(rule)?,
            Kind::Number => self.number(rule)?,
            Kind::Boolean | Kind::Null => self.scanner.skip()?,
        }
        if let Some(choices) = &rule.choices {
            self.choice(choices, found, &start)?;
        }
        if let Some(within) = &rule.within {
            self.same(within, found, &start)?;
        }
        Ok(if self.rules.remembers { self.noted.pop().unwrap_or_default() } else { Noted::default() })
    }

    /// A value of a kind that is not wanted: a text may spell one that is, if that is taken.
    fn other_kind(&mut self, rule: &Rule, id: Id, found: Kind) -> Result<()> {
        self.scanner.peek();
        let from = self.scanner.at;
        if self.coerce && found == Kind::String {
            let text = self.scanner.string()?;
            if let Ok(meant) = Json::from_text(text.trim())
                && rule.allowed.has(meant.kind())
                && meant.kind() != Kind::Null
            {
                let inner = Found::of_part(self.rules, id, meant.as_str());
                let spelled = inner.text(meant.as_str()).into_owned();
                let kind = meant.kind().word();
                self.found.mended.tell(|| DecodeError::new(format!("taken as {kind}, sent as string")));
                self.found.problems.tell_all(inner.problems);
                self.found.replaced.push((from..self.scanner.at, spelled));
                return Ok(());
            }
        } else {
            self.scanner.skip()?;
        }
        self.refuse(format!("expected {}, found {}", kinds(&rule.types), found.word()));
        Ok(())
    }

    /// The text that was passed over since.
    fn passed(&self, start: &Scanner<'a>) -> &'a str {
        self.text.get(start.at..self.scanner.at).unwrap_or_default()
    }

    fn choice(&mut self, choices: &super::rule::Choices, found: Kind, start: &Scanner<'a>) -> Result<()> {
        let text = self.passed(start);
        let value = Json::from_text(text)?;
        let there = match value.get_text(&[]) {
            Some(text) => choices.texts.iter().any(|choice| *choice == *text),
            None => choices.others.contains(&super::canonical::canonical(text)?),
        };
        if there {
            return Ok(());
        }
        let expected = one_of_these(choices.shown.iter().map(shown).collect());
        let seen = match (choices.others.is_empty(), found) {
            (true, Kind::String) | (false, _) => shown(&value),
            (true, other) => other.word().to_owned(),
        };
        self.refuse(format!("expected {expected}, found {seen}"));
        Ok(())
    }
}

impl Found {
    /// A part of a text that stands for itself.
    fn of_part(rules: &Rules, id: Id, text: &str) -> Self {
        let mut walk = Walk {
            rules,
            text,
            scanner: Scanner::known(text),
            coerce: true,
            found: Found::default(),
            noted: Vec::new(),
        };
        match walk.value(id) {
            Ok(()) => walk.found,
            Err(error) => Found { problems: error.into(), ..Found::default() },
        }
    }
}

/// `integer or null`
fn kinds(types: &[Type]) -> String {
    let words: Vec<&str> = types.iter().map(|expected| expected.word()).collect();
    words.join(" or ")
}
