//! Layout: how Python is broken into lines, so that `ruff format` has nothing to change.
//!
//! What fits stands on one line; what does not has one item a line and a comma after the last, which the
//! formatter takes as a wish to keep it so. Comments and docstrings are filled to the same width.

/// The longest line.
pub const WIDTH: usize = 100;

/// Something that can be broken into lines.
#[derive(Debug, Clone)]
pub enum Piece {
    /// Text that stays together.
    Text(String),
    /// Items between brackets: opening text, items, closing text.
    Group(String, Vec<Piece>, String),
}

impl Piece {
    /// A call: `name(item, …)`.
    pub fn call(name: &str, items: Vec<Piece>) -> Self {
        Piece::Group(format!("{name}("), items, ")".into())
    }

    /// The same with text before it: `"key": `, `name=`.
    pub fn after(self, prefix: &str) -> Self {
        match self {
            Piece::Text(text) => Piece::Text(format!("{prefix}{text}")),
            Piece::Group(open, items, close) => Piece::Group(format!("{prefix}{open}"), items, close),
        }
    }

    /// On one line.
    pub fn flat(&self) -> String {
        match self {
            Piece::Text(text) => text.clone(),
            Piece::Group(open, items, close) => {
                let items: Vec<String> = items.iter().map(Piece::flat).collect();
                // A tuple of one keeps its comma.
                let comma = if items.len() == 1 && open.ends_with('(') && is_tuple(open) { "," } else { "" };
                format!("{open}{}{comma}{close}", items.join(", "))
            }
        }
    }

    /// On as many lines as it takes, the first one after `used` columns, the others indented by `indent`.
    pub fn lay(&self, indent: usize, used: usize, tail: usize) -> String {
        let flat = self.flat();
        if used + flat.chars().count() + tail <= WIDTH {
            return flat;
        }
        match self {
            Piece::Text(text) => text.clone(),
            Piece::Group(open, items, close) if !items.is_empty() => {
                let inner = indent + 4;
                let mut out = format!("{open}\n");
                for item in items {
                    out.push_str(&" ".repeat(inner));
                    out.push_str(&item.lay(inner, inner, 1));
                    out.push_str(",\n");
                }
                out.push_str(&" ".repeat(indent));
                out.push_str(close);
                out
            }
            Piece::Group(..) => flat,
        }
    }
}

/// Whether an opening bracket is a tuple's: nothing that could be called stands before it.
fn is_tuple(open: &str) -> bool {
    let before = open.trim_end_matches('(').trim_end();
    before.is_empty() || before.ends_with([':', '=', '(', ','])
}

impl From<&str> for Piece {
    fn from(text: &str) -> Self {
        Piece::Text(text.to_owned())
    }
}

impl From<String> for Piece {
    fn from(text: String) -> Self {
        Piece::Text(text)
    }
}

/// A docstring of paragraphs, indented; empty if there are none.
pub fn docstring(paragraphs: &[String], indent: usize) -> String {
    let margin = " ".repeat(indent);
    let paragraphs: Vec<String> = paragraphs.iter().map(|p| p.replace('\\', "\\\\")).collect();
    match paragraphs.as_slice() {
        [] => String::new(),
        [only] if indent + only.chars().count() + 6 <= WIDTH && !only.ends_with('"') => {
            format!("{margin}\"\"\"{only}\"\"\"")
        }
        _ => {
            let mut lines = Vec::new();
            for (i, paragraph) in paragraphs.iter().enumerate() {
                if i > 0 {
                    lines.push(String::new());
                }
                let first = if i == 0 { 3 } else { 0 };
                lines.extend(fill(paragraph, WIDTH - indent, first));
            }
            let body: Vec<String> = lines
                .iter()
                .map(|line| if line.is_empty() { String::new() } else { format!("{margin}{line}") })
                .collect();
            let text = body.join("\n");
            format!("{margin}\"\"\"{}\n{margin}\"\"\"", text.trim_start())
        }
    }
}

/// Words on lines of at most so many columns; the first line begins after `first` columns.
fn fill(text: &str, width: usize, first: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = first;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        let line = lines.last_mut().map_or(0, |line| line.len());
        if line > 0 && used + 1 + length > width {
            lines.push(String::new());
            used = 0;
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += length;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_stays_on_a_line_and_the_rest_breaks_from_outside_in() {
        let inner = Piece::call("Inner", vec!["a".repeat(40).into(), "b".into()]);
        let outer = Piece::call("Outer", vec![inner, "c".repeat(60).into()]);
        let text = outer.lay(0, 0, 0);
        assert_eq!(text, format!("Outer(\n    Inner({}, b),\n    {},\n)", "a".repeat(40), "c".repeat(60)));
        assert_eq!(Piece::call("f", vec!["x".into()]).lay(0, 0, 0), "f(x)");
    }

    #[test]
    fn a_tuple_of_one_keeps_its_comma() {
        let tuple = Piece::Group("(".into(), vec!["\"radius\"".into()], ")".into());
        assert_eq!(tuple.flat(), "(\"radius\",)");
        assert_eq!(Piece::call("f", vec![tuple]).flat(), "f((\"radius\",))");
    }

    #[test]
    fn docstrings_are_filled() {
        assert_eq!(docstring(&["Short.".into()], 4), "    \"\"\"Short.\"\"\"");
        let long = docstring(&["word ".repeat(30)], 4);
        assert!(long.lines().all(|line| line.len() <= WIDTH), "{long}");
        assert!(long.ends_with("word\n    \"\"\""), "{long}");
        assert_eq!(docstring(&["One.".into(), "Two.".into()], 0), "\"\"\"One.\n\nTwo.\n\"\"\"");
    }
}
