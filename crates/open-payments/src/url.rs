use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{HostKind, UrlError};

/// An `https` URL, or an `http` one on a loopback host, in the one spelling that a browser's
/// URL parser and every other agree on: lower-case host, no user, no default port, no dot
/// segments, no fragment, ASCII only.
///
/// The bytes are what gets signed as `@target-uri`, so nothing may normalise it again. They never
/// change, and copies share them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, json::Read, json::Write)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("format" = "uri")))]
#[serde(try_from = "String", into = "String")]
pub struct Url {
    text: Arc<str>,
    host_end: usize,
    origin_end: usize,
}

const LONGEST: usize = 2048;

impl Url {
    /// Reads a URL; a missing path becomes `/`.
    ///
    /// # Errors
    /// If the text is not in that one spelling; see [`UrlError`].
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        if text.len() > LONGEST {
            return Err(UrlError::TooLong);
        }
        let is_forbidden = |b| matches!(b, b'\\' | b'"' | b'<' | b'>' | b'^' | b'`' | b'{' | b'|' | b'}');
        if !text.bytes().all(|b| b.is_ascii_graphic() && !is_forbidden(b)) {
            return Err(UrlError::Character);
        }
        let secure = text.starts_with("https://");
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).ok_or(UrlError::Scheme)?;
        let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
        let host = host_of(authority)?;
        if !secure && HostKind::of(host) != HostKind::Loopback {
            return Err(UrlError::Scheme);
        }
        check_port(&authority[host.len()..], secure)?;
        let start = text.len() - rest.len();
        let origin_end = start + authority.len();
        let (origin, rest) = text.split_at(origin_end);
        let text: Arc<str> = if rest.starts_with('/') { text.into() } else { [origin, "/", rest].concat().into() };
        check_path(&text[origin_end..])?;
        Ok(Self { text, host_end: start + host.len(), origin_end })
    }

    /// The whole URL.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme, host and port: `https://wallet.example:8443`.
    pub fn origin(&self) -> &str {
        &self.text[..self.origin_end]
    }

    /// The host without its port; an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        &self.text[self.scheme_end()..self.host_end]
    }

    /// Host and, if it is not the default one, port.
    pub fn authority(&self) -> &str {
        &self.text[self.scheme_end()..self.origin_end]
    }

    /// Where the host is, as far as its name tells.
    pub fn host_kind(&self) -> HostKind {
        HostKind::of(self.host())
    }

    /// The path, without the query.
    pub fn path(&self) -> &str {
        let rest = &self.text[self.origin_end..];
        rest.split_once('?').map_or(rest, |(path, _)| path)
    }

    /// What follows the `?`, if there is one.
    pub fn query(&self) -> Option<&str> {
        self.text.split_once('?').map(|(_, query)| query)
    }

    /// This URL with one more path segment; a query is dropped, a trailing slash not doubled.
    pub fn join(&self, segment: &str) -> Self {
        let text = [self.origin(), self.path().trim_end_matches('/'), "/", segment].concat();
        Self { text: text.into(), host_end: self.host_end, origin_end: self.origin_end }
    }

    /// Whether this URL has the same origin as `base` and its path lies below `base`'s.
    pub fn is_under(&self, base: &Self) -> bool {
        let folder = base.path().trim_end_matches('/');
        self.origin() == base.origin()
            && self.path().strip_prefix(folder).is_some_and(|rest| rest.starts_with('/') && rest.len() > 1)
    }

    fn scheme_end(&self) -> usize {
        if self.text.starts_with("https") { "https://".len() } else { "http://".len() }
    }
}

impl TryFrom<String> for Url {
    type Error = UrlError;

    fn try_from(text: String) -> Result<Self, UrlError> {
        Self::parse(&text)
    }
}

impl From<Url> for String {
    fn from(url: Url) -> Self {
        url.as_str().to_owned()
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The host part of an authority, checked.
fn host_of(authority: &str) -> Result<&str, UrlError> {
    if authority.starts_with('[') {
        let host = &authority[..=authority.find(']').ok_or(UrlError::Host)?];
        let canonical = |literal: &str| literal.parse::<Ipv6Addr>().is_ok_and(|ip| ip.to_string() == literal);
        return if canonical(&host[1..host.len() - 1]) { Ok(host) } else { Err(UrlError::Host) };
    }
    let host = authority.split_once(':').map_or(authority, |(host, _)| host);
    let label = |label: &str| {
        let edge = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        edge(label.bytes().next())
            && edge(label.bytes().last())
            && label.len() <= 63
            && label.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
    };
    if host.len() > 253 || !host.split('.').all(label) {
        return Err(UrlError::Host);
    }
    // A last label that starts with a digit is an address: decimal, octal and hexadecimal forms
    // mean different hosts to different parsers, so only the plain dotted form passes.
    let numeric = host.rsplit('.').next().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_digit()));
    let dotted = || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.to_string() == host);
    if numeric && !dotted() { Err(UrlError::Host) } else { Ok(host) }
}

