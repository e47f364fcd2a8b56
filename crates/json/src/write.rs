use std::collections::VecDeque;

/// Writes a value without any space, the members of a struct in their order.
pub fn to_string(value: &dyn Write) -> String {
    // Most of what is written fits.
    let mut out = Writer { text: String::with_capacity(1024) };
    value.write(&mut out);
    out.text
}

/// What has a JSON form; `#[derive(json::Write)]` makes it of the members of a type.
pub trait Write {
    /// Writes it behind what is there.
    fn write(&self, out: &mut Writer);
}

/// A text that grows. Values are handed to it as `dyn`, so that it is compiled once.
pub struct Writer {
    text: String,
}

impl Writer {
    /// Opens an object.
    pub fn open(&mut self) {
        self.text.push('{');
    }

    /// Writes one more member of an object.
    pub fn member(&mut self, name: &str, value: &dyn Write) {
        self.separate();
        write_text(&mut self.text, name);
        self.text.push(':');
        value.write(self);
    }

    /// Closes an object.
    pub fn close(&mut self) {
        self.text.push('}');
    }

    /// Opens the object around what a variant of an enum holds.
    pub fn open_variant(&mut self, name: &str) {
        self.text.push('{');
        write_text(&mut self.text, name);
        self.text.push(':');
    }

    /// Writes a string.
    pub fn text(&mut self, text: &str) {
        write_text(&mut self.text, text);
    }

    fn list(&mut self, items: &mut dyn Iterator<Item = &dyn Write>) {
        self.text.push('[');
        for item in items {
            self.separate();
            item.write(self);
        }
        self.text.push(']');
    }

    /// Writes a comma, unless the bracket has just been opened. No value ends like one that opens.
    fn separate(&mut self) {
        if !matches!(self.text.as_bytes().last(), Some(b'[' | b'{')) {
            self.text.push(',');
        }
    }
}

fn write_text(out: &mut String, text: &str) {
    out.push('"');
    // Nearly every text is. To look through all of it without a branch is faster than up to the first escape.
    let is_plain = text.bytes().fold(true, |plain, byte| plain & !needs_escape(byte));
    if is_plain {
        out.push_str(text);
    } else {
        write_with_escapes(out, text);
    }
    out.push('"');
}

fn write_with_escapes(out: &mut String, mut rest: &str) {
    while let Some(at) = rest.bytes().position(needs_escape) {
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        write_escaped(out, special.as_bytes()[0]);
        rest = &special[1..];
    }
    out.push_str(rest);
}

fn needs_escape(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | 0..b' ')
}

fn write_escaped(out: &mut String, byte: u8) {
    let short = match byte {
        b'"' | b'\\' => byte,
        0x8 => b'b',
        0xc => b'f',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => {
            let digit = |number| char::from_digit(u32::from(number), 16).unwrap_or_default();
            out.push_str("\\u00");
            out.push(digit(byte >> 4));
            return out.push(digit(byte & 15));
        }
    };
    out.push('\\');
    out.push(char::from(short));
}

impl Write for bool {
    fn write(&self, out: &mut Writer) {
        out.text.push_str(if *self { "true" } else { "false" });
    }
}

impl Write for u64 {
    fn write(&self, out: &mut Writer) {
        out.text.push_str(&self.to_string());
    }
}

impl Write for i64 {
    fn write(&self, out: &mut Writer) {
        out.text.push_str(&self.to_string());
    }
}

macro_rules! write_as {
    ($($small:ty: $large:ty),*) => {$(
        impl Write for $small {
            fn write(&self, out: &mut Writer) {
                <$large>::from(*self).write(out);
            }
        }
    )*};
}

write_as! { u8: u64, u16: u64, u32: u64, i32: i64 }

impl Write for str {
    fn write(&self, out: &mut Writer) {
        out.text(self);
    }
}

impl Write for String {
    fn write(&self, out: &mut Writer) {
        out.text(self);
    }
}

impl<T: Write + ?Sized> Write for &T {
    fn write(&self, out: &mut Writer) {
        (**self).write(out);
    }
}

impl<T: Write + ?Sized> Write for Box<T> {
    fn write(&self, out: &mut Writer) {
        (**self).write(out);
    }
}

impl<T: Write> Write for Option<T> {
    fn write(&self, out: &mut Writer) {
        match self {
            Some(value) => value.write(out),
            None => out.text.push_str("null"),
        }
    }
}

impl<T: Write> Write for [T] {
    fn write(&self, out: &mut Writer) {
        out.list(&mut self.iter().map(|item| item as _));
    }
}

impl<T: Write, const N: usize> Write for [T; N] {
    fn write(&self, out: &mut Writer) {
        self.as_slice().write(out);
    }
}

impl<T: Write> Write for Vec<T> {
    fn write(&self, out: &mut Writer) {
        self.as_slice().write(out);
    }
}

impl<T: Write> Write for VecDeque<T> {
    fn write(&self, out: &mut Writer) {
        out.list(&mut self.iter().map(|item| item as _));
    }
}

impl<A: Write, B: Write> Write for (A, B) {
    fn write(&self, out: &mut Writer) {
        out.list(&mut [&self.0 as &dyn Write, &self.1].into_iter());
    }
}
