use std::fmt::Display;

use serde::Serialize;
use serde::ser::{
    self, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple, SerializeTupleStruct,
    SerializeTupleVariant, Serializer,
};

/// Writes a value without any space, the members of a struct in their order.
///
/// # Panics
/// If `T` holds what has no form here: floats, bytes, numbers over 64 bits, names of a map that are
/// not texts. Whether it does is settled when it is declared, not when it is written.
pub fn to_string<T: Serialize + ?Sized>(value: &T) -> String {
    // Most of what is written fits.
    let mut text = String::with_capacity(1024);
    let Ok(()) = value.serialize(Writer(&mut text));
    text
}

/// Writing does not fail. Where the compiler knows that, it leaves out every check.
#[derive(Debug, thiserror::Error)]
enum Never {}

impl ser::Error for Never {
    fn custom<T: Display>(_: T) -> Self {
        no_form()
    }
}

fn no_form() -> ! {
    panic!("a type that has no JSON form here")
}

/// Writes one value behind what is there.
struct Writer<'a>(&'a mut String);

impl<'a> Writer<'a> {
    fn write(self, text: &str) -> Result<(), Never> {
        self.0.push_str(text);
        Ok(())
    }

    fn open(self, start: char, end: &'static str) -> Result<Items<'a>, Never> {
        self.0.push(start);
        Ok(Items { text: self.0, end })
    }

    /// Opens the object around the content of an enum's variant.
    fn open_variant(self, name: &str) -> Self {
        self.0.push('{');
        write_text(self.0, name);
        self.0.push(':');
        self
    }
}

/// An open array or object.
struct Items<'a> {
    text: &'a mut String,
    end: &'static str,
}

impl Items<'_> {
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Never> {
        separate(self.text);
        value.serialize(Writer(self.text))
    }

    fn close(self) -> Result<(), Never> {
        self.text.push_str(self.end);
        Ok(())
    }
}

/// Writes a comma, unless the bracket has just been opened. No value ends like one that opens.
fn separate(text: &mut String) {
    if !text.ends_with(['[', '{']) {
        text.push(',');
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

impl<'a> Serializer for Writer<'a> {
    type Ok = ();
    type Error = Never;
    type SerializeSeq = Items<'a>;
    type SerializeTuple = Items<'a>;
    type SerializeTupleStruct = Items<'a>;
    type SerializeTupleVariant = Items<'a>;
    type SerializeMap = Items<'a>;
    type SerializeStruct = Items<'a>;
    type SerializeStructVariant = Items<'a>;

    fn serialize_bool(self, value: bool) -> Result<(), Never> {
        self.write(if value { "true" } else { "false" })
    }

    fn serialize_i8(self, value: i8) -> Result<(), Never> {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<(), Never> {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<(), Never> {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Result<(), Never> {
        self.write(&value.to_string())
    }

    fn serialize_u8(self, value: u8) -> Result<(), Never> {
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<(), Never> {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<(), Never> {
        self.serialize_u64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Result<(), Never> {
        self.write(&value.to_string())
    }

    fn serialize_f32(self, _: f32) -> Result<(), Never> {
        no_form()
    }

    fn serialize_f64(self, _: f64) -> Result<(), Never> {
        no_form()
    }

    fn serialize_char(self, value: char) -> Result<(), Never> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Never> {
        write_text(self.0, value);
        Ok(())
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Never> {
        no_form()
    }

    fn serialize_none(self) -> Result<(), Never> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Never> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Never> {
        self.write("null")
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Never> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Never> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Never> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Never> {
        let Writer(text) = self.open_variant(variant);
        value.serialize(Writer(text))?;
        Writer(text).write("}")
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items<'a>, Never> {
        self.open('[', "]")
    }

    fn serialize_tuple(self, _: usize) -> Result<Items<'a>, Never> {
        self.open('[', "]")
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Items<'a>, Never> {
        self.open('[', "]")
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Items<'a>, Never> {
        self.open_variant(variant).open('[', "]}")
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Items<'a>, Never> {
        self.open('{', "}")
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Items<'a>, Never> {
        self.open('{', "}")
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Items<'a>, Never> {
        self.open_variant(variant).open('{', "}}")
    }
}

macro_rules! write_items {
    ($($interface:ident::$item:ident),*) => {$(
        impl $interface for Items<'_> {
            type Ok = ();
            type Error = Never;

            fn $item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Never> {
                self.item(value)
            }

            fn end(self) -> Result<(), Never> {
                self.close()
            }
        }
    )*};
}

write_items! {
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
}

macro_rules! write_members {
    ($($interface:ident),*) => {$(
        impl $interface for Items<'_> {
            type Ok = ();
            type Error = Never;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Never> {
                separate(self.text);
                write_text(self.text, name);
                self.text.push(':');
                value.serialize(Writer(self.text))
            }

            fn end(self) -> Result<(), Never> {
                self.close()
            }
        }
    )*};
}

write_members! { SerializeStruct, SerializeStructVariant }

impl SerializeMap for Items<'_> {
    type Ok = ();
    type Error = Never;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, name: &T) -> Result<(), Never> {
        let start = self.text.len();
        self.item(name)?;
        if self.text[start..].trim_start_matches(',').starts_with('"') { Ok(()) } else { no_form() }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Never> {
        self.text.push(':');
        value.serialize(Writer(self.text))
    }

    fn end(self) -> Result<(), Never> {
        self.close()
    }
}
