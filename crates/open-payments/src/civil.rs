use std::fmt;

/// A date and a time of day in UTC, in the years 0 to 9999 of the Gregorian calendar.
///
/// Written here because a library for dates knows all time zones, formats and words for what can
/// go wrong, and would weigh more in the browser than the rest of the extension's arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Civil {
    year: i64,
    month: i64,
    day: i64,
    /// Milliseconds since midnight.
    time: i64,
}

/// A length of time on the calendar: months first, then milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) months: i64,
    pub(crate) millis: i64,
}

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Days from the first of March of the year 0 to 1970.
const DAYS_TO_1970: i64 = 719_468;
/// Days of four centuries, after which the calendar repeats itself.
const DAYS_OF_ERA: i64 = 146_097;

impl Civil {
    const FIRST: Self = Self { year: 0, month: 1, day: 1, time: 0 };
    const LAST: Self = Self { year: 9_999, month: 12, day: 31, time: DAY - 1 };

    /// So many milliseconds since 1970, or the first or last moment of the calendar.
    ///
    /// Years are counted from March here, so that a leap day is the last of its year.
    pub(crate) fn from_millis(millis: i64) -> Self {
        let millis = millis.clamp(Self::FIRST.to_millis(), Self::LAST.to_millis());
        let days = millis.div_euclid(DAY) + DAYS_TO_1970;
        let (era, day_of_era) = (days.div_euclid(DAYS_OF_ERA), days.rem_euclid(DAYS_OF_ERA));
        let leap_days = day_of_era / 1_460 - day_of_era / 36_524 + day_of_era / (DAYS_OF_ERA - 1);
        let year_of_era = (day_of_era - leap_days) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        // From March on, five months always have 153 days.
        let month_from_march = (5 * day_of_year + 2) / 153;
        let month = (month_from_march + 2) % 12 + 1;
        Self {
            year: 400 * era + year_of_era + i64::from(month <= 2),
            month,
            day: day_of_year - (153 * month_from_march + 2) / 5 + 1,
            time: millis.rem_euclid(DAY),
        }
    }

    /// Milliseconds since 1970.
    pub(crate) const fn to_millis(self) -> i64 {
        let month_from_march = (self.month + 9) % 12;
        let year = if self.month <= 2 { self.year - 1 } else { self.year };
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let day_of_year = (153 * month_from_march + 2) / 5 + self.day - 1;
        let day_of_era = 365 * year_of_era + year_of_era / 4 - year_of_era / 100 + day_of_year;
        (era * DAYS_OF_ERA + day_of_era - DAYS_TO_1970) * DAY + self.time
    }

    /// Reads an RFC 3339 date-time; what is finer than a millisecond is dropped.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut rest = Scanner(text);
        let (year, month, day) = (rest.number(4)?, rest.after("-")?.number(2)?, rest.after("-")?.number(2)?);
        let (hour, minute) = (rest.after("Tt")?.number(2)?, rest.after(":")?.number(2)?);
        let second = rest.after(":")?.number(2)?;
        let fraction = if rest.after(".").is_some() { rest.fraction()? } else { 0 };
        let offset = if rest.after("Zz").is_some() {
            0
        } else {
            let sign = if rest.after("+").is_some() { 1 } else { -i64::from(rest.after("-").is_some()) };
            let (hour, minute) = (rest.number(2)?, rest.after(":")?.number(2)?);
            (sign != 0 && hour < 24 && minute < 60).then_some(sign * (hour * HOUR + minute * MINUTE))?
        };
        let valid = (1..=12).contains(&month) && (1..=days_of(year, month)).contains(&day);
        // A leap second counts as the one before it.
        let valid = valid && hour < 24 && minute < 60 && second <= 60 && rest.0.is_empty();
        let time = hour * HOUR + minute * MINUTE + second.min(59) * SECOND + fraction;
        valid.then(|| Self::from_millis(Self { year, month, day, time }.to_millis() - offset))
    }

    /// This moment and a period; the last day of a month that is too short for its day.
    /// Nothing if that lies outside of the calendar.
    pub(crate) fn plus(self, period: Period) -> Option<Self> {
        let months = (12 * self.year + self.month - 1).checked_add(period.months)?;
        let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
        if !(Self::FIRST.year..=Self::LAST.year).contains(&year) {
            return None;
        }
        let millis = Self { year, month, day: self.day.min(days_of(year, month)), ..self }.to_millis();
        let millis = millis.checked_add(period.millis)?;
        (Self::FIRST.to_millis()..=Self::LAST.to_millis()).contains(&millis).then(|| Self::from_millis(millis))
    }
}

