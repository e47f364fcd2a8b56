//! `json::Write`: a call of a `json::Writer` for each member.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::{Data, DataEnum, DeriveInput, Error, Fields, Variant, parse_quote};

use crate::attributes::{Attributes, Case};
use crate::bounded;

pub(crate) fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    let attributes = Attributes::of(&input.attrs)?;
    let name = &input.ident;
    let body = match (&attributes.into, &input.data) {
        (Some(into), _) => quote!(::json::Write::write(&<#into>::from(self.clone()), out)),
        (None, Data::Struct(data)) => structure(&data.fields, &attributes, &name.to_string())?,
        (None, Data::Enum(data)) => variants(data, &attributes)?,
        (None, Data::Union(_)) => return Err(Error::new_spanned(name, "json does not write unions")),
    };
    let generics = bounded(&input.generics, &parse_quote!(::json::Write));
    let (parameters, arguments, conditions) = generics.split_for_impl();
    Ok(quote! {
        impl #parameters ::json::Write for #name #arguments #conditions {
            fn write(&self, out: &mut ::json::Writer) {
                #body
            }
        }
    })
}

fn structure(fields: &Fields, attributes: &Attributes, name: &str) -> syn::Result<TokenStream> {
    if let (false, Fields::Named(_)) = (attributes.transparent, fields) {
        let tag = attributes.tag.as_ref().map(|tag| {
            let name = attributes.rename.as_deref().unwrap_or(name);
            quote!(out.member(#tag, &#name);)
        });
        let members = members(fields, attributes.rename_all, |name| quote!(&self.#name))?;
        return Ok(quote! { out.open(); #tag #members out.close(); });
    }
    let kept = fields.members().zip(fields);
    let kept = kept.filter_map(|(name, field)| match Attributes::of(&field.attrs) {
        Ok(attributes) => (!attributes.skip).then(|| Ok(quote!(&self.#name))),
        Err(error) => Some(Err(error)),
    });
    match kept.collect::<syn::Result<Vec<_>>>()?.as_slice() {
        [only] => Ok(quote!(::json::Write::write(#only, out))),
        all => Ok(quote!(::json::Write::write(&(#(#all),*), out))),
    }
}

/// Writes each named member that is not skipped. `place` is how a reference to one is had.
fn members(fields: &Fields, case: Case, place: impl Fn(&dyn ToTokens) -> TokenStream) -> syn::Result<TokenStream> {
    let mut members = TokenStream::new();
    for (name, field) in fields.members().zip(fields) {
        let attributes = Attributes::of(&field.attrs)?;
        if attributes.skip {
            continue;
        }
        let Some(ident) = &field.ident else { return Err(Error::new_spanned(field, "a member without a name")) };
        let written = attributes.rename.unwrap_or_else(|| case.member(ident));
        let place = place(&name);
        let member = quote!(out.member(#written, #place););
        members.extend(match attributes.skip_if {
            Some(is_left_out) => quote!(if !#is_left_out(#place) { #member }),
            None => member,
        });
    }
    Ok(members)
}

fn variants(data: &DataEnum, attributes: &Attributes) -> syn::Result<TokenStream> {
    if data.variants.iter().all(|variant| matches!(variant.fields, Fields::Unit)) {
        let arms = data.variants.iter().map(|variant| {
            let (name, written) = (&variant.ident, written(variant, attributes)?);
            Ok(quote!(Self::#name => #written))
        });
        let arms = arms.collect::<syn::Result<Vec<_>>>()?;
        return Ok(quote!(out.text(match self { #(#arms),* })));
    }
    let arms = data.variants.iter().map(|variant| arm(variant, attributes)).collect::<syn::Result<Vec<_>>>()?;
    Ok(quote!(match self { #(#arms)* }))
}

fn written(variant: &Variant, attributes: &Attributes) -> syn::Result<String> {
    Ok(Attributes::of(&variant.attrs)?.rename.unwrap_or_else(|| attributes.rename_all.variant(&variant.ident)))
}

/// One variant: its name around what it holds, or beside it under a tag, or not at all.
fn arm(variant: &Variant, attributes: &Attributes) -> syn::Result<TokenStream> {
    let (name, written) = (&variant.ident, written(variant, attributes)?);
    let (pattern, content) = match &variant.fields {
        Fields::Unit => return Ok(quote!(Self::#name => out.text(#written),)),
        Fields::Unnamed(fields) => {
            let held: Vec<_> = (0..fields.unnamed.len()).map(|at| format_ident!("held_{at}")).collect();
            let content = match held.as_slice() {
                [only] => quote!(::json::Write::write(#only, out);),
                all => quote!(::json::Write::write(&(#(#all),*), out);),
            };
            (quote!((#(#held),*)), content)
        }
        Fields::Named(fields) => {
            let mut kept = Vec::new();
            for field in &fields.named {
                if !Attributes::of(&field.attrs)?.skip {
                    kept.extend(&field.ident);
                }
            }
            let tag = attributes.tag.as_ref().map(|tag| quote!(out.member(#tag, &#written);));
            let members = members(&variant.fields, attributes.rename_all_fields, |name| name.to_token_stream())?;
            (quote!({ #(#kept,)* .. }), quote! { out.open(); #tag #members out.close(); })
        }
    };
    let stands_alone = attributes.untagged || attributes.tag.is_some();
    let body = if stands_alone {
        content
    } else {
        quote! { out.open_variant(#written); #content out.close(); }
    };
    Ok(quote!(Self::#name #pattern => { #body }))
}
