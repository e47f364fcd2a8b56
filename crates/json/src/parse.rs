use std::str::FromStr;

use crate::{Error, Value};

/// How many arrays and objects may lie in one another, as many as in `serde_json`.
const DEEPEST: usize = 127;

impl FromStr for Value {
    type Err = Error;

    /// Reads a whole text.
    ///
    /// # Errors
    /// If it is not JSON, or nested more than 127 deep.
    fn from_str(text: &str) -> Result<Self, Error> {
        let mut parser = Parser { text, at: 0, depth: 0 };
        let value = parser.value()?;
        parser.skip_space();
        require(parser.at == text.len())?;
        Ok(value)
    }
}

/// A text and how far it is read; always to the edge of a character.
struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn value(&mut self) -> Result<Value, Error> {
        self.skip_space();
        match self.peek() {
            Some(b'"') => self.text().map(Value::Text),
            Some(b'{') => self.object(),
            Some(b'[') => self.list(),
            Some(b'n') => self.word("null", Value::Null),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            _ => self.number(),
        }
    }

    fn object(&mut self) -> Result<Value, Error> {
        let mut members = Vec::new();
        self.items(b'}', |parser| {
            parser.skip_space();
            let name = parser.text()?;
            parser.skip_space();
            require(parser.take(b':'))?;
            members.push((name, parser.value()?));
            Ok(())
        })?;
        Ok(Value::Object(members))
    }

    fn list(&mut self) -> Result<Value, Error> {
        let mut values = Vec::new();
        self.items(b']', |parser| {
            values.push(parser.value()?);
            Ok(())
        })?;
        Ok(Value::List(values))
    }

    /// Reads what stands between brackets and is separated by commas.
    fn items(&mut self, end: u8, mut item: impl FnMut(&mut Self) -> Result<(), Error>) -> Result<(), Error> {
        self.at += 1;
        self.depth += 1;
        require(self.depth <= DEEPEST)?;
        self.skip_space();
        if !self.take(end) {
            loop {
                item(self)?;
                self.skip_space();
                if self.take(end) {
                    break;
                }
                require(self.take(b','))?;
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, Error> {
        require(self.text.as_bytes()[self.at..].starts_with(word.as_bytes()))?;
        self.at += word.len();
        Ok(value)
    }

    fn number(&mut self) -> Result<Value, Error> {
        let start = self.at;
        let negative = self.take(b'-');
        // No other digit may follow a zero.
        if !self.take(b'0') {
            self.digits()?;
        }
        let whole = self.at;
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        let text = &self.text[start..self.at];
        let value = match negative {
            _ if self.at > whole => None,
            false => text.parse().ok().map(Value::Unsigned),
            // There is no whole number of the form `-0`.
            true => text.parse().ok().filter(|number| *number != 0).map(Value::Negative),
        };
        Ok(value.unwrap_or(Value::OtherNumber))
    }

    fn digits(&mut self) -> Result<(), Error> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        require(self.at > start)
    }

    fn text(&mut self) -> Result<String, Error> {
        require(self.take(b'"'))?;
        let mut text = String::new();
        loop {
            let start = self.at;
            while !matches!(self.peek(), None | Some(b'"' | b'\\' | 0..0x20)) {
                self.at += 1;
            }
            text.push_str(&self.text[start..self.at]);
            if self.take(b'"') {
                return Ok(text);
            }
            require(self.take(b'\\'))?;
            text.push(self.escape()?);
        }
    }

    /// Reads what follows a backslash.
    fn escape(&mut self) -> Result<char, Error> {
        let letter = self.peek().ok_or(Error::UNNAMED)?;
        self.at += 1;
        Ok(match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.code_point(),
            _ => return Err(Error::UNNAMED),
        })
    }

    /// Reads the digits of an escaped character, and its second half if it needs one.
    fn code_point(&mut self) -> Result<char, Error> {
        let code = self.hex()?;
        if !(0xd800..0xdc00).contains(&code) {
            return char::from_u32(code).ok_or(Error::UNNAMED);
        }
        require(self.take(b'\\') && self.take(b'u'))?;
        let low = self.hex()?.checked_sub(0xdc00).filter(|low| *low < 0x400).ok_or(Error::UNNAMED)?;
        char::from_u32(0x10000 + ((code - 0xd800) << 10) + low).ok_or(Error::UNNAMED)
    }

    fn hex(&mut self) -> Result<u32, Error> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|digit| char::from(digit).to_digit(16)).ok_or(Error::UNNAMED)?;
            code = code << 4 | digit;
            self.at += 1;
        }
        Ok(code)
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Passes over this byte, if it is the next one.
    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

fn require(condition: bool) -> Result<(), Error> {
    if condition { Ok(()) } else { Err(Error::UNNAMED) }
}