impl fmt::Display for Civil {
    /// RFC 3339 with milliseconds: `2026-11-22T06:24:19.206Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day, time } = *self;
        let (hour, minute, second) = (time / HOUR, time / MINUTE % 60, time / SECOND % 60);
        let parts = [(4, year), (7, month), (10, day), (13, hour), (16, minute), (19, second), (23, time % SECOND)];
        // Each payment writes several; with the widths of `write!` that would take ten times as long.
        let mut text = *b"0000-00-00T00:00:00.000Z";
        for (mut end, mut number) in parts {
            while number > 0 {
                end -= 1;
                text[end] += u8::try_from(number % 10).unwrap_or_default();
                number /= 10;
            }
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl Period {
    /// Reads an ISO 8601 duration of whole numbers.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (date, time) = match text.strip_prefix('P')?.split_once('T') {
            Some((date, time)) => (date, Some(time).filter(|time| !time.is_empty())?),
            None => (text.strip_prefix('P').filter(|date| !date.is_empty())?, ""),
        };
        let months = [('Y', 12, 0), ('M', 1, 0), ('W', 0, 7 * DAY), ('D', 0, DAY)];
        let millis = [('H', 0, HOUR), ('M', 0, MINUTE), ('S', 0, SECOND)];
        Self { months: 0, millis: 0 }.extended(date, &months)?.extended(time, &millis)
    }

    /// This and what a text says in these units, each at most once and in their order.
    fn extended(mut self, text: &str, units: &[(char, i64, i64)]) -> Option<Self> {
        let mut rest = text;
        for &(letter, months, millis) in units {
            let digits = rest.find(|next: char| !next.is_ascii_digit()).unwrap_or(rest.len());
            if let Some(after) = rest[digits..].strip_prefix(letter) {
                let count: u32 = rest[..digits].parse().ok()?;
                self.months = self.months.checked_add(months.checked_mul(count.into())?)?;
                self.millis = self.millis.checked_add(millis.checked_mul(count.into())?)?;
                rest = after;
            }
        }
        rest.is_empty().then_some(self)
    }

    /// So many of this period.
    pub(crate) fn times(self, count: i64) -> Option<Self> {
        Some(Self { months: self.months.checked_mul(count)?, millis: self.millis.checked_mul(count)? })
    }
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// What is left to be read of a text.
struct Scanner<'a>(&'a str);

