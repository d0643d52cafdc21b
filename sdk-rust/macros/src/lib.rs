//! The attribute `#[isogloss::server]`: an impl block becomes a server, its methods tools, resources and prompts.
//! Used through crate `isogloss`, which says what it does; here is only how.
//!
//! `method` reads a method and its attributes, `argument` one of its arguments, `options` what stands in an attribute;
//! `expand` writes what becomes of them.

mod argument;
mod expand;
mod method;
mod options;
mod words;

use proc_macro::TokenStream;
use syn::{ItemImpl, parse_macro_input};

/// Makes an impl block a server: implements `isogloss::IntoServer` for its type, and leaves the block as it is otherwise.
///
/// `#[isogloss::server(name = "…", version = "…", title = "…", instructions = "…")]`, all of which can be left out: the
/// name is the type's in kebab case, the version the package's, the instructions the comment of the block.
///
/// | at a method | what it is | what can be said |
/// |---|---|---|
/// | `#[tool]` | a tool | `name`, `title`, `description`, `tag`, `scopes`, `read_only`, `destructive`, `idempotent`, `open_world`, `confirm` |
/// | `#[resource("city://{name}")]` | a resource, or with variables a template | `name`, `title`, `description`, `tag`, `scopes`, `mime_type` |
/// | `#[prompt]` | a prompt | `name`, `title`, `description`, `tag`, `scopes` |
/// | `#[complete]` | what is offered while an argument is typed | `prompt` or `resource`, and `argument` |
///
/// At an argument, `#[arg]` takes `range`, `length`, `pattern`, `format`, `default`, `example`, `description`, `rename`
/// and `header`: shown in the schema, and enforced before the method runs. Its comment is its description. `Context`,
/// `&Context`, `Claims`, `Option<Claims>` and what stands behind `#[extract]` are made from the request instead.
///
/// Methods without one of these attributes are left alone. Those with one take `&self` or nothing of the server, owned
/// arguments that have names, and no generics; they may be `async`, and may give a `Result`.
#[proc_macro_attribute]
pub fn server(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let mut block = parse_macro_input!(item as ItemImpl);
    let written = expand::server(attribute.into(), &mut block);
    let mut out = quote::quote!(#block);
    out.extend(written.unwrap_or_else(|error| error.into_compile_error()));
    out.into()
}
