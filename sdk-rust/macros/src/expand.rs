//! What becomes of an impl block: itself, without what is not Rust's, and an implementation of `IntoServer`.

use std::collections::HashMap;

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, Expr, Ident, ImplItem, ItemImpl, LitStr, Result, Type};

use crate::argument::{Argument, Member};
use crate::method::{self, Kind, Labels, Method, Owner, TaskOption, Tool};
use crate::options::Options;
use crate::words::{documentation, kebab, pascal};

/// Writes the implementation for a block, whose own attributes are taken off.
pub fn server(attribute: TokenStream, block: &mut ItemImpl) -> Result<TokenStream> {
    let mut methods = Vec::new();
    let mut problems: Option<Error> = None;
    // All methods are read, so that none keeps an attribute that nobody knows.
    for item in &mut block.items {
        let ImplItem::Fn(function) = item else { continue };
        match method::read(function) {
            Ok(method) => methods.extend(method),
            Err(problem) => match &mut problems {
                Some(all) => all.combine(problem),
                none => *none = Some(problem),
            },
        }
    }
    if let Some((_, path, _)) = &block.trait_ {
        return Err(Error::new(path.span(), "a server is an impl block of its own: write `impl Weather { … }`"));
    }
    if let Some(problems) = problems {
        return Err(problems);
    }
    unique(&methods)?;
    let built = built(attribute, block)?;
    let offers = methods.iter().map(offer).collect::<Result<Vec<_>>>()?;
    let structs = methods.iter().map(arguments);
    let (generics, _, bounds) = block.generics.split_for_impl();
    let this = &block.self_ty;
    Ok(quote! {
        const _: () = {
            #(#structs)*

            #[automatically_derived]
            impl #generics ::isogloss::IntoServer for #this #bounds {
                fn into_server(self) -> ::isogloss::Server {
                    #[allow(unused_variables)]
                    let this = ::std::sync::Arc::new(self);
                    #built #(#offers)*
                }
            }
        };
    })
}