impl Scanner<'_> {
    /// Steps over one of these characters.
    fn after(&mut self, characters: &str) -> Option<&mut Self> {
        // Not `contains`, which is ready for long texts: 2 KB less.
        self.0 = self.0.strip_prefix(|next| characters.chars().any(|character| character == next))?;
        Some(self)
    }

    fn number(&mut self, length: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
    }

    /// The digits behind a decimal point, in milliseconds.
    fn fraction(&mut self) -> Option<i64> {
        let length = self.0.find(|next: char| !next.is_ascii_digit()).unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at(length);
        self.0 = rest;
        let digit = |index: usize| digits.as_bytes().get(index).map_or(0, |digit| i64::from(digit - b'0'));
        (length > 0).then(|| 100 * digit(0) + 10 * digit(1) + digit(2))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::DateTime;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> Option<String> {
        Civil::parse(text).map(|moment| moment.to_string())
    }

    #[test]
    fn the_forms_of_rfc_3339_are_read() {
        for (text, expected) in [
            // RFC 3339, section 5.8.
            ("1985-04-12T23:20:50.52Z", "1985-04-12T23:20:50.520Z"),
            ("1996-12-19T16:39:57-08:00", "1996-12-20T00:39:57.000Z"),
            ("1990-12-31T23:59:60Z", "1990-12-31T23:59:59.000Z"),
            ("1990-12-31T15:59:60-08:00", "1990-12-31T23:59:59.000Z"),
            ("1937-01-01T12:00:27.87+00:20", "1937-01-01T11:40:27.870Z"),
            ("2024-02-29t00:00:00.123456789123z", "2024-02-29T00:00:00.123Z"),
        ] {
            assert_eq!(parsed(text).as_deref(), Some(expected), "{text}");
        }
        for wrong in [
            "",
            "2026-01-01",
            "2026-01-01T00:00:00",
            "2026-01-01 00:00:00Z",
            "2026-1-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2026-04-31T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:60:00Z",
            "2026-01-01T00:00:61Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00,5Z",
            "2026-01-01T00:00:00+0000",
            "2026-01-01T00:00:0000:00",
            "2026-01-01T00:00:00+24:00",
            "2026-01-01T00:00:00Zulu",
            "+2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00Z[UTC]",
            "２026-01-01T00:00:00Z",
        ] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn durations_are_read() {
        let period = |months, millis| Some(Period { months, millis });
        assert_eq!(Period::parse("P1M"), period(1, 0));
        assert_eq!(Period::parse("P1Y2M3W4DT5H6M7S"), period(14, 25 * DAY + 5 * HOUR + 6 * MINUTE + 7 * SECOND));
        assert_eq!(Period::parse("PT36H"), period(0, 36 * HOUR));
        let wrong = ["", "P", "PT", "P1DT", "1M", "P1", "PM", "P1M1Y", "P1M1M", "P-1D", "-P1D", "P1.5D", "P1H", "PT1D"];
        for wrong in wrong.into_iter().chain(["P99999999999D"]) {
            assert_eq!(Period::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_calendar_has_two_ends() {
        assert_eq!(Civil::from_millis(i64::MAX).to_string(), "9999-12-31T23:59:59.999Z");
        assert_eq!(Civil::from_millis(i64::MIN).to_string(), "0000-01-01T00:00:00.000Z");
        assert_eq!(Civil::LAST.plus(Period { months: 0, millis: 1 }), None);
        assert_eq!(Civil::LAST.plus(Period { months: 1, millis: 0 }), None);
        assert_eq!(Civil::FIRST.plus(Period { months: -1, millis: 0 }), None);
        assert_eq!(Civil::FIRST.plus(Period { months: i64::MAX, millis: i64::MAX }), None);
    }

    proptest! {
        #[test]
        fn another_implementation_agrees(
            millis in -62_167_219_200_000_i64..253_402_207_200_000,
            months in -4_000_i64..4_000,
            later in -4_000_000_000_000_i64..4_000_000_000_000,
        ) {
            let moment = Civil::from_millis(millis);
            prop_assert_eq!(moment.to_millis(), millis);
            prop_assert_eq!(Civil::parse(&moment.to_string()), Some(moment));
            let theirs = jiff::Timestamp::from_millisecond(millis).unwrap();
            prop_assert_eq!(moment.to_string(), format!("{theirs:.3}"));

            let in_calendar = |sum: &DateTime| sum.year() >= 0;
            let plus = |start: DateTime, span| start.checked_add(span).ok().filter(in_calendar);
            let sum = plus(theirs.to_zoned(TimeZone::UTC).datetime(), jiff::Span::new().months(months))
                .and_then(|sum| plus(sum, jiff::Span::new().milliseconds(later)))
                .map(|sum| format!("{sum:.3}Z"));
            let ours = moment.plus(Period { months, millis: later }).map(|sum| sum.to_string());
            prop_assert_eq!(ours, sum);
        }

        #[test]
        fn no_input_panics(text in "[0-9PTWDHMSYZ:.+-]{0,30}|\\PC{0,30}") {
            let _ = (Civil::parse(&text), Period::parse(&text));
        }
    }
}
