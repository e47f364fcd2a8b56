//! As much of structured fields (RFC 8941) as signatures and digests are written in.
//!
//! Stricter than that specification: fields and dictionaries have a size limit, a dictionary's key
//! may come only once, and items are accepted only in the form in which they would be printed, so
//! that received bytes can be signed again without printing them anew.

use base64ct::{Base64, Encoding};

use crate::SignatureError;

/// More than any header that is signed here needs.
const MAX_FIELD_LENGTH: usize = 8192;
/// More signatures or digests than anybody sends.
const MAX_MEMBERS: usize = 16;
/// Integers of structured fields have at most 15 digits (RFC 8941, section 3.3.1).
pub(crate) const MAX_INTEGER: u64 = 999_999_999_999_999;

/// What is left to read of a field's value.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    /// Reads a dictionary each of whose members has a value of the same kind.
    pub(crate) fn dictionary<T>(
        text: &'a str,
        member: impl Fn(&mut Self) -> Result<T, SignatureError>,
    ) -> Result<Vec<(&'a str, T)>, SignatureError> {
        if text.len() > MAX_FIELD_LENGTH {
            return Err(SignatureError::MalformedField("too long"));
        }
        let mut cursor = Self { rest: text.trim_matches(' ') };
        let mut members: Vec<(&str, T)> = Vec::new();
        if cursor.rest.is_empty() {
            return Ok(members);
        }
        loop {
            let key = cursor.key()?;
            if members.iter().any(|(known, _)| *known == key) {
                return Err(SignatureError::MalformedField("a key twice"));
            }
            if members.len() == MAX_MEMBERS {
                return Err(SignatureError::MalformedField("too many members"));
            }
            cursor.expect("=")?;
            members.push((key, member(&mut cursor)?));
            cursor.skip_whitespace();
            if cursor.rest.is_empty() {
                return Ok(members);
            }
            cursor.expect(",")?;
            cursor.skip_whitespace();
        }
    }

    /// Reads a text that is nothing but one item.
    pub(crate) fn whole<T>(
        text: &'a str,
        item: impl Fn(&mut Self) -> Result<T, SignatureError>,
    ) -> Result<T, SignatureError> {
        let mut cursor = Self { rest: text };
        let value = item(&mut cursor)?;
        if cursor.rest.is_empty() { Ok(value) } else { Err(SignatureError::MalformedField("more than one item")) }
    }

    /// Reads a key: a lower-case word.
    pub(crate) fn key(&mut self) -> Result<&'a str, SignatureError> {
        let starts_well = self.rest.starts_with(|first: char| first.is_ascii_lowercase() || first == '*');
        let key = self.take_while(|next| next.is_ascii_lowercase() || next.is_ascii_digit() || "_-.*".contains(next));
        if starts_well { Ok(key) } else { Err(SignatureError::MalformedField("a key was expected")) }
    }

    /// Reads a non-negative integer without leading zeros.
    pub(crate) fn integer(&mut self) -> Result<u64, SignatureError> {
        let digits = self.take_while(|next| next.is_ascii_digit());
        match digits.parse() {
            Ok(value) if value <= MAX_INTEGER && (digits == "0" || !digits.starts_with('0')) => Ok(value),
            _ => Err(SignatureError::MalformedField("an integer was expected")),
        }
    }

    /// Reads a quoted string and removes its escapes.
    pub(crate) fn string(&mut self) -> Result<String, SignatureError> {
        self.expect("\"")?;
        let mut value = String::with_capacity(self.rest.find('"').unwrap_or_default());
        let mut characters = self.rest.char_indices();
        while let Some((offset, next)) = characters.next() {
            match next {
                '"' => {
                    self.rest = &self.rest[offset + 1..];
                    return Ok(value);
                }
                '\\' => match characters.next() {
                    Some((_, escaped @ ('"' | '\\'))) => value.push(escaped),
                    _ => return Err(SignatureError::MalformedField("an escape in a string")),
                },
                ' '..='~' => value.push(next),
                _ => return Err(SignatureError::MalformedField("a character in a string")),
            }
        }
        Err(SignatureError::MalformedField("a string without an end"))
    }

    /// Reads a byte sequence: padded base64 between colons.
    pub(crate) fn byte_sequence(&mut self) -> Result<Vec<u8>, SignatureError> {
        self.expect(":")?;
        let encoded = self.take_while(|next| next != ':');
        self.expect(":")?;
        Base64::decode_vec(encoded).map_err(|_| SignatureError::MalformedField("a byte sequence was expected"))
    }

    /// Runs a parser and tells also which text it consumed.
    pub(crate) fn with_source<T>(
        &mut self,
        parse: impl Fn(&mut Self) -> Result<T, SignatureError>,
    ) -> Result<(T, &'a str), SignatureError> {
        let before = self.rest;
        let value = parse(self)?;
        Ok((value, &before[..before.len() - self.rest.len()]))
    }

    /// Consumes the token if it comes next.
    pub(crate) fn accept(&mut self, token: &str) -> bool {
        let after = self.rest.strip_prefix(token);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    /// Consumes the token, which must come next.
    pub(crate) fn expect(&mut self, token: &'static str) -> Result<(), SignatureError> {
        if self.accept(token) { Ok(()) } else { Err(SignatureError::MalformedField("punctuation")) }
    }

    fn skip_whitespace(&mut self) {
        self.take_while(|next| next == ' ' || next == '\t');
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|next| !belongs(next)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }
}

