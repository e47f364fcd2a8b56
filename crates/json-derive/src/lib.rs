//! `#[derive(json::Read, json::Write)]`.
//!
//! They take the attributes that serde's derives take, `#[serde(...)]`, with the same meaning: many
//! types have both, for the servers, and other derives look at these attributes too. One that is not
//! known here does not compile. It must never add code of its own to a type: what several types
//! need is a function of `json`, and what is derived only calls it.

mod attributes;
mod read;
mod write;

use proc_macro::TokenStream;
use syn::{DeriveInput, GenericParam, Generics, Path, parse_macro_input};

/// Derives `json::Read`.
#[proc_macro_derive(Read, attributes(serde))]
pub fn derive_read(input: TokenStream) -> TokenStream {
    expand(parse_macro_input!(input as DeriveInput), read::derive)
}

/// Derives `json::Write`.
#[proc_macro_derive(Write, attributes(serde))]
pub fn derive_write(input: TokenStream) -> TokenStream {
    expand(parse_macro_input!(input as DeriveInput), write::derive)
}

fn expand(input: DeriveInput, derive: fn(&DeriveInput) -> syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    derive(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}

/// The parameters of a type, each of which must have the trait too.
fn bounded(generics: &Generics, bound: &Path) -> Generics {
    let mut generics = generics.clone();
    for parameter in &mut generics.params {
        if let GenericParam::Type(parameter) = parameter {
            parameter.bounds.push(syn::parse_quote!(#bound));
        }
    }
    generics
}
