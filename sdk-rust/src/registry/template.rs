//! URI templates: `{name}` stands for a part of one segment, `{+name}` for anything. Matching gives the variables
//! percent-decoded.

use crate::protocol::limits;

/// A template, in parts.
#[derive(Debug)]
pub(crate) struct Template(Vec<Part>);

#[derive(Debug)]
enum Part {
    Literal(String),
    Variable { name: String, reserved: bool },
}

impl Template {
    /// # Errors
    /// If it has braces that mean something else, or two variables with nothing between them.
    pub(super) fn parse(template: &str) -> Result<Self, String> {
        let understood = || format!("{template}: only {{name}} and {{+name}} are understood");
        let mut parts = Vec::new();
        let mut rest = template;
        while let Some((literal, after)) = rest.split_once('{') {
            let (variable, after) = after.split_once('}').ok_or_else(understood)?;
            let (name, reserved) = variable.strip_prefix('+').map_or((variable, false), |name| (name, true));
            let right = !name.is_empty()
                && !name.starts_with(|first: char| first.is_ascii_digit())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if !right || literal.contains('}') {
                return Err(understood());
            }
            if !literal.is_empty() {
                parts.push(Part::Literal(literal.to_owned()));
            } else if matches!(parts.last(), Some(Part::Variable { .. })) {
                return Err(format!("{template}: two variables with nothing between them"));
            }
            parts.push(Part::Variable { name: name.to_owned(), reserved });
            rest = after;
        }
        if rest.contains('}') {
            return Err(understood());
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_owned()));
        }
        Ok(Template(parts))
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Variable { name, .. } => Some(name.as_str()),
            Part::Literal(_) => None,
        })
    }

    /// The variables of an address, if the template stands for it.
    pub(super) fn variables(&self, uri: &str) -> Option<Vec<(String, String)>> {
        if uri.len() > limits::MAX_URI {
            return None;
        }
        matches(&self.0, uri)?.into_iter().map(|(name, raw)| Some((name.to_owned(), percent_decoded(raw)?))).collect()
    }
}

/// The parts of a text that variables stand for, each as long as it can be; none if the parts do not make the text.
/// The effort is that of looking at the text once for each part, whatever it says.
fn matches<'t>(parts: &'t [Part], text: &'t str) -> Option<Vec<(&'t str, &'t str)>> {
    // For each part, from the last to the first: where it may begin, and where it then ends.
    let mut ends: Vec<Vec<Option<usize>>> = Vec::with_capacity(parts.len());
    let mut may_follow: Vec<bool> = (0..=text.len()).map(|at| at == text.len()).collect();
    for part in parts.iter().rev() {
        let found = match part {
            Part::Literal(literal) => literal_ends(literal, text, &may_follow),
            Part::Variable { reserved, .. } => variable_ends(*reserved, text, &may_follow),
        };
        may_follow = found.iter().map(Option::is_some).collect();
        ends.push(found);
    }
    let (mut at, mut found) = (0, Vec::new());
    for (part, ends) in parts.iter().zip(ends.iter().rev()) {
        let end = ends.get(at).copied().flatten()?;
        if let Part::Variable { name, .. } = part {
            found.push((name.as_str(), text.get(at..end)?));
        }
        at = end;
    }
    (at == text.len()).then_some(found)
}

fn literal_ends(literal: &str, text: &str, may_follow: &[bool]) -> Vec<Option<usize>> {
    let mut ends = vec![None; may_follow.len()];
    let mut from = 0;
    // Overlapping ones too: the next is looked for one byte on.
    while let Some(found) = text.as_bytes().get(from..).and_then(|rest| memchr::memmem::find(rest, literal.as_bytes()))
    {
        let (at, end) = (from + found, from + found + literal.len());
        if let (Some(slot), Some(true)) = (ends.get_mut(at), may_follow.get(end)) {
            *slot = Some(end);
        }
        from = at + 1;
    }
    ends
}

fn variable_ends(reserved: bool, text: &str, may_follow: &[bool]) -> Vec<Option<usize>> {
    let mut ends = vec![None; may_follow.len()];
    // The last place where the variable may end, seen from the end of the text or of the segment.
    let mut last = may_follow.last().copied().unwrap_or_default().then_some(text.len());
    for (at, byte) in text.bytes().enumerate().rev() {
        if !reserved && matches!(byte, b'/' | b'?' | b'#') {
            last = None;
        } else if let Some(slot) = ends.get_mut(at) {
            *slot = last;
        }
        if last.is_none() && may_follow.get(at) == Some(&true) {
            last = Some(at);
        }
    }
    ends
}

/// The text that a percent-encoded one stands for; none if it stands for none.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let value = digit(rest.next())? * 16 + digit(rest.next())?;
        bytes.push(u8::try_from(value).ok()?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_found_and_decoded() {
        let check = |template: &str, uri: &str, expected: Option<&[(&str, &str)]>| {
            let found = Template::parse(template).expect("a template").variables(uri);
            let found: Option<Vec<(&str, &str)>> =
                found.as_ref().map(|all| all.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect());
            assert_eq!(found.as_deref(), expected, "{template} of {uri}");
        };
        check("item://{id}", "item://caf%C3%A9%20%E2%9C%93", Some(&[("id", "café ✓")]));
        check("item://{id}", "item://café", Some(&[("id", "café")]));
        check("item://{id}", "item://a%2Fb", Some(&[("id", "a/b")]));
        check("item://{id}", "item://a/b", None);
        check("item://{id}", "item://", None);
        check("item://{id}", "other://a", None);
        check("item://{id}", "item://%zz", None);
        check("item://{id}", "item://%ff", None);
        check("file:///{+path}", "file:///a/b.txt", Some(&[("path", "a/b.txt")]));
        check("repo://{owner}/{name}/x", "repo://a/b/x", Some(&[("owner", "a"), ("name", "b")]));
        check("{+all}.{end}", "a.b.c", Some(&[("all", "a.b"), ("end", "c")]));
        check("fixed://address", "fixed://address", Some(&[]));
        check("a{x}aa{y}", "aaaaaa", Some(&[("x", "aa"), ("y", "a")]));
        check("é{x}é", "ééé", Some(&[("x", "é")]));
        check("{x}/{y}", "a/b/c", None);
        check("", "", Some(&[]));
        check("", "a", None);
    }

    #[test]
    fn an_address_made_to_be_hard_is_matched_all_the_same() {
        let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
        let template = names.map(|name| format!("{{{name}}}")).join("-") + "!";
        let dashes = "-".repeat(limits::MAX_URI - 1);
        let template = Template::parse(&template).expect("a template");
        assert_eq!(template.variables(&dashes), None, "what stands at its end is missing");
        let found = template.variables(&format!("{dashes}!")).expect("variables");
        assert_eq!(found.iter().map(|(_, value)| value.len()).sum::<usize>(), limits::MAX_URI - names.len());
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for template in ["a{", "a{}", "a{b", "a}b", "{a}{b}", "{a*}", "{?q}", "{1a}", "x}{a}"] {
            assert!(Template::parse(template).is_err(), "{template}");
        }
    }
}