/// Prints a string behind a text, with its quotes and escapes; nothing if it holds a character that
/// a string of RFC 8941, section 3.3.3, cannot hold.
pub(crate) fn push_quoted(text: &mut String, value: &str) -> Option<()> {
    text.push('"');
    for next in value.chars() {
        match next {
            '"' | '\\' => text.push('\\'),
            ' '..='~' => {}
            _ => return None,
        }
        text.push(next);
    }
    text.push('"');
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn integers(text: &str) -> Result<Vec<(&str, u64)>, SignatureError> {
        Cursor::dictionary(text, Cursor::integer)
    }

    #[test]
    fn a_dictionary_keeps_its_order() {
        assert_eq!(integers(" b=1,\ta=20 ,  *c-1=0 "), Ok(vec![("b", 1), ("a", 20), ("*c-1", 0)]));
        assert_eq!(integers(""), Ok(vec![]));
    }

    #[test]
    fn malformed_dictionaries_are_refused() {
        let many: Vec<_> = (0..17).map(|index| format!("k{index}=1")).collect();
        let long = format!("a=1{}", " ".repeat(MAX_FIELD_LENGTH));
        let refused = [
            "a",
            "a=",
            "a=1,",
            ",a=1",
            "a=1 b=2",
            "A=1",
            "1=1",
            "a =1",
            "a= 1",
            "a=1,a=2",
            "a=01",
            "a=-1",
            "a=1.5",
            "a=1000000000000000",
        ];
        for text in refused.into_iter().chain([&*many.join(","), &*long]) {
            assert!(matches!(integers(text), Err(SignatureError::MalformedField(_))), "{text}");
        }
    }

    #[test]
    fn strings_are_unescaped_and_end_at_their_quote() {
        let strings = Cursor::dictionary(r#"a="x\"y\\z", b="""#, Cursor::string);
        assert_eq!(strings, Ok(vec![("a", r#"x"y\z"#.to_owned()), ("b", String::new())]));
        for malformed in [r#"a="x"#, r#"a="\x""#, r#"a="\"#, "a=\"\n\"", "a=\"é\"", "a=x"] {
            assert!(Cursor::dictionary(malformed, Cursor::string).is_err(), "{malformed}");
        }
    }

    #[test]
    fn byte_sequences_are_padded_base64() {
        let bytes = Cursor::dictionary("a=:aGk=:, b=::", Cursor::byte_sequence);
        assert_eq!(bytes, Ok(vec![("a", b"hi".to_vec()), ("b", vec![])]));
        for malformed in ["a=:aGk:", "a=:aGl=:", "a=:a-_=:", "a=:aGk=", "a=aGk="] {
            assert!(Cursor::dictionary(malformed, Cursor::byte_sequence).is_err(), "{malformed}");
        }
    }

    proptest! {
        #[test]
        fn quoted_strings_are_read_back(value in "[ -~]{0,40}") {
            let mut text = "a=".to_owned();
            push_quoted(&mut text, &value).unwrap();
            prop_assert_eq!(
                Cursor::dictionary(&text, Cursor::string),
                Ok(vec![("a", value)])
            );
        }

        #[test]
        fn other_characters_are_not_quoted(value in "[ -~]{0,9}[^ -~][ -~]{0,9}") {
            prop_assert_eq!(push_quoted(&mut String::new(), &value), None);
        }
    }
}
