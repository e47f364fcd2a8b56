//! Repeating intervals of limits.

use fuzz::{arbitrary, configuration, damaged};
use open_payments::{Interval, Timestamp};
use proptest::prelude::*;

fn intervals() -> impl Strategy<Value = String> {
    let valid = [
        "R/2026-11-22T06:24:19.275Z/P1M",
        "R11/2024-02-29T00:00:00Z/P1Y2M3DT4H5M6S",
        "R0/P1W/2026-11-22T00:00:00+05:30",
        "R/2026-01-31T23:59:59Z/2026-03-01T00:00:00Z",
        "R9999/0001-01-01T00:00:00Z/PT1S",
    ];
    prop_oneof![1 => arbitrary(), 4 => damaged(valid.map(str::to_owned).to_vec())]
}

fn moments() -> impl Strategy<Value = Timestamp> {
    // Around the years of the intervals, and anywhere.
    prop_oneof![1_600_000_000_000_i64..1_900_000_000_000, any::<i64>()].prop_map(Timestamp::from_millis)
}

proptest! {
    #![proptest_config(configuration())]

    #[test]
    fn a_moment_lies_in_the_window_that_is_found_for_it(text in intervals(), moment in moments()) {
        if let Ok(interval) = Interval::parse(&text)
            && let Some(window) = interval.window_at(moment)
        {
            prop_assert!(window.contains(moment), "{interval} {moment:?} {window:?}");
        }
    }

    #[test]
    fn an_interval_is_printed_as_it_was_read(text in intervals()) {
        if let Ok(interval) = Interval::parse(&text) {
            prop_assert_eq!(interval.to_string(), text);
        }
    }
}
