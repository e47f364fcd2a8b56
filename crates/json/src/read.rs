use std::{mem, vec};

use serde::de::{DeserializeOwned, DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};

use crate::{Error, Value};

/// Reads a text.
///
/// # Errors
/// If it is not JSON, or not of the shape of `T`.
pub fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    text.parse::<Value>()?.read()
}

/// Readers ask for the kind that they want and get it or an error, so that nothing is compiled for
/// the kinds that they would refuse.
impl<'de> Deserializer<'de> for Value {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Null => visitor.visit_unit(),
            Self::Bool(_) => self.deserialize_bool(visitor),
            Self::Unsigned(_) => self.deserialize_u64(visitor),
            Self::Negative(number) => visitor.visit_i64(number),
            Self::OtherNumber => Err(Error::UNNAMED),
            Self::Text(_) => self.deserialize_string(visitor),
            Self::List(_) => self.deserialize_seq(visitor),
            Self::Object(_) => self.deserialize_map(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let Self::Bool(truth) = self else { return Err(Error::UNNAMED) };
        visitor.visit_bool(truth)
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let Self::Unsigned(number) = self else { return Err(Error::UNNAMED) };
        visitor.visit_u64(number)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Negative(number) => visitor.visit_i64(number),
            _ => self.deserialize_u64(visitor),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_string(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let Self::Text(text) = self else { return Err(Error::UNNAMED) };
        visitor.visit_string(text)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let Self::Text(text) = self else { return Err(Error::UNNAMED) };
        visitor.visit_str(&text)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let Self::List(values) = self else { return Err(Error::UNNAMED) };
        let mut rest = values.into_iter();
        let read = visitor.visit_seq(Items(&mut rest))?;
        if rest.as_slice().is_empty() { Ok(read) } else { Err(Error::UNNAMED) }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let Self::Object(members) = self else { return Err(Error::UNNAMED) };
        visitor.visit_map(Members { rest: members.into_iter(), value: Self::Null })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        read_fields(self, names, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let (name, content) = match self {
            Self::Text(name) => (name, None),
            Self::Object(members) => {
                let [(name, content)] = <[_; 1]>::try_from(members).map_err(|_| Error::UNNAMED)?;
                (name, Some(content))
            }
            _ => return Err(Error::UNNAMED),
        };
        visitor.visit_enum(Variant { name, content })
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { i8 i16 i32 i128 u128 f32 f64 char bytes byte_buf unit unit_struct }
}

/// The items of an array that are still to be read.
struct Items<'a>(&'a mut vec::IntoIter<Value>);

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        self.0.next().map(|value| seed.deserialize(value)).transpose()
    }
}

/// The members of an object that are still to be read, and the value of the one whose name is read.
struct Members {
    rest: vec::IntoIter<(String, Value)>,
    value: Value,
}

impl<'de> MapAccess<'de> for Members {
    type Error = Error;

    fn next_key_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let Some((name, value)) = self.rest.next() else { return Ok(None) };
        self.value = value;
        seed.deserialize(Value::Text(name)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(mem::replace(&mut self.value, Value::Null))
    }
}

/// The members that a struct wants, in the order of its fields, of which some may be missing.
///
/// The obvious way, to hand over names and values as they come, costs twice the code: every
/// struct would compare names, hold what it has until it has all, and look for what came twice.
struct Fields {
    names: &'static [&'static str],
    rest: vec::IntoIter<Option<Value>>,
}

fn read_fields<'de, V: Visitor<'de>>(
    value: Value,
    names: &'static [&'static str],
    visitor: V,
) -> Result<V::Value, Error> {
    let mut fields = Fields::take(value, names)?;
    visitor.visit_seq(&mut fields).map_err(|error| fields.blame(error))
}

impl Fields {
    fn take(value: Value, names: &'static [&'static str]) -> Result<Self, Error> {
        let Value::Object(members) = value else { return Err(Error::UNNAMED) };
        let mut fields = vec![None; names.len()];
        for (name, value) in members {
            if let Some(at) = names.iter().position(|wanted| *wanted == name)
                && fields[at].replace(value).is_some()
            {
                return Err(Error::UNNAMED);
            }
        }
        Ok(Self { names, rest: fields.into_iter() })
    }

    /// Names the field that was read last.
    #[inline(never)]
    fn blame(&self, error: Error) -> Error {
        let read = self.names.len() - self.rest.len();
        error.at(read.checked_sub(1).and_then(|at| self.names.get(at)))
    }

    // Once, and not in each reader of a field.
    #[inline(never)]
    fn next(&mut self) -> Option<Value> {
        self.rest.next().flatten()
    }
}

impl<'de> SeqAccess<'de> for &mut Fields {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        match self.next() {
            Some(value) => seed.deserialize(value).map(Some),
            // An option is content with nothing. Of others the struct takes the default, or fails.
            None => Ok(seed.deserialize(Value::Null).ok()),
        }
    }
}

/// One of an enum, and what it holds.
struct Variant {
    name: String,
    content: Option<Value>,
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = Error;
    type Variant = Content;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Content), Error> {
        Ok((seed.deserialize(Value::Text(self.name))?, Content(self.content)))
    }
}

struct Content(Option<Value>);

impl<'de> VariantAccess<'de> for Content {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        if matches!(self.0, None | Some(Value::Null)) { Ok(()) } else { Err(Error::UNNAMED) }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.0.ok_or(Error::UNNAMED)?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.0.ok_or(Error::UNNAMED)?.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, names: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        read_fields(self.0.ok_or(Error::UNNAMED)?, names, visitor)
    }
}