/// The server that offers nothing yet.
fn built(attribute: TokenStream, block: &ItemImpl) -> Result<TokenStream> {
    let mut options = Options::parse(attribute, "server")?;
    let name = match options.text("name")? {
        Some(name) => name,
        None => LitStr::new(&kebab(&type_name(&block.self_ty)?), block.self_ty.span()),
    };
    let version: Expr =
        options.value("version")?.unwrap_or_else(|| syn::parse_quote!(::core::env!("CARGO_PKG_VERSION")));
    let title = options.text("title")?.map(|title| quote!(.title(#title)));
    let said = options.text("instructions")?.map_or_else(|| documentation(&block.attrs), |text| text.value());
    let instructions = (!said.is_empty()).then(|| quote!(.instructions(#said)));
    options.end(&["name", "version", "title", "instructions"])?;
    Ok(quote!(::isogloss::Server::new(#name, #version) #title #instructions))
}

fn type_name(kind: &Type) -> Result<String> {
    match kind {
        Type::Path(path) if !path.path.segments.is_empty() => {
            Ok(path.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default())
        }
        other => Err(Error::new(other.span(), "this has no name: write `#[isogloss::server(name = \"…\")]`")),
    }
}

/// Two things of one name would hide one another.
fn unique(methods: &[Method]) -> Result<()> {
    let mut seen = HashMap::new();
    for method in methods {
        let (what, name) = match &method.kind {
            Kind::Tool(tool) => ("tools", tool.labels.name.clone()),
            Kind::Prompt(labels) => ("prompts", labels.name.clone()),
            Kind::Resource { uri, .. } => ("resources", uri.value()),
            Kind::Complete { .. } => continue,
        };
        if let Some(first) = seen.insert((what, name.clone()), &method.name) {
            let message =
                format!("two {what} of the name `{name}`: `{first}` is one already, so give this one another `name`");
            return Err(Error::new(method.name.span(), message));
        }
    }
    Ok(())
}

impl Method {
    fn members(&self) -> impl Iterator<Item = &Member> {
        self.arguments.iter().filter_map(|argument| match argument {
            Argument::Member(member) => Some(&**member),
            Argument::Extracted { .. } | Argument::Context => None,
        })
    }

    /// The type of what the client sends.
    fn arguments_type(&self) -> Ident {
        format_ident!("{}Arguments", pascal(&self.name.to_string()), span = self.name.span())
    }
}

/// The struct that a method's arguments are read into, if it takes any.
fn arguments(method: &Method) -> Option<TokenStream> {
    if method.members().next().is_none() || matches!(method.kind, Kind::Complete { .. }) {
        return None;
    }
    let name = method.arguments_type();
    let (fields, functions): (Vec<_>, Vec<_>) = method.members().map(|member| member.field(&method.name)).unzip();
    Some(quote! {
        #(#functions)*

        #[derive(::isogloss::__private::serde::Deserialize, ::isogloss::__private::schemars::JsonSchema)]
        #[serde(crate = "::isogloss::__private::serde")]
        #[schemars(crate = "::isogloss::__private::schemars")]
        struct #name {
            #(#fields)*
        }
    })
}

/// What adds a method to the server.
fn offer(method: &Method) -> Result<TokenStream> {
    let function = function(method);
    let output = method.output;
    Ok(match &method.kind {
        Kind::Tool(tool) => {
            let (name, told) = (&tool.labels.name, hints(tool));
            let labels = labels(&tool.labels, method);
            quote_spanned!(output=> .offer(::isogloss::offer::tool(#name, #function) #labels #told))
        }
        Kind::Prompt(named) => {
            let (name, labels) = (&named.name, labels(named, method));
            quote_spanned!(output=> .offer(::isogloss::offer::prompt(#name, #function) #labels))
        }
        Kind::Resource { uri, named, mime_type } => {
            let (name, labels) = (&named.name, labels(named, method));
            let mime_type = mime_type.as_ref().map(|mime_type| quote!(.mime_type(#mime_type)));
            let make = match variables(uri, method)? {
                true => quote_spanned!(output=> ::isogloss::offer::resource_template),
                false => quote_spanned!(output=> ::isogloss::offer::resource),
            };
            quote_spanned!(output=> .offer(#make(#uri, #name, #function) #labels #mime_type))
        }
        Kind::Complete { owner: Owner::Prompt(name), argument } => {
            quote_spanned!(output=> .complete_prompt(#name, #argument, #function))
        }
        Kind::Complete { owner: Owner::Resource(uri), argument } => {
            quote_spanned!(output=> .complete_resource(#uri, #argument, #function))
        }
    })
}

fn labels(labels: &Labels, method: &Method) -> TokenStream {
    let description = labels.description.as_ref().map_or_else(|| method.documentation.clone(), LitStr::value);
    let title = labels.title.as_ref().map(|title| quote!(.title(#title)));
    let tags = &labels.tags;
    let scopes = &labels.scopes;
    let scopes = (!scopes.is_empty()).then(|| quote!(.scopes([#(#scopes),*])));
    quote!(.description(#description) #title #(.tag(#tags))* #scopes)
}

fn hints(tool: &Tool) -> TokenStream {
    let read_only = tool.read_only.then(|| quote!(.read_only()));
    let idempotent = tool.idempotent.then(|| quote!(.idempotent()));
    let destructive = tool.destructive.as_ref().map(|destructive| quote!(.destructive(#destructive)));
    let open_world = tool.open_world.as_ref().map(|open| quote!(.open_world(#open)));
    let confirm = tool.confirm.as_ref().map(|question| quote!(.confirm(#question)));
    let task = tool.task.as_ref().map(|how| {
        let how = match how {
            TaskOption::How(how) => quote!(#how),
            TaskOption::Words { required, later } => {
                let made = if *required { quote!(required) } else { quote!(optional) };
                let later = later.then(|| quote!(.later()));
                quote!(::isogloss::AsTask::#made() #later)
            }
        };
        quote!(.task(#how))
    });
    quote!(#read_only #destructive #idempotent #open_world #confirm #task)
}

/// Whether an address has variables; each must be an argument, and the other way round.
fn variables(uri: &LitStr, method: &Method) -> Result<bool> {
    let text = uri.value();
    let mut names = Vec::new();
    for part in text.split('{').skip(1) {
        let Some((inside, _)) = part.split_once('}') else {
            return Err(Error::new(uri.span(), "a `{` without its `}`"));
        };
        let name = inside.strip_prefix('+').unwrap_or(inside);
        if !is_variable(name) {
            let what = format!(
                "`{{{inside}}}` is not understood: write `{{name}}`, or `{{+name}}` for what has slashes in it"
            );
            return Err(Error::new(uri.span(), what));
        }
        names.push(name.to_owned());
    }
    for name in &names {
        if !method.members().any(|member| member.sent_as() == *name) {
            let what = format!("the variable `{name}` has no argument: add `{name}: String` to `{}`", method.name);
            return Err(Error::new(uri.span(), what));
        }
    }
    for member in method.members() {
        if !names.contains(&member.sent_as()) {
            let name = member.sent_as();
            let what = format!(
                "the address has no variable of this name: write `{{{name}}}` where it belongs, or leave the argument out"
            );
            return Err(Error::new(member.name.span(), what));
        }
    }
    Ok(!names.is_empty())
}

/// Whether a template may have a variable of this name.
fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// The function that is offered: it takes what the client sends, makes what is made from the request, and calls the
/// method.
fn function(method: &Method) -> TokenStream {
    let Method { name, on_self, is_async, fails, output, .. } = method;
    let is_completion = matches!(method.kind, Kind::Complete { .. });
    let takes = match &method.kind {
        Kind::Resource { uri, .. } if !uri.value().contains('{') => None,
        Kind::Complete { .. } => Some(quote!(arguments: ::isogloss::Completing,)),
        _ if method.members().next().is_none() => Some(quote!(_: ::isogloss::NoArguments,)),
        _ => {
            let arguments = method.arguments_type();
            Some(quote!(arguments: #arguments,))
        }
    };
    let given = method.arguments.iter().map(|argument| match argument {
        Argument::Member(_) if is_completion => quote!(arguments),
        Argument::Member(member) => {
            let name = &member.name;
            quote!(arguments.#name)
        }
        Argument::Extracted { kind } => {
            quote_spanned!(kind.span()=> <#kind as ::isogloss::FromContext>::from_context(&cx)?)
        }
        Argument::Context => quote!(&cx),
    });
    let this = if *on_self { quote!(this.#name) } else { quote!(Self::#name) };
    let awaited = is_async.then(|| quote!(.await));
    let called = quote!(#this(#(#given),*) #awaited);
    let answered = match fails {
        true => {
            quote_spanned!(*output=> ::core::result::Result::map_err(#called, ::isogloss::IntoToolError::into_tool_error))
        }
        false => quote!(::core::result::Result::<_, ::isogloss::Failure>::Ok(#called)),
    };
    quote! {
        {
            #[allow(unused_variables)]
            let this = ::std::clone::Clone::clone(&this);
            move |#takes cx: ::isogloss::Context| {
                #[allow(unused_variables)]
                let this = ::std::clone::Clone::clone(&this);
                async move {
                    #[allow(clippy::unit_arg)]
                    #answered
                }
            }
        }
    }
}
