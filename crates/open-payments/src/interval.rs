use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::Timestamp;
use crate::civil::{Civil, Period};

/// Why a text is not a repeating interval.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
#[error("this is not an ISO 8601 repeating interval")]
pub struct IntervalError;

/// An ISO 8601 repeating interval: how often a grant's limit starts anew.
///
/// `R/start/duration`, `R/start/end` and `R/duration/end`; `Rn` means n repetitions, so n + 1
/// windows. Windows are half-open, in UTC, and counted from the start, so the one after a
/// window that a short month cut short begins on the original day again.
#[derive(Clone, Debug, Serialize, Deserialize, json::Read, json::Write)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct Interval {
    text: String,
    start: Civil,
    duration: Period,
    windows: Option<u32>,
}

/// A half-open stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its first moment.
    pub start: Timestamp,
    /// The first moment after it.
    pub end: Timestamp,
}

impl Window {
    /// Whether a moment lies in it.
    pub fn contains(&self, moment: Timestamp) -> bool {
        self.start <= moment && moment < self.end
    }
}

impl Interval {
    /// Every month from this moment on, without end.
    pub fn monthly(start: Timestamp) -> Self {
        let text = format!("R/{start}/P1M");
        Self {
            text,
            start: Civil::from_millis(start.millis()),
            duration: Period { months: 1, millis: 0 },
            windows: None,
        }
    }

    /// Reads one.
    ///
    /// # Errors
    /// If it has another form, or a duration that is not positive.
    pub fn parse(text: &str) -> Result<Self, IntervalError> {
        let mut parts = text.split('/');
        let (Some(repeat), Some(first), Some(second), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(IntervalError);
        };
        let windows = match repeat.strip_prefix('R').ok_or(IntervalError)? {
            "" => None,
            count => Some(count.parse::<u32>().ok().and_then(|n| n.checked_add(1)).ok_or(IntervalError)?),
        };
        let (start, duration) = if let Some(duration) = Period::parse(first) {
            let before = duration.times(-1).ok_or(IntervalError)?;
            (moment(second)?.plus(before).ok_or(IntervalError)?, duration)
        } else {
            let start = moment(first)?;
            let duration = match Period::parse(second) {
                Some(duration) => duration,
                None => Period { months: 0, millis: moment(second)?.to_millis() - start.to_millis() },
            };
            (start, duration)
        };
        let grows = start.plus(duration).is_some_and(|end| end > start);
        if grows { Ok(Self { text: text.to_owned(), start, duration, windows }) } else { Err(IntervalError) }
    }

    /// The window that a moment lies in; none before the first and after the last.
    pub fn window_at(&self, moment: Timestamp) -> Option<Window> {
        let at = Civil::from_millis(moment.millis());
        if at < self.start {
            return None;
        }
        // Find the last window that begins no later, doubling and then halving the step.
        let mut index = 0_i64;
        let mut step = 1_i64;
        while self.begins(index + step).is_some_and(|begin| begin <= at) {
            index += step;
            step *= 2;
        }
        while step > 1 {
            step /= 2;
            if self.begins(index + step).is_some_and(|begin| begin <= at) {
                index += step;
            }
        }
        if self.windows.is_some_and(|windows| index >= i64::from(windows)) {
            return None;
        }
        let timestamp = |begin: Civil| Timestamp::from_millis(begin.to_millis());
        Some(Window { start: timestamp(self.begins(index)?), end: timestamp(self.begins(index + 1)?) })
    }

    fn begins(&self, index: i64) -> Option<Civil> {
        self.start.plus(self.duration.times(index)?)
    }
}

impl TryFrom<String> for Interval {
    type Error = IntervalError;

    fn try_from(text: String) -> Result<Self, IntervalError> {
        Self::parse(&text)
    }
}

impl From<Interval> for String {
    fn from(interval: Interval) -> Self {
        interval.text
    }
}

impl PartialEq for Interval {
    /// The same text.
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Display for Interval {
    /// The text that it was read from.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn moment(text: &str) -> Result<Civil, IntervalError> {
    Civil::parse(text).ok_or(IntervalError)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text, "test").unwrap()
    }

    fn window(interval: &str, moment: &str) -> Option<(String, String)> {
        let window = Interval::parse(interval).unwrap().window_at(at(moment))?;
        Some((window.start.to_string(), window.end.to_string()))
    }

    #[test]
    fn months_are_counted_from_the_start() {
        let monthly = Interval::monthly(at("2026-01-31T12:00:00Z")).to_string();
        assert_eq!(monthly, "R/2026-01-31T12:00:00.000Z/P1M");
        let expect = |start: &str, end: &str| Some((format!("{start}T12:00:00.000Z"), format!("{end}T12:00:00.000Z")));
        assert_eq!(window(&monthly, "2026-01-31T12:00:00Z"), expect("2026-01-31", "2026-02-28"));
        assert_eq!(window(&monthly, "2026-02-28T11:59:59.999Z"), expect("2026-01-31", "2026-02-28"));
        assert_eq!(window(&monthly, "2026-02-28T12:00:00Z"), expect("2026-02-28", "2026-03-31"));
        assert_eq!(window(&monthly, "2028-02-29T12:00:00Z"), expect("2028-02-29", "2028-03-31"));
        assert_eq!(window(&monthly, "2026-01-31T11:59:59Z"), None);
    }

    #[test]
    fn every_form_is_read() {
        let day = Some(("2026-01-02T00:00:00.000Z".to_owned(), "2026-01-03T00:00:00.000Z".to_owned()));
        for interval in [
            "R/2026-01-01T00:00:00Z/P1D",
            "R/P1D/2026-01-02T00:00:00Z",
            "R/2026-01-01T00:00:00Z/2026-01-02T00:00:00Z",
            "R1/2026-01-01T00:00:00Z/PT24H",
        ] {
            assert_eq!(window(interval, "2026-01-02T10:00:00Z"), day, "{interval}");
        }
        assert_eq!(window("R1/2026-01-01T00:00:00Z/PT24H", "2026-01-03T00:00:00Z"), None);
        assert_eq!(window("R0/2026-01-01T00:00:00Z/P1D", "2026-01-02T00:00:00Z"), None);
        for wrong in [
            "",
            "R",
            "R/P1M",
            "R/2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00Z/P1M",
            "R/2026-01-01T00:00:00Z/P0D",
            "R/2026-01-01T00:00:00Z/-P1D",
            "Rx/2026-01-01T00:00:00Z/P1D",
            "R/P1D/P1D",
            "R/2026-01-02T00:00:00Z/2026-01-01T00:00:00Z",
            "R/2026-01-01T00:00:00Z/P1D/x",
            "R-1/2026-01-01T00:00:00Z/P1D",
        ] {
            assert_eq!(Interval::parse(wrong), Err(IntervalError), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn windows_follow_one_another_without_gap(start in 0_i64..4_000_000_000_000, later in 0_i64..400_000_000_000) {
            let interval = Interval::monthly(Timestamp::from_millis(start));
            let moment = Timestamp::from_millis(start + later);
            let window = interval.window_at(moment).unwrap();
            prop_assert!(window.contains(moment));
            prop_assert_eq!(interval.window_at(window.end).unwrap().start, window.end);
        }

        #[test]
        fn no_input_panics(text in "R?[0-9]{0,3}/?[PTZ0-9:/-]{0,50}") {
            let _ = Interval::parse(&text).map(|interval| interval.window_at(Timestamp::from_millis(0)));
        }
    }
}
