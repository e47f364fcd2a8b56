use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::{AGE, CACHE_CONTROL};

/// For how long an answer is good that does not say so itself.
const USUAL: Duration = Duration::from_secs(60);

/// Whatever a wallet says, it is not asked for the same document more often than this: each payment
/// to a site would ask it. And a wallet that moves is found again within the other.
const SHORTEST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(600);

/// For how long an answer may be given to others too (RFC 9111, section 4.2.1); not at all if it
/// may not be kept by those who serve many.
pub(crate) fn life(headers: &HeaderMap) -> Duration {
    let values = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let (mut shared, mut private) = (None, None);
    for directive in values.flat_map(|value| value.split(',')) {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" | "private" => return Duration::ZERO,
            "s-maxage" => shared = seconds(value),
            "max-age" => private = seconds(value),
            _ => {}
        }
    }
    let Some(life) = shared.or(private) else { return USUAL };
    let age = headers.get(AGE).and_then(|value| seconds(value.to_str().ok()?)).unwrap_or_default();
    life.saturating_sub(age).clamp(SHORTEST, LONGEST)
}

fn seconds(text: &str) -> Option<Duration> {
    text.trim().trim_matches('"').parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn life_of(control: &[&'static str], age: &'static str) -> u64 {
        let mut headers = HeaderMap::new();
        for value in control {
            headers.append(CACHE_CONTROL, HeaderValue::from_static(value));
        }
        headers.insert(AGE, HeaderValue::from_static(age));
        life(&headers).as_secs()
    }

    #[test]
    fn a_wallet_says_how_long_its_document_is_good_for() {
        for (control, age, expected) in [
            (&["max-age=120"][..], "0", 120),
            (&["public, Max-Age=\"120\""], "0", 120),
            (&["max-age=120"], "100", 20),
            (&["max-age=10, s-maxage=120"], "0", 120),
            (&["s-maxage=120", "max-age=10"], "nonsense", 120),
            (&[], "0", 60),
            (&["max-age=soon"], "0", 60),
            (&["max-age=-1"], "0", 60),
        ] {
            assert_eq!(life_of(control, age), expected, "{control:?} {age}");
        }
    }

    #[test]
    fn no_life_is_shorter_than_some_seconds_or_longer_than_ten_minutes() {
        assert_eq!(life_of(&["max-age=0"], "0"), 5);
        assert_eq!(life_of(&["max-age=120"], "500"), 5);
        assert_eq!(life_of(&["max-age=31536000"], "0"), 600);
        assert_eq!(life_of(&["max-age=18446744073709551615"], "18446744073709551615"), 5);
    }

    #[test]
    fn what_is_not_for_others_is_not_kept() {
        for control in ["no-store", "max-age=120, no-cache", "PRIVATE", "no-cache=\"set-cookie\", max-age=120"] {
            assert_eq!(life_of(&[control], "0"), 0, "{control}");
        }
    }
}
