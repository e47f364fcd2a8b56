//! A view of the request that is signed.

use std::borrow::Cow;

use crate::SignatureError;

/// The parts of an HTTP request that a signature can cover.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The method, upper-case as sent.
    pub method: &'a str,
    /// The absolute URI the request is for, exactly as sent: no fragment, no user information.
    pub target_uri: &'a str,
    /// The header fields in order; names in any case.
    pub headers: &'a [(&'a str, &'a str)],
}

impl<'a> Request<'a> {
    /// The combined value of a header field (RFC 9421, section 2.1): trimmed, several lines joined
    /// with a comma and a space; nothing if the request does not have the field.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        combined(self.headers, name).map(Cow::into_owned)
    }

    pub(crate) fn target(&self) -> Result<Target<'a>, SignatureError> {
        Target::parse(self.target_uri)
    }
}

/// Joins the lines of a header field.
pub(crate) fn combined<'a>(headers: &[(&str, &'a str)], name: &str) -> Option<Cow<'a, str>> {
    headers
        .iter()
        .filter(|(line_name, _)| line_name.eq_ignore_ascii_case(name))
        .map(|(_, value)| Cow::Borrowed(value.trim_matches([' ', '\t'])))
        .reduce(|joined, line| Cow::Owned([&joined, ", ", &line].concat()))
}

/// A target URI in its parts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target<'a> {
    pub(crate) scheme: &'a str,
    pub(crate) authority: &'a str,
    /// May be empty.
    pub(crate) path: &'a str,
    /// With its question mark, if there is one.
    pub(crate) query: &'a str,
}

impl<'a> Target<'a> {
    fn parse(uri: &'a str) -> Result<Self, SignatureError> {
        let signable = |next: u8| next.is_ascii_graphic() && next != b'#';
        let (scheme, rest) = uri.split_once(':').ok_or(SignatureError::InvalidTarget)?;
        let rest = rest.strip_prefix("//").ok_or(SignatureError::InvalidTarget)?;
        let (authority, path_and_query) = split_before(rest, ['/', '?']);
        let (path, query) = split_before(path_and_query, ['?']);
        let valid = uri.bytes().all(signable)
            && !scheme.is_empty()
            && scheme.chars().all(|next| next.is_ascii_alphanumeric())
            && !authority.is_empty()
            && !authority.as_bytes().contains(&b'@');
        let target = Self { scheme, authority, path, query };
        valid.then_some(target).ok_or(SignatureError::InvalidTarget)
    }
}

fn split_before<const N: usize>(text: &str, separators: [char; N]) -> (&str, &str) {
    text.split_at(text.find(separators).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_lines_are_trimmed_and_joined() {
        // RFC 9421, section 2.1.
        let request = Request {
            method: "GET",
            target_uri: "https://www.example.com/",
            headers: &[
                ("X-OWS-Header", "   Leading and trailing whitespace.   "),
                ("Cache-Control", "max-age=60"),
                ("Cache-Control", "   must-revalidate"),
                ("X-Empty-Header", ""),
            ],
        };
        let value = |name| request.header(name);
        assert_eq!(value("x-ows-header").as_deref(), Some("Leading and trailing whitespace."));
        assert_eq!(value("cache-control").as_deref(), Some("max-age=60, must-revalidate"));
        assert_eq!(value("x-empty-header").as_deref(), Some(""));
        assert_eq!(value("x-other"), None);
    }

    #[test]
    fn a_target_is_taken_apart() {
        assert_eq!(
            Target::parse("https://host:1/a/b?c=/d?e"),
            Ok(Target { scheme: "https", authority: "host:1", path: "/a/b", query: "?c=/d?e" })
        );
        assert_eq!(
            Target::parse("http://host?a"),
            Ok(Target { scheme: "http", authority: "host", path: "", query: "?a" })
        );
    }

    #[test]
    fn targets_that_are_not_plain_absolute_uris_are_refused() {
        let refused = [
            "",
            "/path",
            "host/path",
            "https:///path",
            "://host/",
            "ht tp://host/",
            "https://user@host/",
            "https://host/#fragment",
            "https://host/a b",
            "https://host/\n",
            "https://hôst/",
        ];
        for uri in refused {
            assert_eq!(Target::parse(uri), Err(SignatureError::InvalidTarget), "{uri}");
        }
    }
}
