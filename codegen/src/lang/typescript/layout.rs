//! Layout: expressions as prettier breaks them, so that generated files need no formatter.
//!
//! Only the forms that the emitter uses: names, calls, thunks, arrays and objects, in lines of 100 columns.

/// The widest line.
pub const WIDTH: usize = 100;

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A name, number or string.
    Atom(String),
    /// `name(arguments)`
    Call(String, Vec<Expr>),
    /// `() => expression`
    Thunk(Box<Expr>),
    /// `[items]`
    Array(Vec<Expr>),
    /// `{ key: value }`, by keys as they are written.
    Object(Vec<(String, Expr)>),
    /// The same, never on one line.
    Block(Vec<(String, Expr)>),
}

use Expr::*;

impl Expr {
    /// A name or a number.
    pub fn atom(text: impl ToString) -> Self {
        Atom(text.to_string())
    }

    /// The same, a call being marked as one that changes nothing, so that bundlers leave it out where nobody needs
    /// what it gives.
    pub fn pure(self) -> Self {
        match self {
            Call(name, arguments) => Call(format!("/* @__PURE__ */ {name}"), arguments),
            other => other,
        }
    }

    /// The text, the first line of which starts after `before` and the last of which is followed by `after`.
    pub fn text(&self, indent: usize, before: usize, after: usize) -> String {
        match self.flat() {
            Some(flat) if before + flat.chars().count() + after <= WIDTH => flat,
            _ => self.broken(indent, before, after),
        }
    }

    /// The text on one line, if it may be.
    fn flat(&self) -> Option<String> {
        let flat =
            |items: &[Expr]| items.iter().map(Expr::flat).collect::<Option<Vec<_>>>().map(|items| items.join(", "));
        Some(match self {
            Atom(text) => text.clone(),
            Call(name, arguments) => format!("{name}({})", flat(arguments)?),
            Thunk(body) if matches!(**body, Object(_) | Block(_)) => format!("() => ({})", body.flat()?),
            Thunk(body) => format!("() => {}", body.flat()?),
            Array(items) if is_matrix(items) => return None,
            Array(items) => format!("[{}]", flat(items)?),
            Object(members) | Block(members) if members.is_empty() => "{}".into(),
            Block(_) => return None,
            Object(members) => {
                let members = members.iter().map(|(key, value)| Some(member(key, value, &value.flat()?)));
                format!("{{ {} }}", members.collect::<Option<Vec<_>>>()?.join(", "))
            }
        })
    }

    fn broken(&self, indent: usize, before: usize, after: usize) -> String {
        let deeper = indent + 2;
        let each = |items: &[Expr]| lines(items.iter().map(|item| item.text(deeper, deeper, 1)), deeper);
        let spread = |arguments: &[Expr]| format!("(\n{}{:indent$})", each(arguments), "");
        match self {
            Atom(text) => text.clone(),
            Call(name, arguments) => match arguments.as_slice() {
                [first @ .., last] if last.hugs() => {
                    let first: String = first.iter().filter_map(Expr::flat).map(|text| format!("{text}, ")).collect();
                    let opening = format!("{name}({first}");
                    let text = format!("{opening}{})", last.text(indent, before + opening.len(), after + 1));
                    if before + first_line(&text) <= WIDTH { text } else { format!("{name}{}", spread(arguments)) }
                }
                _ => format!("{name}{}", spread(arguments)),
            },
            Thunk(body) if matches!(**body, Object(_) | Block(_)) => {
                format!("() => ({})", body.text(indent, before + 7, after + 1))
            }
            Thunk(body) => format!("() =>\n{}{:indent$}", lines([body.text(deeper, deeper, 1)], deeper), ""),
            Array(items) => format!("[\n{}{:indent$}]", each(items), ""),
            Object(members) | Block(members) => {
                let members = members.iter().map(|(key, value)| {
                    let text = value.text(deeper, deeper + key.chars().count() + 2, 1);
                    member(key, value, &text)
                });
                format!("{{\n{}{:indent$}}}", lines(members, deeper), "")
            }
        }
    }

    /// Whether a call that ends with this argument opens it on its own line.
    fn hugs(&self) -> bool {
        matches!(self, Thunk(_) | Array(_) | Object(_) | Block(_))
    }
}

/// prettier never joins rows of several columns.
fn is_matrix(items: &[Expr]) -> bool {
    items.len() > 1 && items.iter().all(|item| matches!(item, Array(row) if row.len() > 1))
}

fn member(key: &str, value: &Expr, text: &str) -> String {
    if *value == Atom(key.into()) { key.into() } else { format!("{key}: {text}") }
}

fn lines(items: impl IntoIterator<Item = String>, indent: usize) -> String {
    items.into_iter().map(|item| format!("{:indent$}{item},\n", "")).collect()
}

/// `export const name: type = value;`, the value on a line of its own where its opening does not fit.
pub fn constant(name: &str, ty: &str, value: &Expr) -> String {
    let head = format!("export const {name}: {ty} =");
    let text = value.text(0, head.len() + 1, 1);
    if head.len() + 1 + first_line(&text) <= WIDTH {
        return format!("{head} {text};");
    }
    format!("{head}\n  {};", value.text(2, 2, 1))
}

fn first_line(text: &str) -> usize {
    text.lines().next().map_or(0, |line| line.chars().count())
}

/// A list of names in braces, as in an import: on one line if it fits after `before` columns.
pub fn braces(names: &[String], before: usize, after: usize) -> String {
    let flat = format!("{{ {} }}", names.join(", "));
    if before + flat.len() + after <= WIDTH {
        return flat;
    }
    format!("{{\n{}}}", lines(names.iter().cloned(), 2))
}

/// `A | B`, on a line of its own or a line each; `before` columns stand before it.
pub fn alternatives(members: &[String], before: usize) -> String {
    let flat = members.join(" | ");
    if before + 1 + flat.len() < WIDTH {
        return format!(" {flat}");
    }
    if 2 + flat.len() < WIDTH {
        return format!("\n  {flat}");
    }
    members.iter().map(|member| format!("\n  | {member}")).collect()
}

/// A documentation comment of these paragraphs, its lines filled; empty if there are none.
pub fn doc(paragraphs: &[String], indent: usize) -> String {
    let pad = " ".repeat(indent);
    match paragraphs {
        [] => String::new(),
        [only] if indent + only.chars().count() + 7 <= WIDTH => format!("{pad}/** {} */\n", guard(only)),
        _ => {
            let lines: String = paragraphs
                .iter()
                .flat_map(|paragraph| fill(&guard(paragraph), WIDTH - indent - 3))
                .map(|line| format!("{pad} * {line}\n"))
                .collect();
            format!("{pad}/**\n{lines}{pad} */\n")
        }
    }
}

/// A comment ends at `*/` wherever it stands.
fn guard(text: &str) -> String {
    text.replace("*/", "*\\/")
}

fn fill(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is a line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.into());
        }
    }
    lines
}

/// A string literal, in the quotes that need fewer escapes, single ones if both do.
pub fn string(text: &str) -> String {
    let quote = if text.matches('\'').count() > text.matches('"').count() { '"' } else { '\'' };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\\' => out.push_str("\\\\"),
            c if c == quote => out.extend(['\\', c]),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

/// A member's name, quoted only where it must be.
pub fn key(name: &str) -> String {
    // As a plain key of an object literal it would be taken for the prototype.
    if name == "__proto__" {
        return "['__proto__']".into();
    }
    let mut chars = name.chars();
    let first = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == '$');
    if first && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$') { name.into() } else { string(name) }
}
