//! Patterns: what ECMA-262 and RE2 both have, with the meaning that ECMA-262 gives it, by code points. A pattern is
//! read, and written anew for the engine at hand, so that none of its own ways get in. What only one of the two has
//! is refused by name.

use std::fmt::Write;

use regex_lite::{Regex, RegexBuilder};

/// The most often that a part may repeat, as RE2 has it.
const MOST_REPEATS: u32 = 1000;

/// How large a pattern may become for the engine, and how deep its groups may nest.
const LARGEST: usize = 1 << 20;
const DEEPEST: u32 = 50;

/// Everything that `\s` stands for.
const SPACE: [(char, char); 10] = [
    ('\t', '\r'),
    (' ', ' '),
    ('\u{a0}', '\u{a0}'),
    ('\u{1680}', '\u{1680}'),
    ('\u{2000}', '\u{200a}'),
    ('\u{2028}', '\u{2029}'),
    ('\u{202f}', '\u{202f}'),
    ('\u{205f}', '\u{205f}'),
    ('\u{3000}', '\u{3000}'),
    ('\u{feff}', '\u{feff}'),
];
const DIGIT: [(char, char); 1] = [('0', '9')];
const WORD: [(char, char); 4] = [('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];
const LINE_END: [(char, char); 3] = [('\n', '\n'), ('\r', '\r'), ('\u{2028}', '\u{2029}')];

/// A pattern that a text matches where any part of it does.
#[derive(Debug)]
pub(super) struct Pattern {
    source: String,
    engine: Regex,
}

impl Pattern {
    /// # Errors
    /// If it is no pattern, or not one that everybody reads alike: names the pattern and what is in it.
    pub(super) fn of(source: &str) -> Result<Self, String> {
        let refused = |why: String| format!("the pattern {}: {why}", super::words::literal(source));
        let mut reader = Reader { rest: source, out: String::with_capacity(source.len() + 8) };
        reader.alternatives(0).map_err(refused)?;
        if !reader.rest.is_empty() {
            return Err(refused(String::from("a `)` that closes nothing")));
        }
        let engine = RegexBuilder::new(&reader.out).size_limit(LARGEST).nest_limit(4 * DEEPEST).build();
        Ok(Pattern { source: source.to_owned(), engine: engine.map_err(|error| refused(error.to_string()))? })
    }

    pub(super) fn source(&self) -> &str {
        &self.source
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        self.engine.is_match(text)
    }
}

type Result2<T> = Result<T, String>;

struct Reader<'a> {
    rest: &'a str,
    out: String,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let next = chars.next();
        self.rest = chars.as_str();
        next
    }

    fn take(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Up to the end, or a `)` that is not its own.
    fn alternatives(&mut self, depth: u32) -> Result2<()> {
        if depth > DEEPEST {
            return Err(format!("groups nest deeper than {DEEPEST}"));
        }
        while !self.rest.is_empty() && !self.rest.starts_with(')') {
            let repeats = self.part(depth)?;
            self.quantifier(repeats)?;
        }
        Ok(())
    }

    /// Whether what was read can be repeated.
    fn part(&mut self, depth: u32) -> Result2<bool> {
        let Some(next) = self.next() else { return Ok(false) };
        match next {
            '|' | '^' | '$' => {
                self.out.push(next);
                return Ok(false);
            }
            '.' => self.class(&complement(&LINE_END)),
            '[' => {
                let class = self.bracket()?;
                self.class(&class);
            }
            '(' => self.group(depth)?,
            '\\' => return self.escape(),
            '*' | '+' | '?' => return Err(format!("`{next}` with nothing to repeat")),
            '{' | '}' | ']' => return Err(format!("`{next}` that stands alone: write `\\{next}`")),
            other => self.literal(other),
        }
        Ok(true)
    }

    fn group(&mut self, depth: u32) -> Result2<()> {
        if self.take("?") {
            let name = self.rest.strip_prefix('<').and_then(|rest| rest.split_once('>'));
            match name {
                _ if self.take(":") => {}
                Some((name, after)) if !name.starts_with(['=', '!']) => {
                    let right = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
                    if !right {
                        return Err(format!("a group named `{name}`: letters, digits and `_` make a name"));
                    }
                    self.rest = after;
                }
                _ => {
                    let known = [("=", "a lookahead"), ("!", "a lookahead"), ("<", "a lookbehind")];
                    let what = known.iter().find(|(start, _)| self.rest.starts_with(start));
                    let shown: String = self.rest.chars().take(2).collect();
                    return Err(match what {
                        Some((_, what)) => format!("`(?{shown}` is {what}, which RE2 does not have"),
                        None => format!("`(?{shown}` is a group of a kind that is not understood"),
                    });
                }
            }
        }
        self.out.push_str("(?:");
        self.alternatives(depth + 1)?;
        if !self.take(")") {
            return Err(String::from("a `(` that is never closed"));
        }
        self.out.push(')');
        Ok(())
    }

    /// An escape outside brackets.
    fn escape(&mut self) -> Result2<bool> {
        match self.next() {
            Some('b') => self.out.push_str(r"\b"),
            Some('B') => self.out.push_str(r"\B"),
            Some(digit @ '1'..='9') => return Err(format!("`\\{digit}` refers back, which RE2 does not have")),
            Some('k') => return Err(String::from("`\\k` refers back, which RE2 does not have")),
            next => {
                match self.escaped(next)? {
                    Escaped::One(one) => self.literal(one),
                    Escaped::Many(class) => self.class(&class),
                }
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What an escape stands for, inside and outside brackets.
    fn escaped(&mut self, next: Option<char>) -> Result2<Escaped> {
        let Some(next) = next else { return Err(String::from("a `\\` at the end")) };
        Ok(Escaped::One(match next {
            'd' => return Ok(Escaped::Many(DIGIT.to_vec())),
            'D' => return Ok(Escaped::Many(complement(&DIGIT))),
            'w' => return Ok(Escaped::Many(WORD.to_vec())),
            'W' => return Ok(Escaped::Many(complement(&WORD))),
            's' => return Ok(Escaped::Many(SPACE.to_vec())),
            'S' => return Ok(Escaped::Many(complement(&SPACE))),
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'f' => '\u{c}',
            'v' => '\u{b}',
            'x' => self.hex(2)?,
            'u' => self.hex(4)?,
            'p' | 'P' => {
                return Err(format!("`\\{next}` depends on the version of Unicode: list the characters in `[…]`"));
            }
            other if other.is_ascii_punctuation() => other,
            other => return Err(format!("the escape `\\{other}` is not one that ECMA-262 and RE2 share")),
        }))
    }

    fn hex(&mut self, count: usize) -> Result2<char> {
        let (digits, rest) = self.rest.split_at_checked(count).unwrap_or(("", ""));
        let value = match digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            true => u32::from_str_radix(digits, 16).ok(),
            false => None,
        };
        self.rest = rest;
        value
            .and_then(char::from_u32)
            .ok_or_else(|| format!("an escape without {count} hexadecimal digits of a character"))
    }

    /// What stands in brackets, the first of which was read.
    fn bracket(&mut self) -> Result2<Vec<(char, char)>> {
        let negated = self.take("^");
        if self.rest.starts_with(']') {
            return Err(String::from("`[]` and `[^]` mean different things: write `\\]` for the bracket"));
        }
        let mut ranges = Vec::new();
        while !self.take("]") {
            let low = match self.one_of_class()? {
                Escaped::One(low) => low,
                Escaped::Many(class) => {
                    if self.rest.starts_with('-') && !self.rest.starts_with("-]") {
                        return Err(String::from("a range that begins with a class: write `\\-` for the hyphen"));
                    }
                    ranges.extend(class);
                    continue;
                }
            };
            if !self.rest.starts_with('-') || self.rest.starts_with("-]") {
                ranges.push((low, low));
                continue;
            }
            self.next();
            match self.one_of_class()? {
                Escaped::One(high) if low <= high => ranges.push((low, high)),
                Escaped::One(high) => return Err(format!("the range `{low}-{high}` goes backwards")),
                Escaped::Many(_) => {
                    return Err(String::from("a range that ends with a class: write `\\-` for the hyphen"));
                }
            }
        }
        Ok(if negated { complement(&ranges) } else { ranges })
    }

    fn one_of_class(&mut self) -> Result2<Escaped> {
        match self.next() {
            None => Err(String::from("a `[` that is never closed")),
            Some('[') if self.rest.starts_with([':', '.', '=']) => {
                Err(String::from("`[:` means different things: write `\\[` for the bracket"))
            }
            Some('\\') => match self.next() {
                Some(other @ ('b' | 'B')) => Err(format!("`\\{other}` in brackets means different things")),
                next => self.escaped(next),
            },
            Some(one) => Ok(Escaped::One(one)),
        }
    }

    fn quantifier(&mut self, repeats: bool) -> Result2<()> {
        let from = self.rest;
        match self.rest.chars().next() {
            Some('*' | '+' | '?') => {
                self.next();
            }
            Some('{') => {
                let (inside, after) =
                    self.rest.split_once('}').ok_or_else(|| String::from("`{` that stands alone: write `\\{`"))?;
                repeat(inside.trim_start_matches('{'))?;
                self.rest = after;
            }
            _ => return Ok(()),
        }
        let shown = from.get(..from.len() - self.rest.len()).unwrap_or_default();
        if !repeats {
            return Err(format!("`{shown}` with nothing to repeat"));
        }
        self.out.push_str(shown);
        if self.take("?") {
            self.out.push('?');
        }
        if self.rest.starts_with(['*', '+', '?']) {
            return Err(format!("`{}` after `{shown}` repeats a repetition", self.rest.get(..1).unwrap_or_default()));
        }
        Ok(())
    }

    fn literal(&mut self, one: char) {
        self.class(&[(one, one)]);
    }

    /// Writes a class, spelled out so that the engine's own syntax does not matter.
    fn class(&mut self, ranges: &[(char, char)]) {
        if let [(one, same)] = ranges
            && one == same
            && one.is_ascii_alphanumeric()
        {
            self.out.push(*one);
            return;
        }
        self.out.push('[');
        for (low, high) in ranges {
            // Writing into a string does not fail.
            let _ = write!(self.out, "\\x{{{:x}}}-\\x{{{:x}}}", u32::from(*low), u32::from(*high));
        }
        self.out.push(']');
    }
}

enum Escaped {
    One(char),
    Many(Vec<(char, char)>),
}

/// The bounds between the braces.
fn repeat(text: &str) -> Result2<()> {
    let (least, most) = text.split_once(',').unwrap_or((text, text));
    let number = |text: &str| match text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => text.parse::<u32>().ok(),
        false => None,
    };
    let alone = || format!("`{{{text}}}` is no count of repetitions: write `\\{{` for the brace");
    let least = number(least).ok_or_else(alone)?;
    let most = if most.is_empty() && text.contains(',') { least } else { number(most).ok_or_else(alone)? };
    if most < least {
        return Err(format!("`{{{text}}}` goes backwards"));
    }
    if most > MOST_REPEATS {
        return Err(format!("`{{{text}}}` repeats more than {MOST_REPEATS} times"));
    }
    Ok(())
}

/// All characters but these.
fn complement(ranges: &[(char, char)]) -> Vec<(char, char)> {
    let mut sorted = ranges.to_vec();
    sorted.sort_unstable();
    let mut rest = Vec::new();
    let mut from = Some('\0');
    for (low, high) in sorted {
        let Some(start) = from else { break };
        if let Some(before) = before(low)
            && start <= before
        {
            rest.push((start, before));
        }
        if high >= start {
            from = after(high);
        }
    }
    if let Some(start) = from {
        rest.push((start, char::MAX));
    }
    rest
}

fn before(c: char) -> Option<char> {
    ('\0'..c).next_back()
}

fn after(c: char) -> Option<char> {
    (c..=char::MAX).nth(1)
}
