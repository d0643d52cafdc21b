//! One argument of a method: a member of what the client sends, or something made from the request.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{
    Attribute, Error, Expr, ExprLit, ExprRange, FnArg, Ident, Lit, Pat, PatType, RangeLimits, Result, Type,
    TypeReference,
};

use crate::options::Options;
use crate::words::{documentation, meant};

const KNOWN: [&str; 9] =
    ["range", "length", "pattern", "format", "default", "example", "description", "rename", "header"];

/// An argument as it is given to the method.
pub enum Argument {
    /// A member of what the client sends.
    Member(Box<Member>),
    /// Made from the request.
    Extracted { kind: Box<Type> },
    /// The context itself, by reference.
    Context,
}

/// A member of what the client sends.
pub struct Member {
    pub name: Ident,
    pub kind: Type,
    documentation: String,
    rules: Vec<TokenStream>,
    renamed: Option<syn::LitStr>,
    default: Option<Expr>,
}

/// Reads an argument and takes off its attributes.
pub fn read(argument: &mut FnArg) -> Result<Option<Argument>> {
    let FnArg::Typed(typed) = argument else { return Ok(None) };
    let attributes = std::mem::take(&mut typed.attrs);
    let (own, others): (Vec<_>, Vec<_>) = attributes
        .into_iter()
        .partition(|attribute| ["arg", "extract", "doc"].iter().any(|n| attribute.path().is_ident(n)));
    let misspelled = others.iter().find_map(|attribute| {
        let word = attribute.path().get_ident()?.to_string();
        let meant = meant(&word, &["arg", "extract"])?;
        Some((attribute, format!("there is no `{word}`: did you mean `{meant}`?")))
    });
    if let Some((attribute, what)) = misspelled {
        return Err(Error::new_spanned(attribute, what));
    }
    typed.attrs = others;
    let extract = own.iter().any(|attribute| attribute.path().is_ident("extract"));
    if let Type::Reference(reference) = &*typed.ty {
        return by_reference(reference);
    }
    if let Type::ImplTrait(kind) = &*typed.ty {
        return Err(Error::new_spanned(kind, "an argument has a type of its own: write it instead of `impl …`"));
    }
    let name = name_of(typed)?;
    let kind = (*typed.ty).clone();
    if extract || is_extractor(&kind) {
        if let Some(rules) = own.iter().find(|attribute| attribute.path().is_ident("arg")) {
            return Err(Error::new_spanned(
                rules,
                "this is made from the request, so the client sends nothing to hold to this",
            ));
        }
        return Ok(Some(Argument::Extracted { kind: Box::new(kind) }));
    }
    member(name, kind, &own).map(|member| Some(Argument::Member(Box::new(member))))
}

fn by_reference(reference: &TypeReference) -> Result<Option<Argument>> {
    if last_word(&reference.elem).is_some_and(|word| word == "Context") && reference.mutability.is_none() {
        return Ok(Some(Argument::Context));
    }
    let instead = match last_word(&reference.elem).map(Ident::to_string).as_deref() {
        Some("str") => "write `String`".to_owned(),
        Some(word) => format!("write `{word}`"),
        None => "write the type itself, such as `Vec<…>`".to_owned(),
    };
    Err(Error::new_spanned(
        reference,
        format!("arguments are made from what the client sends, so they are owned: {instead}"),
    ))
}

fn name_of(typed: &PatType) -> Result<Ident> {
    match &*typed.pat {
        Pat::Ident(pattern) if pattern.by_ref.is_none() && pattern.subpat.is_none() => Ok(pattern.ident.clone()),
        pattern => Err(Error::new_spanned(
            pattern,
            "an argument is called by its name: give it one, and take it apart in the function",
        )),
    }
}

/// The last word of a type's path.
fn last_word(kind: &Type) -> Option<&Ident> {
    let Type::Path(path) = kind else { return None };
    path.path.segments.last().map(|segment| &segment.ident)
}

fn is_extractor(kind: &Type) -> bool {
    let Type::Path(path) = kind else { return false };
    let Some(last) = path.path.segments.last() else { return false };
    if last.ident == "Option"
        && let syn::PathArguments::AngleBracketed(inside) = &last.arguments
        && let Some(syn::GenericArgument::Type(inner)) = inside.args.first()
    {
        return last_word(inner).is_some_and(|word| word == "Claims");
    }
    last.ident == "Context" || last.ident == "Claims"
}

