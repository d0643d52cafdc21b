//! A method that is offered: what it is, as its attribute says, and what it takes and gives.

use proc_macro2::Span;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Error, Expr, ExprLit, FnArg, Ident, ImplItemFn, Lit, LitStr, Result, ReturnType, Type};

use crate::argument::{self, Argument};
use crate::options::Options;
use crate::words::{documentation, meant};

/// The attributes that make a method an offer.
const KINDS: [&str; 4] = ["tool", "resource", "prompt", "complete"];

/// A method that is offered.
pub struct Method {
    pub name: Ident,
    pub documentation: String,
    pub on_self: bool,
    pub is_async: bool,
    pub arguments: Vec<Argument>,
    /// Whether it gives a `Result`.
    pub fails: bool,
    /// Where what it gives is written.
    pub output: Span,
    pub kind: Kind,
}

/// What it is offered as.
pub enum Kind {
    Tool(Box<Tool>),
    Resource { uri: LitStr, named: Labels, mime_type: Option<LitStr> },
    Prompt(Labels),
    Complete { owner: Owner, argument: LitStr },
}

/// Whose argument is completed.
pub enum Owner {
    Prompt(LitStr),
    Resource(LitStr),
}

/// What all but completions can be told.
pub struct Labels {
    pub name: String,
    pub title: Option<LitStr>,
    pub tags: Vec<Expr>,
    pub scopes: Vec<Expr>,
    pub description: Option<LitStr>,
}

/// What a tool can be told besides.
pub struct Tool {
    pub labels: Labels,
    pub read_only: bool,
    pub destructive: Option<Expr>,
    pub idempotent: bool,
    pub open_world: Option<Expr>,
    pub confirm: Option<LitStr>,
    pub task: Option<TaskOption>,
}

/// How a tool runs as a task.
pub enum TaskOption {
    /// In words.
    Words { required: bool, later: bool },
    /// As an expression says it.
    How(Expr),
}

const LABELS: [&str; 5] = ["name", "title", "tag", "scopes", "description"];

/// Reads a method, and takes off what is not Rust's; none if it is not offered.
pub fn read(method: &mut ImplItemFn) -> Result<Option<Method>> {
    let mut own = Vec::new();
    method.attrs.retain(|attribute| {
        let is_own = KINDS.iter().any(|kind| attribute.path().is_ident(kind));
        if is_own {
            own.push(attribute.clone());
        }
        !is_own
    });
    let Some(attribute) = own.first() else { return misspelled(method).map(|()| None) };
    if let Some(second) = own.get(1) {
        return Err(Error::new_spanned(second, "a method is one thing: a tool, a resource, a prompt or a completion"));
    }
    let word = attribute.path().get_ident().map(Ident::to_string).unwrap_or_default();
    let name = method.sig.ident.clone();
    let kind = match word.as_str() {
        "tool" => tool(Options::of(attribute, "tool")?, &name)?,
        "resource" => resource(Options::of(attribute, "resource")?, &name)?,
        "prompt" => {
            let mut options = Options::of(attribute, "prompt")?;
            let labels = labels(&mut options, &name)?;
            options.end(&LABELS)?;
            Kind::Prompt(labels)
        }
        _ => complete(Options::of(attribute, "complete")?)?,
    };
    signature(method, kind).map(Some)
}

/// An attribute that is nearly one of ours is a mistake that the compiler would explain badly.
fn misspelled(method: &mut ImplItemFn) -> Result<()> {
    for (index, attribute) in method.attrs.iter().enumerate() {
        if let Some(word) = attribute.path().get_ident().map(Ident::to_string)
            && !["test", "must_use", "inline", "cold"].contains(&word.as_str())
            && let Some(meant) = meant(&word, &KINDS)
        {
            let what = format!("there is no `{word}`: did you mean `{meant}`?");
            // Taken off, so that the compiler does not say it again.
            return Err(Error::new_spanned(method.attrs.remove(index), what));
        }
    }
    Ok(())
}

fn labels(options: &mut Options, method: &Ident) -> Result<Labels> {
    let name = options.text("name")?.map_or_else(|| method.unraw().to_string(), |name| name.value());
    let (title, description) = (options.text("title")?, options.text("description")?);
    Ok(Labels { name, title, tags: options.texts("tag")?, scopes: options.texts("scopes")?, description })
}

fn tool(mut options: Options, method: &Ident) -> Result<Kind> {
    let tool = Tool {
        labels: labels(&mut options, method)?,
        read_only: options.switch("read_only")?,
        destructive: options.flag("destructive")?,
        idempotent: options.switch("idempotent")?,
        open_world: options.flag("open_world")?,
        confirm: options.text("confirm")?,
        task: options.words("task")?.map(|(name, words)| task(&name, words)).transpose()?,
    };
    let hints = ["read_only", "destructive", "idempotent", "open_world", "confirm", "task"];
    options.end(&[&LABELS[..], &hints[..]].concat())?;
    Ok(Kind::Tool(Box::new(tool)))
}

