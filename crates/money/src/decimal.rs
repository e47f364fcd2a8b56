use crate::{AssetScale, MoneyError};

/// Reads a number that a person typed into units of `10^-decimals`.
///
/// The decimal mark may be a point or a comma; spaces, apostrophes and the other mark may
/// group thousands. What could mean two things (`1,000`) is refused rather than guessed.
///
/// # Errors
/// If it is no number, ambiguous, more precise than `decimals`, or does not fit.
pub fn parse_decimal(text: &str, decimals: u8) -> Result<u64, MoneyError> {
    let text = text.trim();
    let (whole, fraction) = split(text)?;
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > usize::from(decimals) {
        return Err(MoneyError::TooPrecise(decimals));
    }
    let padding = usize::from(decimals) - fraction.len();
    whole
        .bytes()
        .filter(u8::is_ascii_digit)
        .chain(fraction.bytes())
        .chain(std::iter::repeat_n(b'0', padding))
        .try_fold(0_u64, |value, digit| value.checked_mul(10)?.checked_add(u64::from(digit - b'0')))
        .ok_or(MoneyError::TooLarge)
}

/// Prints units of `10^-scale` as a plain decimal number: `(1050, 2)` is `10.50`.
pub fn format_decimal(value: u64, scale: AssetScale) -> String {
    let decimals = usize::from(scale.decimals());
    let digits = format!("{value:0>width$}", width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
}

/// A printed number without the zeros that say nothing, but with two decimals where the asset has
/// as many.
pub(crate) fn shorten(decimal: &str, scale: AssetScale) -> &str {
    let Some(point) = decimal.find('.') else { return decimal };
    let least = usize::from(scale.decimals().min(2));
    let told = decimal.trim_end_matches('0').len().max(point + 1 + least).min(decimal.len());
    decimal[..told].trim_end_matches('.')
}

/// The whole part, with its grouping, and the fraction of a number.
fn split(text: &str) -> Result<(&str, &str), MoneyError> {
    let marks: Vec<(usize, char)> = text.char_indices().filter(|(_, c)| matches!(c, '.' | ',')).collect();
    let (whole, fraction) = match marks.as_slice() {
        [] => (text, ""),
        [(at, mark)] => {
            let (whole, fraction) = (&text[..*at], &text[at + 1..]);
            if *mark == ',' && fraction.len() == 3 && !matches!(whole, "" | "0") {
                return Err(MoneyError::Ambiguous);
            }
            (whole, fraction)
        }
        [rest @ .., (at, last)] if rest.iter().all(|(_, mark)| mark != last) => (&text[..*at], &text[at + 1..]),
        [(_, first), rest @ ..] if rest.iter().all(|(_, mark)| mark == first) => (text, ""),
        _ => return Err(MoneyError::NotANumber),
    };
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let something = whole.len() + fraction.len() > 0;
    if something && digits(fraction) && (digits(whole) || is_grouped(whole)) {
        Ok((whole, fraction))
    } else {
        Err(MoneyError::NotANumber)
    }
}

/// Whether thousands are set apart by one and the same separator: `1 234 567`.
fn is_grouped(whole: &str) -> bool {
    let Some(separator) = whole.chars().find(|c| !c.is_ascii_digit()) else { return false };
    let mut groups = whole.split(separator);
    let digits = |group: &str| group.bytes().all(|b| b.is_ascii_digit());
    matches!(separator, '.' | ',' | ' ' | '\u{a0}' | '\u{202f}' | '\'' | '’')
        && groups.next().is_some_and(|first| (1..=3).contains(&first.len()) && digits(first))
        && groups.all(|group| group.len() == 3 && digits(group))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_people_type() {
        let cases: [(&str, u64); 14] = [
            ("5", 500),
            ("1.15", 115),
            ("1,15", 115),
            (" 0.01 ", 1),
            (".5", 50),
            ("5.", 500),
            ("007", 700),
            ("1 234.56", 123_456),
            ("1,234.56", 123_456),
            ("1.234,56", 123_456),
            ("1'234'567", 123_456_700),
            ("1,234,567", 123_456_700),
            ("0,010", 1),
            ("1.100", 110),
        ];
        for (text, value) in cases {
            assert_eq!(parse_decimal(text, 2), Ok(value), "{text:?}");
        }
    }

    #[test]
    fn refuses_what_is_not_clear() {
        for text in
            ["", " ", ".", "-1", "+1", "1e3", "0x10", "1.2.3,4,5", "1 23", "$5", "٣", "NaN", "1,2345.6", "12 3456"]
        {
            assert_eq!(parse_decimal(text, 2), Err(MoneyError::NotANumber), "{text:?}");
        }
        assert_eq!(parse_decimal("1,000", 2), Err(MoneyError::Ambiguous));
        assert_eq!(parse_decimal("1.005", 2), Err(MoneyError::TooPrecise(2)));
        assert_eq!(parse_decimal("1.5", 0), Err(MoneyError::TooPrecise(0)));
        assert_eq!(parse_decimal("184467440737095516.16", 2), Err(MoneyError::TooLarge));
    }

    proptest! {
        #[test]
        fn printing_and_reading_agree(value: u64, scale in 0_u8..=18) {
            let scale = AssetScale::try_from(scale).unwrap();
            prop_assert_eq!(parse_decimal(&format_decimal(value, scale), scale.decimals()), Ok(value));
        }

        #[test]
        fn no_input_panics(text in "\\PC*", decimals in 0_u8..=21) {
            let _ = parse_decimal(&text, decimals);
        }
    }
}
