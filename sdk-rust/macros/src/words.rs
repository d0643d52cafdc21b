//! Names and documentation as text.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The text of documentation comments, without the space that they begin with.
pub fn documentation(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter(|attribute| attribute.path().is_ident("doc")).filter_map(|attribute| {
        let Meta::NameValue(meta) = &attribute.meta else { return None };
        let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &meta.value else { return None };
        let text = text.value();
        Some(text.strip_prefix(' ').unwrap_or(&text).trim_end().to_owned())
    });
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// `GetForecast` of `get_forecast`.
pub fn pascal(name: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>()
    };
    name.trim_start_matches("r#").split('_').map(capital).collect()
}

/// `weather-map` of `WeatherMap`, `http-server` of `HTTPServer`.
pub fn kebab(name: &str) -> String {
    let mut out = String::new();
    let (mut before, mut letters) = (None, name.chars().peekable());
    while let Some(letter) = letters.next() {
        let ends_capitals = letters.peek().is_some_and(|next| next.is_lowercase());
        let begins = before.is_some_and(|before: char| before != '_' && (!before.is_uppercase() || ends_capitals));
        if letter.is_uppercase() && begins {
            out.push('-');
        }
        out.extend(letter.to_lowercase());
        before = Some(letter);
    }
    out.replace('_', "-")
}

/// What was probably meant.
pub fn meant<'k>(found: &str, known: &[&'k str]) -> Option<&'k str> {
    let most = found.chars().count().div_ceil(3).min(2);
    let near = known.iter().map(|word| (distance(found, word), *word)).filter(|(far, _)| *far <= most);
    near.min_by_key(|(far, _)| *far).map(|(_, word)| word)
}

/// How many letters to insert, remove or replace.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut before = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let replaced = before + usize::from(x != *y);
            before = row[j + 1];
            row[j + 1] = replaced.min(before + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_as_their_place_wants() {
        assert_eq!(pascal("get_forecast"), "GetForecast");
        assert_eq!(pascal("r#type"), "Type");
        assert_eq!(pascal("zeige_ämter__"), "ZeigeÄmter");
        for (name, expected) in [
            ("WeatherMap", "weather-map"),
            ("HTTPServer", "http-server"),
            ("MyAPI", "my-api"),
            ("My_Weather", "my-weather"),
            ("Äpfel", "äpfel"),
        ] {
            assert_eq!(kebab(name), expected);
        }
        assert_eq!(meant("defalt", &["default", "range"]), Some("default"));
        assert_eq!(meant("titel", &["title", "tag"]), Some("title"));
        assert_eq!(meant("colour", &["default", "range"]), None);
    }
}