fn member(name: Ident, kind: Type, attributes: &[Attribute]) -> Result<Member> {
    let documentation = documentation(attributes);
    let mut member = Member { name, kind, documentation, rules: Vec::new(), renamed: None, default: None };
    let mut given = attributes.iter().filter(|attribute| attribute.path().is_ident("arg"));
    let Some(attribute) = given.next() else { return Ok(member) };
    if let Some(second) = given.next() {
        return Err(Error::new_spanned(second, "a second `#[arg(…)]`: write all of it into the first"));
    }
    let mut options = Options::of(attribute, "arg")?;
    if let Some(range) = options.value("range")? {
        let (min, max) = bounds(&range)?;
        member.rules.push(quote!(#[schemars(range(#min #max))]));
    }
    if let Some(length) = options.value("length")? {
        let (min, max) = bounds(&length)?;
        member.rules.push(quote!(#[schemars(length(#min #max))]));
    }
    if let Some(pattern) = options.text("pattern")? {
        member.rules.push(quote!(#[schemars(regex(pattern = #pattern))]));
    }
    for (option, keyword) in [("format", "format"), ("header", "x-mcp-header")] {
        if let Some(value) = options.text(option)? {
            member.rules.push(quote!(#[schemars(extend(#keyword = #value))]));
        }
    }
    if let Some(example) = options.value("example")? {
        member.rules.push(quote!(#[schemars(extend("examples" = [#example]))]));
    }
    if let Some(description) = options.text("description")? {
        if !member.documentation.is_empty() {
            let what = "it is described twice: write the documentation comment or `description`, not both";
            return Err(Error::new_spanned(description, what));
        }
        member.documentation = description.value();
    }
    member.renamed = options.text("rename")?;
    member.default = options.value("default")?;
    if let Some(value) = &member.default {
        of_its_type(value, &member.kind)?;
    }
    options.end(&KNOWN)?;
    Ok(member)
}

/// A text becomes what the argument is, but never a number: the compiler would say so in terms of `From`.
fn of_its_type(value: &Expr, kind: &Type) -> Result<()> {
    let Expr::Lit(ExprLit { lit: Lit::Str(_), .. }) = value else { return Ok(()) };
    let Some(word) = last_word(kind).map(Ident::to_string) else { return Ok(()) };
    let such_as = match word.as_str() {
        "bool" => "true",
        "char" => "'a'",
        "f32" | "f64" => "1.0",
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" | "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => "1",
        _ => return Ok(()),
    };
    let what = format!("a text is no `{word}`: write a default such as `default = {such_as}`");
    Err(Error::new_spanned(value, what))
}

/// The ends of a range, as schemars wants them.
fn bounds(range: &Expr) -> Result<(Option<TokenStream>, Option<TokenStream>)> {
    let Expr::Range(ExprRange { start, end, limits, .. }) = range else {
        return Err(Error::new_spanned(range, "expected a range, such as `1..=10`, `1..` or `..=10`"));
    };
    if let (RangeLimits::HalfOpen(_), Some(_)) = (limits, end) {
        return Err(Error::new_spanned(
            range,
            "both ends belong to it: write `..=` before the last value that is allowed",
        ));
    }
    if let (Some(least), Some(most)) = (start.as_deref().and_then(integer), end.as_deref().and_then(integer))
        && least > most
    {
        return Err(Error::new_spanned(range, format!("nothing is in this range: write `{most}..={least}`")));
    }
    let min = start.as_ref().map(|start| quote!(min = #start,));
    let max = end.as_ref().map(|end| quote!(max = #end,));
    if min.is_none() && max.is_none() {
        return Err(Error::new_spanned(range, "a range without an end allows everything: leave it out"));
    }
    Ok((min, max))
}

/// The value of a literal.
fn integer(value: &Expr) -> Option<u128> {
    let Expr::Lit(ExprLit { lit: Lit::Int(literal), .. }) = value else { return None };
    literal.base10_parse().ok()
}

impl Member {
    /// The name that the client uses.
    pub fn sent_as(&self) -> String {
        self.renamed.as_ref().map_or_else(|| self.name.unraw().to_string(), syn::LitStr::value)
    }

    /// The member of the struct that is read, and the function that gives its default.
    pub fn field(&self, method: &Ident) -> (TokenStream, TokenStream) {
        let Member { name, kind, documentation, rules, renamed, default } = self;
        let documentation = (!documentation.is_empty()).then(|| quote!(#[doc = #documentation]));
        let renamed = renamed.as_ref().map(|renamed| quote!(#[serde(rename = #renamed)]));
        let (serde, function) = match default {
            None => (None, None),
            Some(value) => {
                let function = format_ident!("default_{}_{}", method.unraw(), name.unraw());
                let path = function.to_string();
                let value = match value {
                    Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
                        quote_spanned!(text.span()=> ::core::convert::Into::into(#text))
                    }
                    other => quote!(#other),
                };
                let function = quote! {
                    fn #function() -> #kind {
                        #value
                    }
                };
                (Some(quote!(#[serde(default = #path)])), Some(function))
            }
        };
        (quote!(#documentation #(#rules)* #renamed #serde #name: #kind,), function.unwrap_or_default())
    }
}
