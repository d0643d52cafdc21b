//! URI templates: `{name}` stands for a part of one segment, `{+name}` for anything. Matching gives the variables
//! percent-decoded.

/// A template, in parts.
#[derive(Debug)]
pub(crate) struct Template(Vec<Part>);

#[derive(Debug)]
enum Part {
    Literal(String),
    Variable { name: String, reserved: bool },
}

/// The longest address that is matched: with many variables the effort grows faster than the address.
const LONGEST: usize = 8192;

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
        let mut found = Vec::new();
        (uri.len() <= LONGEST && matches(&self.0, uri, &mut found)).then_some(())?;
        found.into_iter().map(|(name, raw)| Some((name.to_owned(), percent_decoded(raw)?))).collect()
    }
}

/// Matches parts against a text from its beginning to its end; a variable takes as much as it can.
fn matches<'t>(parts: &'t [Part], text: &'t str, found: &mut Vec<(&'t str, &'t str)>) -> bool {
    match parts.split_first() {
        None => text.is_empty(),
        Some((Part::Literal(literal), rest)) => {
            text.strip_prefix(literal.as_str()).is_some_and(|text| matches(rest, text, found))
        }
        Some((Part::Variable { name, reserved }, rest)) => {
            let most = match reserved {
                true => text.len(),
                false => text.find(['/', '?', '#']).unwrap_or(text.len()),
            };
            for end in (1..=most).rev() {
                let Some((taken, after)) = text.split_at_checked(end) else { continue };
                found.push((name, taken));
                if matches(rest, after, found) {
                    return true;
                }
                found.pop();
            }
            false
        }
    }
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
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for template in ["a{", "a{}", "a{b", "a}b", "{a}{b}", "{a*}", "{?q}", "{1a}", "x}{a}"] {
            assert!(Template::parse(template).is_err(), "{template}");
        }
    }
}
