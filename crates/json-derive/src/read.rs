//! `json::Read`: the type made of what the functions of `json::Value` find for its members.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Data, DataEnum, DeriveInput, Error, Fields, parse_quote};

use crate::attributes::{Attributes, Case};
use crate::bounded;

pub(crate) fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    let attributes = Attributes::of(&input.attrs)?;
    if attributes.deny_unknown_fields || attributes.tag.is_some() || attributes.untagged {
        return Err(Error::new_spanned(&input.ident, "json does not read a type with this attribute"));
    }
    let body = match (&attributes.try_from, &input.data) {
        (Some(from), _) => quote! {
            Self::try_from(<#from as ::json::Read>::read(value)?).map_err(|_| ::json::Error::UNNAMED)
        },
        (None, Data::Struct(data)) if attributes.transparent => transparent(&data.fields)?,
        (None, Data::Struct(data)) => {
            let whole = content(&quote!(Self), &data.fields, attributes.rename_all)?;
            quote!(Ok(#whole))
        }
        (None, Data::Enum(data)) => variants(data, attributes.rename_all)?,
        (None, Data::Union(_)) => return Err(Error::new_spanned(&input.ident, "json does not read unions")),
    };
    let (name, generics) = (&input.ident, bounded(&input.generics, &parse_quote!(::json::Read)));
    let (parameters, arguments, conditions) = generics.split_for_impl();
    Ok(quote! {
        impl #parameters ::json::Read for #name #arguments #conditions {
            fn read(value: &mut ::json::Value) -> ::core::result::Result<Self, ::json::Error> {
                #body
            }
        }
    })
}

/// The one member that is not skipped, read from the whole value.
fn transparent(fields: &Fields) -> syn::Result<TokenStream> {
    let members = fields.members().zip(fields).map(|(name, field)| {
        let skipped = Attributes::of(&field.attrs)?.skip;
        let from = if skipped { quote!(Default::default()) } else { quote!(::json::Read::read(value)?) };
        Ok(quote!(#name: #from))
    });
    let members = members.collect::<syn::Result<Vec<_>>>()?;
    Ok(quote!(Ok(Self { #(#members),* })))
}

/// A struct or variant with all that it holds, read from `value`.
fn content(name: &TokenStream, fields: &Fields, case: Case) -> syn::Result<TokenStream> {
    let named = match fields {
        Fields::Unit => return Ok(quote!({ value.nothing()?; #name })),
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => return Ok(quote!(#name(::json::Read::read(value)?))),
        Fields::Unnamed(fields) => {
            let held: Vec<_> = (0..fields.unnamed.len()).map(|at| format_ident!("held_{at}")).collect();
            return Ok(quote!({ let (#(#held),*) = ::json::Read::read(value)?; #name(#(#held),*) }));
        }
        Fields::Named(fields) => &fields.named,
    };
    let members = named.iter().map(|field| {
        let attributes = Attributes::of(&field.attrs)?;
        let Some(name) = &field.ident else { return Err(Error::new_spanned(field, "a member without a name")) };
        let written = attributes.rename.unwrap_or_else(|| case.member(name));
        Ok(match (attributes.skip, attributes.default) {
            (true, _) => quote!(#name: Default::default()),
            (false, true) => quote!(#name: value.member_or_default(&#written)?),
            (false, false) => quote!(#name: value.member(&#written)?),
        })
    });
    let members = members.collect::<syn::Result<Vec<_>>>()?;
    Ok(quote!(#name { #(#members),* }))
}

fn variants(data: &DataEnum, case: Case) -> syn::Result<TokenStream> {
    let mut names = Vec::new();
    let mut arms = Vec::new();
    for (at, variant) in data.variants.iter().enumerate() {
        let attributes = Attributes::of(&variant.attrs)?;
        let name = &variant.ident;
        names.push(attributes.rename.unwrap_or_else(|| case.variant(name)));
        let whole = content(&quote!(Self::#name), &variant.fields, attributes.rename_all)?;
        arms.push(quote!(#at => #whole));
    }
    Ok(quote! {
        let (variant, value) = value.variant(&[#(#names),*])?;
        Ok(match variant {
            #(#arms,)*
            _ => return Err(::json::Error::UNNAMED),
        })
    })
}