fn check_port(suffix: &str, secure: bool) -> Result<(), UrlError> {
    let Some(port) = suffix.strip_prefix(':') else {
        return if suffix.is_empty() { Ok(()) } else { Err(UrlError::Port) };
    };
    let number = port.parse::<u16>().map_err(|_| UrlError::Port)?;
    let default = if secure { 443 } else { 80 };
    if number == 0 || number == default || number.to_string() != port { Err(UrlError::Port) } else { Ok(()) }
}

fn check_path(rest: &str) -> Result<(), UrlError> {
    if rest.as_bytes().contains(&b'#') {
        return Err(UrlError::Suffix);
    }
    let mut bytes = rest.bytes();
    while let Some(byte) = bytes.next() {
        let hex = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_hexdigit());
        if byte == b'%' && !(hex(bytes.next()) && hex(bytes.next())) {
            return Err(UrlError::Path);
        }
    }
    let path = rest.split_once('?').map_or(rest, |(path, _)| path).to_ascii_lowercase();
    let is_dots = |segment| matches!(segment, "." | "%2e" | ".." | ".%2e" | "%2e." | "%2e%2e");
    if path.split('/').any(is_dots) { Err(UrlError::Path) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn takes_a_url_apart() {
        let parsed = url("https://wallet.example:8443/a/b?c=/d");
        assert_eq!(parsed.origin(), "https://wallet.example:8443");
        assert_eq!((parsed.host(), parsed.authority()), ("wallet.example", "wallet.example:8443"));
        assert_eq!((parsed.path(), parsed.query()), ("/a/b", Some("c=/d")));
        assert_eq!(url("https://wallet.example").as_str(), "https://wallet.example/");
        assert_eq!(url("https://wallet.example?q").as_str(), "https://wallet.example/?q");
        assert_eq!(url("http://[::1]:8080").host(), "[::1]");
    }

    #[test]
    fn joins_and_compares_paths() {
        assert_eq!(url("https://w.example/t/").join("quotes").as_str(), "https://w.example/t/quotes");
        assert_eq!(url("https://w.example").join("quotes").as_str(), "https://w.example/quotes");
        let base = url("https://w.example/t");
        assert!(url("https://w.example/t/incoming-payments/1").is_under(&base));
        for outside in [
            "https://w.example/t",
            "https://w.example/t/",
            "https://w.example/tt/1",
            "https://v.example/t/1",
            "https://w.example:444/t/1",
        ] {
            assert!(!url(outside).is_under(&base), "{outside}");
        }
    }

    #[test]
    fn refuses_every_other_spelling() {
        use UrlError::*;
        for (text, error) in [
            ("ftp://w.example/", Scheme),
            ("HTTPS://w.example/", Scheme),
            ("$w.example", Scheme),
            ("", Scheme),
            ("http://w.example/", Scheme),
            ("http://10.0.0.1/", Scheme),
            ("https://W.example/", Host),
            ("https://user@w.example/", Host),
            ("https:///x", Host),
            ("https://w..example/", Host),
            ("https://w.example./", Host),
            ("https://0x7f.1/", Host),
            ("https://2130706433/", Host),
            ("https://127.1/", Host),
            ("https://0177.0.0.1/", Host),
            ("https://[::0:1]/", Host),
            ("https://[::1/", Host),
            ("https://-w.example/", Host),
            ("https://w.example:443/", Port),
            ("https://w.example:/", Port),
            ("https://w.example:0/", Port),
            ("https://w.example:+80/", Port),
            ("https://w.example:65536/", Port),
            ("https://[::1]x/", Port),
            ("https://w.example/a/../b", Path),
            ("https://w.example/%2E%2e/b", Path),
            ("https://w.example/%2", Path),
            ("https://w.example/%zz", Path),
            ("https://w.example/#a", Suffix),
            ("https://w.example/\\", Character),
            ("https://w.example/ä", Character),
            ("https://w.example/a b", Character),
        ] {
            assert_eq!(Url::parse(text), Err(error), "{text}");
        }
        assert_eq!(Url::parse(&format!("https://w.example/{}", "a".repeat(LONGEST))), Err(TooLong));
    }

    proptest! {
        #[test]
        fn no_input_panics_and_reading_is_stable(text in "(https?://)?[a-z0-9.:@/?#%\\[\\]-]{0,40}") {
            if let Ok(parsed) = Url::parse(&text) {
                prop_assert_eq!(Url::parse(parsed.as_str()), Ok(parsed.clone()));
                prop_assert!(parsed.as_str().starts_with(parsed.origin()));
            }
        }
    }
}
