//! What stands in an attribute: flags, `name = value` and `name("a", "b")`, in any order, each once.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Expr, ExprLit, Ident, Lit, LitStr, Meta, Result, Token, parenthesized};

use crate::words::meant;

/// One option.
struct Given {
    name: Ident,
    value: Value,
}

enum Value {
    Flag,
    One(Expr),
    Many(Vec<Expr>),
}

impl Parse for Given {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name = input.call(Ident::parse_any)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Value::One(input.parse()?)
        } else if input.peek(syn::token::Paren) {
            let inside;
            parenthesized!(inside in input);
            Value::Many(Punctuated::<Expr, Token![,]>::parse_terminated(&inside)?.into_iter().collect())
        } else {
            Value::Flag
        };
        Ok(Given { name, value })
    }
}

/// The options of an attribute, and a text that may come before them.
pub struct Options {
    what: &'static str,
    pub first: Option<LitStr>,
    given: Vec<Given>,
    /// Where it is.
    pub place: TokenStream,
}

struct Inside(Option<LitStr>, Vec<Given>);

impl Parse for Inside {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let first = if input.peek(LitStr) { Some(input.parse()?) } else { None };
        if first.is_some() && !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
        Ok(Inside(first, Punctuated::<Given, Token![,]>::parse_terminated(input)?.into_iter().collect()))
    }
}

impl Options {
    /// Those of an attribute.
    pub fn of(attribute: &Attribute, what: &'static str) -> Result<Self> {
        let Inside(first, given) = match &attribute.meta {
            Meta::Path(_) => Inside(None, Vec::new()),
            Meta::List(list) => list.parse_args()?,
            Meta::NameValue(_) => return Err(Error::new_spanned(attribute, format!("write `{what}(…)`"))),
        };
        Options { what, first, given, place: attribute.to_token_stream() }.once()
    }

    /// Those of the attribute that is being expanded.
    pub fn parse(tokens: TokenStream, what: &'static str) -> Result<Self> {
        let Inside(first, given) = syn::parse2(tokens)?;
        Options { what, first, given, place: TokenStream::new() }.once()
    }

    fn once(self) -> Result<Self> {
        for (index, given) in self.given.iter().enumerate() {
            if self.given[..index].iter().any(|other| other.name == given.name) {
                return Err(Error::new(given.name.span(), format!("`{}` is given twice", given.name)));
            }
        }
        Ok(self)
    }

    fn take(&mut self, name: &str) -> Option<Given> {
        let index = self.given.iter().position(|given| given.name == name)?;
        Some(self.given.remove(index))
    }

    /// `name = value`.
    pub fn value(&mut self, name: &str) -> Result<Option<Expr>> {
        match self.take(name) {
            None => Ok(None),
            Some(Given { value: Value::One(value), .. }) => Ok(Some(value)),
            Some(given) => Err(Error::new(given.name.span(), format!("`{name}` has a value: write `{name} = …`"))),
        }
    }

    /// `name = "text"`.
    pub fn text(&mut self, name: &str) -> Result<Option<LitStr>> {
        match self.value(name)? {
            None => Ok(None),
            Some(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) => Ok(Some(text)),
            Some(other) => Err(Error::new_spanned(&other, format!("`{name}` is a text: write `{name} = \"…\"`"))),
        }
    }

    /// `name`, or `name = true`.
    pub fn flag(&mut self, name: &str) -> Result<Option<Expr>> {
        match self.take(name) {
            None => Ok(None),
            Some(Given { value: Value::Flag, .. }) => Ok(Some(syn::parse_quote!(true))),
            Some(Given { value: Value::One(value), .. }) => Ok(Some(value)),
            Some(given) => Err(Error::new(given.name.span(), format!("write `{name}` or `{name} = false`"))),
        }
    }

    /// `name`, which is there or not.
    pub fn switch(&mut self, name: &str) -> Result<bool> {
        match self.take(name) {
            None => Ok(false),
            Some(Given { value: Value::Flag, .. }) => Ok(true),
            Some(given) => {
                Err(Error::new(given.name.span(), format!("`{name}` stands alone: leave it out if it is not so")))
            }
        }
    }

    /// `name("a", "b")`, or `name = "a"`.
    pub fn texts(&mut self, name: &str) -> Result<Vec<Expr>> {
        Ok(match self.take(name) {
            None => Vec::new(),
            Some(Given { value: Value::Many(values), .. }) => values,
            Some(Given { value: Value::One(value), .. }) => vec![value],
            Some(given) => {
                return Err(Error::new(given.name.span(), format!("write `{name}(\"…\", \"…\")`")));
            }
        })
    }

    /// `name`, `name = "a"` or `name("a", "b")`; none if it is not there.
    pub fn words(&mut self, name: &str) -> Result<Option<(Ident, Vec<Expr>)>> {
        Ok(self.take(name).map(|Given { name, value }| match value {
            Value::Flag => (name, Vec::new()),
            Value::One(value) => (name, vec![value]),
            Value::Many(values) => (name, values),
        }))
    }

    /// Nothing else may stand there.
    pub fn end(self, known: &[&str]) -> Result<()> {
        let Some(given) = self.given.first() else { return Ok(()) };
        let name = given.name.to_string();
        let help = match meant(&name, known) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("there are: {}", known.join(", ")),
        };
        Err(Error::new(given.name.span(), format!("`{}` has no `{name}`; {help}", self.what)))
    }
}
