//! Which of the documents embedded in a page may be monetized: the policy-controlled feature
//! `monetization` of Permissions Policy, as the attribute `allow` of an `iframe` delegates it.

use crate::input::EmbeddedFrame;

const FEATURE: &str = "monetization";
/// How an origin is written that equals no other.
const OPAQUE: &str = "null";

/// Whether a page of the origin `own` lets the document in a frame of its be monetized, whose
/// origin is `embedded` now. Nothing does but `allow`, not even for a page's own origin.
pub(crate) fn allows(frame: &EmbeddedFrame, own: &str, embedded: &str) -> bool {
    let directives = frame.allow.split(';').map(str::split_ascii_whitespace);
    let mut lists = directives.filter_map(|mut words| (words.next() == Some(FEATURE)).then_some(words));
    // Of two for one feature the last counts.
    let Some(list) = lists.next_back() else { return false };
    // Whatever an opaque origin was to begin with, it still is; there is no telling, and no need to.
    let is_source = frame.source == embedded;
    let mut items = list.peekable();
    if items.peek().is_none() {
        return is_source;
    }
    items.any(|item| match item.to_ascii_lowercase().as_str() {
        "*" => true,
        "'src'" => is_source,
        "'self'" => own == embedded && own != OPAQUE,
        origin => matches(origin.trim_end_matches('/'), embedded),
    })
}

/// Whether an origin is the one named, or lies under it: `https://*.example.org`.
fn matches(named: &str, origin: &str) -> bool {
    match named.split_once("://*.") {
        None => named == origin && origin != OPAQUE,
        Some((scheme, domain)) => {
            let host = origin.strip_prefix(scheme).and_then(|rest| rest.strip_prefix("://"));
            let under = host.and_then(|host| host.strip_suffix(domain));
            under.is_some_and(|name| name.len() > 1 && name.ends_with('.'))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "https://site.example";
    const SOURCE: &str = "https://a.example";
    const OTHER: &str = "https://b.example:8443";

    fn allowed(allow: &str, source: &str) -> Vec<&'static str> {
        let frame = EmbeddedFrame { mark: String::new(), allow: allow.to_owned(), source: source.to_owned() };
        let origins = [OWN, SOURCE, OTHER, OPAQUE].into_iter();
        origins.filter(|origin| allows(&frame, OWN, origin)).collect()
    }

    #[test]
    fn an_allow_list_names_whom_it_lets() {
        let everybody = [OWN, SOURCE, OTHER, OPAQUE];
        let cases: [(&str, &[&str]); 24] = [
            ("", &[]),
            ("fullscreen", &[]),
            ("fullscreen monetization", &[]),
            ("monetizations", &[]),
            ("Monetization", &[]),
            ("monetization", &[SOURCE]),
            ("  monetization  ", &[SOURCE]),
            ("fullscreen; monetization", &[SOURCE]),
            ("monetization; fullscreen 'none'", &[SOURCE]),
            ("monetization 'src'", &[SOURCE]),
            ("monetization *", &everybody),
            ("monetization 'none'", &[]),
            ("monetization 'self'", &[OWN]),
            ("monetization 'SELF' 'src'", &[OWN, SOURCE]),
            ("monetization self", &[]),
            ("monetization https://a.example", &[SOURCE]),
            ("monetization https://A.example/", &[SOURCE]),
            ("monetization https://b.example", &[]),
            ("monetization https://b.example:8443 https://c.example", &[OTHER]),
            ("monetization https://*.example", &[OWN, SOURCE]),
            ("monetization https://*.a.example http://*.example", &[]),
            ("monetization https://*.example:8443", &[OTHER]),
            ("monetization null", &[]),
            ("monetization *; monetization 'none'", &[]),
        ];
        for (allow, origins) in cases {
            assert_eq!(allowed(allow, SOURCE), origins, "{allow}");
        }
    }

    #[test]
    fn a_document_without_an_origin_of_its_own_is_where_it_came_from() {
        for allow in ["monetization", "monetization 'src'"] {
            assert_eq!(allowed(allow, OPAQUE), [OPAQUE]);
        }
        for allow in ["monetization 'self'", "monetization https://a.example", "monetization https://*.example"] {
            assert!(!allowed(allow, OPAQUE).contains(&OPAQUE));
        }
    }
}
