//! The texts of cases: what `${…}` stands for in them.

/// A text with its placeholders filled in.
///
/// `${repeat 3 ab}` is `ababab`, `${bytes ff 00}` are bytes, `${name}` is what `given` has for the name; a name that it
/// does not have stays as it is.
pub fn fill(text: &str, given: &dyn Fn(&str) -> Option<String>) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.extend_from_slice(before.as_bytes());
        let Some((inside, after)) = after.split_once('}') else {
            out.extend_from_slice(b"${");
            rest = after;
            continue;
        };
        let mut words = inside.splitn(3, ' ');
        match (words.next(), words.next(), words.next()) {
            (Some("repeat"), Some(count), Some(what)) => {
                let what = fill(&what.replace("<<", "${").replace(">>", "}"), given);
                out.extend(what.repeat(count.parse().unwrap_or(0)));
            }
            (Some("bytes"), first, rest) => {
                let digits = [first.unwrap_or_default(), rest.unwrap_or_default()].join(" ");
                out.extend(digits.split_whitespace().filter_map(|byte| u8::from_str_radix(byte, 16).ok()));
            }
            (Some(name), None, None) => match given(name) {
                Some(value) => out.extend(fill(&value, given)),
                None => out.extend_from_slice(format!("${{{inside}}}").as_bytes()),
            },
            _ => out.extend_from_slice(format!("${{{inside}}}").as_bytes()),
        }
        rest = after;
    }
    out.extend_from_slice(rest.as_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_in() {
        let given = |name: &str| (name == "who").then(|| String::from("me"));
        for (text, expected) in [
            ("plain", "plain"),
            ("${repeat 3 ab}!", "ababab!"),
            ("a${who}b", "ameb"),
            ("${unknown}", "${unknown}"),
            ("${bytes 41 42}", "AB"),
            ("${", "${"),
            ("${repeat 2 <<who>>,}", "me,me,"),
        ] {
            assert_eq!(String::from_utf8_lossy(&fill(text, &given)), expected, "{text}");
        }
    }
}
