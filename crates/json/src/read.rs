use std::collections::VecDeque;
use std::mem;

use crate::{Error, Value};

/// Reads a text.
///
/// # Errors
/// If it is not JSON, or not of the shape of `T`.
pub fn from_str<T: Read>(text: &str) -> Result<T, Error> {
    text.parse::<Value>()?.read()
}

/// What can be read from JSON; `#[derive(json::Read)]` makes it of the members of a type.
///
/// Readers ask for the kind that they want and get it or an error, so that nothing is compiled for
/// the kinds that they would refuse.
pub trait Read: Sized {
    /// Takes what it wants out of a value, which is of no use afterwards.
    ///
    /// # Errors
    /// If it has another shape.
    fn read(value: &mut Value) -> Result<Self, Error>;
}

/// What derived readers call.
impl Value {
    /// Reads a member of an object.
    ///
    /// # Errors
    /// If it has another shape, or comes twice.
    pub fn member<T: Read>(&mut self, name: &'static &'static str) -> Result<T, Error> {
        T::read(self.find_member(name)?).map_err(|error| error.at(name))
    }

    /// Reads a member of an object, if it has it.
    ///
    /// # Errors
    /// If it has another shape, or comes twice.
    pub fn member_or_default<T: Read + Default>(&mut self, name: &'static &'static str) -> Result<T, Error> {
        let is_there = matches!(self, Self::Object(members) if members.iter().any(|(known, _)| known == name));
        if is_there { self.member(name) } else { Ok(T::default()) }
    }

    /// What is missing is `null`, with which an option is content.
    // Apart from the above it is compiled once.
    #[inline(never)]
    fn find_member(&mut self, wanted: &str) -> Result<&mut Self, Error> {
        let Self::Object(members) = self else { return Err(Error::UNNAMED) };
        let mut places = members.iter().enumerate().filter(|(_, (name, _))| name == wanted).map(|(at, _)| at);
        let at = places.next().unwrap_or(members.len());
        if places.next().is_some() {
            return Err(Error::UNNAMED);
        }
        if at == members.len() {
            members.push((wanted.to_owned(), Self::Null));
        }
        Ok(&mut members[at].1)
    }

    /// The items of an array that has so many.
    fn items(&mut self, count: usize) -> Result<&mut [Self], Error> {
        match self {
            Self::List(items) if items.len() == count => Ok(items),
            _ => Err(Error::UNNAMED),
        }
    }

    /// Which of the variants of an enum it is, and what it holds: `null` if there is only the name.
    ///
    /// # Errors
    /// If it is none of them.
    pub fn variant(&mut self, names: &[&str]) -> Result<(usize, &mut Self), Error> {
        let (name, content) = match self {
            Self::Object(members) => match members.as_mut_slice() {
                [(name, content)] => (mem::take(name), content),
                _ => return Err(Error::UNNAMED),
            },
            _ => {
                let name = String::read(self)?;
                *self = Self::Null;
                (name, self)
            }
        };
        let variant = names.iter().position(|known| *known == name).ok_or(Error::UNNAMED)?;
        Ok((variant, content))
    }

    /// That there is nothing.
    ///
    /// # Errors
    /// If there is something.
    pub fn nothing(&self) -> Result<(), Error> {
        if matches!(self, Self::Null) { Ok(()) } else { Err(Error::UNNAMED) }
    }
}

impl Read for Value {
    fn read(value: &mut Value) -> Result<Self, Error> {
        Ok(mem::replace(value, Self::Null))
    }
}

impl Read for bool {
    fn read(value: &mut Value) -> Result<Self, Error> {
        let Value::Bool(truth) = value else { return Err(Error::UNNAMED) };
        Ok(*truth)
    }
}

impl Read for u64 {
    fn read(value: &mut Value) -> Result<Self, Error> {
        let Value::Unsigned(number) = value else { return Err(Error::UNNAMED) };
        Ok(*number)
    }
}

impl Read for i64 {
    fn read(value: &mut Value) -> Result<Self, Error> {
        match value {
            Value::Negative(number) => Ok(*number),
            Value::Unsigned(number) => (*number).try_into().map_err(|_| Error::UNNAMED),
            _ => Err(Error::UNNAMED),
        }
    }
}

macro_rules! read_smaller {
    ($($small:ty: $large:ty),*) => {$(
        impl Read for $small {
            fn read(value: &mut Value) -> Result<Self, Error> {
                <$large>::read(value)?.try_into().map_err(|_| Error::UNNAMED)
            }
        }
    )*};
}

read_smaller! { u8: u64, u16: u64, u32: u64, i32: i64 }

impl Read for String {
    fn read(value: &mut Value) -> Result<Self, Error> {
        let Value::Text(text) = value else { return Err(Error::UNNAMED) };
        Ok(mem::take(text))
    }
}

impl<T: Read> Read for Option<T> {
    fn read(value: &mut Value) -> Result<Self, Error> {
        if matches!(value, Value::Null) { Ok(None) } else { T::read(value).map(Some) }
    }
}

impl<T: Read> Read for Box<T> {
    fn read(value: &mut Value) -> Result<Self, Error> {
        T::read(value).map(Self::new)
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(value: &mut Value) -> Result<Self, Error> {
        let Value::List(items) = value else { return Err(Error::UNNAMED) };
        let mut list = Self::with_capacity(items.len());
        for item in items {
            list.push(T::read(item)?);
        }
        Ok(list)
    }
}

impl<T: Read> Read for VecDeque<T> {
    fn read(value: &mut Value) -> Result<Self, Error> {
        Vec::read(value).map(Self::from)
    }
}

impl<A: Read, B: Read> Read for (A, B) {
    fn read(value: &mut Value) -> Result<Self, Error> {
        let items = value.items(2)?;
        Ok((A::read(&mut items[0])?, B::read(&mut items[1])?))
    }
}
