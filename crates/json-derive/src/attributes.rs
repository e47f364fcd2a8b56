//! What stands in `#[serde(...)]`.

use syn::meta::ParseNestedMeta;
use syn::{Attribute, Ident, LitStr, Path, Type};

/// How the names of members or variants are written.
#[derive(Clone, Copy, Default)]
pub(crate) enum Case {
    #[default]
    AsInRust,
    Camel,
    Snake,
}

impl Case {
    fn parse(text: &LitStr) -> syn::Result<Self> {
        match text.value().as_str() {
            "camelCase" => Ok(Self::Camel),
            "snake_case" => Ok(Self::Snake),
            _ => Err(syn::Error::new_spanned(text, "json knows camelCase and snake_case")),
        }
    }

    /// The name of a member, which is in snake case in Rust.
    pub(crate) fn member(self, name: &Ident) -> String {
        let name = name.to_string();
        let name = name.strip_prefix("r#").unwrap_or(&name);
        match self {
            Self::AsInRust | Self::Snake => name.to_owned(),
            Self::Camel => {
                let mut words = name.split('_');
                let first = words.next().unwrap_or_default().to_owned();
                words.fold(first, |name, word| name + &with_first(word, char::to_ascii_uppercase))
            }
        }
    }

    /// The name of a variant, which is in Pascal case in Rust.
    pub(crate) fn variant(self, name: &Ident) -> String {
        let name = name.to_string();
        match self {
            Self::AsInRust => name,
            Self::Camel => with_first(&name, char::to_ascii_lowercase),
            Self::Snake => {
                let separated: String =
                    name.chars().map(|c| if c.is_uppercase() { format!("_{c}") } else { c.into() }).collect();
                separated.trim_start_matches('_').to_ascii_lowercase()
            }
        }
    }
}

fn with_first(word: &str, change: fn(&char) -> char) -> String {
    let mut letters = word.chars();
    letters.next().iter().map(change).chain(letters).collect()
}

/// The attributes of a type, a variant or a member; which of them go where is for the callers.
#[derive(Default)]
pub(crate) struct Attributes {
    pub(crate) rename: Option<String>,
    pub(crate) rename_all: Case,
    pub(crate) rename_all_fields: Case,
    pub(crate) tag: Option<String>,
    pub(crate) untagged: bool,
    pub(crate) transparent: bool,
    pub(crate) default: bool,
    pub(crate) skip: bool,
    pub(crate) skip_if: Option<Path>,
    pub(crate) try_from: Option<Type>,
    pub(crate) into: Option<Type>,
    pub(crate) deny_unknown_fields: bool,
}

impl Attributes {
    pub(crate) fn of(attributes: &[Attribute]) -> syn::Result<Self> {
        let mut these = Self::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
            attribute.parse_nested_meta(|meta| these.take(&meta))?;
        }
        Ok(these)
    }

    fn take(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let name = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
        let text = || meta.value()?.parse::<LitStr>();
        match name.as_str() {
            "rename" => self.rename = Some(text()?.value()),
            "rename_all" => self.rename_all = Case::parse(&text()?)?,
            "rename_all_fields" => self.rename_all_fields = Case::parse(&text()?)?,
            "tag" => self.tag = Some(text()?.value()),
            "untagged" => self.untagged = true,
            "transparent" => self.transparent = true,
            "default" => self.default = true,
            "skip" => self.skip = true,
            "skip_serializing_if" => self.skip_if = Some(text()?.parse()?),
            "try_from" => self.try_from = Some(text()?.parse()?),
            "into" => self.into = Some(text()?.parse()?),
            "deny_unknown_fields" => self.deny_unknown_fields = true,
            _ => return Err(meta.error("json does not know this attribute")),
        }
        Ok(())
    }
}
