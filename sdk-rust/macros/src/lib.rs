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

/// Makes an impl block a server. See [`isogloss::server`](https://docs.rs/isogloss).
#[proc_macro_attribute]
pub fn server(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let mut block = parse_macro_input!(item as ItemImpl);
    let written = expand::server(attribute.into(), &mut block);
    let mut out = quote::quote!(#block);
    out.extend(written.unwrap_or_else(|error| error.into_compile_error()));
    out.into()
}