/// `task`, `task = "required"`, `task("required", "later")`, or an expression.
fn task(name: &Ident, words: Vec<Expr>) -> Result<TaskOption> {
    if cfg!(not(feature = "tasks")) {
        return Err(Error::new(name.span(), "`task` needs the feature `tasks` of isogloss: add it in Cargo.toml"));
    }
    let (mut required, mut later) = (None, false);
    for word in &words {
        let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = word else {
            return match words.as_slice() {
                [Expr::Lit(_)] => Err(Error::new_spanned(word, "write `task`, `task = \"required\"`, or an `AsTask`")),
                [how] => Ok(TaskOption::How(how.clone())),
                _ => Err(Error::new_spanned(
                    word,
                    "the words of `task` are texts: write `task(\"required\", \"later\")`",
                )),
            };
        };
        match text.value().as_str() {
            "optional" | "required" if required.is_some() => {
                return Err(Error::new_spanned(word, "a task is either `\"optional\"` or `\"required\"`"));
            }
            "optional" => required = Some(false),
            "required" => required = Some(true),
            "later" => later = true,
            other => {
                let known = ["optional", "required", "later"];
                let help = match meant(other, &known) {
                    Some(meant) => format!("did you mean `\"{meant}\"`?"),
                    None => String::from("there are `\"optional\"`, `\"required\"` and `\"later\"`"),
                };
                return Err(Error::new_spanned(word, format!("`task` has no `\"{other}\"`; {help}")));
            }
        }
    }
    Ok(TaskOption::Words { required: required.unwrap_or(false), later })
}

fn resource(mut options: Options, method: &Ident) -> Result<Kind> {
    let missing = "a resource has an address: write `#[resource(\"city://{name}/profile\")]`";
    let uri = options.first.take().ok_or_else(|| Error::new_spanned(&options.place, missing))?;
    let named = labels(&mut options, method)?;
    let mime_type = options.text("mime_type")?;
    options.end(&[&LABELS[..], &["mime_type"][..]].concat())?;
    Ok(Kind::Resource { uri, named, mime_type })
}

fn complete(mut options: Options) -> Result<Kind> {
    let (prompt, resource) = (options.text("prompt")?, options.text("resource")?);
    let argument = options.text("argument")?;
    let place = options.place.clone();
    options.end(&["prompt", "resource", "argument"])?;
    let whose = "write whose argument is completed, and which: `#[complete(prompt = \"greet\", argument = \"name\")]`, \
                 or `resource = \"city://{name}\"`";
    match (prompt, resource, argument) {
        (Some(prompt), None, Some(argument)) => Ok(Kind::Complete { owner: Owner::Prompt(prompt), argument }),
        (None, Some(uri), Some(argument)) => Ok(Kind::Complete { owner: Owner::Resource(uri), argument }),
        _ => Err(Error::new_spanned(place, whose)),
    }
}

fn signature(method: &mut ImplItemFn, kind: Kind) -> Result<Method> {
    let signature = &mut method.sig;
    for (there, what) in [
        (
            signature.unsafety.map(|word| word.to_token_stream()),
            "nobody who calls it can promise what `unsafe` asks for: leave it out",
        ),
        (signature.abi.as_ref().map(ToTokens::to_token_stream), "it is called from Rust: leave `extern` out"),
        (
            signature.generics.lt_token.map(|_| signature.generics.to_token_stream()),
            "what it takes has one type: leave the generics out",
        ),
        (signature.variadic.as_ref().map(ToTokens::to_token_stream), "it has all its arguments: leave `...` out"),
    ] {
        if let Some(place) = there {
            return Err(Error::new_spanned(place, what));
        }
    }
    let mut on_self = false;
    if let Some(FnArg::Receiver(receiver)) = signature.inputs.first() {
        if receiver.reference.is_none() || receiver.mutability.is_some() || receiver.colon_token.is_some() {
            let what = "all calls share it: take `&self`, and keep what changes in a lock or an atomic";
            return Err(Error::new_spanned(receiver, what));
        }
        on_self = true;
    }
    let mut arguments = Vec::new();
    for argument in &mut signature.inputs {
        arguments.extend(argument::read(argument)?);
    }
    let (fails, output) = match &signature.output {
        ReturnType::Default => (false, signature.ident.span()),
        ReturnType::Type(_, kind) => (is_result(kind), kind.span()),
    };
    Ok(Method {
        name: signature.ident.clone(),
        documentation: documentation(&method.attrs),
        on_self,
        is_async: signature.asyncness.is_some(),
        arguments,
        fails,
        output,
        kind,
    })
}

fn is_result(kind: &Type) -> bool {
    let Type::Path(path) = kind else { return false };
    path.path.segments.last().is_some_and(|segment| segment.ident == "Result")
}
